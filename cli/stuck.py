"""``jalon stuck``: what does not move by itself any more, and what to do about it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from temporalio.client import (
    Client,
    WorkflowQueryFailedError,
    WorkflowQueryRejectedError,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.service import RPCError

from cli.errors import FAILED
from cli.health import Outbox, outboxes
from cli.session import Session
from cli.status import show_outboxes
from wording import Locale, code_label, label
from wording.catalog import catalog
from wording.sentences import sentence

SECONDS = 5.0
AT_ONCE = 8
PROBES = 3
RETRIES = 3
"""Attempts from which a task is said to be failing: fewer are ordinary."""
OLD_SECONDS = 60
"""Seconds from which a fact that waits to be relayed is late."""


@dataclass(frozen=True)
class Case:
    """One thing stuck: the entity, why (kind of trouble), and the detail of a machine (task, attempts, reason)."""

    entity: str
    trouble: str
    task: str = ""
    reason: str = ""
    attempts: int = 0

    def why(self, locale: Locale) -> str:
        """What is wrong, in words."""
        values = {"task": self.task or "—", "attempts": self.attempts, "why": self._reason(locale)}
        return label(f"stuck.{self.trouble}", locale=locale, values=values)

    def _reason(self, locale: Locale) -> str:
        if self.reason in catalog()["reasons"]:
            return sentence(self.reason, locale=locale)
        return self.reason or "—"

    def remedy(self, locale: Locale) -> str:
        """What to do."""
        return code_label("remedy_of_trouble", self.trouble, locale=locale)


async def stuck(session: Session) -> int:
    """Exit code 1 when something is stuck."""
    boxes = await outboxes(session)
    cases = await found(await session.engine())
    if session.out.as_json:
        session.out.document(
            {
                "cases": [asdict(case) for case in cases],
                "outboxes": [{**asdict(box), "age": box.age.total_seconds()} for box in boxes],
            }
        )
    else:
        draw(session, cases, boxes=boxes)
    return FAILED if cases or any(late(box) for box in boxes) else 0


async def ask_again(session: Session) -> int:
    """Asks again whatever is parked, then says how much was; ``jalon stuck`` tells what remains."""
    client = await session.engine()
    parked = dict.fromkeys(case.entity for case in await found(client) if case.trouble == "parked")
    asked = sum([await _ask(client, entity) for entity in parked])
    if session.out.as_json:
        session.out.document({"asked": asked})
    else:
        session.out.say("stuck.asked_again", count=asked)
    return 0


async def _ask(client: Client, workflow_id: str) -> int:
    try:
        async with asyncio.timeout(SECONDS):
            asked: int = await client.get_workflow_handle(workflow_id).execute_update("ask_again")
    except (TimeoutError, RPCError, WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError):
        return 0  # silent, or over: "jalon stuck" says so
    return asked


def late(box: Outbox) -> bool:
    """True when its oldest fact waits for too long."""
    return box.waiting > 0 and box.age.total_seconds() > OLD_SECONDS


async def found(client: Client) -> list[Case]:
    """Every open entity that is parked, failing, retrying without end or silent; a few asked at once. When the first
    ones are all silent no worker answers, which is said once."""
    running = [item.id async for item in client.list_workflows('ExecutionStatus = "Running"')]
    first = await _look(client, running[:PROBES])
    if first and len(first) == len(running[:PROBES]) and all(case.trouble == "silent" for case in first):
        return [Case("worker", "no_worker", attempts=len(running))]
    return first + await _look(client, running[PROBES:])


async def _look(client: Client, workflow_ids: list[str]) -> list[Case]:
    room = asyncio.Semaphore(AT_ONCE)

    async def one(workflow_id: str) -> list[Case]:
        async with room:
            return await _troubles(client, workflow_id)

    return [case for cases in await asyncio.gather(*map(one, workflow_ids)) for case in cases]


async def _troubles(client: Client, workflow_id: str) -> list[Case]:
    handle = client.get_workflow_handle(workflow_id)
    try:
        described = (await handle.describe()).raw_description
    except RPCError:
        return []  # it ended while we looked
    pending = described.pending_workflow_task
    if pending.attempt >= RETRIES:
        return [Case(workflow_id, "task_failing", attempts=pending.attempt)]
    cases = [
        Case(
            workflow_id,
            "activity_retrying",
            task=activity.activity_type.name,
            reason=activity.last_failure.application_failure_info.type,
            attempts=activity.attempt,
        )
        for activity in described.pending_activities
        if activity.attempt >= RETRIES
    ]
    return cases + await _parked(client, workflow_id)


async def _parked(client: Client, workflow_id: str) -> list[Case]:
    try:
        async with asyncio.timeout(SECONDS):
            standing: Mapping[str, Any] = await client.get_workflow_handle(workflow_id).query("standing")
    except (TimeoutError, RPCError):
        return [Case(workflow_id, "silent")]
    except (WorkflowQueryFailedError, WorkflowQueryRejectedError):
        return [Case(workflow_id, "task_failing")]
    return [
        Case(workflow_id, "parked", task=_named(item["task"]), reason=item["reason"]) for item in standing["parked"]
    ]


def _named(task: Mapping[str, Any]) -> str:
    """``lapse full_application``, ``post_letter``: the argument of a letter is its data, not its name."""
    return f"{task['name']} {task['argument']}" if task["name"] == "lapse" else str(task["name"])


def draw(session: Session, cases: list[Case], *, boxes: list[Outbox]) -> None:
    """Cases with their remedy, then the outboxes."""
    out, locale = session.out, session.locale
    if cases:
        rows = [[case.entity, case.why(locale), case.remedy(locale)] for case in cases]
        out.table(["column.entity", "column.trouble", "column.remedy"], rows)
    else:
        out.say("stuck.nothing", style="green")
    show_outboxes(session, boxes)
    for box in filter(late, boxes):
        out.say("stuck.outbox", style="red", service=box.service)
