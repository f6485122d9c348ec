"""The assembly's act: what it may say, its dates, and who is told when."""

from __future__ import annotations

from typing import Any

import pytest
from jalon.review.v1 import cases_pb2 as pb
from jalon.review.v1 import jury_pb2 as jpb

from kit.errors import Kind
from tests.integration.harness import refused
from tests.integration.review.review_people import MONEY, Desk, Table, Vote, new_id


async def proposed(desk: Desk, *, files: int = 2) -> tuple[Vote, jpb.SessionResult]:
    """A session closed and its rows applied: an act may follow."""
    table = Table(desk, [await desk.heard() for _ in range(files)])
    await table.prepare()
    await table.convoke()
    await table.score_all(dict.fromkeys(table.files, 4))
    await table.open()
    request_id = new_id()
    result = await table.close(request_id=request_id)
    for line in result.files:
        await table.record(line, request_id)
    return Vote(desk, table.session_id), result


async def voted(desk: Desk) -> tuple[Vote, jpb.Act]:
    """An act recorded, its rows applied."""
    vote, result = await proposed(desk)
    request_id = new_id()
    act = await vote.record(result, request_id=request_id)
    for row in act.rows:
        await vote.decide(row, request_id)
    return vote, act


async def test_an_act_equals_what_the_jury_proposed(desk: Desk) -> None:
    vote, result = await proposed(desk)
    first, second = (await vote.request(result)).rows
    dearer = jpb.ActRow(
        application_id=first.application_id,
        decision=first.decision,
        granted_cents=MONEY + 1,
        section=first.section,
    )
    elsewhere = jpb.ActRow(
        application_id=new_id(), decision=pb.DECISION_STATE_GRANTED, granted_cents=1, section="OPERATING"
    )
    refusing = jpb.ActRow(application_id=first.application_id, decision=pb.DECISION_STATE_REFUSED)
    undecided = jpb.ActRow(application_id=first.application_id)
    cases: list[tuple[dict[str, Any], str, str]] = [
        ({"rows": [dearer, second]}, "ACT_ROW_DIFFERS", "rows[0]"),
        ({"rows": [first, second, elsewhere]}, "ACT_ROW_DIFFERS", "rows[2]"),
        ({"rows": [refusing, second]}, "ACT_ROW_DIFFERS", "rows[0]"),
        ({"rows": [undecided, second]}, "VALUE_WRONG", "rows[0].decision"),
        ({"rows": [first]}, "ACT_ROW_MISSING", f"applications.{second.application_id}"),
        ({"rows": [first, first, second]}, "ACT_ROW_TWICE", "rows[0]"),
        ({"rows": []}, "ACT_ROWS_EMPTY", "rows"),
        ({"number": "2023-1"}, "ACT_NUMBER_WRONG", "number"),
        ({"session_on": "2999-01-01"}, "DATE_IN_FUTURE", "session_on"),
        ({"session_on": "01/02/2023"}, "DATE_WRONG", "session_on"),
    ]
    for changes, reason, path in cases:
        with refused(reason, field=path):
            await vote.record(result, **changes)
    with refused("NOT_FOUND", Kind.NOT_FOUND):
        await vote.get()


async def test_an_act_follows_a_closed_session_and_is_recorded_once(desk: Desk) -> None:
    table = Table(desk, [await desk.heard()])
    await table.prepare()
    with refused("SESSION_NOT_CLOSED"):
        await Vote(desk, table.session_id).record(jpb.SessionResult())
    vote, result = await proposed(desk)
    act = await vote.record(result)
    with refused("ACT_ROW_DIFFERS", field="rows[0]"):
        await vote.record(result)
    other, another = await proposed(desk, files=1)
    with refused("ACT_NUMBER_TAKEN", field="number"):
        await other.record(another, number=act.number)
    other.act_id = vote.act_id
    with refused("ID_TAKEN"):
        await other.record(another, number="ANOTHER")


