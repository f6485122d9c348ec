"""The jury session: quorum, presence, recusals, closing, minutes."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from kit.errors import Kind, Refused
from kit.money import Cents
from services.review.domain.minutes import Papers, as_record, draw_up
from services.review.domain.moves import JURY_SESSION, JurySessionAction, JurySessionState, ProposalState, move
from services.review.domain.session import (
    ConflictNature,
    MemberRole,
    Presence,
    Session,
    audience,
    check_may_score,
    close_session,
    open_session,
    prepare,
    record_presence,
    recuse,
    scorers,
)
from services.review.domain.votes import Ballot
from tests.unit.review.builders import MEMBERS, NOON, contender, flat, rules, sheet

FILES = (contender(1), contender(2), contender(3, heard=False))
ENVELOPES = {"OPERATING": Cents(1_500_000), "INVESTMENT": Cents(0)}


def _convoked() -> Session:
    prepared = prepare("s", member_ids=MEMBERS, chair_id="m1", application_ids=[file.application_id for file in FILES])
    state = move(JURY_SESSION, prepared.state, JurySessionAction.CONVOKE)
    return Session("s", state, prepared.members, prepared.application_ids)


def _open(*present: str) -> Session:
    return open_session(_convoked(), rules(), present=present or MEMBERS, at=NOON)


def _recused(session: Session, *members: str, application_id: str = "a01") -> Session:
    for member in members:
        session = recuse(session, member, application_id=application_id, nature=ConflictNature.FAMILY, at=NOON)
    return session


def _reason(refused: pytest.ExceptionInfo[Refused]) -> str:
    return refused.value.fields[0].reason if refused.value.kind is Kind.INVALID else refused.value.reason


def test_a_session_has_a_chair_among_its_members_and_files() -> None:
    assert [member.member_id for member in _convoked().members if member.role is MemberRole.CHAIR] == ["m1"]
    with pytest.raises(Refused) as refused:
        prepare("s", member_ids=MEMBERS, chair_id="x", application_ids=["a01"])
    assert _reason(refused) == "CHAIR_NOT_A_MEMBER"
    with pytest.raises(Refused) as refused:
        prepare("s", member_ids=MEMBERS, chair_id="m1", application_ids=[])
    assert _reason(refused) == "FILES_REQUIRED"


def test_opening_is_refused_under_quorum() -> None:
    with pytest.raises(Refused) as refused:
        open_session(_convoked(), rules(), present=["m1", "m2"], at=NOON)
    assert (refused.value.reason, refused.value.values) == ("QUORUM_NOT_MET", {"present": "2", "quorum": "3"})
    session = open_session(_convoked(), rules(), present=["m1", "m2", "m3"], at=NOON)
    assert session.state is JurySessionState.OPEN
    assert session.with_presence(Presence.ABSENT) == ("m4", "m5")


def test_presence_is_of_members_only() -> None:
    with pytest.raises(Refused) as refused:
        open_session(_convoked(), rules(), present=["m1", "m2", "m3", "stranger"], at=NOON)
    assert _reason(refused) == "NOT_A_MEMBER"
    with pytest.raises(Refused, match="NOT_FOUND"):
        record_presence(_open(), "stranger", presence=Presence.PRESENT)


def test_resuming_keeps_the_first_opening() -> None:
    session = _open()
    adjourned = Session(
        "s", JurySessionState.ADJOURNED, session.members, session.application_ids, opened_at=session.opened_at
    )
    again = open_session(adjourned, rules(), present=MEMBERS[:3], at=NOON + timedelta(days=7))
    assert again.opened_at == NOON


def test_a_recused_member_neither_reads_nor_scores_nor_hears_of_the_file() -> None:
    session = _recused(_convoked(), "m1")
    assert "m1" not in audience(session, "a01")
    assert "m1" in audience(session, "a02")
    with pytest.raises(Refused) as refused:
        check_may_score(session, "m1", application_id="a01")
    assert refused.value.kind is Kind.NOT_FOUND
    check_may_score(session, "m1", application_id="a02")


def test_what_is_not_of_the_session_reads_like_what_does_not_exist() -> None:
    assert audience(_convoked(), "elsewhere") == frozenset()
    for member, application_id in (("stranger", "a01"), ("m1", "elsewhere")):
        with pytest.raises(Refused) as refused:
            check_may_score(_convoked(), member, application_id=application_id)
        assert refused.value.kind is Kind.NOT_FOUND
        with pytest.raises(Refused) as refused:
            _recused(_convoked(), member, application_id=application_id)
        assert refused.value.kind is Kind.NOT_FOUND


def test_a_conflict_declared_twice_is_one_recusal() -> None:
    once = _recused(_open(), "m2")
    later = recuse(once, "m2", application_id="a01", nature=ConflictNature.OTHER, at=NOON + timedelta(hours=1))
    assert later == once


def test_scorers_are_expected_until_recorded_absent() -> None:
    assert scorers(_convoked(), "a01") == frozenset(MEMBERS)
    session = _recused(_open("m1", "m2", "m3", "m4"), "m2")
    assert scorers(session, "a01") == {"m1", "m3", "m4"}
    assert scorers(record_presence(session, "m5", presence=Presence.PRESENT), "a01") == {"m1", "m3", "m4", "m5"}


def test_scoring_goes_from_the_convocation_to_the_close() -> None:
    prepared = prepare("s", member_ids=MEMBERS, chair_id="m1", application_ids=["a01"])
    closed = Session("s", JurySessionState.CLOSED, prepared.members, prepared.application_ids)
    for session in (prepared, closed):
        with pytest.raises(Refused, match="NOT_IN_THIS_STATE"):
            check_may_score(session, "m1", application_id="a01")
        with pytest.raises(Refused, match="NOT_IN_THIS_STATE"):
            record_presence(session, "m1", presence=Presence.PRESENT)
    with pytest.raises(Refused, match="NOT_IN_THIS_STATE"):
        _recused(closed, "m1")


def test_closing_says_how_many_sheets_are_missing() -> None:
    sheets = [*flat("a01", 4, MEMBERS[:4]), *flat("a02", 3, MEMBERS[:3]), sheet("a02", "m4", 3, None, 3, 3, 3, 3)]
    with pytest.raises(Refused) as refused:
        close_session(_open(), rules(), files=FILES, sheets=sheets, at=NOON)
    assert refused.value.reason == "SCORES_MISSING"
    assert refused.value.values == {"complete": "7", "expected": "10", "applications": "2"}
    assert {fault.path: fault.values["complete"] for fault in refused.value.fields} == {
        "applications.a01": "4",
        "applications.a02": "3",
    }


def test_a_recused_member_is_not_waited_for() -> None:
    session = _recused(_open(), "m5")
    sheets = [*flat("a01", 4, MEMBERS[:4]), *flat("a02", 3)]
    assert close_session(session, rules(), files=FILES, sheets=sheets, at=NOON).closed_at == NOON


def test_recused_members_do_not_count_in_the_quorum_of_the_file() -> None:
    session = _recused(_open("m1", "m2", "m3", "m4"), "m1", "m2")
    with pytest.raises(Refused) as refused:
        close_session(session, rules(), files=FILES, sheets=[*flat("a01", 4), *flat("a02", 3)], at=NOON)
    assert (refused.value.reason, refused.value.values) == ("QUORUM_NOT_MET", {"present": "2", "quorum": "3"})
    assert [fault.path for fault in refused.value.fields] == ["applications.a01"]


def test_minutes_state_everything_and_can_be_redone() -> None:
    session = _recused(_open(), "m5")
    sheets = (*flat("a01", 4), *flat("a02", 3))
    papers = Papers(FILES, sheets, ENVELOPES)
    with pytest.raises(Refused, match="SESSION_NOT_CLOSED"):
        draw_up(session, rules(), rulebook_digest="d", papers=papers, votes={})
    closed = close_session(session, rules(), files=FILES, sheets=sheets, at=NOON)
    minutes = draw_up(closed, rules(), rulebook_digest="d", papers=papers, votes={"a01": Ballot(3, 0, 1)})
    assert [(line.complete, line.expected) for line in minutes.tallies] == [(4, 4), (5, 5)]
    assert [(line.application_id, line.state, int(line.amount_cents)) for line in minutes.proposals] == [
        ("a01", ProposalState.PROPOSED, 1_000_000),
        ("a02", ProposalState.PROPOSED, 500_000),
        ("a03", ProposalState.DECLINED, 0),
    ]
    again = Papers(FILES[::-1], sheets[::-1], ENVELOPES)
    same = draw_up(closed, rules(), rulebook_digest="d", papers=again, votes={"a01": Ballot(3, 0, 1)})
    assert json.dumps(as_record(minutes)) == json.dumps(as_record(same))
    assert as_record(minutes)["rulebook_digest"] == "d"


def test_a_recused_member_has_no_voice_on_the_file() -> None:
    session = _recused(_open(), "m5")
    sheets = (*flat("a01", 4), *flat("a02", 3))
    closed = close_session(session, rules(), files=FILES, sheets=sheets, at=NOON)
    papers = Papers(FILES, sheets, ENVELOPES)
    with pytest.raises(Refused) as refused:
        draw_up(closed, rules(), rulebook_digest="d", papers=papers, votes={"a01": Ballot(5, 0, 0)})
    assert _reason(refused) == "BALLOT_WRONG"
