"""``bulk/<bulk_id>``: one act on many files, each a row with its own request id and its own result.

The rights of each row are those of the act itself, asked by its own RPC of the person who chose the files.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid5

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.contract.bulk import BulkFile, ResumeBulk, StartBulk, StopBulk
    from workflows.contract.consequences import FinishBulk, RowResult
    from workflows.entity import act
    from workflows.rows import DONE, Rows, RowsState
    from workflows.state import Context, Facts, Task, derived, text

LEFT_STOPPED = "left_stopped"
LEFT_STOPPED_WAIT = timedelta(days=7)
"""What is stopped and never resumed is given up: nothing waits for ever."""
GIVEN_UP = "BULK_GIVEN_UP"


class Position(StrEnum):
    """Where the bulk act stands."""

    NEW = ""
    RUNNING = "RUNNING"
    STOPPED = "STOPPED"
    FINISHED = "FINISHED"


@dataclass
class BulkState(RowsState):
    """Ids only. ``verb``: of each row. ``kept``: the rows that wait while it is stopped."""

    call_id: str = ""
    bulk_id: str = ""
    verb: str = ""
    kept: list[Task] = field(default_factory=list)


@workflow.defn(name="BulkWorkflow")
class BulkWorkflow(Rows[BulkState]):
    """One entity for a bulk act."""

    holds_refused = False

    @workflow.init
    def __init__(self, state: BulkState) -> None:
        super().__init__(state)

    @workflow.run
    async def run(self, state: BulkState) -> None:
        """Started, its rows one after the other, stopped and resumed at will; ends when every row has its result."""
        await self.live()

    def closed(self) -> bool:
        """True once every row has its result and review keeps them."""
        return self.state.position == Position.FINISHED

    @act(at=[Position.NEW])
    async def start_bulk(self, message: StartBulk) -> Facts:
        """One row per file."""
        facts = await self.do("start_bulk", message)
        self.state.position = Position.RUNNING
        self.state.verb = message.act.lower()
        for file in message.files:
            row = derived(message.context, file.application_id)
            self.tell(row, self.state.verb, file.application_id, **_body(message, file, row))
        return facts

    @act(at=[Position.RUNNING])
    async def stop_bulk(self, message: StopBulk) -> Facts:
        """No row begins any more."""
        facts = await self.do("stop_bulk", message)
        self.state.position = Position.STOPPED
        self.set_deadline(LEFT_STOPPED, text(self.business_now() + LEFT_STOPPED_WAIT))
        return facts

    @act(at=[Position.STOPPED])
    async def resume_bulk(self, message: ResumeBulk) -> Facts:
        """The rows left go on."""
        facts = await self.do("resume_bulk", message)
        self.state.position = Position.RUNNING
        self.clear_deadline(LEFT_STOPPED)
        self.state.tasks += self.state.kept
        self.state.kept = []
        return facts

    async def tell_row(self, task: Task) -> None:
        """A row, unless it was stopped meanwhile; after the last one, the end."""
        if self.state.position == Position.STOPPED:
            self.state.kept.append(task)
            return
        await super().tell_row(task)
        if "waiting" not in self.state.rows.values():
            self.then("finish_bulk", context=self.system_context("finish_bulk"))

    async def finish_bulk(self, task: Task) -> None:
        """Review keeps what came of each file."""
        assert task.context is not None
        results = [
            RowResult(row.partition("/")[2], "DONE" if result == DONE else result)
            for row, result in self.state.rows.items()
        ]
        await self.do("finish_bulk", FinishBulk(task.context, self.state.call_id, self.state.bulk_id, results))
        self.state.position = Position.FINISHED

    async def lapse(self, name: str, context: Context) -> None:
        """Left stopped: the rows that wait are given up."""
        for row, result in self.state.rows.items():
            if result == "waiting":
                self.state.rows[row] = GIVEN_UP
        self.state.kept, self.state.late = [], []
        self.then("finish_bulk", context=context)


def _body(message: StartBulk, file: BulkFile, row: Context) -> dict[str, Any]:
    """The fields of a row's own message, after its context and its file."""
    seen: dict[str, Any] = {"expected_version": file.expected_version}
    match message.act:
        case "ASSIGN_REVIEWER":
            return {**seen, "reviewer_id": message.reviewer_id}
        case "REQUEST_CORRECTION":
            return {
                **seen,
                "correction_id": str(uuid5(UUID(row.request_id), "correction")),
                "items": [asdict(item) for item in message.items],
                "closes_at": message.closes_at,
            }
        case "DECIDE_SHORTLIST":
            return {**seen, "shortlisted": True}
    return {"call_id": message.call_id}
