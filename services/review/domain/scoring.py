"""Score sheets: one member, one application, every criterion, a reason each.

A blank is never a zero and never silently dropped: an incomplete sheet does not enter the mean, and is counted as
missing. A recused member counts nowhere, even for what was scored before: every function takes ``scorers``, the
members expected for the file at this moment. Whole numbers and fractions only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from kit.errors import FieldFault, invalid
from services.review.domain.moves import SCORE, ScoreAction, ScoreState, move
from services.review.domain.reasons import Reason
from services.review.domain.rulebook import ReviewRules
from services.review.domain.texts import TextRef


@dataclass(frozen=True)
class Mark:
    """``value``: 0 to the criterion's ``scale_max``, None when blank. ``reason``: the saved text that says why."""

    criterion: str
    value: int | None
    reason: TextRef | None


@dataclass(frozen=True)
class Sheet:
    application_id: str
    member_id: str
    state: ScoreState
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Missing:
    """A member whose sheet is not counted yet, and the criteria still without a mark or a reason.

    ``criteria`` is empty when the sheet is filled but not submitted.
    """

    member_id: str
    criteria: tuple[str, ...]


@dataclass(frozen=True)
class Tally:
    """« ``complete`` évaluations complètes sur ``expected`` attendues », and who is missing."""

    application_id: str
    complete: int
    expected: int
    missing: tuple[Missing, ...]


@dataclass(frozen=True)
class Means:
    """Exact means of the ``count`` complete sheets.

    ``weighted`` = Σ weight × mean ÷ Σ weight; ``share`` = Σ weight × mean ÷ Σ weight × scale, from 0 to 1;
    ``spread``: the highest of the members' own weighted means less the lowest.
    """

    count: int
    by_criterion: Mapping[str, Fraction]
    weighted: Fraction
    share: Fraction
    spread: Fraction = Fraction(0)


def check_sheet(rules: ReviewRules, sheet: Sheet) -> None:
    """A draft may be partial, never wrong.

    Invalid, every wrong mark told: ``CRITERION_UNKNOWN``, ``CRITERION_TWICE``, ``SCORE_OUT_OF_SCALE`` (``scale_max``).
    """
    tops = {criterion.code: criterion.scale_max for criterion in rules.grid}
    faults = []
    seen: set[str] = set()
    for mark in sheet.marks:
        path = f"marks.{mark.criterion}"
        if mark.criterion not in tops:
            faults.append(FieldFault(path, Reason.CRITERION_UNKNOWN))
        elif mark.criterion in seen:
            faults.append(FieldFault(path, Reason.CRITERION_TWICE))
        elif not _in_scale(mark.value, tops[mark.criterion]):
            faults.append(FieldFault(path, Reason.SCORE_OUT_OF_SCALE, {"scale_max": str(tops[mark.criterion])}))
        seen.add(mark.criterion)
    if faults:
        raise invalid(*faults)


def submit(rules: ReviewRules, sheet: Sheet) -> Sheet:
    """The sheet as submitted. Invalid: ``SCORE_MISSING`` or ``SCORE_REASON_MISSING`` for each blank."""
    state = move(SCORE, sheet.state, ScoreAction.SUBMIT)
    check_sheet(rules, sheet)
    marks = {mark.criterion: mark for mark in sheet.marks}
    faults = []
    for code in missing_criteria(rules, sheet):
        scored = code in marks and marks[code].value is not None
        faults.append(FieldFault(f"marks.{code}", Reason.SCORE_REASON_MISSING if scored else Reason.SCORE_MISSING))
    if faults:
        raise invalid(*faults)
    return replace(sheet, state=state)


def missing_criteria(rules: ReviewRules, sheet: Sheet) -> tuple[str, ...]:
    """The criteria of the grid without a mark or without its reason, in the grid's order."""
    filled = {mark.criterion for mark in sheet.marks if mark.value is not None and mark.reason is not None}
    return tuple(criterion.code for criterion in rules.grid if criterion.code not in filled)


def void(sheets: Iterable[Sheet], member_id: str, *, application_id: str) -> tuple[Sheet, ...]:
    """The same sheets, those of this member on this file voided (a recusal, even a late one)."""
    return tuple(
        replace(sheet, state=move(SCORE, sheet.state, ScoreAction.VOID))
        if (sheet.member_id, sheet.application_id) == (member_id, application_id)
        and sheet.state is not ScoreState.VOIDED
        else sheet
        for sheet in sheets
    )


def tally(rules: ReviewRules, sheets: Iterable[Sheet], *, application_id: str, scorers: Iterable[str]) -> Tally:
    """How many complete sheets of how many expected, for one file."""
    expected = sorted(set(scorers))
    mine = _by_member(sheets, application_id)
    whole = tuple(criterion.code for criterion in rules.grid)
    missing = []
    for member in expected:
        sheet = mine.get(member)
        if sheet is None:
            missing.append(Missing(member, whole))
        elif not _counts(rules, sheet):
            missing.append(Missing(member, missing_criteria(rules, sheet)))
    return Tally(application_id, len(expected) - len(missing), len(expected), tuple(missing))


def means(rules: ReviewRules, sheets: Iterable[Sheet], *, application_id: str, scorers: Iterable[str]) -> Means | None:
    """Means over the complete, submitted sheets of ``scorers`` on one file; None while there is none."""
    mine = _by_member(sheets, application_id)
    complete = [mine[member] for member in sorted(set(scorers)) if member in mine and _counts(rules, mine[member])]
    if not complete:
        return None
    totals = dict.fromkeys((criterion.code for criterion in rules.grid), 0)
    for sheet in complete:
        for mark in sheet.marks:
            totals[mark.criterion] += mark.value or 0
    by_criterion = {code: Fraction(total, len(complete)) for code, total in totals.items()}
    points = _points(rules, by_criterion)
    own = [weighted(rules, {mark.criterion: Fraction(mark.value or 0) for mark in sheet.marks}) for sheet in complete]
    spread = max(own) - min(own)
    return Means(len(complete), by_criterion, weighted(rules, by_criterion), points / rules.maximum, spread)


def weighted(rules: ReviewRules, values: Mapping[str, Fraction]) -> Fraction:
    """Σ weight × value ÷ Σ weight; a criterion without a value counts for nothing."""
    return _points(rules, values) / sum(criterion.weight for criterion in rules.grid)


def _points(rules: ReviewRules, values: Mapping[str, Fraction]) -> Fraction:
    return sum((criterion.weight * values.get(criterion.code, Fraction(0)) for criterion in rules.grid), Fraction(0))


def _counts(rules: ReviewRules, sheet: Sheet) -> bool:
    return sheet.state is ScoreState.SUBMITTED and not missing_criteria(rules, sheet)


def _by_member(sheets: Iterable[Sheet], application_id: str) -> dict[str, Sheet]:
    """One sheet per member: two would weigh double, so the second is an error of the caller."""
    found: dict[str, Sheet] = {}
    for sheet in sheets:
        if sheet.application_id == application_id:
            if sheet.member_id in found:
                raise ValueError("a member has one sheet per application")
            found[sheet.member_id] = sheet
    return found


def _in_scale(value: int | None, top: int) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= top)
