"""Bulk acts: what stands in the way is what each act would refuse; each row is its person's own act on that file."""

from __future__ import annotations

from typing import Any

import pytest
from jalon.review.v1 import bulk_pb2 as pb
from jalon.review.v1 import bulk_pb2_grpc
from jalon.review.v1 import cases_pb2 as cpb

from kit.errors import Kind, Refused
from tests.integration.harness import refused
from tests.integration.review.review_people import Desk, Table, Vote, new_id

ASSIGN, CORRECT = pb.BULK_ACT_ASSIGN_REVIEWER, pb.BULK_ACT_REQUEST_CORRECTION
SHORTLIST, NOTIFY = pb.BULK_ACT_DECIDE_SHORTLIST, pb.BULK_ACT_NOTIFY_DECISION


def stub(desk: Desk) -> Any:
    return bulk_pb2_grpc.BulkServiceStub(desk.served.channel)


async def started(desk: Desk, files: list[str], *, request_id: str = "", role: str = "INSTRUCTOR", **how: Any) -> str:
    """A bulk act that names a reviewer; its id."""
    request = pb.StartBulkRequest(
        call_id=desk.call_id,
        bulk_id=new_id(),
        act=ASSIGN,
        files=[pb.BulkFile(application_id=item) for item in files],
        reviewer_id=desk.reviewer,
    )
    bulk = await desk.act(stub(desk).StartBulk, request, role, request_id=request_id or new_id(), **how)
    return str(bulk.bulk_id)


async def row(desk: Desk, application_id: str, parent: str, **how: Any) -> Any:
    """The row of one file, derived from the bulk act."""
    request = cpb.AssignReviewerRequest(application_id=application_id, reviewer_id=desk.reviewer)
    return await desk.act(
        desk.cases.AssignReviewer, request, "INSTRUCTOR", parent=("StartBulk", parent), row=application_id, **how
    )


async def finish(desk: Desk, bulk_id: str, results: dict[str, str]) -> Any:
    files = [pb.BulkFile(application_id=item, result=result) for item, result in results.items()]
    request = pb.FinishBulkRequest(call_id=desk.call_id, bulk_id=bulk_id, files=files)
    return await desk.system(stub(desk).FinishBulk, request)


async def get(desk: Desk, bulk_id: str, role: str = "INSTRUCTOR", **how: Any) -> Any:
    return await desk.read(stub(desk).GetBulk, pb.GetBulkRequest(call_id=desk.call_id, bulk_id=bulk_id), role, **how)


async def check(desk: Desk, act: Any, files: list[str], role: str, **more: Any) -> dict[str, str]:
    request = pb.CheckBulkRequest(call_id=desk.call_id, act=act, application_ids=files, **more)
    answer = await desk.read(stub(desk).CheckBulk, request, role)
    assert [one.application_id for one in answer.obstacles] == [item for item in files if item in _ids(answer)]
    return {one.application_id: one.reason for one in answer.obstacles}


def _ids(answer: Any) -> set[str]:
    return {one.application_id for one in answer.obstacles}


async def outcome(act: Any) -> str:
    """The reason an act is refused for; empty when it is done."""
    try:
        await act
    except Refused as refusal:
        return refusal.reason
    return ""


async def test_a_row_is_the_act_of_whoever_chose_the_files(desk: Desk) -> None:
    files, parent = [await desk.case(), await desk.case()], new_id()
    bulk_id = await started(desk, files, request_id=parent)
    for item in files:
        assert (await row(desk, item, parent)).reviewer_id == desk.reviewer
    await finish(desk, bulk_id, {files[0]: "DONE", files[1]: "STALE"})
    bulk = await get(desk, bulk_id)
    assert [(file.application_id, file.result) for file in bulk.files] == [(files[0], "DONE"), (files[1], "STALE")]
    assert (bulk.state, bulk.done, bulk.total) == (pb.BULK_STATE_FINISHED, 1, 2)
    assert (await desk.journal(files[0])).count("reviewer_assigned") == 1


async def test_a_row_of_another_parent_or_another_verb_is_not_proved(desk: Desk) -> None:
    file, parent = await desk.case(), new_id()
    await started(desk, [file], request_id=parent)
    request = cpb.ConfirmCompletenessRequest(application_id=file)
    with refused("ASSERTION_FOR_ANOTHER_VERB", Kind.UNPROVED):
        await desk.act(desk.cases.ConfirmCompleteness, request, "INSTRUCTOR", parent=("StartBulk", parent), row=file)


