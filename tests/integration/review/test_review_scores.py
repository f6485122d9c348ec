"""Grids written and read: a draft is its author's alone, grids open with the session, the recused see none."""

from __future__ import annotations

from typing import Any

import pytest
from jalon.review.v1 import jury_pb2 as jpb

from kit.errors import Kind
from tests.integration.harness import refused
from tests.integration.review.review_people import Desk, Table, new_id
from tests.unit.review.builders import CODES


async def convoked(desk: Desk) -> Table:
    """A session whose members may score two files."""
    table = Table(desk, [await desk.heard(), await desk.heard()])
    await table.prepare()
    await table.convoke()
    return table


async def save(table: Table, member: str, *marks: jpb.DraftMark, file: int = 0) -> jpb.ScoreDraft:
    """What a member has written so far."""
    request = jpb.SaveScoreDraftRequest(**table.asked, application_id=table.files[file], marks=marks)
    draft: jpb.ScoreDraft = await table.desk.act(table.desk.jury.SaveScoreDraft, request, "JURY_MEMBER", person=member)
    return draft


async def mine(table: Table, member: str, *, file: int = 0) -> jpb.ScoreDraft:
    """What she finds when she comes back."""
    request = jpb.GetScoreDraftRequest(**table.asked, application_id=table.files[file])
    draft: jpb.ScoreDraft = await table.desk.read(table.desk.jury.GetScoreDraft, request, "JURY_MEMBER", person=member)
    return draft


async def grids(table: Table, role: str = "JURY_MEMBER", **how: Any) -> jpb.ListScoresResponse:
    """The grids of the first file somebody may read."""
    request = jpb.ListScoresRequest(**table.asked, application_id=table.files[0])
    answer: jpb.ListScoresResponse = await table.desk.read(table.desk.jury.ListScores, request, role, **how)
    return answer


async def revision(table: Table) -> str:
    """What a live page asks."""
    request = jpb.GetRevisionRequest(**table.asked)
    answer = await table.desk.read(table.desk.jury.GetRevision, request, "JURY_SECRETARY")
    return str(answer.revision)


async def test_a_draft_is_kept_for_its_author_alone(desk: Desk) -> None:
    table = await convoked(desk)
    one, other = table.members[1], table.members[2]
    partial = jpb.DraftMark(criterion=CODES[0], value=-1, reason="Des mots avant la note")
    await save(table, one, partial)
    await save(table, one, partial, jpb.DraftMark(criterion=CODES[1], value=3))
    found = await mine(table, one)
    assert [(mark.criterion, mark.value, mark.reason) for mark in found.marks] == [
        (CODES[0], -1, "Des mots avant la note"),
        (CODES[1], 3, ""),
    ]
    assert found.HasField("saved_at")
    assert not found.HasField("submitted_at")
    assert not (await mine(table, other)).marks
    assert not (await grids(table, person=other)).scores


async def test_a_draft_may_be_partial_never_wrong(desk: Desk) -> None:
    table = await convoked(desk)
    with refused("SCORE_OUT_OF_SCALE", field=f"marks.{CODES[0]}"):
        await save(table, table.members[1], jpb.DraftMark(criterion=CODES[0], value=99))
    with refused("CRITERION_UNKNOWN", field="marks.taste"):
        await save(table, table.members[1], jpb.DraftMark(criterion="taste", value=1))
    with refused("TEXT_TOO_LONG", field=f"marks.{CODES[0]}.reason"):
        await save(table, table.members[1], jpb.DraftMark(criterion=CODES[0], value=1, reason="x" * 20_001))


async def test_what_was_submitted_comes_back_until_something_newer_is_written(desk: Desk) -> None:
    table = await convoked(desk)
    member = table.members[1]
    await save(table, member, jpb.DraftMark(criterion=CODES[0], value=1))
    await table.score(member, table.files[0], 4)
    found = await mine(table, member)
    assert {mark.value for mark in found.marks} == {4}
    assert found.HasField("submitted_at")
    session = await table.get("JURY_MEMBER", person=member)
    assert {file.application_id: file.submitted for file in session.files} == {
        table.files[0]: True,
        table.files[1]: False,
    }


async def test_the_others_grids_open_with_the_session(desk: Desk) -> None:
    table = await convoked(desk)
    await table.score_all(dict.fromkeys(table.files, 4))
    before = await grids(table, person=table.members[1])
    assert before.sealed
    assert [score.person_id for score in before.scores] == [table.members[1]]
    assert not (await grids(table, "JURY_SECRETARY")).scores
    await table.open()
    after = await grids(table, person=table.members[1])
    assert {score.person_id for score in after.scores} == set(table.members)
    assert {score.mean_numerator / score.mean_denominator for score in after.scores} == {4}
    assert all(mark.reason for score in after.scores for mark in score.marks)


async def test_a_recused_member_finds_neither_grids_nor_draft(desk: Desk) -> None:
    table = await convoked(desk)
    member = table.members[1]
    await save(table, member, jpb.DraftMark(criterion=CODES[0], value=1))
    await table.recuse(member, table.files[0])
    for attempt in (mine(table, member), grids(table, person=member), save(table, member)):
        with refused("NOT_FOUND", Kind.NOT_FOUND):
            await attempt
    with refused("NOT_FOUND", Kind.NOT_FOUND):
        await grids(table, person=new_id())


ONE_BY_ONE = {"APPLICANT", "EXPERT"}
"""They are told nothing of a file they are not tied to."""


@pytest.mark.parametrize("role", ["APPLICANT", "INSTRUCTOR", "FINANCE", "EXPERT"])
async def test_nobody_outside_the_jury_reads_grids(desk: Desk, role: str) -> None:
    table = await convoked(desk)
    with refused("NOT_FOUND" if role in ONE_BY_ONE else "NOT_ALLOWED"):
        await grids(table, role)


async def test_the_revision_changes_with_each_thing_the_page_shows(desk: Desk) -> None:
    table = await convoked(desk)
    seen = [await revision(table)]
    assert await revision(table) == seen[0]
    for step in (
        table.score(table.members[1], table.files[0], 3),
        table.recuse(table.members[2], table.files[1]),
        table.score_all({table.files[0]: 4}),
        table.open(table.members[:4]),
    ):
        await step
        seen.append(await revision(table))
    assert len(set(seen)) == len(seen)


async def test_the_ranking_tells_how_far_apart_the_members_are(desk: Desk) -> None:
    table = await convoked(desk)
    await table.score_all({table.files[0]: 4})
    await table.score(table.members[0], table.files[0], 1)
    await table.score(table.members[0], table.files[1], 5)
    spread = {line.application_id: line.spread_hundredths for line in (await table.ranking()).files}
    assert spread == {table.files[0]: 300, table.files[1]: 0}


async def test_a_blank_mark_is_missing_not_wrong(desk: Desk) -> None:
    table = await convoked(desk)
    request = await table.sheet(table.members[1], table.files[0], 4)
    request.marks[0].value = -1
    with refused("SCORE_MISSING", field=f"marks.{CODES[0]}"):
        await desk.act(desk.jury.SubmitScore, request, "JURY_MEMBER", person=table.members[1])
