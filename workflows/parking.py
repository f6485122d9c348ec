"""What a service refuses after the deciding is done: it parks, where it is seen, and is asked again. Nothing that was
accepted is ever silently incomplete.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from workflows.building import build
from workflows.state import DONE, UNDER_WAY, Context, EntityState, Facts, Parked, Task, text

TAKEN_AGAIN = "take_again"
"""The task of a fact whose consequences were refused."""
AFTER_ANOTHER = "AFTER_ANOTHER_FACT"
GRACE = timedelta(seconds=1)
"""A deadline is asked about one second late, so that clocks a few milliseconds apart never ask too early."""
S = TypeVar("S", bound=EntityState)


class Parking(Generic[S]):
    """The part of an entity that keeps what was refused."""

    state: S
    _lock: asyncio.Lock

    def business_now(self) -> datetime:
        """The installation's date as this workflow lives it (UTC)."""
        raise NotImplementedError

    def held(self) -> list[Parked]:
        """What waits for something to change, as operators see it."""
        return self.state.parked

    async def follow(self, name: str, context: Context, argument: str = "") -> None:
        """What follows an act already decided: the task ``name``, at once. A refusal takes nothing back: the task
        parks, where it is seen and asked again, and the act of ``context`` answers that it is under way."""
        task = Task(name, argument, context)
        try:
            await getattr(self, name)(task)
        except ApplicationError as refusal:
            self._park(task, refusal.type or "")

    @workflow.update
    async def ask_again(self) -> int:
        """An operator removed the cause: what is parked is asked again at once. How much was."""
        async with self._lock:
            held = self.held()
            self._ask_again(held)
            return len(held)

    def _status(self, request_id: str) -> str:
        """Whether something that an act asked for still waits."""
        waiting = [*self.state.parked, *(Parked(task, "") for task in self.state.tasks if task.name == TAKEN_AGAIN)]
        causes = {item.task.context.request_id for item in waiting if item.task.context is not None}
        return UNDER_WAY if request_id in causes else DONE

    def _ask_again(self, held: Sequence[Parked]) -> None:
        """What was parked goes back to the main loop; what parked meanwhile waits for the next act."""
        self.state.tasks += [item.task for item in self.state.parked if item in held]
        self.state.parked = [item for item in self.state.parked if item not in held]

    async def _take_fact(self, message: Any, *, method: Callable[[Any, Any], Awaitable[Facts | None]]) -> Facts | None:
        """Takes a fact, unless one before it waits: facts are taken in the order in which they came."""
        content = json.dumps({"verb": method.__name__, "message": asdict(message)}, sort_keys=True)
        task = Task(TAKEN_AGAIN, content, message.context)
        if self._fact_parked():
            self._park(task, AFTER_ANOTHER)
        elif any(item.name == TAKEN_AGAIN for item in self.state.tasks):
            self.state.tasks.append(task)
        else:
            try:
                return await method(self, message)
            except ApplicationError as refusal:
                self._park(task, refusal.type or "")
        return None

    async def take_again(self, task: Task) -> None:
        """A fact whose consequences were refused; once it is taken, those that waited behind it follow."""
        if self._fact_parked():
            self._park(task, AFTER_ANOTHER)
            return
        content = json.loads(task.argument)
        method, message_type = getattr(type(self), content["verb"]).fact
        await method(self, build(message_type, content["message"]))
        self._ask_again([item for item in self.state.parked if item.reason == AFTER_ANOTHER])

    def _fact_parked(self) -> bool:
        return any(item.task.name == TAKEN_AGAIN and item.reason != AFTER_ANOTHER for item in self.state.parked)

    def _refused(self, task: Task, refusal: ApplicationError) -> None:
        if refusal.type == "RECEIVED_IN_TIME":
            return
        if refusal.type == "TOO_EARLY" and task.name == "lapse":
            self.state.deadlines[task.argument] = _when(refusal) or text(self.business_now() + 10 * GRACE)
            return
        self._park(task, refusal.type or "")

    def _park(self, task: Task, reason: str) -> None:
        workflow.logger.warning("task %s parked: %s", task.name, reason)
        first = task.name == TAKEN_AGAIN and reason != AFTER_ANOTHER
        self.state.parked.insert(
            0 if first else len(self.state.parked), Parked(task, reason, text(self.business_now()))
        )


def _when(refusal: ApplicationError) -> str:
    """The instant at which the service says that a deadline may be asked about again."""
    detail: Any = refusal.details[0] if refusal.details else {}
    return str(detail.get("values", {}).get("ask_at", ""))