async def test_whoever_is_recused_from_a_file_does_not_reach_it_by_a_bulk_act(desk: Desk) -> None:
    """Unlike the row of a frozen result, which a recused chair does not block."""
    other, heard, person, parent = await desk.case(), await desk.heard(), new_id(), new_id()
    table = Table(desk, [heard])
    table.members[1] = person
    await table.prepare()
    await table.convoke()
    await table.recuse(person, heard)
    with refused("NOT_FOUND", Kind.NOT_FOUND):
        await started(desk, [other, heard], person=person)
    await started(desk, [other], request_id=parent, person=person)
    with refused("NOT_FOUND", Kind.NOT_FOUND):
        await row(desk, heard, parent, person=person)
    answer = await desk.read(
        stub(desk).CheckBulk,
        pb.CheckBulkRequest(call_id=desk.call_id, act=ASSIGN, application_ids=[heard, other]),
        "INSTRUCTOR",
        person=person,
    )
    assert _ids(answer) == {other}


async def test_what_stands_in_the_way_is_what_the_act_refuses(desk: Desk) -> None:
    fresh, complete, kept, heard = (
        await desk.case(),
        await desk.complete(),
        await desk.shortlisted(),
        await desk.heard(),
    )
    lent = await desk.complete()
    await desk.conclude(lent)
    files = [fresh, complete, kept, heard, lent]
    said = await check(desk, ASSIGN, files, "INSTRUCTOR", reviewer_id=desk.reviewer)
    assert said == {item: await outcome(desk.assign(item)) for item in files}
    assert set(said.values()) >= {"", "NOT_IN_THIS_STATE"}
    said = await check(desk, SHORTLIST, files, "CALL_ADMIN")
    assert said == {item: await outcome(desk.shortlist(item)) for item in files}
    assert set(said.values()) >= {"", "REVIEW_FIRST", "NOT_IN_THIS_STATE"}
    said = await check(desk, CORRECT, files, "INSTRUCTOR")
    assert said == {item: await outcome(_correct(desk, item)) for item in files}


async def _correct(desk: Desk, application_id: str) -> Any:
    request = cpb.RequestCorrectionRequest(
        application_id=application_id,
        correction_id=new_id(),
        items=[cpb.CorrectionItem(piece="statutes", reason="MISSING")],
        closes_at=await desk.stamp(days=9),
    )
    return await desk.act(desk.cases.RequestCorrection, request, "INSTRUCTOR")


async def test_nothing_is_notified_before_the_act_is_executory(desk: Desk) -> None:
    file = await desk.heard()
    assert (await check(desk, NOTIFY, [file], "AUTHORISING_OFFICER"))[file] == "DECISION_NOT_TAKEN"
    table, parent = Table(desk, [file]), new_id()
    await table.prepare()
    await table.convoke()
    await table.score_all({file: 4})
    await table.open()
    result = await table.close(request_id=parent)
    await table.record(result.files[0], parent)
    vote, voted = Vote(desk, table.session_id), new_id()
    act = await vote.record(result, request_id=voted)
    await vote.decide(act.rows[0], voted)
    assert (await check(desk, NOTIFY, [file], "AUTHORISING_OFFICER"))[file] == "ACT_NOT_EXECUTORY"
    await vote.transmit()
    await vote.make_executory()
    assert (await check(desk, NOTIFY, [file], "AUTHORISING_OFFICER"))[file] == ""


async def test_it_stops_and_goes_on_by_its_person_or_the_administrator(desk: Desk) -> None:
    bulk_id = await started(desk, [await desk.case()])
    stop = pb.StopBulkRequest(call_id=desk.call_id, bulk_id=bulk_id)
    resume = pb.ResumeBulkRequest(call_id=desk.call_id, bulk_id=bulk_id)
    with refused("NOT_FOUND", Kind.NOT_FOUND):
        await desk.act(stub(desk).StopBulk, stop, "INSTRUCTOR", person=new_id())
    assert (await desk.act(stub(desk).StopBulk, stop, "INSTRUCTOR")).state == pb.BULK_STATE_STOPPED
    with refused("NOT_IN_THIS_STATE"):
        await desk.act(stub(desk).StopBulk, stop, "INSTRUCTOR")
    assert (await desk.act(stub(desk).ResumeBulk, resume, "CALL_ADMIN")).state == pb.BULK_STATE_RUNNING


