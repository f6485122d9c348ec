"""Drawing a call to play: ``draw(seed)`` gives the same people, files and script for the same seed, on any machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from rehearsal import invention
from rehearsal.edition_files import EditionFiles, read_files
from rehearsal.invention import UNIT, People, opaque
from rehearsal.play import (
    AfterAward,
    Application,
    Commune,
    Course,
    Edition,
    Hearing,
    Mark,
    Organization,
    Person,
    Project,
    Review,
)

__all__ = ["Application", "Course", "Edition", "Organization", "Person", "draw"]

STEP = 500_00
"""Amounts asked are multiples of 500 €."""


@dataclass(frozen=True)
class _Seat:
    """A place in the script before anything is invented for it. ``quality``: 0 to 1, latent, only for heard files."""

    course: Course
    family: str
    subject: Mapping[str, Any]
    quality: float | None
    underspends: bool
    incomplete: bool


def draw(seed: int, edition: str = "2023") -> Edition:
    """A whole call: 47 invented files over the real communes, and what each does when.

    Who is chosen is not drawn: it comes out of the marks, the ranking and the envelopes.
    """
    data = read_files(edition)
    source = Random(f"{edition}/{data.scenario['salt']}/{seed}")
    people = People(data.names, source)
    crew = invention.staff(edition, seed, people=people)
    seats = _seats(data, source)
    places = _places(data, seats, source)
    words = list(data.names["coined"])
    source.shuffle(words)
    drawn = [
        _application(data, seed, index, seat=seat, place=place, word=word, people=people, crew=crew, source=source)
        for index, (seat, place, word) in enumerate(zip(seats, places, words, strict=False), start=1)
    ]
    filed = sorted(_with_hearings(data, drawn), key=lambda file: (file.submitted_at, file.application_id))
    return Edition(
        edition=edition,
        seed=seed,
        call_id=opaque(edition, seed, "call"),
        session_id=opaque(edition, seed, "session"),
        act_id=opaque(edition, seed, "act"),
        rulebook=data.rulebook,
        calendar=data.calendar,
        communes=data.communes,
        staff=crew,
        applications=tuple(filed),
    )


def _seats(data: EditionFiles, source: Random) -> list[_Seat]:
    """The heard files first, best latent quality first; then the others, course by course."""
    groups = {Course(name): count for name, count in data.scenario["groups"].items()}
    sections = [section for block in data.scenario["sections_by_block"] for section in _block(block, source)]
    heard, others = _subjects(data, sections, source)
    others_courses = [course for course, count in groups.items() if course is not Course.HEARD for _ in range(count)]
    courses = [Course.HEARD] * groups[Course.HEARD] + others_courses
    families = [
        *_families(data, "heard", heard, source=source),
        *_families(data, "others", others, source=source),
    ]
    under = _underspending(data, len(heard), source)
    examined = [index for index, course in enumerate(courses) if course.examined]
    incomplete = set(source.sample(examined, data.scenario["incomplete"]))
    return [
        _Seat(
            course=course,
            family=family,
            subject=subject,
            quality=_quality(data, index, len(heard)) if course is Course.HEARD else None,
            underspends=index in under,
            incomplete=index in incomplete,
        )
        for index, (course, family, subject) in enumerate(zip(courses, families, [*heard, *others], strict=True))
    ]


def _block(block: Mapping[str, int], source: Random) -> list[str]:
    sections = [section for section, count in block.items() for _ in range(count)]
    source.shuffle(sections)
    return sections


def _subjects(
    data: EditionFiles, sections: Sequence[str], source: Random
) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    """Subjects for the heard files, section by section, the modelled ones among them; and what is left."""
    pools: dict[str, list[Mapping[str, Any]]] = {}
    for section in dict.fromkeys(sections):
        modelled = [subject for subject in data.subjects["modelled"] if subject["section"] == section]
        free = [subject for subject in data.subjects["others"] if subject["section"] == section]
        source.shuffle(free)
        count = sections.count(section)
        pools[section] = modelled + free[: count - len(modelled)]
        source.shuffle(pools[section])
    heard = [pools[section].pop() for section in sections]
    taken = {subject["title"] for subject in heard}
    others = [subject for subject in data.subjects["others"] if subject["title"] not in taken]
    source.shuffle(others)
    return heard, others


def _families(data: EditionFiles, group: str, subjects: Sequence[Mapping[str, Any]], *, source: Random) -> list[str]:
    """One legal family for each subject; a modelled project, already under way, is no natural person's."""
    named = [family for family, count in data.scenario["families"][group].items() for _ in range(count)]
    families = named + ["association"] * (len(subjects) - len(named))
    source.shuffle(families)
    free = [place for place, subject in enumerate(subjects) if "requested_eur" not in subject]
    for place, subject in enumerate(subjects):
        if families[place] == "natural_person" and "requested_eur" in subject:
            other = next(index for index in free if families[index] == "association")
            families[place], families[other] = families[other], families[place]
    return families


