"""Editions and laureates: what was published, read from its tables, and what is computed from notified decisions.

Nothing is filled in: a figure that no source gives has neither value nor text.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

FIGURES = ("received", "examined", "heard", "chosen", "chosen_study", "chosen_start", "envelope_cents", "jobs")
"""Figures of an edition, in the order they are read."""
COMPUTED = ("received", "admitted", "examined", "heard", "chosen", "awarded_cents")
"""Those of a call run here."""
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class Figure:
    """``value``: exact; ``text``: as published when it is not a number; ``meaning``: what the source says it is."""

    code: str
    value: int | None
    text: str = ""
    meaning: str = ""


@dataclass(frozen=True)
class Edition:
    """``key``: its year, or the reference of a call run here. ``listed``: laureates that are named."""

    key: str
    number: int
    year: int
    figures: tuple[Figure, ...]
    listed: int
    note: str = ""
    sources: tuple[str, ...] = ()
    computed: bool = False
    fictitious: bool = False


@dataclass(frozen=True)
class Laureate:
    """``communes``: INSEE code and name, the name empty for a call run here. Amounts are cents."""

    edition: str
    organization: str
    track: str
    communes: tuple[tuple[str, str], ...]
    purpose: str
    total_cost_cents: int | None
    awarded_cents: int | None
    section: str = ""
    jobs_text: str = ""
    jobs: int | None = None
    sources: tuple[str, ...] = ()
    computed: bool = False
    fictitious: bool = False


@dataclass(frozen=True)
class Funnel:
    """Counts of a call whose decisions are all notified. ``heard``: not ended before the jury."""

    reference: str
    number: int
    year: int
    fictitious: bool
    received: int
    admitted: int
    examined: int
    heard: int
    chosen: int
    awarded_cents: int


def published_laureates(table: str) -> tuple[Laureate, ...]:
    """The table of laureates, in its order."""
    return tuple(_laureate(row) for row in csv.DictReader(io.StringIO(table)))


def published_editions(table: str, laureates: Iterable[Laureate]) -> tuple[Edition, ...]:
    """The table of editions, newest first."""
    named = [one.edition for one in laureates]
    found = [_edition(row, listed=named.count(row["year"])) for row in csv.DictReader(io.StringIO(table))]
    return tuple(sorted(found, key=lambda edition: -edition.year))


def edition_of(funnel: Funnel) -> Edition:
    """A call run here."""
    figures = tuple(Figure(code, getattr(funnel, code)) for code in COMPUTED)
    return Edition(
        funnel.reference,
        funnel.number,
        funnel.year,
        figures,
        listed=funnel.chosen,
        computed=True,
        fictitious=funnel.fictitious,
    )


def chosen_from(laureates: Iterable[Laureate], *, edition: str, commune: str, track: str) -> list[Laureate]:
    """Those of an edition, a commune, a track; empty: any."""
    return [
        one
        for one in laureates
        if edition in ("", one.edition)
        and (not commune or commune in {code for code, _ in one.communes})
        and track in ("", one.track)
    ]


def placed(laureates: Iterable[Laureate]) -> list[tuple[tuple[str, int], Laureate]]:
    """Each with its edition and its place in it, from 1: what a page ends at."""
    counts: Counter[str] = Counter()
    found = []
    for one in laureates:
        counts[one.edition] += 1
        found.append(((one.edition, counts[one.edition]), one))
    return found


def after(
    found: Sequence[tuple[tuple[str, int], Laureate]], key: Sequence[object] | None
) -> list[tuple[tuple[str, int], Laureate]]:
    """What follows a place; everything without one."""
    places = [list(place) for place, _ in found]
    return list(found[places.index(list(key)) + 1 :]) if key and list(key) in places else list(found)


def _edition(row: Mapping[str, str], *, listed: int) -> Edition:
    figures = tuple(
        _figure(code, row["envelope_eur"], cents=True, meaning=row["envelope_meaning"])
        if code == "envelope_cents"
        else _figure(code, row[code])
        for code in FIGURES
    )
    return Edition(
        row["year"],
        int(row["number"]),
        int(row["year"]),
        figures,
        listed=listed,
        note=row["note"],
        sources=_parts(row["sources"], " | "),
    )


def _figure(code: str, text: str, *, cents: bool = False, meaning: str = "") -> Figure:
    if _NUMBER.fullmatch(text):
        return Figure(code, int(text) * (100 if cents else 1), meaning=meaning)
    return Figure(code, None, text=text, meaning=meaning)


def _laureate(row: Mapping[str, str]) -> Laureate:
    names, codes = _parts(row["communes"], ";"), _parts(row["insee"], ";")
    return Laureate(
        edition=row["year"],
        organization=row["organization"],
        track=row["track"],
        communes=tuple(zip(codes, names, strict=True)),
        purpose=row["purpose"],
        total_cost_cents=_cents(row["total_cost_eur"]),
        awarded_cents=_cents(row["awarded_eur"]),
        section=row["section"],
        jobs_text=row["jobs_text"],
        jobs=int(row["jobs"]) if row["jobs"] else None,
        sources=_parts(row["sources"], " | "),
    )


def _cents(euros: str) -> int | None:
    return int(euros) * 100 if euros else None


def _parts(text: str, mark: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(mark) if part.strip())
