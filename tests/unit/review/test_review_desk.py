"""The instructor's desk: admissibility by two, checklist and clock, the record."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import Kind, Refused
from kit.money import Cents
from services.review.domain.admissibility import (
    Admissibility,
    InadmissibilityReason,
    admit,
    confirm,
    propose_inadmissible,
    send_back,
)
from services.review.domain.completeness import (
    Defect,
    DefectKind,
    DocumentFact,
    Suspension,
    check_lapse,
    defects,
    latest_refusal_on,
    refusal_on,
    silence_on,
)
from services.review.domain.instruction import Instruction, check_amount_proposed, check_instruction
from services.review.domain.moves import AdmissibilityState
from services.review.domain.texts import TextRef
from tests.unit.review.builders import rules

RECEIVED = date(2023, 4, 11)
ASKED = datetime(2023, 4, 20, 8, 0, tzinfo=UTC)
BASE = date(2023, 6, 11)


def _fields(refused: pytest.ExceptionInfo[Refused]) -> dict[str, str]:
    return {fault.path: fault.reason for fault in refused.value.fields}


def test_an_inadmissibility_needs_two_people_and_a_reason() -> None:
    proposed = propose_inadmissible(
        Admissibility(), "one", reasons=["RATE_TOO_HIGH", "OUTSIDE_TERRITORY", "RATE_TOO_HIGH"]
    )
    assert proposed.reasons == (InadmissibilityReason.OUTSIDE_TERRITORY, InadmissibilityReason.RATE_TOO_HIGH)
    with pytest.raises(Refused) as refused:
        confirm(proposed, "one")
    assert (refused.value.reason, refused.value.kind) == ("SECOND_PERSON_REQUIRED", Kind.DENIED)
    done = confirm(proposed, "two")
    assert (done.state, done.decided_by, done.confirmed_by) == (AdmissibilityState.INADMISSIBLE, "one", "two")
    assert send_back(proposed) == Admissibility()


@pytest.mark.parametrize(("reasons", "fault"), [([], "REASON_REQUIRED"), (["I_DISLIKE_IT"], "REASON_UNKNOWN")])
def test_an_inadmissibility_has_known_reasons(reasons: list[str], fault: str) -> None:
    with pytest.raises(Refused) as refused:
        propose_inadmissible(Admissibility(), "one", reasons=reasons)
    assert _fields(refused) == {"reasons": fault}


def test_one_person_admits_and_it_is_final() -> None:
    admitted = admit(Admissibility(), "one")
    assert admitted.state is AdmissibilityState.ADMISSIBLE
    with pytest.raises(Refused, match="NOT_IN_THIS_STATE"):
        propose_inadmissible(admitted, "two", reasons=["RATE_TOO_HIGH"])


def test_the_checklist_depends_on_stage_and_family() -> None:
    nothing: list[DocumentFact] = []
    association = defects(rules(), stage="full_application", family="association", documents=nothing)
    assert [line.code for line in association] == ["budget", "statutes"]
    person = defects(rules(), stage="full_application", family="natural_person", documents=nothing)
    assert [line.code for line in person] == ["budget"]
    assert {line.kind for line in (*association, *person)} == {DefectKind.MISSING}


@pytest.mark.parametrize(
    ("issued", "kind"),
    [
        (RECEIVED - timedelta(days=90), None),
        (RECEIVED - timedelta(days=91), DefectKind.EXPIRED),
        (RECEIVED + timedelta(days=1), DefectKind.DATE_IN_FUTURE),
        (None, DefectKind.DATE_MISSING),
    ],
)
def test_a_dated_piece_is_read_on_the_day_it_came(issued: date | None, kind: DefectKind | None) -> None:
    documents = [DocumentFact("budget", RECEIVED), DocumentFact("company_register", RECEIVED, issued)]
    found = defects(rules(), stage="full_application", family="commercial_company", documents=documents)
    assert [line.kind for line in found] == ([] if kind is None else [kind])
    if kind is DefectKind.EXPIRED:
        assert found == (Defect("company_register", DefectKind.EXPIRED, 90),)


def test_one_good_document_is_enough_else_the_newest_speaks() -> None:
    bad = DocumentFact("budget", RECEIVED, legible=False)
    good = DocumentFact("budget", RECEIVED + timedelta(days=5))
    assert defects(rules(), stage="full_application", family="natural_person", documents=[bad, good]) == ()
    found = defects(rules(), stage="full_application", family="natural_person", documents=[bad])
    assert found == (Defect("budget", DefectKind.ILLEGIBLE),)


@pytest.mark.parametrize(
    ("received", "expected"),
    [
        (datetime(2023, 4, 11, 14, 59, tzinfo=UTC), date(2023, 6, 11)),
        (datetime(2023, 4, 8, 22, 30, tzinfo=UTC), date(2023, 6, 9)),  # 00:30 in Paris on the 9th
        (datetime(2023, 12, 31, 12, 0, tzinfo=UTC), date(2024, 2, 29)),
    ],
)
def test_silence_counts_civil_months_of_paris(received: datetime, expected: date) -> None:
    assert silence_on(received, 2) == expected


def test_the_clock_stops_until_the_answer() -> None:
    waiting = Suspension(ASKED, ASKED + timedelta(days=15))
    assert refusal_on(BASE, [waiting]) is None
    assert latest_refusal_on(BASE, [waiting]) == BASE + timedelta(days=15)
    answered = replace(waiting, answered_at=ASKED + timedelta(days=6))
    assert refusal_on(BASE, [answered]) == BASE + timedelta(days=6)
    late = replace(waiting, answered_at=ASKED + timedelta(days=40))
    assert refusal_on(BASE, [late]) == BASE + timedelta(days=15)
    assert refusal_on(BASE, []) == BASE


def test_a_day_covered_by_two_requests_counts_once() -> None:
    first = Suspension(ASKED, ASKED + timedelta(days=15), ASKED + timedelta(days=10))
    second = Suspension(ASKED + timedelta(days=4), ASKED + timedelta(days=19), ASKED + timedelta(days=12))
    inside = Suspension(ASKED + timedelta(days=1), ASKED + timedelta(days=15), ASKED + timedelta(days=2))
    apart = Suspension(ASKED + timedelta(days=20), ASKED + timedelta(days=35), ASKED + timedelta(days=21))
    assert refusal_on(BASE, [apart, second, inside, first]) == BASE + timedelta(days=13)


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 30)), max_size=6))
def test_the_clock_moves_by_the_days_it_was_stopped(spans: list[tuple[int, int]]) -> None:
    held = [
        Suspension(ASKED + timedelta(days=start), ASKED + timedelta(days=100), ASKED + timedelta(days=start + length))
        for start, length in spans
    ]
    covered = {start + day for start, length in spans for day in range(length)}
    assert refusal_on(BASE, held) == BASE + timedelta(days=len(covered))


def test_nothing_lapses_if_something_came_in_time() -> None:
    deadline = ASKED + timedelta(days=15)
    just = deadline - timedelta(microseconds=1)
    with pytest.raises(Refused) as refused:
        check_lapse(Suspension(ASKED, deadline, just), now=deadline + timedelta(days=1))
    assert refused.value.reason == "RECEIVED_IN_TIME"
    with pytest.raises(Refused, match="TOO_EARLY"):
        check_lapse(Suspension(ASKED, deadline), now=just)
    check_lapse(Suspension(ASKED, deadline), now=deadline)
    check_lapse(Suspension(ASKED, deadline, deadline), now=deadline)


def _record(**changes: object) -> Instruction:
    record = Instruction(
        track="study",
        eligible_cost_cents=Cents(3_000_000),
        requested_cents=Cents(1_500_000),
        eligible_base_cents=Cents(2_000_000),
        proposed_cents=Cents(1_400_000),
        section="OPERATING",
        analysis=TextRef("t", 1),
    )
    return replace(record, **changes)  # type: ignore[arg-type]


def test_a_sound_record_is_accepted_at_its_limits() -> None:
    check_instruction(rules(), _record())
    check_instruction(rules(), _record(proposed_cents=Cents(500_000)))
    check_instruction(rules(), _record(eligible_base_cents=Cents(3_000_000), proposed_cents=Cents(1_500_000)))
    check_amount_proposed(_record().proposed_cents)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"proposed_cents": Cents(1_400_001)}, {"proposed_cents": "RATE_EXCEEDED"}),
        (
            {"eligible_base_cents": Cents(2_000_001), "proposed_cents": Cents(1_400_001)},
            {"proposed_cents": "RATE_EXCEEDED"},
        ),
        ({"requested_cents": Cents(1_399_999)}, {"proposed_cents": "AMOUNT_ABOVE_REQUESTED"}),
        ({"proposed_cents": Cents(499_999)}, {"proposed_cents": "AMOUNT_BELOW_MINIMUM"}),
        ({"eligible_base_cents": Cents(3_000_001)}, {"eligible_base_cents": "ELIGIBLE_BASE_WRONG"}),
        ({"section": None}, {"section": "SECTION_REQUIRED"}),
        ({"section": "ELSEWHERE", "analysis": None}, {"section": "SECTION_UNKNOWN", "analysis": "ANALYSIS_MISSING"}),
        ({"track": "other"}, {"track": "TRACK_UNKNOWN"}),
        ({"track": "other", "proposed_cents": None}, {"track": "TRACK_UNKNOWN"}),
    ],
)
def test_each_limit_of_the_record(changes: dict[str, object], expected: dict[str, str]) -> None:
    with pytest.raises(Refused) as refused:
        check_instruction(rules(), _record(**changes))
    assert _fields(refused) == expected


def test_a_file_may_be_concluded_without_aid_but_not_shortlisted() -> None:
    none = _record(proposed_cents=None, section=None)
    check_instruction(rules(), none)
    with pytest.raises(Refused, match="NO_AMOUNT_PROPOSED"):
        check_amount_proposed(none.proposed_cents)
