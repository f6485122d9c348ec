"""Rows of a bulk act: an application that does not answer keeps its own row waiting, never the others."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import NAMESPACE_OID, uuid4, uuid5

from temporalio import activity
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

from rehearsal.clock import Clock
from tests.workflows.conftest import Desk, HeldClock, eventually, start
from tests.workflows.desk_of_files import standing
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

    def _activity(self, verb: str) -> Any:
        async def run(message: dict[str, Any], progress: dict[str, Any] | None = None) -> dict[str, Any]:
            if verb == "close_session":
                return {"digest": "d", "files": [{"application_id": item, **LINE} for item in FILES]}
            application_id = message["application_id"]
            if application_id in self.silent:
                raise ApplicationError("not accepted yet", type="UNAVAILABLE")
            if application_id == FILES[2]:
                raise ApplicationError("STALE", type="APPLICATION_ENDED", non_retryable=True)
            self.told.append(application_id)
            return {}

        return activity.defn(name=verb)(run)


async def quiet() -> None:
    """Nothing but the engine is under way here."""


async def test_a_file_that_does_not_answer_holds_nobody(client: Client, queue: str, clock: HeldClock) -> None:
    session = Session(silent={FILES[0]})
    state = JuryState(business_start=clock.read().isoformat(), position=Position.OPEN, session_id=str(uuid4()))
    mover = Clock(client, clock, quiet=quiet)
    async with Worker(
        client,
        task_queue=queue,
        workflows=[JuryWorkflow],
        activities=session.activities("close_session", "tell_application"),
        workflow_runner=RUNNER,
    ):
        handle = await start(client, queue, JuryWorkflow.run, state, workflow_id=JURY.id_of(state.session_id))
        closing = CloseSession(clock.context(), state.call_id, state.session_id)
        answer: Answer = await handle.execute_update(
            "close_session", closing, id=closing.context.request_id, result_type=Answer
        )
        assert answer.facts == {"digest": "d"}

        async def waits() -> bool:
            return [(item.task.name, item.reason) for item in (await standing(handle)).parked] == [
                ("tell_row", "UNAVAILABLE")
            ]

        await eventually(waits)

        async def others_told() -> bool:
            return session.told == [FILES[1], FILES[3]]

        await eventually(others_told)
        rows = await handle.query(JuryWorkflow.row_results)
        assert [rows[f"record_proposal/{item}"] for item in FILES] == ["waiting", "done", "APPLICATION_ENDED", "done"]
        session.silent.clear()
        await mover.advance(by=timedelta(minutes=2))
        await handle.result()
        assert session.told == [FILES[1], FILES[3], FILES[0]]