async def test_one_reads_her_own_and_the_administrator_everybodys(desk: Desk) -> None:
    file, other = await desk.case(), new_id()
    mine, hers = await started(desk, [file]), await started(desk, [file], person=other)
    with refused("NOT_FOUND", Kind.NOT_FOUND):
        await get(desk, hers)
    assert (await get(desk, hers, "CALL_ADMIN")).person_id == other
    request = pb.ListBulksRequest(call_id=desk.call_id, page_size=1)
    own = await desk.read(stub(desk).ListBulks, request, "INSTRUCTOR")
    assert ([bulk.bulk_id for bulk in own.bulks], own.next_page_token) == ([mine], "")
    first = await desk.read(stub(desk).ListBulks, request, "CALL_ADMIN")
    request.page_token = first.next_page_token
    second = await desk.read(stub(desk).ListBulks, request, "CALL_ADMIN")
    assert {bulk.bulk_id for page in (first, second) for bulk in page.bulks} == {mine, hers}


@pytest.mark.parametrize(
    ("changes", "reason", "path"),
    [
        ({"files": []}, "FILES_REQUIRED", "files"),
        ({"reviewer_id": ""}, "FIELD_MISSING", "reviewer_id"),
        ({"act": pb.BULK_ACT_UNSPECIFIED}, "FIELD_MISSING", "act"),
        ({"act": CORRECT}, "ITEMS_REQUIRED", "items"),
        ({"act": CORRECT, "items": [cpb.CorrectionItem(piece="statutes")]}, "CLOSES_IN_PAST", "closes_at"),
    ],
)
async def test_what_every_row_needs_is_said(desk: Desk, changes: dict[str, Any], reason: str, path: str) -> None:
    fields = {
        "call_id": desk.call_id,
        "bulk_id": new_id(),
        "act": ASSIGN,
        "files": [pb.BulkFile(application_id=await desk.case())],
        "reviewer_id": desk.reviewer,
        **changes,
    }
    with pytest.raises(Refused) as raised:
        await desk.act(stub(desk).StartBulk, pb.StartBulkRequest(**fields), "INSTRUCTOR")
    assert [(fault.path, fault.reason) for fault in raised.value.fields] == [(path, reason)]


@pytest.mark.parametrize(
    ("item", "reason", "path"),
    [
        (cpb.CorrectionItem(piece="statutes"), "FIELD_MISSING", "items[0].reason"),
        (cpb.CorrectionItem(piece="nothing", reason="MISSING"), "PIECE_UNKNOWN", "items[0].piece"),
    ],
)
async def test_what_is_asked_of_all_is_what_may_be_asked_of_one(
    desk: Desk, item: cpb.CorrectionItem, reason: str, path: str
) -> None:
    request = pb.StartBulkRequest(
        call_id=desk.call_id,
        bulk_id=new_id(),
        act=CORRECT,
        files=[pb.BulkFile(application_id=await desk.case())],
        items=[item],
        closes_at=await desk.stamp(days=9),
    )
    with pytest.raises(Refused) as raised:
        await desk.act(stub(desk).StartBulk, request, "INSTRUCTOR")
    assert [(fault.path, fault.reason) for fault in raised.value.fields] == [(path, reason)]


async def test_more_files_than_a_page_are_refused(desk: Desk) -> None:
    request = pb.CheckBulkRequest(call_id=desk.call_id, act=ASSIGN, application_ids=[new_id() for _ in range(101)])
    with pytest.raises(Refused) as raised:
        await desk.read(stub(desk).CheckBulk, request, "INSTRUCTOR")
    assert [fault.reason for fault in raised.value.fields] == ["FILES_TOO_MANY"]


@pytest.mark.parametrize(("act", "role"), [(SHORTLIST, "INSTRUCTOR"), (NOTIFY, "CALL_ADMIN"), (ASSIGN, "FINANCE")])
async def test_a_bulk_act_gives_no_right_that_its_act_does_not(desk: Desk, act: Any, role: str) -> None:
    request = pb.StartBulkRequest(
        call_id=desk.call_id, bulk_id=new_id(), act=act, files=[pb.BulkFile(application_id=await desk.case())]
    )
    with refused("NOT_ALLOWED", Kind.DENIED):
        await desk.act(stub(desk).StartBulk, request, role)


async def test_nobody_finishes_it_but_the_worker(desk: Desk) -> None:
    request = pb.FinishBulkRequest(call_id=desk.call_id, bulk_id=await started(desk, [await desk.case()]))
    with refused("NOT_ALLOWED", Kind.DENIED):
        await desk.act(stub(desk).FinishBulk, request, "CALL_ADMIN")


async def test_the_history_of_the_call_says_so(desk: Desk) -> None:
    bulk_id = await started(desk, [await desk.case()])
    async with desk.served.admin.acquire() as connection:
        found = await connection.fetchval(
            "SELECT facts->>'bulk_id' FROM review.journal WHERE event = 'bulk_started' AND subject_id = $1",
            desk.call_id,
        )
    assert found == bulk_id
