"""Score sheets: a blank is never a zero and never dropped in silence; a recused member counts nowhere."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import Refused
from services.review.domain.moves import ScoreState
from services.review.domain.scoring import (
    Mark,
    Missing,
    Sheet,
    check_sheet,
    means,
    missing_criteria,
    submit,
    tally,
    void,
)
from services.review.domain.texts import TextRef
from tests.unit.review.builders import CODES, MEMBERS, flat, rules, sheet


def test_a_blank_counts_as_missing_not_as_zero() -> None:
    """One complete sheet, one with a blank, one recused after scoring, one never sent."""
    sheets = [
        sheet("a", "m1", 5, 4, 5, 4, 5, 4),
        sheet("a", "m2", 5, None, 5, 5, 5, 5),
        sheet("a", "m3", 0, 0, 0, 0, 0, 0),
    ]
    voided = void(sheets, "m3", application_id="a")
    found = tally(rules(), voided, application_id="a", scorers={"m1", "m2", "m4"})
    assert (found.complete, found.expected) == (1, 3)
    assert found.missing == (Missing("m2", ("innovation",)), Missing("m4", CODES))
    mean = means(rules(), voided, application_id="a", scorers={"m1", "m2", "m4"})
    assert mean is not None
    assert mean.count == 1
    assert mean.weighted == Fraction(5 * 4 + 4 * 3 + 5 * 4 + 4 * 3 + 5 * 3 + 4 * 3, 20)
    assert mean.share == mean.weighted / 5


def test_a_recused_member_counts_nowhere_even_before_the_void() -> None:
    sheets = [*flat("a", 5, ("m1", "m2")), *flat("a", 0, ("m3",))]
    with_void = means(rules(), void(sheets, "m3", application_id="a"), application_id="a", scorers=MEMBERS)
    without = means(rules(), sheets, application_id="a", scorers={"m1", "m2"})
    assert with_void == without
    assert with_void is not None
    assert with_void.weighted == 5


def test_voiding_touches_one_member_on_one_file_and_may_be_repeated() -> None:
    sheets = [*flat("a", 5), *flat("b", 5)]
    once = void(sheets, "m3", application_id="a")
    assert [line.member_id for line in once if line.state is ScoreState.VOIDED] == ["m3"]
    assert void(once, "m3", application_id="a") == once


def test_a_draft_is_not_counted() -> None:
    filled = sheet("a", "m1", 5, 5, 5, 5, 5, 5, state=ScoreState.DRAFT)
    assert means(rules(), [filled], application_id="a", scorers={"m1"}) is None
    assert tally(rules(), [filled], application_id="a", scorers={"m1"}).missing == (Missing("m1", ()),)
    assert tally(rules(), [submit(rules(), filled)], application_id="a", scorers={"m1"}).complete == 1


def test_submitting_needs_every_mark_and_every_reason() -> None:
    blank = sheet("a", "m1", 5, None, 0, 5, 5, 5, state=ScoreState.DRAFT)
    unexplained = replace(blank, marks=(Mark("anchoring", 5, None), *blank.marks[1:]))
    with pytest.raises(Refused) as refused:
        submit(rules(), unexplained)
    assert {fault.path: fault.reason for fault in refused.value.fields} == {
        "marks.anchoring": "SCORE_REASON_MISSING",
        "marks.innovation": "SCORE_MISSING",
    }
    with pytest.raises(Refused, match="NOT_IN_THIS_STATE"):
        submit(rules(), replace(blank, state=ScoreState.VOIDED))


def test_zero_is_a_mark() -> None:
    zero = flat("a", 0, ("m1",))
    found = means(rules(), zero, application_id="a", scorers={"m1"})
    assert found is not None
    assert found.weighted == 0


@pytest.mark.parametrize(
    ("mark", "reason"),
    [
        (Mark("anchoring", 6, TextRef("t", 1)), "SCORE_OUT_OF_SCALE"),
        (Mark("anchoring", -1, TextRef("t", 1)), "SCORE_OUT_OF_SCALE"),
        (Mark("anchoring", 2.5, TextRef("t", 1)), "SCORE_OUT_OF_SCALE"),  # type: ignore[arg-type]
        (Mark("anchoring", True, TextRef("t", 1)), "SCORE_OUT_OF_SCALE"),
        (Mark("beauty", 3, TextRef("t", 1)), "CRITERION_UNKNOWN"),
        (Mark("jobs", 3, TextRef("t", 1)), "CRITERION_TWICE"),
    ],
)
def test_a_wrong_mark_is_refused_in_a_draft_too(mark: Mark, reason: str) -> None:
    draft = Sheet("a", "m1", ScoreState.DRAFT, (Mark("jobs", 3, TextRef("t", 1)), mark))
    with pytest.raises(Refused) as refused:
        check_sheet(rules(), draft)
    assert [fault.reason for fault in refused.value.fields] == [reason]


def test_two_sheets_of_one_member_never_weigh_double() -> None:
    with pytest.raises(ValueError, match="one sheet"):
        means(rules(), [*flat("a", 5), *flat("a", 4)], application_id="a", scorers=MEMBERS)


def test_missing_follows_the_grid() -> None:
    assert missing_criteria(rules(), Sheet("a", "m1", ScoreState.DRAFT, ())) == CODES


@given(st.lists(st.lists(st.integers(0, 5), min_size=6, max_size=6), min_size=1, max_size=5))
def test_the_mean_can_be_redone_by_hand(values: list[list[int]]) -> None:
    sheets = [sheet("a", member, *row) for member, row in zip(MEMBERS, values, strict=False)]
    found = means(rules(), sheets, application_id="a", scorers=MEMBERS)
    assert found is not None
    by_hand = sum(sum(w * v for w, v in zip((4, 3, 4, 3, 3, 3), row, strict=True)) for row in values)
    assert found.weighted * 20 * len(values) == by_hand
    assert 0 <= found.share <= 1
