"""What waits for a person, over all calls."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from kit.db import rows_of
from services.intake.domain.records import Row
from services.intake.store import queries
from services.intake.store.lists import row_of


@dataclass(frozen=True)
class Task:
    """One file that waits."""

    row: Row
    call_id: str
    waiting_since: datetime


@dataclass(frozen=True)
class TaskGroup:
    """Files of a call that wait for the same thing. ``first_due_at``: None when no date is promised."""

    call_id: str
    next_event: str
    count: int
    first_due_at: datetime | None
    waiting_since: datetime


@dataclass(frozen=True)
class After:
    """Where the list goes on."""

    due_at: datetime | None
    since: datetime
    application_id: str


async def list_my_tasks(connection: Any, person: str, *, after: After | None, limit: int) -> list[Task]:
    """What is due first, then what has waited longest."""
    found = queries.list_my_tasks(
        connection,
        person=UUID(person),
        after_due_at=after and after.due_at,
        after_since=after and after.since,
        after_id=UUID(after.application_id) if after else None,
        limit=limit,
    )
    return [Task(row_of(row), str(row["call_id"]), row["waiting_since"]) for row in await rows_of(found)]


async def count_my_tasks(connection: Any, person: str) -> list[TaskGroup]:
    """By call and by what is awaited, what is due first first."""
    return [
        TaskGroup(str(row["call_id"]), row["next_event"], row["count"], row["first_due_at"], row["waiting_since"])
        for row in await rows_of(queries.count_my_tasks(connection, person=UUID(person)))
    ]
