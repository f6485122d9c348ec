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
from rehearsal.invention import UNIT, People
from rehearsal.play import (
    AfterAward,
    Application,
    Course,
    Edition,
    Hearing,
    Mark,
    Organization,
    Person,
    Project,
    Review,
)
from rehearsal.seats import Seat, seats

__all__ = ["Application", "Course", "Edition", "Organization", "Person", "cast", "draw"]

STEP = 500_00
"""Amounts asked are multiples of 500 €."""
LEAST = 5_000_00
"""The least amount the rulebook lets anyone ask."""


@dataclass(frozen=True)
class _Table:
    """What every drawing needs: the edition's files, the seeded source, the names left, the staff."""

    data: EditionFiles
    seed: int
    source: Random
    people: People
    crew: tuple[Person, ...]
    numbers_from: int

    def opaque(self, thing: str) -> UUID:
        return invention.opaque(self.data.edition, self.seed, thing=thing)

    def staff(self, role: str) -> tuple[Person, ...]:
        return tuple(person for person in self.crew if person.role == role)


def draw(seed: int, edition: str = "2023") -> Edition:
    """A whole call: 47 invented files over the real communes, and what each does when.

    Who is chosen is not drawn: it comes out of the marks, the ranking and the envelopes.
    """
    return cast(read_files(edition), seed)


def cast(data: EditionFiles, seed: int, *, crew: tuple[Person, ...] = (), numbers_from: int = 0) -> Edition:
    """The call that these files describe. ``crew``: the staff of another call, when it serves this one too;
    ``numbers_from``: where the invented numbers of its bodies and accounts begin, so that no two calls share one."""
    source = Random(f"{data.edition}/{data.scenario['salt']}/{seed}")
    people = People(data.names, source)
    staff = crew or invention.staff(data.edition, seed, people=people)
    table = _Table(data, seed, source, people, staff, numbers_from)
    drawn = [_application(table, seat) for seat in seats(data, source)]
    filed = sorted(_with_hearings(data, drawn), key=lambda file: (file.submitted_at, file.application_id))
    return Edition(
        edition=data.edition,
        seed=seed,
        call_id=table.opaque("call"),
        session_id=table.opaque("session"),
        act_id=table.opaque("act"),
        rulebook=data.rulebook,
        calendar=data.calendar,
        communes=data.communes,
        staff=staff,
        applications=tuple(filed),
    )


def _application(table: _Table, seat: Seat) -> Application:
    data, source = table.data, table.source
    heard, examined = seat.course is Course.HEARD, seat.course.examined
    body = _body(table, seat)
    spent = source.randrange(7200, 9400, 50) if seat.underspends else source.randrange(10_000, 10_400, 50)
    project = _project(seat, spent_basis_points=spent, source=source)
    conflicts = _conflicts(table, seat) if heard else ()
    waves = data.calendar.waves
    return Application(
        application_id=table.opaque(f"application/{seat.index}"),
        applicant=_holder(table, seat),
        organization=body,
        project=project,
        course=seat.course,
        submitted_at=_late(waves["pre_applications"], source),
        full_submitted_at=_late(waves["full_applications"], source) if examined else None,
        missing_pieces=_missing(seat, source),
        corrected_at=_late(waves["corrections"], source) if seat.incomplete else None,
        inadmissible_reason=_reason(data, source) if seat.course is Course.INADMISSIBLE else None,
        withdrawal_reason=_withdrawal(seat.course),
        review=_review(table, seat, project=project) if examined else None,
        hearing=None,
        marks=_marks(table, seat.quality, absent=conflicts),
        conflicts=conflicts,
        after_award=_after_award(table, seat, body=body, project=project, spent=spent) if heard else None,
    )


def _body(table: _Table, seat: Seat) -> Organization:
    shapes = table.data.names["shapes"][seat.family]
    shape = shapes[table.source.randrange(len(shapes))]
    return invention.organization(
        seat.word, seat.family, shape=shape, sequence=table.numbers_from + seat.index, commune=seat.place.insee
    )