def _underspending(data: EditionFiles, heard: int, source: Random) -> set[int]:
    half = heard // 2
    upper, lower = data.scenario["underspending"]["upper"], data.scenario["underspending"]["lower"]
    return set(source.sample(range(half), upper)) | set(source.sample(range(half, heard), lower))


def _quality(data: EditionFiles, index: int, heard: int) -> float:
    best, worst = data.scenario["quality_percent"]["best"], data.scenario["quality_percent"]["worst"]
    return float(best - (best - worst) * index / (heard - 1)) / 100


def _places(data: EditionFiles, seats: Sequence[_Seat], source: Random) -> list[str]:
    """One commune each; a modelled subject keeps the one that was published."""
    fixed = {seat.subject["commune"] for seat in seats if seat.subject.get("commune")}
    free = [insee for insee in data.communes if insee not in fixed]
    source.shuffle(free)
    return [seat.subject.get("commune") or free.pop() for seat in seats]


def _application(
    data: EditionFiles,
    seed: int,
    index: int,
    *,
    seat: _Seat,
    place: str,
    word: str,
    people: People,
    crew: Sequence[Person],
    source: Random,
) -> Application:
    shapes = data.names["shapes"][seat.family]
    body = invention.organization(
        word, seat.family, shape=shapes[source.randrange(len(shapes))], sequence=index, commune=place
    )
    spent = source.randrange(7200, 9400, 50) if seat.underspends else source.randrange(10_000, 10_400, 50)
    project = _project(seat.subject, place=data.communes[place], spent_basis_points=spent, source=source)
    conflicts = _conflicts(data, index, crew, source=source) if seat.course is Course.HEARD else ()
    waves = data.calendar.waves
    examined = seat.course.examined
    return Application(
        application_id=opaque(data.edition, seed, f"application/{index}"),
        applicant=people.draw(
            opaque(data.edition, seed, f"applicant/{index}"), "APPLICANT", duty="holder", mailbox=f"projet-{index:02d}"
        ),
        organization=body,
        project=project,
        course=seat.course,
        submitted_at=_late(waves["pre_applications"], source),
        full_submitted_at=_late(waves["full_applications"], source) if examined else None,
        missing_pieces=_missing(seat, source),
        corrected_at=_late(waves["corrections"], source) if seat.incomplete else None,
        inadmissible_reason=_reason(data, source) if seat.course is Course.INADMISSIBLE else None,
        withdrawal_reason=_withdrawal(seat.course),
        review=_review(data, index, crew, seat=seat, project=project, source=source) if examined else None,
        hearing=None,
        marks=_marks(data, crew, quality=seat.quality, absent=conflicts, source=source),
        conflicts=conflicts,
        after_award=_after_award(data, index, body, project=project, word=word, spent=spent, source=source)
        if seat.course is Course.HEARD
        else None,
    )


def _late(instants: Sequence[datetime], source: Random) -> datetime:
    """Most people come at the end: the last instants are the likeliest."""
    return instants[max(source.randrange(len(instants)), source.randrange(len(instants)))]


def _missing(seat: _Seat, source: Random) -> tuple[str, ...]:
    if not seat.incomplete:
        return ()
    pieces = ["provisional_budget"] if seat.family == "natural_person" else ["de_minimis_statement", "statutes"]
    return tuple(pieces[: 1 + source.randrange(len(pieces))])


def _reason(data: EditionFiles, source: Random) -> str:
    reasons = data.scenario["inadmissible_reasons"]
    return str(reasons[source.randrange(len(reasons))])


def _withdrawal(course: Course) -> str | None:
    return {
        Course.WITHDRAWN_BEFORE_INVITATION: "Le projet est reporté d'un an.",
        Course.WITHDRAWN_AFTER_INVITATION: "Un autre financement a été obtenu.",
    }.get(course)


def _project(subject: Mapping[str, Any], *, place: Commune, spent_basis_points: int, source: Random) -> Project:
    requested, eligible, total = _money(subject, source)
    section = str(subject["section"]).upper()
    drawn_jobs = source.randrange(0, 2) if subject["track"] == "study" else source.randrange(1, 4)
    plan = invention.funding(source, total=total, requested=requested, commune=place.name)
    lines = invention.charges(section, eligible=eligible, total=total, spent_basis_points=spent_basis_points)
    return Project(
        title=f"{subject['title']} {place.at}",
        summary=subject["summary"],
        presentation=f"{subject['summary']} L'action se déroule {place.at}, sur un an. Projet fictif.",
        indicators="Personnes accueillies, heures d'ouverture, emplois créés et maintenus à douze mois.",
        track=subject["track"],
        section=section,
        communes=(place.insee,),
        total_cost_cents=total,
        eligible_cost_cents=eligible,
        requested_cents=requested,
        jobs_planned=subject.get("jobs_planned", drawn_jobs),
        budget=(*lines, *invention.products(plan, total=total, requested=requested)),
        funding=plan,
    )


