"""The jury's session: who may read, score, open, close; recusals, quorum, live envelope, frozen result."""

from __future__ import annotations

import asyncio
import hashlib
import json
from typing import Any

import pytest
from jalon.review.v1 import cases_pb2 as pb
from jalon.review.v1 import jury_pb2 as jpb

from kit.errors import Kind, Refused
from tests.integration.harness import refused
from tests.integration.review.review_people import MONEY, Desk, Table, new_id


async def convoked(desk: Desk, *, files: int = 2) -> Table:
    """A session whose members may read and score."""
    table = Table(desk, [await desk.heard() for _ in range(files)])
    await table.prepare()
    await table.convoke()
    return table


async def ready(desk: Desk, *, files: int = 2) -> Table:
    """A session in progress, every sheet submitted: the first file is marked best."""
    table = await convoked(desk, files=files)
    await table.score_all({found: 5 - place for place, found in enumerate(table.files)})
    await table.open()
    return table


async def test_a_session_is_prepared_on_shortlisted_files(desk: Desk) -> None:
    table = Table(desk, [await desk.complete()])
    with refused("SHORTLIST_FIRST", Kind.INVALID, field=f"applications.{table.files[0]}"):
        await table.prepare()
    table = Table(desk, [await desk.shortlisted()])
    with refused("CHAIR_NOT_A_MEMBER", field="chair_id"):
        await table.prepare(chair_id=new_id())
    with refused("ID_INVALID", field="member_ids[0]"):
        await table.prepare(member_ids=["someone"])
    with refused("FILES_REQUIRED", field="application_ids"):
        await table.prepare(application_ids=[])
    await table.prepare()
    with refused("ID_TAKEN"):
        await table.prepare()


async def test_files_open_to_members_at_the_convocation(desk: Desk) -> None:
    table = Table(desk, [await desk.heard()])
    await table.prepare()
    member = {"person": table.members[1]}
    with refused("NOT_FOUND"):
        await desk.get(table.files[0], "JURY_MEMBER", **member)
    await table.convoke()
    assert (await desk.get(table.files[0], "JURY_MEMBER", **member)).application_id == table.files[0]
    with refused("NOT_FOUND"):
        await desk.get(table.files[0], "JURY_MEMBER", person=new_id())
    with refused("NOT_FOUND"):
        await table.get("JURY_MEMBER", person=new_id())
    with refused("NOT_FOUND"):
        await desk.read(desk.jury.GetSession, jpb.GetSessionRequest(session_id=table.session_id), "AUDITOR")


async def test_a_recused_member_finds_nothing_of_the_file(desk: Desk) -> None:
    table = await convoked(desk, files=3)
    hidden, member = table.files[1], table.members[1]
    await table.score(member, hidden, 0)
    seen = await table.recuse(member, hidden)
    assert [file for file in seen.files if file.recused] == [jpb.SessionFile(application_id=hidden, recused=True)]
    with refused("NOT_FOUND", Kind.NOT_FOUND):
        await desk.get(hidden, "JURY_MEMBER", person=member)
    with refused("NOT_FOUND", Kind.NOT_FOUND):
        await desk.text(hidden, "SCORE", "JURY_MEMBER", person=member)
    with refused("NOT_FOUND", Kind.NOT_FOUND):
        await desk.act(
            desk.jury.SubmitScore,
            jpb.SubmitScoreRequest(**table.asked, application_id=hidden),
            "JURY_MEMBER",
            person=member,
        )
    others = [found for found in table.members if found != member]
    for file, value in zip(table.files, (4, 5, 3), strict=True):
        for found in others if file == hidden else table.members:
            await table.score(found, file, value)
    whole, hers = await table.ranking(), await table.ranking("JURY_MEMBER", person=member)
    assert [line.application_id for line in whole.files] == [hidden, table.files[0], table.files[2]]
    assert (whole.files[0].mean_numerator, whole.files[0].mean_denominator) == (5, 1)
    assert [(line.application_id, line.rank) for line in hers.files] == [(table.files[0], 1), (table.files[2], 2)]
    assert [use.proposed_cents for use in hers.sections] == [0, 2 * MONEY]
    counted = {file.application_id: (file.sheets_expected, file.sheets_complete) for file in (await table.get()).files}
    assert counted == {table.files[0]: (5, 5), hidden: (4, 4), table.files[2]: (5, 5)}
    assert "conflict_declared" in await desk.journal(hidden)


async def test_a_recusal_known_before_the_session_counts(desk: Desk) -> None:
    table = Table(desk, [await desk.heard()])
    member = table.members[1]
    await desk.served.admin.execute(
        "INSERT INTO review.case_relations (person, application_id, call_id, relation) VALUES ($1, $2, $3, 'recused')",
        member,
        table.files[0],
        desk.call_id,
    )
    await table.prepare()
    await table.convoke()
    for found in table.members:
        if found != member:
            await table.score(found, table.files[0], 4)
    await table.open()
    assert (await table.close()).files[0].explanation == "FULL"