def _holder(table: _Table, seat: Seat) -> Person:
    person_id = table.opaque(f"applicant/{seat.index}")
    return table.people.draw(
        person_id, "APPLICANT", duty="holder", mailbox=f"projet-{table.numbers_from + seat.index:02d}"
    )


def _late(instants: Sequence[datetime], source: Random) -> datetime:
    """Most people come at the end: the last instants are the likeliest."""
    return instants[max(source.randrange(len(instants)), source.randrange(len(instants)))]


def _missing(seat: Seat, source: Random) -> tuple[str, ...]:
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


def _project(seat: Seat, *, spent_basis_points: int, source: Random) -> Project:
    subject, place = seat.subject, seat.place
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


def _review(table: _Table, seat: Seat, *, project: Project) -> Review:
    """One review in four proposes less than what is asked; a modelled project keeps its published amount."""
    source = table.source
    reviewers, experts = table.staff("INSTRUCTOR"), table.staff("EXPERT")
    cut = source.randrange(1, 5) * STEP if source.randrange(4) == 0 and not seat.modelled else 0
    asked = source.randrange(100) < 100 * int(table.data.scenario["opinions"]) // 26
    return Review(
        reviewer_id=reviewers[seat.index % len(reviewers)].person_id,
        eligible_base_cents=project.eligible_cost_cents,
        instructed_cents=max(LEAST, project.requested_cents - cut),
        analysis="Budget équilibré, assiette vérifiée, partenaires identifiés. Analyse fictive.",
        opinion_of=experts[seat.index % len(experts)].person_id if asked else None,
        opinion_favourable=source.randrange(4) > 0,
    )


def _conflicts(table: _Table, seat: Seat) -> tuple[UUID, ...]:
    """The first heard files each have one member who is tied to them."""
    members = table.staff("JURY_MEMBER")
    chosen = members[table.source.randrange(len(members))].person_id
    return (chosen,) if seat.index <= table.data.scenario["conflicts"] else ()


def _marks(table: _Table, quality: float | None, *, absent: Sequence[UUID]) -> dict[UUID, tuple[Mark, ...]]:
    """Each member sees the latent quality through a taste of the criterion, a severity and a noise of their own."""
    if quality is None:
        return {}
    source, criteria = table.source, table.data.criteria
    tastes = {criterion["code"]: _around(source, 0.5) for criterion in criteria}
    sheets: dict[UUID, tuple[Mark, ...]] = {}
    for member in table.staff("JURY_CHAIR") + table.staff("JURY_MEMBER"):
        severity = _around(source, 0.3)
        sheet = tuple(
            _mark(criterion, 5 * quality + tastes[criterion["code"]] + severity + _around(source, 0.8))
            for criterion in criteria
        )
        if member.person_id not in absent:
            sheets[member.person_id] = sheet
    return sheets


def _around(source: Random, width: float) -> float:
    return (source.random() - source.random()) * width


def _mark(criterion: Mapping[str, Any], seen: float) -> Mark:
    value = min(int(criterion["scale_max"]), max(0, int(seen + 0.5)))
    return Mark(criterion["code"], value, f"{criterion['label']['fr']} : niveau {criterion['levels'][value]}.")


def _after_award(table: _Table, seat: Seat, *, body: Organization, project: Project, spent: int) -> AfterAward:
    source, waves = table.source, table.data.calendar.waves
    entity = None
    if seat.family == "natural_person":
        entity = invention.entity_of(body, word=seat.word, sequence=table.numbers_from + 1000 + seat.index)
    acquired = [line.amount_cents for line in project.funding if line.public and line.status == "ACQUIRED"]
    return AfterAward(
        signature_wave=source.randrange(len(waves["agreements_signed"])),
        report_wave=source.randrange(len(waves["reports_submitted"])),
        spent_basis_points=spent,
        other_public_cents=sum(acquired),
        jobs_actual=max(0, project.jobs_planned + source.randrange(-1, 2)),
        bank=invention.bank_details(table.numbers_from + seat.index, entity.name if entity else body.name),
        entity=entity,
        report_returned=seat.index == 1,
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