def _money(subject: Mapping[str, Any], source: Random) -> tuple[int, int, int]:
    """Requested, eligible cost and total cost, in cents: published where known, else 15 to 68 % of the cost."""
    if "total_cost_eur" in subject:
        return (
            int(subject["requested_eur"]) * 100,
            int(subject["eligible_eur"]) * 100,
            int(subject["total_cost_eur"]) * 100,
        )
    low, high = (14, 24) if subject["track"] == "study" else (20, 31)
    requested = source.randrange(low, high) * STEP
    eligible = -(-requested * 100 // source.randrange(15, 69) // UNIT) * UNIT
    total = eligible + eligible * source.randrange(0, 16) // 100 // UNIT * UNIT
    return requested, eligible, total


def _review(
    data: EditionFiles, index: int, crew: Sequence[Person], *, seat: _Seat, project: Project, source: Random
) -> Review:
    """One review in four proposes less than what is asked; a modelled project keeps its published amount."""
    reviewers = [person for person in crew if person.role == "INSTRUCTOR"]
    experts = [person for person in crew if person.role == "EXPERT"]
    cut = source.randrange(1, 5) * STEP if source.randrange(4) == 0 and "requested_eur" not in seat.subject else 0
    least = 5_000_00
    asked = source.randrange(100) < 100 * int(data.scenario["opinions"]) // 26
    return Review(
        reviewer_id=reviewers[index % len(reviewers)].person_id,
        eligible_base_cents=project.eligible_cost_cents,
        instructed_cents=max(least, project.requested_cents - cut),
        analysis="Budget équilibré, assiette vérifiée, partenaires identifiés. Analyse fictive.",
        opinion_of=experts[index % len(experts)].person_id if asked else None,
        opinion_favourable=source.randrange(4) > 0,
    )


def _conflicts(data: EditionFiles, index: int, crew: Sequence[Person], *, source: Random) -> tuple[UUID, ...]:
    """The first heard files each have one member who is tied to them."""
    members = [person for person in crew if person.role == "JURY_MEMBER"]
    chosen = members[source.randrange(len(members))].person_id
    return (chosen,) if index <= data.scenario["conflicts"] else ()


def _marks(
    data: EditionFiles, crew: Sequence[Person], *, quality: float | None, absent: Sequence[UUID], source: Random
) -> dict[UUID, tuple[Mark, ...]]:
    """Each member sees the latent quality through a taste of the criterion, a severity and a noise of their own."""
    if quality is None:
        return {}
    jury = [person for person in crew if person.role in {"JURY_CHAIR", "JURY_MEMBER"}]
    tastes = {criterion["code"]: _around(source, 0.5) for criterion in data.criteria}
    sheets: dict[UUID, tuple[Mark, ...]] = {}
    for member in jury:
        severity = _around(source, 0.3)
        sheet = tuple(
            _mark(criterion, 5 * quality + tastes[criterion["code"]] + severity + _around(source, 0.8))
            for criterion in data.criteria
        )
        if member.person_id not in absent:
            sheets[member.person_id] = sheet
    return sheets


def _around(source: Random, width: float) -> float:
    return (source.random() - source.random()) * width


def _mark(criterion: Mapping[str, Any], seen: float) -> Mark:
    value = min(int(criterion["scale_max"]), max(0, int(seen + 0.5)))
    return Mark(criterion["code"], value, f"{criterion['label']['fr']} : niveau {criterion['levels'][value]}.")


def _after_award(
    data: EditionFiles, index: int, body: Organization, *, project: Project, word: str, spent: int, source: Random
) -> AfterAward:
    entity = (
        invention.entity_of(body, word=word, sequence=1000 + index) if body.legal_family == "natural_person" else None
    )
    waves = data.calendar.waves
    acquired = [line.amount_cents for line in project.funding if line.public and line.status == "ACQUIRED"]
    return AfterAward(
        signature_wave=source.randrange(len(waves["agreements_signed"])),
        report_wave=source.randrange(len(waves["reports_submitted"])),
        spent_basis_points=spent,
        other_public_cents=sum(acquired),
        jobs_actual=max(0, project.jobs_planned + source.randrange(-1, 2)),
        bank=invention.bank_details(index, entity.name if entity else body.name),
        entity=entity,
        report_returned=index == 1,
    )


def _with_hearings(data: EditionFiles, files: Sequence[Application]) -> list[Application]:
    """Slots of three quarters of an hour, seven a day, in order of deposit; the third hearing was moved once."""
    heard = sorted(
        (file for file in files if file.course is Course.HEARD),
        key=lambda file: (file.submitted_at, file.application_id),
    )
    days = data.calendar.waves["hearings"]
    slots = [day + timedelta(minutes=45 * turn) for day in days for turn in range(-(-len(heard) // len(days)))]
    hearings = {
        file.application_id: Hearing(at=slot, moved_from=slot - timedelta(days=1) if place == 2 else None)
        for place, (file, slot) in enumerate(zip(heard, slots, strict=False))
    }
    return [_heard(file, hearings.get(file.application_id)) for file in files]


def _heard(file: Application, hearing: Hearing | None) -> Application:
    return file if hearing is None else replace(file, hearing=hearing)
