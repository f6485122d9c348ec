"""Every (state, action) pair of every thing of review: where it leads, or its refusal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum

import pytest

from kit.errors import Refused
from services.review.domain import moves
from services.review.domain.moves import CaseState, DecisionState, check_case_open, move, notify

EXPECTED = {
    "CASE": "OPEN WITHDRAW WITHDRAWN, OPEN CLOSE CLOSED, WITHDRAWN CLOSE CLOSED",
    "ADMISSIBILITY": "PENDING ADMIT ADMISSIBLE, PENDING PROPOSE_INADMISSIBLE INADMISSIBLE_PROPOSED,"
    "INADMISSIBLE_PROPOSED CONFIRM INADMISSIBLE, INADMISSIBLE_PROPOSED SEND_BACK PENDING",
    "COMPLETENESS": "NOT_STARTED RECEIVE_FULL_APPLICATION TO_CHECK, TO_CHECK REQUEST_CORRECTION INCOMPLETE,"
    "TO_CHECK CONFIRM_COMPLETE COMPLETE, INCOMPLETE RECEIVE_ANSWER TO_CHECK, INCOMPLETE LAPSE LAPSED",
    "REVIEW": "NOT_STARTED ASSIGN UNDER_REVIEW, UNDER_REVIEW ASSIGN UNDER_REVIEW, UNDER_REVIEW CONCLUDE CONCLUDED",
    "OPINION": "REQUESTED GIVE GIVEN, REQUESTED LAPSE EXPIRED, REQUESTED CANCEL CANCELLED",
    "SHORTLIST": "UNDECIDED SHORTLIST SHORTLISTED, UNDECIDED EXCLUDE NOT_SHORTLISTED",
    "HEARING": "NOT_SCHEDULED SCHEDULE SCHEDULED, SCHEDULED SCHEDULE SCHEDULED, ABSENT SCHEDULE SCHEDULED,"
    "SCHEDULED RECORD_PRESENCE HEARD, SCHEDULED RECORD_ABSENCE ABSENT",
    "JURY_SESSION": "PREPARED CONVOKE CONVOKED, CONVOKED OPEN OPEN, CONVOKED ADJOURN ADJOURNED, OPEN ADJOURN ADJOURNED,"
    "ADJOURNED OPEN OPEN, OPEN CLOSE CLOSED, PREPARED CANCEL CANCELLED, CONVOKED CANCEL CANCELLED,"
    "OPEN CANCEL CANCELLED, ADJOURNED CANCEL CANCELLED",
    "SCORE": "DRAFT SAVE DRAFT, DRAFT SUBMIT SUBMITTED, SUBMITTED SUBMIT SUBMITTED, DRAFT VOID VOIDED,"
    "SUBMITTED VOID VOIDED",
    "PROPOSAL": "NONE PROPOSE PROPOSED, NONE PUT_ON_WAITING_LIST WAITING_LIST, NONE DECLINE DECLINED,"
    "WAITING_LIST PROPOSE PROPOSED, WAITING_LIST DECLINE DECLINED",
    "DECISION": "UNDECIDED GRANT GRANTED, UNDECIDED REFUSE REFUSED, UNDECIDED KEEP_WAITING WAITING,"
    "WAITING GRANT GRANTED, WAITING REFUSE REFUSED",
    "ACT": "RECORDED TRANSMIT TRANSMITTED, TRANSMITTED MAKE_EXECUTORY EXECUTORY",
}


def _pairs() -> list[tuple[str, StrEnum, StrEnum]]:
    pairs = []
    for name in EXPECTED:
        table: Mapping[tuple[StrEnum, StrEnum], StrEnum] = getattr(moves, name)
        state, action = next(iter(table))
        pairs += [(name, one, other) for one in type(state) for other in type(action)]
    return pairs


@pytest.mark.parametrize(("name", "state", "action"), _pairs())
def test_every_pair(name: str, state: StrEnum, action: StrEnum) -> None:
    rows = (row.split() for row in EXPECTED[name].split(","))
    expected = {(row[0], row[1]): row[2] for row in rows}.get((state.value, action.value))
    table: Mapping[tuple[StrEnum, StrEnum], StrEnum] = getattr(moves, name)
    if expected is not None:
        assert move(table, state, action) == expected
    else:
        with pytest.raises(Refused) as refused:
            move(table, state, action)
        assert refused.value.reason == "NOT_IN_THIS_STATE"
        assert refused.value.values == {"state": state.value, "action": action.value}


def test_every_table_is_walked() -> None:
    tables = {name for name, value in vars(moves).items() if name.isupper() and isinstance(value, dict)}
    assert tables == set(EXPECTED)


def test_values_are_their_names() -> None:
    enums = [value for value in vars(moves).values() if isinstance(value, type) and issubclass(value, StrEnum)]
    assert all(member.value == member.name for enum in enums for member in enum)


def test_a_decision_is_notified_once() -> None:
    now = datetime(2023, 10, 9, 8, 0, tzinfo=UTC)
    assert notify(DecisionState.REFUSED, None, now=now) == now
    with pytest.raises(Refused, match="ALREADY_NOTIFIED"):
        notify(DecisionState.REFUSED, now, now=now)
    with pytest.raises(Refused, match="DECISION_NOT_TAKEN"):
        notify(DecisionState.UNDECIDED, None, now=now)


def test_nothing_moves_in_a_withdrawn_case() -> None:
    check_case_open(CaseState.OPEN)
    for state in (CaseState.WITHDRAWN, CaseState.CLOSED):
        with pytest.raises(Refused, match="CASE_NOT_OPEN"):
            check_case_open(state)
