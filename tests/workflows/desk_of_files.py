"""What the tests of an application's workflow stand on: the desk that answers for all services, a file standing at any
position, and one message of every kind."""

from __future__ import annotations

import types
import typing
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields
from datetime import timedelta
from typing import Any
from uuid import NAMESPACE_OID, uuid4, uuid5

from temporalio import activity
from temporalio.client import Client, WorkflowHandle
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

from tests.workflows.conftest import BUSINESS_START, Desk, HeldClock
from tests.workflows.starting import start
from workflows.__main__ import RUNNER
from workflows.application import ApplicationWorkflow
from workflows.application.state import ApplicationState, Installment, Position, Terms
from workflows.contract.messages import MESSAGES, UPDATES
from workflows.contract.names import APPLICATION
from workflows.state import Answer, Context, Standing

Handle = WorkflowHandle[Any, Any]
ADVANCE, BALANCE, AGREEMENT, CORRECTION = (
    str(uuid5(NAMESPACE_OID, name)) for name in ("advance", "balance", "agreement", "correction")
)
SOON = (BUSINESS_START + timedelta(days=63)).isoformat()
LATER = (BUSINESS_START + timedelta(days=90)).isoformat()
ORDER = list(Position)
AWAITED = {
    Position.ADMISSIBILITY: "DECIDE_ADMISSIBILITY",
    Position.FULL_APPLICATION: "SUBMIT_FULL_APPLICATION",
    Position.COMPLETENESS: "SUBMIT_CORRECTION",
    Position.REVIEW: "CONCLUDE_REVIEW",
    Position.SHORTLIST: "DECIDE_SHORTLIST",
    Position.HEARING: "RECORD_HEARING",
    Position.JURY: "CLOSE_JURY",
    Position.VOTE: "RECORD_VOTE",
    Position.NOTIFICATION: "NOTIFY_DECISION",
    Position.LEGAL_ENTITY: "DECLARE_LEGAL_ENTITY",
    Position.AGREEMENT: "SIGN_AGREEMENT",
    Position.PAYMENT: "PAY_ORDER",
    Position.REPORT: "SUBMIT_REPORT",
    Position.BALANCE: "PAY_ORDER",
    Position.CLOSED: "",
}


def lines(advance: str, balance: str) -> list[dict[str, Any]]:
    """The plan as payments tells it, by the state of each installment."""
    plan = ((ADVANCE, 1, "advance", 700_000, advance), (BALANCE, 2, "balance", 300_000, balance))
    return [
        {"installment_id": item, "number": number, "kind": kind, "amount_cents": amount, "state": state}
        for item, number, kind, amount, state in plan
    ]


@dataclass
class Counter(Desk):
    """The desk of every service: what a workflow needs to read is answered; progress rows are kept per file."""

    answers: dict[str, dict[str, Any]] = field(
        default_factory=lambda: {
            "read_terms": {"full_application_closes_at": SOON},
            "notify_decision": {"decision": "GRANTED", "executory_on": "2023-07-01"},
            "countersign_agreement": {"freed_cents": 0, "installments": lines("PLANNED", "PLANNED")},
            "accept_report": {"freed_cents": 100_000, "installments": lines("PAID", "PLANNED")},
        }
    )
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def _activity(self, verb: str) -> Any:
        async def run(message: dict[str, Any], progress: dict[str, Any] | None = None) -> dict[str, Any]:
            if reason := self.refusals.get(verb):
                raise ApplicationError(reason, type=reason, non_retryable=True)
            effect = (verb, message["context"]["request_id"])
            if effect not in self.effects:
                self.effects.append(effect)
            if progress is not None:
                self.rows.setdefault(progress["application_id"], []).append(progress)
            return self.answers.get(verb, {})

        return activity.defn(name=verb)(run)

    def of(self, request_id: str) -> list[str]:
        """The verbs carried out under one request id."""
        return [verb for verb, request in self.effects if request == request_id]


