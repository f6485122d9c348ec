"""What waits for a person: by her roles of now, in every call; due first, then longest waiting."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from jalon.common.v1 import plumbing_pb2, rights_pb2
from jalon.intake.v1 import applications_pb2 as apps

from kit.errors import Kind
from tests.integration.harness import refused
from tests.integration.intake.intake_people import Desk, Porter

INSTRUCTOR, FINANCE = rights_pb2.ROLE_INSTRUCTOR, rights_pb2.ROLE_FINANCE


async def _grant(desk: Desk, person: str, role: str, *, ended: bool = False) -> None:
    """A role in force since yesterday, or ended since."""
    now = await desk.served.caller.now()
    async with desk.served.admin.acquire() as connection:
        await connection.execute(
            "INSERT INTO intake.role_grants (call_id, person_id, role, from_at, to_at, granted_by)"
            " VALUES ($1, $2, $3, $4, $5, 'test')",
            desk.call_id,
            person,
            role,
            now - timedelta(days=1),
            now - timedelta(hours=1) if ended else None,
        )


async def _waits(desk: Desk, porter: Porter, role: rights_pb2.Role.ValueType, *, days: int = 0, **more: Any) -> None:
    """A deposited file that waits for a role, until a date when there are days."""
    await porter.deposit()
    event = apps.NEXT_EVENT_CONCLUDE_REVIEW if role == INSTRUCTOR else apps.NEXT_EVENT_LIQUIDATE_INSTALLMENT
    fields = {"stage": apps.STAGE_REVIEW, "next_event": event, "blocking_role": role, "version": 1, **more}
    progress = apps.Progress(application_id=porter.application_id, **fields)
    if days:
        progress.next_event_at.FromDatetime(await desk.served.caller.now() + timedelta(days=days))
    await desk.system(desk.apps.WriteProgress, apps.WriteProgressRequest(progress=progress))


async def _tasks(desk: Desk, person: str, **asked: Any) -> apps.ListMyTasksResponse:
    request = apps.ListMyTasksRequest(**asked)
    answer: apps.ListMyTasksResponse = await desk.read(desk.apps.ListMyTasks, request, "INSTRUCTOR", person=person)
    return answer


async def test_what_is_due_first_then_what_has_waited_longest_page_after_page(desk: Desk) -> None:
    me, porters = str(uuid4()), [desk.porter() for _ in range(4)]
    await _grant(desk, me, "INSTRUCTOR")
    for porter, days in zip(porters, (0, 9, 2, 0), strict=True):
        await _waits(desk, porter, INSTRUCTOR, days=days, reviewer_id=me)
    seen, token = [], ""
    for _ in porters:
        page = await _tasks(desk, me, page_size=1, page_token=token)
        seen += [task.row.application_id for task in page.tasks]
        assert [(group.call_id, group.count) for group in page.groups] == [(desk.call_id, 4)]
        token = page.next_page_token
    assert token == ""
    assert seen == [porters[place].application_id for place in (2, 1, 0, 3)]


async def test_only_her_own_roles_of_now_and_her_own_files(desk: Desk) -> None:
    me, mine, hers, nobodys, money = str(uuid4()), *(desk.porter() for _ in range(4))
    await _grant(desk, me, "INSTRUCTOR")
    await _grant(desk, me, "FINANCE", ended=True)
    await _waits(desk, mine, INSTRUCTOR, reviewer_id=me)
    await _waits(desk, hers, INSTRUCTOR, reviewer_id=str(uuid4()))
    await _waits(desk, nobodys, INSTRUCTOR)
    await _waits(desk, money, FINANCE)
    assert {task.row.application_id for task in (await _tasks(desk, me)).tasks} == {
        mine.application_id,
        nobodys.application_id,
    }


async def test_a_recusal_hides_it(desk: Desk) -> None:
    me, porter = str(uuid4()), desk.porter()
    await _grant(desk, me, "INSTRUCTOR")
    await _waits(desk, porter, INSTRUCTOR)
    tie = plumbing_pb2.RelatePersonRequest(
        application_id=porter.application_id, call_id=desk.call_id, person_id=me, relation="recused", recused=True
    )
    await desk.system(desk.plumbing.RelatePerson, tie)
    assert await _tasks(desk, me) == apps.ListMyTasksResponse()


@pytest.mark.parametrize("role", ["APPLICANT", "AUDITOR", "JURY_MEMBER", "EXPERT"])
async def test_who_moves_no_file_has_no_such_list(desk: Desk, role: str) -> None:
    with refused("NOT_ALLOWED", Kind.DENIED):
        await desk.read(desk.apps.ListMyTasks, apps.ListMyTasksRequest(), role)
