"""What review needs of a call's rulebook (schema ``jalon.rulebook/1``), read once and never changed afterwards.

The whole rulebook is intake's; review keeps the bytes and the hash it was handed and reads its own part.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import NoReturn, TypeVar

from kit.errors import FieldFault, field_invalid, invalid
from kit.money import Cents
from services.review.domain.reasons import Reason

SCHEMA = "jalon.rulebook/1"
EARLIEST_DEPOSIT = "earliest_deposit"
WHOLE = 10_000
"""Basis points in a whole."""

T = TypeVar("T")


@dataclass(frozen=True)
class Criterion:
    """One line of the grid: marks are whole numbers from 0 to ``scale_max``."""

    code: str
    weight: int
    scale_max: int


@dataclass(frozen=True)
class JuryRules:
    """``tie_rule``: criterion codes or ``earliest_deposit``, in order. ``eligible_score_basis_points``: the least
    weighted mean, as a share of the maximum, that earns a place on the waiting list."""

    quorum: int
    tie_rule: tuple[str, ...]
    last_takes_remainder: bool
    eligible_score_basis_points: int


@dataclass(frozen=True)
class Track:
    """A volet: bounds of the amount, and the most that public money covers of the eligible base."""

    code: str
    min_amount_cents: Cents
    max_amount_cents: Cents
    rate_basis_points: int


@dataclass(frozen=True)
class Deadline:
    """A length in days or in months (one of the two)."""

    code: str
    days: int | None
    months: int | None


@dataclass(frozen=True)
class Piece:
    """A line of the checklist. ``families`` None: asked of every legal family."""

    code: str
    stage: str
    families: frozenset[str] | None
    required: bool
    max_age_days: int | None


@dataclass(frozen=True)
class ReviewRules:
    """Frozen at opening; a what-if is another value made by :func:`with_weights`, never a change of this one.

    ``envelopes``: cents announced by section; sections are read as they travel, in capitals (``OPERATING``).
    """

    reference: str
    grid: tuple[Criterion, ...]
    jury: JuryRules
    tracks: Mapping[str, Track]
    envelopes: Mapping[str, Cents]
    deadlines: Mapping[str, Deadline]
    pieces: tuple[Piece, ...]

    def track(self, code: str) -> Track:
        """Refused: ``TRACK_UNKNOWN`` when the rulebook has no such track."""
        if code not in self.tracks:
            raise field_invalid("track", Reason.TRACK_UNKNOWN, track=code)
        return self.tracks[code]

    @property
    def maximum(self) -> int:
        """The weighted total of a file that has every mark at its top."""
        return sum(criterion.weight * criterion.scale_max for criterion in self.grid)


def with_weights(rules: ReviewRules, weights: Mapping[str, int]) -> ReviewRules:
    """The same rules with other weights (by criterion code): for what-if, from raw scores, changing no rank."""
    grid = tuple(replace(line, weight=weights.get(line.code, line.weight)) for line in rules.grid)
    return replace(rules, grid=grid)


def check_weights(rules: ReviewRules, weights: Iterable[tuple[str, int]]) -> None:
    """Weights of a what-if, by criterion code, some left as they are.

    Invalid: ``CRITERION_UNKNOWN``, ``CRITERION_TWICE``, ``WEIGHT_WRONG`` (negative, or nothing left to weigh).
    """
    given = list(weights)
    codes, seen, faults = {line.code for line in rules.grid}, set[str](), []
    for code, weight in given:
        if code not in codes:
            faults.append(FieldFault(f"weights.{code}", Reason.CRITERION_UNKNOWN))
        elif code in seen:
            faults.append(FieldFault(f"weights.{code}", Reason.CRITERION_TWICE))
        elif weight < 0:
            faults.append(FieldFault(f"weights.{code}", Reason.WEIGHT_WRONG))
        seen.add(code)
    if not faults and with_weights(rules, dict(given)).maximum == 0:
        faults.append(FieldFault("weights", Reason.WEIGHT_WRONG))
    if faults:
        raise invalid(*faults)


def parse(data: bytes) -> ReviewRules:
    """Reads the rulebook's bytes.

    Invalid, every wrong field told with its path: ``NOT_JSON``, ``SCHEMA_UNKNOWN``,
    ``FIELD_MISSING``, ``VALUE_WRONG``.
    """
    try:
        root = json.loads(data, parse_float=_no_float)
    except ValueError as broken:
        raise field_invalid("", Reason.NOT_JSON) from broken
    if not isinstance(root, dict) or root.get("schema") != SCHEMA:
        raise field_invalid("schema", Reason.SCHEMA_UNKNOWN, expected=SCHEMA)
    reader = _Reader([])
    rules = _rules(reader, root)
    if reader.faults:
        raise invalid(*reader.faults)
    return rules


def _rules(read: _Reader, root: dict[str, object]) -> ReviewRules:
    grid = tuple(read.rows(root, "grid", _criterion))
    tracks = read.rows(root, "tracks", _track)
    envelopes = read.rows(root, "envelopes", _envelope)
    deadlines = read.rows(root, "deadlines", _deadline)
    if not grid:
        read.fault("grid", Reason.FIELD_MISSING)
    read.distinct("grid", [line.code for line in grid])
    read.distinct("tracks", [track.code for track in tracks])
    read.distinct("envelopes", [section for section, _ in envelopes])
    read.distinct("deadlines", [deadline.code for deadline in deadlines])
    return ReviewRules(
        reference=read.text(root, "reference", ""),
        grid=grid,
        jury=_jury(read, read.table(root, "jury"), {line.code for line in grid}),
        tracks={track.code: track for track in tracks},
        envelopes=dict(envelopes),
        deadlines={deadline.code: deadline for deadline in deadlines},
        pieces=tuple(read.rows(root, "pieces", _piece)),
    )


def _criterion(read: _Reader, row: dict[str, object], path: str) -> Criterion:
    return Criterion(
        code=read.text(row, "code", path),
        weight=read.whole(row, "weight", path, least=1),
        scale_max=read.whole(row, "scale_max", path, least=1),
    )


def _track(read: _Reader, row: dict[str, object], path: str) -> Track:
    track = Track(
        code=read.text(row, "code", path),
        min_amount_cents=Cents(read.whole(row, "min_amount_cents", path, least=0)),
        max_amount_cents=Cents(read.whole(row, "max_amount_cents", path, least=1)),
        rate_basis_points=read.whole(row, "rate_basis_points", path, least=1, most=WHOLE),
    )
    if track.min_amount_cents > track.max_amount_cents:
        read.fault(f"{path}min_amount_cents", Reason.VALUE_WRONG)
    return track


def _envelope(read: _Reader, row: dict[str, object], path: str) -> tuple[str, Cents]:
    return read.text(row, "section", path).upper(), Cents(read.whole(row, "announced_cents", path, least=0))


def _deadline(read: _Reader, row: dict[str, object], path: str) -> Deadline:
    deadline = Deadline(
        code=read.text(row, "code", path),
        days=read.optional_whole(row, "days", path),
        months=read.optional_whole(row, "months", path),
    )
    if (deadline.days is None) == (deadline.months is None):
        read.fault(f"{path}days", Reason.VALUE_WRONG)
    return deadline


def _piece(read: _Reader, row: dict[str, object], path: str) -> Piece:
    families = read.texts(row, "families", path) if row.get("families") is not None else None
    return Piece(
        code=read.text(row, "code", path),
        stage=read.text(row, "stage", path),
        families=None if families is None else frozenset(families),
        required=read.flag(row, "required", path),
        max_age_days=read.optional_whole(row, "max_age_days", path),
    )


def _jury(read: _Reader, row: dict[str, object], criteria: set[str]) -> JuryRules:
    ties = read.texts(row, "tie_rule", "jury.")
    for index, code in enumerate(ties):
        if code != EARLIEST_DEPOSIT and code not in criteria:
            read.fault(f"jury.tie_rule[{index}]", Reason.VALUE_WRONG)
    return JuryRules(
        quorum=read.whole(row, "quorum", "jury.", least=1),
        tie_rule=tuple(ties),
        last_takes_remainder=read.flag(row, "last_takes_remainder", "jury."),
        eligible_score_basis_points=read.whole(row, "eligible_score_basis_points", "jury.", least=0, most=WHOLE),
    )


def _no_float(text: str) -> NoReturn:
    raise ValueError(f"a rulebook holds whole numbers, not {text}")


@dataclass(frozen=True)
class _Reader:
    """Reads typed values and remembers every fault; a wrong value reads as a harmless one until the end."""

    faults: list[FieldFault]

    def fault(self, path: str, reason: str) -> None:
        self.faults.append(FieldFault(path, reason))

    def distinct(self, path: str, codes: list[str]) -> None:
        for index, code in enumerate(codes):
            if code in codes[:index]:
                self.fault(f"{path}[{index}]", Reason.VALUE_WRONG)

    def text(self, row: dict[str, object], key: str, path: str) -> str:
        value = self._present(row, key, path)
        if isinstance(value, str) and value:
            return value
        if value is not None:
            self.fault(f"{path}{key}", Reason.VALUE_WRONG)
        return ""

    def texts(self, row: dict[str, object], key: str, path: str) -> list[str]:
        values = self._list(row, key, path)
        for index, value in enumerate(values):
            if not isinstance(value, str) or not value:
                self.fault(f"{path}{key}[{index}]", Reason.VALUE_WRONG)
        return [value for value in values if isinstance(value, str)]

    def flag(self, row: dict[str, object], key: str, path: str) -> bool:
        value = self._present(row, key, path)
        if value is not None and not isinstance(value, bool):
            self.fault(f"{path}{key}", Reason.VALUE_WRONG)
        return value is True

    def optional_whole(self, row: dict[str, object], key: str, path: str) -> int | None:
        return None if row.get(key) is None else self.whole(row, key, path, least=1)

    def whole(self, row: dict[str, object], key: str, path: str, *, least: int, most: int = 2**53 - 1) -> int:
        value = self._present(row, key, path)
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        if value is not None:
            self.fault(f"{path}{key}", Reason.VALUE_WRONG)
        return least

    def table(self, row: dict[str, object], key: str) -> dict[str, object]:
        value = self._present(row, key, "")
        if isinstance(value, dict):
            return value
        if value is not None:
            self.fault(key, Reason.VALUE_WRONG)
        return {}

    def rows(self, row: dict[str, object], key: str, one: Callable[[_Reader, dict[str, object], str], T]) -> list[T]:
        read = []
        for index, value in enumerate(self._list(row, key, "")):
            if isinstance(value, dict):
                read.append(one(self, value, f"{key}[{index}]."))
            else:
                self.fault(f"{key}[{index}]", Reason.VALUE_WRONG)
        return read

    def _list(self, row: dict[str, object], key: str, path: str) -> list[object]:
        value = self._present(row, key, path)
        if isinstance(value, list):
            return value
        if value is not None:
            self.fault(f"{path}{key}", Reason.VALUE_WRONG)
        return []

    def _present(self, row: dict[str, object], key: str, path: str) -> object:
        value = row.get(key)
        if value is None:
            self.fault(f"{path}{key}", Reason.FIELD_MISSING)
        return value