async def test_a_file_withdrawn_before_the_vote_is_not_voted(desk: Desk) -> None:
    vote, result = await proposed(desk)
    gone = result.files[0].application_id
    await desk.system(desk.cases.WithdrawCase, pb.WithdrawCaseRequest(application_id=gone))
    with refused("ACT_ROW_DIFFERS", field="rows[0]"):
        await vote.record(result)
    act = await vote.record(result, rows=(await vote.request(result)).rows[1:])
    assert [row.application_id for row in act.rows] == [result.files[1].application_id]


async def test_a_decision_is_the_row_of_its_act(desk: Desk) -> None:
    vote, result = await proposed(desk)
    request_id = new_id()
    row = (await vote.record(result, request_id=request_id)).rows[0]
    for wrong in (
        {"granted_cents": 1},
        {"decision": pb.DECISION_STATE_REFUSED},
        {"section": "INVESTMENT"},
    ):
        with refused("DECISION_DIFFERS"):
            await vote.decide(row, request_id, **wrong)
    case = await vote.decide(row, request_id)
    assert case.granted_cents == MONEY
    assert await vote.decide(row, request_id) == case


async def test_nobody_is_told_before_the_act_is_executory(desk: Desk) -> None:
    vote, act = await voted(desk)
    application_id = act.rows[0].application_id
    with refused("ACT_NOT_EXECUTORY"):
        await vote.notify()
    with refused("ACT_NOT_EXECUTORY"):
        await vote.notify_one(application_id, new_id())
    await vote.transmit()
    with refused("ACT_NOT_EXECUTORY"):
        await vote.notify()
    assert not (await desk.get(application_id)).HasField("notified_at")
    await vote.make_executory()
    told = new_id()
    await vote.notify(request_id=told)
    with refused("ALREADY_NOTIFIED"):
        await vote.notify()
    await vote.notify_one(application_id, told)
    with refused("ALREADY_NOTIFIED"):
        await vote.notify_one(application_id, new_id())


async def test_decisions_are_told_once_each_has_reached_its_case(desk: Desk) -> None:
    vote, result = await proposed(desk)
    request_id = new_id()
    act = await vote.record(result, request_id=request_id)
    await vote.transmit()
    await vote.make_executory()
    with refused("DECISIONS_NOT_RECORDED") as caught:
        await vote.notify()
    assert caught.value.values == {"missing": "2"}
    with refused("DECISION_NOT_TAKEN"):
        await vote.notify_one(act.rows[0].application_id, new_id())
    for row in act.rows:
        await vote.decide(row, request_id)
    await vote.notify()


@pytest.mark.parametrize(
    ("day", "reason"), [("2001-01-01", "ACT_DATES_ORDER"), ("2999-01-01", "DATE_IN_FUTURE"), ("", "DATE_WRONG")]
)
async def test_the_dates_of_an_act_follow_each_other(desk: Desk, day: str, reason: str) -> None:
    vote, _ = await voted(desk)
    with refused("NOT_IN_THIS_STATE"):
        await vote.make_executory()
    request = jpb.RecordTransmissionRequest(**vote.asked, transmitted_on=day)
    with refused(reason, field="transmitted_on"):
        await desk.act(desk.jury.RecordTransmission, request, "ASSEMBLY_OFFICE")
    await vote.transmit()
    executory = jpb.RecordExecutoryRequest(**vote.asked, executory_on=day)
    with refused(reason, field="executory_on"):
        await desk.act(desk.jury.RecordExecutory, executory, "ASSEMBLY_OFFICE")
    assert (await vote.get()).state == jpb.ACT_STATE_TRANSMITTED


async def test_an_act_shows_no_file_to_who_is_recused_from_it(desk: Desk) -> None:
    vote, act = await voted(desk)
    person, hidden = new_id(), act.rows[0].application_id
    await desk.served.admin.execute(
        "INSERT INTO review.case_relations (person, application_id, call_id, relation) VALUES ($1, $2, $3, 'recused')",
        person,
        hidden,
        desk.call_id,
    )
    shown = await vote.get("INSTRUCTOR", person=person)
    assert [row.application_id for row in shown.rows] == [act.rows[1].application_id]
    with refused("NOT_FOUND"):
        await desk.read(desk.jury.GetAct, jpb.GetActRequest(call_id=new_id(), act_id=vote.act_id), "AUDITOR")
