"""Acts that reach many applications: one row each, told in order by the main loop, with a result per row.

A row is an update of ``application/<id>`` under its own request id: a crash in the middle goes on where it stopped. A
row refused is held, where it is seen, and told again after the next act or when an operator says; unless its file is at
its end, where nothing is left to tell.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Generic, TypeVar

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from workflows.contract.consequences import TellApplication
    from workflows.entity import Entity
    from workflows.state import Context, EntityState, Parked, Task, text

DONE, CLOSED = "done", "CLOSED"
UNANSWERED = ("UNAVAILABLE", "NOT_CARRIED_OUT")
"""Reasons that say nothing of the row: the application was not reached."""
LATE = "late_rows"
LATE_WAIT = timedelta(minutes=1)


@dataclass
class RowsState(EntityState):
    """``rows``: ``<verb>/<application id>`` → ``waiting``, ``done`` or the reason it was refused. ``late``: the rows of
    applications that did not answer, told again after :data:`LATE_WAIT`; a row refused is parked."""

    rows: dict[str, str] = field(default_factory=dict)
    late: list[Parked] = field(default_factory=list)


R = TypeVar("R", bound=RowsState)


class Rows(Entity[R], Generic[R]):
    """An entity whose acts have rows. ``holds_refused`` False: a refusal is a row's result, for whoever chose it."""

    holds_refused = True

    def tell(self, context: Context, verb: str, application_id: str, **body: Any) -> None:
        """Queues one row; ``body`` are the fields of the update's message after its context."""
        self.state.rows[f"{verb}/{application_id}"] = "waiting"
        row = {"verb": verb, "application_id": application_id, "body": body}
        self.then("tell_row", json.dumps(row, sort_keys=True), context=context)

    def application_of(self, task: Task) -> str:
        """A row's."""
        return str(json.loads(task.argument)["application_id"]) if task.name == "tell_row" else ""

    async def tell_row(self, task: Task) -> None:
        """A queued row. A refusal is the row's result, never the end of the others."""
        row = json.loads(task.argument)
        assert task.context is not None
        key = f"{row['verb']}/{row['application_id']}"
        attempt = int(row.get("attempt", 0))
        message = TellApplication(task.context, row["application_id"], row["verb"], row["body"], attempt)
        try:
            await self.do("tell_application", message)
        except ApplicationError as refusal:
            if refusal.type in UNANSWERED:
                self.state.late.append(Parked(task, refusal.type, text(self.business_now())))
                self.set_deadline(LATE, text(self.business_now() + LATE_WAIT))
                return
            self.state.rows[key] = refusal.type or "REFUSED"
            if self.holds_refused and not _at_its_end(refusal):
                again = json.dumps({**row, "attempt": attempt + 1}, sort_keys=True)
                self._park(replace(task, argument=again), self.state.rows[key])
        else:
            self.state.rows[key] = DONE

    def held(self) -> list[Parked]:
        """The rows that nobody answered too."""
        return [*super().held(), *self.state.late]

    async def _perform(self, task: Task) -> None:
        if task.lapses(LATE):
            self.state.tasks += [late.task for late in self.state.late]
            self.state.late = []
            return
        await super()._perform(task)

    @workflow.query
    def row_results(self) -> dict[str, str]:
        """The result of each row so far."""
        return self.state.rows


def _at_its_end(refusal: ApplicationError) -> bool:
    """The file was withdrawn, lapsed or closed meanwhile: its row has its result."""
    detail: Any = refusal.details[0] if refusal.details else {}
    return refusal.type == "APPLICATION_ENDED" or detail.get("values", {}).get("stage") == CLOSED
