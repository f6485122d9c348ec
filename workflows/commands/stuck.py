"""What does not move by itself any more, asked of the engine: one reading for the command line and for the sites."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from temporalio.client import (
    Client,
    WorkflowQueryFailedError,
    WorkflowQueryRejectedError,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.service import RPCError

from workflows.contract.names import BULK

SECONDS = 5.0
AT_ONCE = 8
PROBES = 3
RETRIES = 3
"""Attempts from which a task is said to be failing: fewer are ordinary."""
PARKED, ROW_REFUSED, NO_WORKER = "parked", "row_refused", "no_worker"
UNREFUSED = ("waiting", "done")
NO_LIMIT = 1_000_000


@dataclass(frozen=True)
class Stuck:
    """One thing stuck: the entity, why (kind of trouble), and the detail of a machine (task, attempts, reason).

    ``row``: the application a refused row is about (UUID). ``since``: RFC 3339 UTC, empty when it is not known.
    """

    entity: str
    trouble: str
    task: str = ""
    reason: str = ""
    attempts: int = 0
    row: str = ""
    since: str = ""


async def found(client: Client, *, among: Callable[[str], bool] = bool, most: int = NO_LIMIT) -> list[Stuck]:
    """Every open entity (of those ``among`` keeps, ``most`` of them) that is parked, failing, retrying without end or
    silent, and the refused rows of acts on many files; a few asked at once. When the first ones are all silent no
    worker answers, which is said once."""
    running = [item.id async for item in client.list_workflows('ExecutionStatus = "Running"') if among(item.id)]
    first = await _look(client, running[:PROBES])
    if first and len(first) == len(running[:PROBES]) and all(one.trouble == "silent" for one in first):
        return [Stuck("worker", NO_WORKER, attempts=len(running))]
    return first + await _look(client, running[PROBES:most])


async def ask_again(client: Client, workflow_id: str) -> int | None:
    """Asks an entity again for what it holds. How much that was; None when nobody answered."""
    try:
        async with asyncio.timeout(SECONDS):
            asked: int = await client.get_workflow_handle(workflow_id).execute_update("ask_again")
    except (TimeoutError, RPCError, WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError):
        return None
    return asked


async def _look(client: Client, workflow_ids: list[str]) -> list[Stuck]:
    room = asyncio.Semaphore(AT_ONCE)

    async def one(workflow_id: str) -> list[Stuck]:
        async with room:
            return await _troubles(client, workflow_id)

    return [case for cases in await asyncio.gather(*map(one, workflow_ids)) for case in cases]


async def _troubles(client: Client, workflow_id: str) -> list[Stuck]:
    handle = client.get_workflow_handle(workflow_id)
    try:
        described = (await handle.describe()).raw_description
    except RPCError:
        return []  # it ended while we looked
    pending = described.pending_workflow_task
    if pending.attempt >= RETRIES:
        return [Stuck(workflow_id, "task_failing", attempts=pending.attempt)]
    cases = [
        Stuck(
            workflow_id,
            "activity_retrying",
            task=activity.activity_type.name,
            reason=activity.last_failure.application_failure_info.type,
            attempts=activity.attempt,
        )
        for activity in described.pending_activities
        if activity.attempt >= RETRIES
    ]
    return cases + await _asked(client, workflow_id)


async def _asked(client: Client, workflow_id: str) -> list[Stuck]:
    """What the entity says of itself."""
    handle = client.get_workflow_handle(workflow_id)
    rows: Mapping[str, str] = {}
    try:
        async with asyncio.timeout(SECONDS):
            standing: Mapping[str, Any] = await handle.query("standing")
            if workflow_id.startswith(f"{BULK.prefix}/"):
                rows = await handle.query("row_results")
    except (TimeoutError, RPCError):
        return [Stuck(workflow_id, "silent")]
    except (WorkflowQueryFailedError, WorkflowQueryRejectedError):
        return [Stuck(workflow_id, "task_failing")]
    return [_parked(workflow_id, item) for item in standing["parked"]] + [
        Stuck(workflow_id, ROW_REFUSED, task=row.partition("/")[0], reason=result, row=row.partition("/")[2])
        for row, result in rows.items()
        if result not in UNREFUSED
    ]


def _parked(workflow_id: str, item: Mapping[str, Any]) -> Stuck:
    """``lapse full_application``, ``post_letter``: the argument of a letter is its data, not its name."""
    task = item["task"]
    name = f"{task['name']} {task['argument']}" if task["name"] == "lapse" else str(task["name"])
    return Stuck(workflow_id, PARKED, task=name, reason=item["reason"], since=item.get("since", ""))
