"""The places of a call's script: who is heard, on which subject, with what latent quality. Nobody is named yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from rehearsal.edition_files import EditionFiles
from rehearsal.play import Commune, Course


@dataclass(frozen=True)
class Seat:
    """A place in the script, numbered from 1. ``quality``: 0 to 1, latent, only for heard files.

    ``word``: the coined word that will name the body.
    """

    index: int
    course: Course
    family: str
    subject: Mapping[str, Any]
    place: Commune
    word: str
    quality: float | None
    underspends: bool
    incomplete: bool

    @property
    def modelled(self) -> bool:
        """The subject follows a published laureate, cost and amount included."""
        return "requested_eur" in self.subject


def seats(data: EditionFiles, source: Random) -> list[Seat]:
    """The heard files first, best latent quality first; then the others, course by course."""
    groups = {Course(name): count for name, count in data.scenario["groups"].items()}
    sections = [section for block in data.scenario["sections_by_block"] for section in _block(block, source)]
    heard, others = _subjects(data, sections, source=source)
    other_courses = [course for course, count in groups.items() if course is not Course.HEARD for _ in range(count)]
    courses = [Course.HEARD] * groups[Course.HEARD] + other_courses
    families = [
        *_families(data.scenario["families"]["heard"], heard, source=source),
        *_families(data.scenario["families"]["others"], others, source=source),
    ]
    under = _underspending(data, len(heard), source=source)
    examined = [index for index, course in enumerate(courses) if course.examined]
    incomplete = set(source.sample(examined, data.scenario["incomplete"]))
    places = _places(data, [*heard, *others], source=source)
    words = list(data.names["coined"])
    source.shuffle(words)
    return [
        Seat(
            index=index + 1,
            course=course,
            family=families[index],
            subject=subject,
            place=data.communes[places[index]],
            word=words[index],
            quality=_quality(data, index / (len(heard) - 1)) if course is Course.HEARD else None,
            underspends=index in under,
            incomplete=index in incomplete,
        )
        for index, (course, subject) in enumerate(zip(courses, [*heard, *others], strict=True))
    ]


def _block(block: Mapping[str, int], source: Random) -> list[str]:
    sections = [section for section, count in block.items() for _ in range(count)]
    source.shuffle(sections)
    return sections


def _subjects(
    data: EditionFiles, sections: Sequence[str], *, source: Random
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


def _families(counts: Mapping[str, int], subjects: Sequence[Mapping[str, Any]], *, source: Random) -> list[str]:
    """One legal family for each subject; a modelled project, already under way, is no natural person's."""
    named = [family for family, count in counts.items() for _ in range(count)]
    families = named + ["association"] * (len(subjects) - len(named))
    source.shuffle(families)
    free = [place for place, subject in enumerate(subjects) if "requested_eur" not in subject]
    for place, subject in enumerate(subjects):
        if families[place] == "natural_person" and "requested_eur" in subject:
            other = next(index for index in free if families[index] == "association")
            families[place], families[other] = families[other], families[place]
    return families


def _underspending(data: EditionFiles, heard: int, *, source: Random) -> set[int]:
    half = heard // 2
    upper, lower = data.scenario["underspending"]["upper"], data.scenario["underspending"]["lower"]
    return set(source.sample(range(half), upper)) | set(source.sample(range(half, heard), lower))


def _quality(data: EditionFiles, descent: float) -> float:
    """From the best (0) to the worst (1), evenly."""
    best, worst = data.scenario["quality_percent"]["best"], data.scenario["quality_percent"]["worst"]
    return float(best - (best - worst) * descent) / 100


def _places(data: EditionFiles, subjects: Sequence[Mapping[str, Any]], *, source: Random) -> list[str]:
    """One commune each; a modelled subject keeps the one that was published."""
    fixed = {subject["commune"] for subject in subjects if subject.get("commune")}
    free = [insee for insee in data.communes if insee not in fixed]
    source.shuffle(free)
    return [subject.get("commune") or free.pop() for subject in subjects]