@dataclass
class Files:
    """Files standing where a test wants them."""

    client: Client
    queue: str
    clock: HeldClock

    async def at(self, position: Position, **changes: Any) -> Handle:
        """A file at this position, as a life that came there would have left it."""
        state = standing_at(position, self.clock, **changes)
        workflow_id = APPLICATION.id_of(state.application_id)
        return await start(
            self.client,
            self.queue,
            ApplicationWorkflow.run,
            state,
            workflow_id=workflow_id,
            task_timeout=timedelta(seconds=5),
        )


def standing_at(position: Position, clock: HeldClock, **changes: Any) -> ApplicationState:
    """The state of a file at this position."""
    reached = ORDER.index(position)
    state = ApplicationState(
        business_start=clock.read().isoformat(),
        position=position,
        version=5,
        application_id=str(uuid4()),
        call_id=str(uuid4()),
        applicant_id=str(uuid4()),
        requested_cents=1_200_000,
        received_at=BUSINESS_START.isoformat(),
        terms=Terms(full_application_closes_at=SOON),
        awaiting=AWAITED[position],
        correction_id=CORRECTION if position is Position.COMPLETENESS else "",
        deadlines={"tacit_refusal": SOON} if reached < ORDER.index(Position.LEGAL_ENTITY) else {},
    )
    if reached >= ORDER.index(Position.VOTE):
        state.reserved, state.proposed_cents, state.section = True, 1_000_000, "OPERATING"
        state.decision, state.awarded_cents = "GRANTED", 1_000_000
    if reached >= ORDER.index(Position.AGREEMENT):
        state.agreement_id = AGREEMENT
    if reached >= ORDER.index(Position.PAYMENT):
        advance = "PAID" if position is Position.BALANCE else "ORDERED"
        balance = "ORDERED" if position is Position.BALANCE else "PLANNED"
        state.installments = [Installment(**line) for line in lines(advance, balance)]
        state.paid_cents = 700_000 if position is Position.BALANCE else 0
    if position is Position.CLOSED:
        state.ending, state.reserved = "WITHDRAWN", False
        state.deadlines = {"end": LATER}
    for name, value in changes.items():
        setattr(state, name, value)
    return state


@asynccontextmanager
async def serving(client: Client, queue: str, desk: Desk) -> AsyncIterator[None]:
    """A worker of the real workflow, with a desk for services."""
    activities = desk.activities(*MESSAGES)
    async with Worker(
        client, task_queue=queue, workflows=[ApplicationWorkflow], activities=activities, workflow_runner=RUNNER
    ):
        yield


def message_of(verb: str, context: Context, handle: Handle, **values: Any) -> Any:
    """A message of this verb about this file; fields that nobody gives hold something of their type."""
    _, kind = UPDATES[verb]
    known = {
        "context": context,
        "application_id": handle.id.partition("/")[2],
        "installment_id": ADVANCE,
        "agreement_id": AGREEMENT,
        "correction_id": CORRECTION,
        "closes_at": LATER,
        "hearing_at": LATER,
        "received_at": SOON,
        "ends_on": "2023-12-31",
        "amount_cents": 700_000,
        "decision": "GRANTED",
        "proposal": "PROPOSED",
        "expected_version": None,
        **values,
    }
    hints = typing.get_type_hints(kind)
    names = [item.name for item in fields(kind)]
    return kind(**{name: known[name] if name in known else _some(hints[name], name) for name in names})


def _some(hint: Any, name: str) -> Any:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return None
    if typing.get_origin(hint) is list or hint is list:
        return []
    return {str: str(uuid5(NAMESPACE_OID, name)), int: 1, bool: True}[hint]


async def tell(handle: Handle, verb: str, message: Any) -> Answer:
    """Sends under the message's own request id."""
    answer: Answer = await handle.execute_update(verb, message, id=message.context.request_id, result_type=Answer)
    return answer


async def standing(handle: Handle) -> Standing:
    """Where the file stands, asked of whatever run is the last."""
    answer: Standing = await handle.query(ApplicationWorkflow.standing)
    return answer
