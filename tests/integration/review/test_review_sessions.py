"""The sessions and the acts of a call as lists: whose, where they are held, what has reached the files."""

from __future__ import annotations

from typing import Any

from jalon.review.v1 import cases_pb2 as pb
from jalon.review.v1 import jury_pb2 as jpb

from kit.errors import Kind
from tests.integration.harness import refused
from tests.integration.review.review_people import Desk, Table, Vote, new_id


async def listed(desk: Desk, role: str, **how: Any) -> list[jpb.SessionRow]:
    """The sessions somebody is told of."""
    answer = await desk.read(desk.jury.ListSessions, jpb.ListSessionsRequest(call_id=desk.call_id), role, **how)
    return list(answer.sessions)


async def acts_of(desk: Desk, role: str = "ASSEMBLY_OFFICE", **how: Any) -> list[jpb.Act]:
    """The acts somebody is told of."""
    answer = await desk.read(desk.jury.ListActs, jpb.ListActsRequest(call_id=desk.call_id), role, **how)
    return list(answer.acts)


async def place(desk: Desk, body: str = "Salle du conseil") -> pb.TextRef:
    """Where a session is held, saved."""
    request = pb.SaveTextRequest(text_id=new_id(), kind=pb.TEXT_KIND_PLACE, body=body)
    saved = await desk.act(desk.cases.SaveText, request, "JURY_SECRETARY")
    return pb.TextRef(text_id=saved.text_id, version=saved.version)


async def test_a_session_says_where_it_is_held(desk: Desk) -> None:
    table = Table(desk, [await desk.shortlisted()])
    with refused("TEXT_UNKNOWN", field="place"):
        await table.prepare(place=pb.TextRef(text_id=new_id(), version=1))
    assert (await table.prepare(place=await place(desk))).place == "Salle du conseil"
    (row,) = await listed(desk, "JURY_SECRETARY")
    assert (row.session_id, row.place) == (table.session_id, "Salle du conseil")
    assert (row.member_count, row.file_count, row.unrecorded_count) == (5, 1, 0)


async def test_sessions_are_listed_soonest_first_and_members_see_their_own(desk: Desk) -> None:
    late, soon = Table(desk, [await desk.shortlisted()]), Table(desk, [await desk.shortlisted()])
    await late.prepare(held_at=await desk.stamp(days=9))
    await soon.prepare()
    both = [soon.session_id, late.session_id]
    for role in ("JURY_SECRETARY", "CALL_ADMIN", "ASSEMBLY_OFFICE", "AUDITOR"):
        assert [row.session_id for row in await listed(desk, role)] == both, role
    mine = await listed(desk, "JURY_MEMBER", person=late.members[1])
    assert [row.session_id for row in mine] == [late.session_id]
    assert await listed(desk, "JURY_MEMBER", person=new_id()) == []
    for role in ("APPLICANT", "EXPERT", "FINANCE"):
        with refused("NOT_ALLOWED", Kind.DENIED):
            await listed(desk, role)


async def test_a_recused_member_is_not_even_counted_the_file(desk: Desk) -> None:
    table = Table(desk, [await desk.heard(), await desk.heard()])
    await table.prepare()
    await table.convoke()
    await table.recuse(table.members[1], table.files[0])
    assert [row.file_count for row in await listed(desk, "JURY_MEMBER", person=table.members[1])] == [1]
    assert [row.file_count for row in await listed(desk, "JURY_MEMBER", person=table.members[2])] == [2]


async def test_a_closed_session_says_what_has_not_reached_its_files(desk: Desk) -> None:
    table = Table(desk, [await desk.heard(), await desk.heard()])
    await table.prepare()
    await table.convoke()
    await table.score_all(dict.fromkeys(table.files, 4))
    await table.open()
    request_id = new_id()
    result = await table.close(request_id=request_id)
    assert [row.unrecorded_count for row in await listed(desk, "ASSEMBLY_OFFICE")] == [2]
    await table.record(result.files[0], request_id)
    assert [row.unrecorded_count for row in await listed(desk, "ASSEMBLY_OFFICE")] == [1]
    ranking = await desk.read(desk.jury.GetRanking, jpb.GetRankingRequest(**table.asked), "JURY_SECRETARY")
    assert [line.recorded for line in ranking.files] == [True, False]


