"""A case's order of steps, its clock, its opinions; a result as somebody recused may read it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest

from kit.errors import Refused
from kit.money import Cents
from services.review.domain.act import ActRow, check_decision
from services.review.domain.admissibility import Admissibility
from services.review.domain.case import (
    Case,
    Opinion,
    Sheet,
    check_admitted,
    check_complete,
    check_concluded,
    check_no_defect,
    check_received,
    check_shortlisted,
    tacit_refusal_on,
)
from services.review.domain.completeness import Defect, DefectKind, Suspension
from services.review.domain.moves import (
    AdmissibilityState,
    CaseState,
    CompletenessState,
    DecisionState,
    HearingState,
    OpinionState,
    ProposalState,
    ReviewState,
    ShortlistState,
)
from services.review.domain.opinions import check_opinion_lapse, give
from services.review.domain.ranking import CutReason
from services.review.domain.results import Line, Result, Use, without
from services.review.domain.rulebook import check_weights
from services.review.domain.texts import MAX_LENGTH, check_words
from tests.unit.review.builders import rules

NOON = datetime(2023, 3, 14, 11, 0, tzinfo=UTC)
NEW = Case(
    application_id="a",
    call_id="c",
    track="study",
    applicant_id="p",
    received_at=NOON,
    state=CaseState.OPEN,
    admissibility=Admissibility(),
    ground=None,
    completeness=CompletenessState.NOT_STARTED,
    review=ReviewState.NOT_STARTED,
    shortlist=ShortlistState.UNDECIDED,
    hearing=HearingState.NOT_SCHEDULED,
    proposal=ProposalState.NONE,
    decision=DecisionState.UNDECIDED,
    requested_cents=Cents(1),
    section=None,
    legal_family=None,
    full_received_at=None,
    eligible_cost_cents=None,
    reviewer_id=None,
    eligible_base_cents=None,
    instructed_cents=None,
    hearing_at=None,
    session_id=None,
    proposed_cents=Cents(0),
    rank=0,
    act_id=None,
    granted_cents=Cents(0),
    notified_at=None,
)
READY = replace(
    NEW,
    admissibility=Admissibility(AdmissibilityState.ADMISSIBLE, decided_by="one"),
    completeness=CompletenessState.COMPLETE,
    review=ReviewState.CONCLUDED,
    shortlist=ShortlistState.SHORTLISTED,
)


@pytest.mark.parametrize(
    ("check", "reason"),
    [
        (check_admitted, "ADMISSIBILITY_FIRST"),
        (check_received, "FULL_APPLICATION_FIRST"),
        (check_complete, "COMPLETENESS_FIRST"),
        (check_concluded, "REVIEW_FIRST"),
        (check_shortlisted, "SHORTLIST_FIRST"),
    ],
)
def test_what_must_come_first(check: Callable[[Case], None], reason: str) -> None:
    check(READY)
    with pytest.raises(Refused, match=reason):
        check(NEW)
    for ended in (CaseState.WITHDRAWN, CaseState.CLOSED):
        with pytest.raises(Refused, match="CASE_NOT_OPEN"):
            check(replace(READY, state=ended))


def test_silence_is_counted_from_the_first_deposit() -> None:
    sheet = Sheet(NEW, (), (), None)
    assert tacit_refusal_on(sheet, rules()) == date(2023, 5, 14)
    asked = Suspension(NOON, NOON + timedelta(days=15))
    assert tacit_refusal_on(replace(sheet, suspensions=(asked,)), rules()) is None
    answered = replace(asked, answered_at=NOON + timedelta(days=5))
    assert tacit_refusal_on(replace(sheet, suspensions=(answered,)), rules()) == date(2023, 5, 19)
    assert tacit_refusal_on(sheet, replace(rules(), deadlines={})) is None


def test_each_defect_is_told() -> None:
    check_no_defect(())
    found = (Defect("statutes", DefectKind.MISSING), Defect("register", DefectKind.EXPIRED, 90))
    with pytest.raises(Refused, match="PIECES_MISSING") as refused:
        check_no_defect(found)
    assert refused.value.values == {"pieces": "statutes, register"}
    assert [(fault.path, fault.reason, dict(fault.values)) for fault in refused.value.fields] == [
        ("pieces.statutes", "PIECE_NOT_RECEIVED", {}),
        ("pieces.register", "PIECE_EXPIRED", {"max_age_days": "90"}),
    ]


def test_an_opinion_is_given_before_its_instant() -> None:
    asked = Opinion("o", "a", "e", OpinionState.REQUESTED, NOON)
    given = give(asked, favourable=False, at=NOON - timedelta(microseconds=1))
    assert (given.state, given.favourable) == (OpinionState.GIVEN, False)
    with pytest.raises(Refused, match="OPINION_CLOSED"):
        give(asked, favourable=True, at=NOON)
    with pytest.raises(Refused, match="NOT_IN_THIS_STATE"):
        give(given, favourable=True, at=NOON - timedelta(days=1))
    with pytest.raises(Refused, match="RECEIVED_IN_TIME"):
        check_opinion_lapse(given, now=NOON)
    with pytest.raises(Refused, match="TOO_EARLY"):
        check_opinion_lapse(asked, now=NOON - timedelta(microseconds=1))
    check_opinion_lapse(asked, now=NOON)


def _line(application_id: str, rank: int, cents: int) -> Line:
    state = ProposalState.PROPOSED if rank else ProposalState.DECLINED
    reason = CutReason.FULL if rank else CutReason.NOT_HEARD
    return Line(application_id, rank, Fraction(rank), state, Cents(cents), "OPERATING", reason)


def test_a_hidden_file_leaves_no_trace_in_a_result() -> None:
    lines = (_line("a", 1, 5), _line("b", 2, 7), _line("c", 3, 9), _line("d", 0, 0))
    whole = Result(lines, (Use("OPERATING", Cents(100), Cents(21)),), "digest")
    assert without(whole, ()) == whole
    shown = without(whole, {"b"})
    assert [(line.application_id, line.rank) for line in shown.lines] == [("a", 1), ("c", 2), ("d", 0)]
    assert shown.uses == (Use("OPERATING", Cents(100), Cents(14)),)


def test_weights_of_a_what_if() -> None:
    check_weights(rules(), [("jobs", 0), ("viability", 9)])
    for weights, path, reason in (
        ([("charm", 1)], "weights.charm", "CRITERION_UNKNOWN"),
        ([("jobs", 1), ("jobs", 2)], "weights.jobs", "CRITERION_TWICE"),
        ([("jobs", -1)], "weights.jobs", "WEIGHT_WRONG"),
        ([(line.code, 0) for line in rules().grid], "weights", "WEIGHT_WRONG"),
    ):
        with pytest.raises(Refused) as refused:
            check_weights(rules(), weights)
        assert [(fault.path, fault.reason) for fault in refused.value.fields] == [(path, reason)]


def test_a_decision_equals_its_row_to_the_cent() -> None:
    row = ActRow("a", DecisionState.GRANTED, "OPERATING", Cents(5))
    check_decision(row, decision="GRANTED", granted_cents=5, section="OPERATING")
    check_decision(ActRow("a", DecisionState.REFUSED, "", Cents(0)), decision="REFUSED", granted_cents=0, section="ANY")
    for found, decision, cents, section in (
        (None, "GRANTED", 5, "OPERATING"),
        (row, "GRANTED", 4, "OPERATING"),
        (row, "REFUSED", 5, "OPERATING"),
        (row, "GRANTED", 5, "INVESTMENT"),
    ):
        with pytest.raises(Refused, match="DECISION_DIFFERS"):
            check_decision(found, decision=decision, granted_cents=cents, section=section)


@pytest.mark.parametrize(
    ("body", "reason"),
    [("", "TEXT_EMPTY"), (" \n", "TEXT_EMPTY"), ("a" * (MAX_LENGTH + 1), "TEXT_TOO_LONG")],
)
def test_words_that_cannot_be_kept(body: str, reason: str) -> None:
    check_words("a" * MAX_LENGTH)
    with pytest.raises(Refused) as refused:
        check_words(body)
    assert refused.value.fields[0].reason == reason