async def test_a_recused_instructor_reads_nothing(desk: Desk) -> None:
    application_id, shown, person = await desk.complete(), await desk.case(), new_id()
    await desk.served.admin.execute(
        "INSERT INTO review.case_relations (person, application_id, call_id, relation) VALUES ($1, $2, $3, 'recused')",
        person,
        application_id,
        desk.call_id,
    )
    with refused("NOT_FOUND", Kind.NOT_FOUND):
        await desk.get(application_id, person=person)
    page = await desk.read(desk.cases.ListCases, pb.ListCasesRequest(call_id=desk.call_id), "INSTRUCTOR", person=person)
    assert [case.application_id for case in page.cases] == [shown]
    with refused("REVIEWER_RECUSED"):
        await desk.assign(application_id, person)


async def test_a_conflict_is_declared_by_a_member_on_a_file_of_hers(desk: Desk) -> None:
    table, elsewhere = await convoked(desk), await desk.heard()
    with refused("NATURE_UNKNOWN", field="nature"):
        await table.recuse(table.chair, table.files[0], "hunch")
    with refused("NOT_FOUND"):
        await table.recuse(table.chair, elsewhere)
    with refused("NOT_FOUND"):
        await table.recuse(new_id(), table.files[0])


async def test_the_last_word_of_a_member_counts_until_the_closing(desk: Desk) -> None:
    table = await convoked(desk)
    await table.score_all({table.files[0]: 2, table.files[1]: 3})
    assert (await table.ranking()).files[0].application_id == table.files[1]
    for member in table.members:
        sheet = await table.score(member, table.files[0], 5)
        assert [mark.value for mark in sheet.marks] == [5] * 6
    assert (await table.ranking()).files[0].application_id == table.files[0]
    await table.open()
    await table.close()
    with refused("NOT_IN_THIS_STATE"):
        await table.score(table.members[1], table.files[1], 5)
    with refused("NOT_IN_THIS_STATE"):
        await table.recuse(table.members[1], table.files[0])


async def test_a_sheet_is_whole_and_each_mark_has_its_own_words(desk: Desk) -> None:
    table = await convoked(desk)
    member, file = table.members[1], table.files[0]
    request = await table.sheet(member, file, 3)
    code = request.marks[0].criterion

    async def submit(changed: jpb.SubmitScoreRequest) -> None:
        await desk.act(desk.jury.SubmitScore, changed, "JURY_MEMBER", person=member)

    blank = jpb.SubmitScoreRequest.FromString(request.SerializeToString())
    del blank.marks[0]
    with refused("SCORE_MISSING", field=f"marks.{code}"):
        await submit(blank)
    high = jpb.SubmitScoreRequest.FromString(request.SerializeToString())
    high.marks[0].value = 6
    with refused("SCORE_OUT_OF_SCALE", field=f"marks.{code}"):
        await submit(high)
    mute = jpb.SubmitScoreRequest.FromString(request.SerializeToString())
    mute.marks[0].ClearField("reason")
    with refused("SCORE_REASON_MISSING", field=f"marks.{code}"):
        await submit(mute)
    borrowed = jpb.SubmitScoreRequest.FromString(request.SerializeToString())
    borrowed.marks[0].reason.CopyFrom(await desk.text(file, "SCORE", "JURY_MEMBER", person=table.members[2]))
    with refused("TEXT_UNKNOWN", field=f"marks.{code}.reason"):
        await submit(borrowed)
    assert not any(found.sheets_complete for found in (await table.get()).files)


async def test_it_opens_with_its_quorum_and_its_chair(desk: Desk) -> None:
    table = await convoked(desk)
    with refused("QUORUM_NOT_MET") as caught:
        await table.open(table.members[:2])
    assert caught.value.values == {"present": "2", "quorum": "3"}
    with refused("NOT_A_MEMBER", field="present_ids"):
        await table.open([*table.members[:3], new_id()])
    request = jpb.OpenSessionRequest(**table.asked, present_ids=table.members)
    with refused("NOT_ALLOWED", Kind.DENIED):
        await desk.act(desk.jury.OpenSession, request, "JURY_CHAIR", person=table.members[1])
    opened = await table.open(table.members[:4])
    assert [member.present for member in opened.members].count(False) == 1


async def test_it_closes_on_whole_scores_only(desk: Desk) -> None:
    table = await convoked(desk)
    for member in table.members[:4]:
        for file in table.files:
            await table.score(member, file, 4)
    await table.open()
    with refused("SCORES_MISSING") as caught:
        await table.close()
    assert caught.value.values == {"complete": "8", "expected": "10", "applications": "2"}
    assert (await table.get()).state == jpb.SESSION_STATE_OPEN
    for file in table.files:
        await table.score(table.members[4], file, 4)
    assert (await table.close()).state == jpb.SESSION_STATE_CLOSED
    with refused("NOT_IN_THIS_STATE"):
        await table.close()
    await desk.system(desk.cases.CloseCase, pb.CloseCaseRequest(application_id=table.files[0]))
    shown = (await table.get()).files
    assert {(file.sheets_expected, file.sheets_complete) for file in shown} == {(5, 5)}