async def test_acts_are_listed_with_what_has_reached_their_files(desk: Desk) -> None:
    table = Table(desk, [await desk.heard(), await desk.heard()])
    await table.prepare()
    await table.convoke()
    await table.score_all(dict.fromkeys(table.files, 4))
    await table.open()
    request_id, voted_id = new_id(), new_id()
    result = await table.close(request_id=request_id)
    for line in result.files:
        await table.record(line, request_id)
    assert await acts_of(desk) == []
    vote = Vote(desk, table.session_id)
    act = await vote.record(result, request_id=voted_id)
    await vote.decide(act.rows[0], voted_id)
    (found,) = await acts_of(desk)
    assert (found.act_id, found.session_id) == (vote.act_id, table.session_id)
    assert [row.recorded for row in found.rows] == [True, False]
    with refused("NOT_ALLOWED", Kind.DENIED):
        await acts_of(desk, "JURY_MEMBER", person=table.members[1])


async def hearings(desk: Desk, role: str = "JURY_SECRETARY", **how: Any) -> list[pb.Hearing]:
    """The hearings somebody is told of."""
    answer = await desk.read(desk.cases.ListHearings, pb.ListHearingsRequest(call_id=desk.call_id), role, **how)
    return list(answer.hearings)


async def test_presence_is_recorded_on_the_day_of_the_hearing_or_later(desk: Desk) -> None:
    file = await desk.shortlisted()
    await desk.schedule(file, days=2)
    request = pb.RecordHearingRequest(application_id=file, present=True)
    with refused("HEARING_TO_COME"):
        await desk.act(desk.cases.RecordHearing, request, "JURY_SECRETARY")
    await desk.schedule(file, seconds=-1)
    heard = await desk.act(desk.cases.RecordHearing, request, "JURY_SECRETARY")
    assert heard.hearing == pb.HEARING_STATE_HEARD


async def test_a_hearing_says_when_where_and_that_it_was_moved(desk: Desk) -> None:
    applicant = new_id()
    file, other = await desk.complete(applicant_id=applicant), await desk.shortlisted()
    await desk.conclude(file)
    await desk.shortlist(file)
    saved = pb.SaveTextRequest(application_id=file, text_id=new_id(), kind=pb.TEXT_KIND_PLACE, body="Salle 12")
    words = await desk.act(desk.cases.SaveText, saved, "JURY_SECRETARY")
    slot = pb.ScheduleHearingRequest(application_id=file, hearing_at=await desk.stamp(days=3), duration_minutes=45)
    slot.place.CopyFrom(pb.TextRef(text_id=words.text_id, version=words.version))
    await desk.act(desk.cases.ScheduleHearing, slot, "JURY_SECRETARY")
    first, without = await hearings(desk)
    assert (first.application_id, first.place, first.duration_minutes, first.turn) == (file, "Salle 12", 45, 1)
    assert (without.application_id, without.turn) == (other, 0)
    assert not without.HasField("hearing_at")
    await desk.schedule(file, days=5)
    asked = pb.GetHearingRequest(application_id=file)
    moved = await desk.read(desk.cases.GetHearing, asked, "JURY_SECRETARY")
    assert (moved.turn, moved.place, moved.duration_minutes) == (2, "", 30)
    slot.duration_minutes = 999
    with refused("VALUE_WRONG", field="duration_minutes"):
        await desk.act(desk.cases.ScheduleHearing, slot, "JURY_SECRETARY")
    mine = await desk.served.caller.read(desk.cases.GetHearing, asked, role="APPLICANT", person=applicant)
    assert mine == moved
    with refused("NOT_FOUND", Kind.NOT_FOUND):
        await desk.served.caller.read(desk.cases.GetHearing, asked, role="APPLICANT", person=new_id())
    with refused("NOT_ALLOWED", Kind.DENIED):
        await hearings(desk, "APPLICANT", person=applicant)
