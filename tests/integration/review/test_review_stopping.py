"""A session adjourned to another date, given up before any result, or closed where nobody was heard."""

from __future__ import annotations

from typing import Any

from jalon.review.v1 import cases_pb2 as pb
from jalon.review.v1 import jury_pb2 as jpb

from kit.errors import Kind
from tests.integration.harness import refused
from tests.integration.review.review_people import Desk, Table, new_id


async def adjourn(table: Table, role: str = "JURY_CHAIR", *, person: str = "", days: int = 7) -> Any:
    request = jpb.AdjournSessionRequest(**table.asked, resumes_at=await table.desk.stamp(days=days))
    return await table.desk.act(table.desk.jury.AdjournSession, request, role, person=person or table.chair)


async def cancel(table: Table, role: str = "JURY_SECRETARY", **how: Any) -> Any:
    request = jpb.CancelSessionRequest(**table.asked)
    return await table.desk.act(table.desk.jury.CancelSession, request, role, **how)


async def convoked(desk: Desk, files: list[str], **seats: Any) -> Table:
    table = Table(desk, files, **seats)
    await table.prepare()
    await table.convoke()
    return table


async def reads(desk: Desk, person: str, application_id: str) -> bool:
    """Whether a member reaches a file."""
    request = pb.GetCaseRequest(application_id=application_id)
    try:
        await desk.read(desk.cases.GetCase, request, "JURY_MEMBER", person=person)
    except Exception:
        return False
    return True


async def test_an_adjourned_session_keeps_its_scores_and_asks_for_presence_again(desk: Desk) -> None:
    table = await convoked(desk, [await desk.heard()])
    await table.score_all(dict.fromkeys(table.files, 4))
    await table.open(table.members[:3])
    adjourned = await adjourn(table)
    assert adjourned.state == jpb.SESSION_STATE_ADJOURNED
    assert not any(member.present for member in adjourned.members)
    with refused("NOT_IN_THIS_STATE"):
        await table.close()
    resumed = await table.open()
    assert resumed.state == jpb.SESSION_STATE_OPEN
    assert (resumed.files[0].sheets_complete, sum(member.present for member in resumed.members)) == (5, 5)
    assert (await table.close()).files[0].proposal == pb.PROPOSAL_STATE_PROPOSED


async def test_a_session_is_adjourned_by_its_chair_to_a_date_to_come(desk: Desk) -> None:
    table = Table(desk, [await desk.heard()])
    await table.prepare()
    with refused("NOT_IN_THIS_STATE"):
        await adjourn(table)
    await table.convoke()
    with refused("NOT_FOUND", Kind.NOT_FOUND):
        await adjourn(table, person=new_id())
    with refused("NOT_ALLOWED", Kind.DENIED):
        await adjourn(table, "JURY_SECRETARY")
    with refused("RESUMES_IN_PAST", field="resumes_at"):
        await adjourn(table, days=-1)


async def test_a_cancelled_session_leaves_its_files_to_another_and_unties_its_members(desk: Desk) -> None:
    file = await desk.heard()
    table = await convoked(desk, [file])
    recused = table.members[1]
    await table.recuse(recused, file)
    answer = await cancel(table)
    assert {tie.person_id for tie in answer.ended_ties} == set(table.members)
    assert not await reads(desk, table.members[2], file)
    for refusal in (table.open(), cancel(table), table.recuse(table.members[3], file)):
        with refused("NOT_IN_THIS_STATE"):
            await refusal
    other = await convoked(desk, [file], members=table.members)
    assert await reads(desk, table.members[2], file)
    assert not await reads(desk, recused, file), "a recusal stays"
    assert other.session_id != table.session_id


async def test_a_tie_that_another_session_needs_stays(desk: Desk) -> None:
    file = await desk.heard()
    table = await convoked(desk, [file])
    await convoked(desk, [file], members=table.members)
    assert not (await cancel(table)).ended_ties
    assert await reads(desk, table.members[2], file)


async def test_a_session_with_a_result_is_not_cancelled_and_no_member_cancels(desk: Desk) -> None:
    table = await convoked(desk, [await desk.heard()])
    with refused("NOT_ALLOWED", Kind.DENIED):
        await cancel(table, "JURY_CHAIR", person=table.chair)
    await table.score_all(dict.fromkeys(table.files, 4))
    await table.open()
    await table.close()
    with refused("NOT_IN_THIS_STATE"):
        await cancel(table)


async def test_nobody_heard_is_no_decision(desk: Desk) -> None:
    absent, silent = await desk.shortlisted(), await desk.shortlisted()
    table = await convoked(desk, [absent, silent])
    await desk.schedule(absent, seconds=-1)
    away = pb.RecordHearingRequest(application_id=absent, present=False)
    await desk.act(desk.cases.RecordHearing, away, "JURY_SECRETARY")
    await table.open()
    with refused("NOBODY_HEARD") as caught:
        await table.close()
    assert [fault.path for fault in caught.value.fields] == [f"applications.{silent}"]
    await desk.schedule(silent, seconds=-1)
    away.application_id = silent
    await desk.act(desk.cases.RecordHearing, away, "JURY_SECRETARY")
    assert {line.proposal for line in (await table.close()).files} == {pb.PROPOSAL_STATE_DECLINED}