async def test_the_result_is_frozen_with_its_record(desk: Desk) -> None:
    table = await ready(desk)
    live = await table.ranking()
    assert live.digest == ""
    closed = await table.close()
    assert [*closed.files] == [*live.files]
    assert await table.ranking() == closed
    bytes_kept = await desk.served.admin.fetchval(
        "SELECT record FROM review.sessions WHERE session_id = $1", table.session_id
    )
    assert hashlib.sha256(bytes_kept).hexdigest() == closed.digest
    record = json.loads(bytes_kept)
    assert [line["application_id"] for line in record["ranking"]] == table.files
    assert record["ranking"][0]["mean"] == "5/1"


async def test_what_if_changes_nothing(desk: Desk) -> None:
    table = await convoked(desk)
    await table.score_all({table.files[0]: 4, table.files[1]: 3})
    for member in table.members:
        sheet = await table.sheet(member, table.files[1], 3)
        for mark in sheet.marks:
            mark.value = 5 if mark.criterion == "jobs" else 3
        await desk.act(desk.jury.SubmitScore, sheet, "JURY_MEMBER", person=member)
    before = await table.ranking()
    assert before.files[0].application_id == table.files[0]
    other = await table.ranking(weights={"jobs": 100})
    assert other.files[0].application_id == table.files[1]
    assert await table.ranking() == before
    with refused("CRITERION_UNKNOWN", field="weights.charm"):
        await table.ranking(weights={"charm": 1})
    with refused("WEIGHT_WRONG", field="weights.jobs"):
        await table.ranking(weights={"jobs": -1})


async def test_what_another_session_proposes_is_spent(desk: Desk) -> None:
    first = Table(desk, [await desk.heard(1_400_000) for _ in range(6)])
    await first.prepare()
    await first.convoke()
    await first.score_all(dict.fromkeys(first.files, 4))
    await first.open()
    await first.close()
    second = await ready(desk, files=1)
    result = await second.close()
    assert [(use.section, use.envelope_cents) for use in result.sections] == [
        ("INVESTMENT", 6_000_000),
        ("OPERATING", 600_000),
    ]
    assert (result.files[0].proposed_cents, result.files[0].explanation) == (600_000, "REMAINDER")


async def test_two_closings_at_once_make_one_result(desk: Desk) -> None:
    table = await ready(desk)
    answers = await asyncio.gather(table.close(), table.close(), return_exceptions=True)
    refusals = [answer for answer in answers if isinstance(answer, Refused)]
    assert [refusal.reason for refusal in refusals] == ["NOT_IN_THIS_STATE"]
    assert await desk.served.pool.fetchval(
        "SELECT count(*) FROM results WHERE session_id = $1", table.session_id
    ) == len(table.files)


async def test_a_score_and_a_closing_at_once_never_leave_a_score_outside(desk: Desk) -> None:
    table = await ready(desk, files=1)
    file, member = table.files[0], table.members[1]
    request = await table.sheet(member, file, 1)
    score = desk.act(desk.jury.SubmitScore, request, "JURY_MEMBER", person=member)
    answers: tuple[Any, Any] = await asyncio.gather(table.close(), score, return_exceptions=True)
    closed, scored = answers
    assert isinstance(closed, jpb.SessionResult)
    expected = (5, 1) if isinstance(scored, Refused) else (21, 5)
    assert (closed.files[0].mean_numerator, closed.files[0].mean_denominator) == expected


async def test_a_proposal_is_the_line_of_the_frozen_result(desk: Desk) -> None:
    table = await ready(desk)
    live = await table.ranking()
    with refused("SESSION_NOT_CLOSED"):
        await table.record(live.files[0], new_id())
    request_id = new_id()
    result = await table.close(request_id=request_id)
    line = result.files[0]
    for wrong in (
        {"proposed_cents": line.proposed_cents + 1},
        {"rank": 2},
        {"proposal": pb.PROPOSAL_STATE_DECLINED},
        {"section": "INVESTMENT"},
        {"explanation": "REMAINDER"},
    ):
        with refused("PROPOSAL_DIFFERS"):
            await table.record(line, request_id, **wrong)
    assert (await desk.get(line.application_id)).proposal == pb.PROPOSAL_STATE_NONE
    case = await table.record(line, request_id)
    assert (case.proposal, case.proposed_cents) == (pb.PROPOSAL_STATE_PROPOSED, MONEY)
    assert await table.record(line, request_id) == case


async def test_a_row_needs_the_assertion_of_its_closing(desk: Desk) -> None:
    table = await ready(desk)
    line = (await table.close()).files[0]
    request = pb.RecordProposalRequest(**table.asked, application_id=line.application_id)
    with pytest.raises(Refused, match="ASSERTION_FOR_ANOTHER_VERB"):
        await desk.act(
            desk.cases.RecordProposal,
            request,
            "JURY_CHAIR",
            person=table.chair,
            parent=("OpenSession", new_id()),
            row=line.application_id,
        )
