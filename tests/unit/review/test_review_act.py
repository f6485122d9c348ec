"""The vote: number, dates, rows against the proposals, recusals and voices."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from kit.errors import Refused
from kit.money import Cents
from services.review.domain.act import Act, ActRow, Hands, VoterRecusal, check_act, check_dates, decisions
from services.review.domain.moves import DecisionState
from services.review.domain.ranking import Proposal, cut, rank
from services.review.domain.texts import TextRef
from services.review.domain.votes import Ballot
from tests.unit.review.builders import contender, flat, rules

ENVELOPES = {"OPERATING": Cents(2_000_000), "INVESTMENT": Cents(500_000)}
GRANTED, WAITING, REFUSED = DecisionState.GRANTED, DecisionState.WAITING, DecisionState.REFUSED


def _proposals() -> tuple[Proposal, ...]:
    files = [contender(1), contender(2), contender(3), contender(4)]
    sheets = [*flat("a01", 5), *flat("a02", 4), *flat("a03", 3), *flat("a04", 1)]
    return cut(rank(sheets, rules(), files), ENVELOPES, rules())


def _act(*rows: ActRow) -> Act:
    both = (
        ActRow("a01", GRANTED, "OPERATING", Cents(1_000_000)),
        ActRow("a02", GRANTED, "OPERATING", Cents(1_000_000)),
    )
    return Act(number="2023_10_2_17", session_on=date(2023, 10, 2), rows=rows or both)


def _faults(act: Act) -> dict[str, str]:
    with pytest.raises(Refused) as refused:
        check_act(act, _proposals(), envelopes=ENVELOPES)
    return {fault.path: fault.reason for fault in refused.value.fields} or {"": refused.value.reason}


def test_the_act_that_votes_what_the_jury_proposed() -> None:
    check_act(_act(), _proposals(), envelopes=ENVELOPES)
    assert [(row.application_id, row.decision) for row in decisions(_act(), _proposals())] == [
        ("a01", GRANTED),
        ("a02", GRANTED),
        ("a03", WAITING),
        ("a04", REFUSED),
    ]


def test_rows_may_also_state_the_waiting_list_and_the_refusals() -> None:
    act = _act(
        *_act().rows,
        ActRow("a03", WAITING, "OPERATING", Cents(0)),
        ActRow("a04", REFUSED, "OPERATING", Cents(0)),
    )
    check_act(act, _proposals(), envelopes=ENVELOPES)
    assert decisions(act, _proposals()) == act.rows


@pytest.mark.parametrize("number", ["", "A", "A" * 16, "a1", "2023-10", "É1", "12\n"])
def test_the_number_is_the_prefecture_s(number: str) -> None:
    assert _faults(replace(_act(), number=number)) == {"number": "ACT_NUMBER_WRONG"}


def test_rows_equal_the_proposals_or_say_why() -> None:
    first, second = _act().rows
    reason = TextRef("r", 1)
    assert _faults(_act(first)) == {"applications.a02": "ACT_ROW_MISSING"}
    assert _faults(_act(first, second, second)) == {"rows[1]": "ACT_ROW_TWICE", "rows[2]": "ACT_ROW_TWICE"} | {
        "rows": "ACT_ENVELOPE_EXCEEDED"
    }
    assert _faults(_act(first, replace(second, amount_cents=Cents(900_000)))) == {"rows[1]": "ACT_ROW_DIFFERS"}
    assert _faults(_act(first, replace(second, decision=REFUSED))) == {"rows[1].amount_cents": "ACT_AMOUNT_WRONG"}
    struck = replace(second, decision=REFUSED, amount_cents=Cents(0))
    assert _faults(_act(first, struck)) == {"rows[1]": "ACT_ROW_DIFFERS"}
    amended = _act(first, replace(struck, amendment=reason))
    check_act(amended, _proposals(), envelopes=ENVELOPES)
    assert decisions(amended, _proposals())[1].decision is REFUSED
    check_act(
        _act(first, replace(second, section="INVESTMENT", amount_cents=Cents(500_000), amendment=reason)),
        _proposals(),
        envelopes=ENVELOPES,
    )


def test_a_file_the_jury_did_not_propose_needs_a_reason() -> None:
    first, second = _act().rows
    third = ActRow("a03", GRANTED, "INVESTMENT", Cents(500_000))
    assert _faults(_act(first, second, third)) == {"rows[2]": "ACT_ROW_DIFFERS"}
    check_act(_act(first, second, replace(third, amendment=TextRef("r", 1))), _proposals(), envelopes=ENVELOPES)


def test_an_amendment_never_exceeds_the_envelope() -> None:
    first, second = _act().rows
    above = replace(second, amount_cents=Cents(1_000_001), amendment=TextRef("r", 1))
    assert _faults(_act(first, above)) == {"rows": "ACT_ENVELOPE_EXCEEDED"}
    assert _faults(_act(first, replace(above, section="ELSEWHERE"))) == {"rows": "SECTION_UNKNOWN"}


def test_an_act_has_rows() -> None:
    assert _faults(replace(_act(), rows=()))["rows"] == "ACT_ROWS_EMPTY"


def test_dates_follow_one_another() -> None:
    act = replace(_act(), transmitted_on=date(2023, 10, 2), executory_on=date(2023, 10, 2))
    check_dates(act)
    for changes, path, reason in (
        ({"transmitted_on": date(2023, 10, 1)}, "transmitted_on", "ACT_DATES_ORDER"),
        ({"executory_on": date(2023, 10, 1)}, "executory_on", "ACT_DATES_ORDER"),
        ({"transmitted_on": None}, "executory_on", "ACT_NOT_TRANSMITTED"),
    ):
        with pytest.raises(Refused) as refused:
            check_dates(replace(act, **changes))
        assert [(fault.path, fault.reason) for fault in refused.value.fields] == [(path, reason)]


def test_who_stands_aside_has_no_voice() -> None:
    aside = (VoterRecusal("v1", "a01"), VoterRecusal("v1", "a02"), VoterRecusal("v2", "a01"))
    act = replace(_act(), recusals=aside, hands=Hands(Ballot(8, 1, 1), 12))
    check_act(act, _proposals(), envelopes=ENVELOPES)
    assert _faults(replace(act, hands=Hands(Ballot(9, 1, 1), 12))) == {"ballot": "BALLOT_WRONG"}
    assert _faults(replace(act, hands=Hands(Ballot(-1, 0, 1), 12))) == {"ballot": "BALLOT_WRONG"}
    assert _faults(replace(act, hands=Hands(Ballot(5, 5, 0), 12))) == {"": "ACT_NOT_ADOPTED"}
    assert _faults(replace(act, recusals=(VoterRecusal("v1", "a09"),))) == {"recusals[0]": "RECUSAL_OUTSIDE_ACT"}
