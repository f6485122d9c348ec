"""What waits for the caller."""

from __future__ import annotations

from typing import Any

from jalon.intake.v1 import applications_pb2 as pb

from kit import clock, pages
from kit.enums import to_proto
from services.intake.handlers.room import Part, person
from services.intake.handlers.wire import row_message
from services.intake.store import tasks as store


class Tasks(Part):
    """``ListMyTasks`` of ``jalon.intake.v1.ApplicationsService``."""

    async def ListMyTasks(self, request: pb.ListMyTasksRequest, context: Any) -> pb.ListMyTasksResponse:
        """Her own, by the roles she holds now in each call, whatever the call she works on."""
        me, size = person(), pages.size(request.page_size)
        scope = f"tasks/{me}"
        key = pages.decode(request.page_token, scope=scope)
        after = store.After(clock.parse(key[0]) if key[0] else None, clock.parse(key[1]), key[2]) if key else None
        found = await store.list_my_tasks(self._room.pool, me, after=after, limit=size + 1)
        groups = await store.count_my_tasks(self._room.pool, me)
        token = ""
        if len(found) > size:
            token = pages.encode(_key(found[size - 1]), scope=scope)
        return pb.ListMyTasksResponse(
            tasks=[_task(task) for task in found[:size]],
            groups=[_group(group) for group in groups],
            next_page_token=token,
        )


def _key(task: store.Task) -> list[str]:
    due_at = task.row.progress.next_event_at if task.row.progress else None
    return [clock.text(due_at) if due_at else "", clock.text(task.waiting_since), task.row.application_id]


def _task(task: store.Task) -> pb.Task:
    return pb.Task(
        row=row_message(task.row), call_id=task.call_id, waiting_since=clock.to_timestamp(task.waiting_since)
    )


def _group(group: store.TaskGroup) -> pb.TaskGroup:
    return pb.TaskGroup(
        call_id=group.call_id,
        next_event=to_proto(pb.NextEvent, group.next_event),
        count=group.count,
        first_due_at=clock.to_timestamp(group.first_due_at),
        waiting_since=clock.to_timestamp(group.waiting_since),
    )
