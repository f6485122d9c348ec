"""Rows of a bulk act: an application that does not answer keeps its own row waiting, never the others."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import NAMESPACE_OID, uuid4, uuid5

from temporalio import activity
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

from rehearsal.clock import Clock
from tests.workflows.conftest import Desk, HeldClock
from tests.workflows.desk_of_files import Handle, standing
from tests.workflows.starting import eventually, start
from workflows.__main__ import RUNNER
from workflows.contract.jury import CloseSession
from workflows.contract.names import JURY
from workflows.jury import JuryState, JuryWorkflow, Position
from workflows.state import Answer

FILES = [str(uuid5(NAMESPACE_OID, f"file {number}")) for number in range(4)]
LINE = {"proposal": "PROPOSED", "proposed_cents": 1, "section": "OPERATING", "rank": 1, "explanation": "WITHIN"}


@dataclass
class Session(Desk):
    """The desk of a jury: one file does not answer, another refuses."""

    silent: set[str] = field(default_factory=set)
    told: list[str] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    attempts_of: dict[str, int] = field(default_factory=dict)

    def _activity(self, verb: str) -> Any:
        async def run(message: dict[str, Any], progress: dict[str, Any] | None = None) -> dict[str, Any]:
            if verb == "close_session":
                return {"digest": "d", "files": [{"application_id": item, **LINE} for item in FILES]}
            application_id = message["application_id"]
            if application_id in self.silent:
                raise ApplicationError("not accepted yet", type="UNAVAILABLE")
            if application_id in self.refused:
                raise ApplicationError("ENVELOPE_EXCEEDED", type="ENVELOPE_EXCEEDED", non_retryable=True)
            self.attempts_of[application_id] = message["attempt"]
            if application_id == FILES[2]:
                raise ApplicationError("STALE", type="APPLICATION_ENDED", non_retryable=True)
            self.told.append(application_id)
            return {}

        return activity.defn(name=verb)(run)


async def quiet() -> None:
    """Nothing but the engine is under way here."""


@asynccontextmanager
async def closing(client: Client, queue: str, clock: HeldClock, session: Session) -> AsyncIterator[Handle]:
    """A session just closed: its rows are being told."""
    state = JuryState(business_start=clock.read().isoformat(), position=Position.OPEN, session_id=str(uuid4()))
    async with Worker(
        client,
        task_queue=queue,
        workflows=[JuryWorkflow],
        activities=session.activities("close_session", "tell_application"),
        workflow_runner=RUNNER,
    ):
        handle = await start(client, queue, JuryWorkflow.run, state, workflow_id=JURY.id_of(state.session_id))
        closed = CloseSession(clock.context(), state.call_id, state.session_id)
        answer: Answer = await handle.execute_update(
            "close_session", closed, id=closed.context.request_id, result_type=Answer
        )
        assert answer.facts == {"digest": "d"}
        yield handle


async def holds(handle: Handle, reason: str) -> None:
    """Waits until the session holds one row, for this reason."""

    async def waits() -> bool:
        parked = [(item.task.name, item.reason) for item in (await standing(handle)).parked]
        return parked == [("tell_row", reason)]

    await eventually(waits)


async def test_a_file_that_does_not_answer_holds_nobody(client: Client, queue: str, clock: HeldClock) -> None:
    session = Session(silent={FILES[0]})
    mover = Clock(client, clock, quiet=quiet)
    async with closing(client, queue, clock, session) as handle:
        await holds(handle, "UNAVAILABLE")

        async def others_told() -> bool:
            return session.told == [FILES[1], FILES[3]]

        await eventually(others_told)
        rows = await handle.query(JuryWorkflow.row_results)
        assert [rows[f"record_proposal/{item}"] for item in FILES] == ["waiting", "done", "APPLICATION_ENDED", "done"]
        session.silent.clear()
        await mover.advance(by=timedelta(minutes=2))
        await handle.result()
        assert session.told == [FILES[1], FILES[3], FILES[0]]


async def test_a_row_refused_is_held_and_told_again(client: Client, queue: str, clock: HeldClock) -> None:
    """A file at its end has its result; any other refusal is seen, and the session stays until it is told."""
    session = Session(refused={FILES[1]})
    async with closing(client, queue, clock, session) as handle:
        await holds(handle, "ENVELOPE_EXCEEDED")
        rows = await handle.query(JuryWorkflow.row_results)
        assert rows[f"record_proposal/{FILES[1]}"] == "ENVELOPE_EXCEEDED"
        assert await handle.execute_update("ask_again", result_type=int) == 1
        await holds(handle, "ENVELOPE_EXCEEDED")
        session.refused.clear()
        await handle.execute_update("ask_again", result_type=int)
        await handle.result()
        assert session.attempts_of == {FILES[0]: 0, FILES[1]: 2, FILES[2]: 0, FILES[3]: 0}
