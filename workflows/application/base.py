"""What the stages of an application share: carrying an act out with its progress, consequences, letters, the end."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from workflows.application.progress import progress_of
    from workflows.application.state import ApplicationState, Position
    from workflows.calendar import after_months
    from workflows.contract.consequences import (
        CloseApplication,
        CloseAward,
        CloseCase,
        PostMessage,
        ReleaseAward,
        WriteProgress,
    )
    from workflows.contract.names import verb_of
    from workflows.entity import Entity
    from workflows.state import Context, Facts, Task, instant

OF_THE_LIVING = frozenset({"admit", "ask_applicant", "tie", "tell_award", "give_up_reservation"})
"""What follows an act, and has no object once the file is at its end."""
ALIVE = tuple(position for position in Position if position != Position.CLOSED)


class Stage(Entity[ApplicationState]):
    """Base of the stages: each is a mixin of acts and facts, read in the order of a file's life."""

    @property
    def application_id(self) -> str:  # type: ignore[override]
        """The application, stamped on every span."""
        return self.state.application_id

    async def carry(self, message: Any, **changes: Any) -> Facts:
        """Carries one act out: its RPC and, if the service accepts, the progress that then holds. ``changes`` are the
        fields of the state that become true; ``dates`` the deadlines set or moved (name → instant)."""
        progress = progress_of(self.state, version=self.next_version, changes=changes)
        facts = await self.do(verb_of(type(message)), message, progress)
        self._become(changes)
        return facts

    async def ask(self, message: Any) -> Facts:
        """Asks a service for a consequence; no progress of its own."""
        return await self.do(verb_of(type(message)), message)

    async def show(self, context: Context, **changes: Any) -> None:
        """Writes progress alone, when a relayed fact moves the file without an RPC of its own."""
        progress = progress_of(self.state, version=self.next_version, changes=changes)
        await self.do("write_progress", WriteProgress(self.consequence(context, "write_progress"), progress), progress)
        self._become(changes)

    def _become(self, changes: dict[str, Any]) -> None:
        moved = changes.get("position", self.state.position) != self.state.position
        for name, value in changes.items():
            if name == "dates":
                for deadline, at in value.items():
                    self.set_deadline(deadline, at)
            else:
                setattr(self.state, name, value)
        if moved:
            self.roll()

    def consequence(self, parent: Context, name: str) -> Context:
        """The context of a consequence: the worker signs it as SYSTEM, at the instant of what caused it."""
        return Context(str(uuid5(UUID(parent.request_id), name)), "", parent.occurred_at)

    def write_to_applicant(self, context: Context, template: str, **values: str | int) -> None:
        """Queues a letter of the file's thread; it leaves after the act has answered."""
        argument = json.dumps({"template": template, "values": values}, sort_keys=True)
        self.then("post_letter", argument, context=self.consequence(context, f"letter/{template}"))

    async def post_letter(self, task: Task) -> None:
        """A queued letter."""
        letter = json.loads(task.argument)
        assert task.context is not None
        values = json.dumps(letter["values"], sort_keys=True)
        await self.ask(PostMessage(task.context, self.state.application_id, letter["template"], values))

    async def _perform(self, task: Task) -> None:
        if task.name in OF_THE_LIVING and self.state.position == Position.CLOSED:
            return
        await super()._perform(task)

    async def end_after(self, context: Context, ending: str, *, letter: str = "") -> None:
        """The end that follows an act already decided."""
        await self.follow("end_as", context, json.dumps({"ending": ending, "letter": letter}, sort_keys=True))

    async def end_as(self, task: Task) -> None:
        """An end that follows an act."""
        assert task.context is not None
        if self.state.position != Position.CLOSED:
            await self.end(task.context, **json.loads(task.argument))

    async def end(self, context: Context, ending: str, *, letter: str = "") -> None:
        """Closes the file with its ending in every service, money first, then says so."""
        application_id = self.state.application_id
        if self.state.reserved and ending not in ("PAID", "PAID_REDUCED"):
            await self.ask(ReleaseAward(self.consequence(context, "release_award"), application_id, ending))
        if ending in ("PAID", "PAID_REDUCED"):
            await self.ask(CloseAward(self.consequence(context, "close_award"), application_id))
        if ending != "WITHDRAWN":
            await self.ask(CloseCase(self.consequence(context, "close_case"), application_id))
        closing = CloseApplication(self.consequence(context, "close_application"), application_id, ending)
        watched = self._forget_deadlines()
        try:
            await self.carry(closing, position=Position.CLOSED, awaiting="", ending=ending, reserved=False)
        except ApplicationError:
            self.state.deadlines, self.state.suspended = watched
            raise
        if letter:
            self.write_to_applicant(context, letter)
        self._watch_appeals(context)

    def _forget_deadlines(self) -> tuple[dict[str, str], dict[str, float]]:
        """Nothing is watched any more; what was, running and stopped."""
        watched = dict(self.state.deadlines), dict(self.state.suspended)
        for name in [*self.state.deadlines, *self.state.suspended]:
            self.clear_deadline(name)
        return watched

    def _watch_appeals(self, context: Context) -> None:
        """Nothing is left to watch two months and a day after the last notified decision."""
        last = max(instant(self.state.notified_at or context.occurred_at), instant(context.occurred_at))
        if self.state.ending in ("PAID", "PAID_REDUCED") and self.state.notified_at:
            last = instant(self.state.notified_at)
        at = after_months(last, self.state.terms.appeal_months) + timedelta(days=1)
        self.set_deadline("end", at.isoformat())
