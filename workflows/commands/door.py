"""A door: the process that sees people, signs for them, and reaches the engine and the services.

``act`` goes to the engine (an update), ``send`` to the receiving RPC of a service (an applicant's act with a deadline,
a draft), ``read`` to a service.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Concatenate, ParamSpec
from uuid import uuid4

from jalon.common.v1 import plumbing_pb2
from jalon.intake.v1 import applications_pb2, calls_pb2
from jalon.payments.v1 import runs_pb2
from jalon.review.v1 import bulk_pb2, jury_pb2
from temporalio.client import Client, WorkflowQueryFailedError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from kit import clock, engine, telemetry
from kit.actor import Signer
from kit.errors import FieldFault, Kind, Refused, not_found
from kit.keyring import load_ring
from kit.rpc import READ_ASSERTION
from kit.settings import ClientSettings
from kit.status import answer_of
from workflows.commands.doorclock import DoorClock
from workflows.commands.outcome import NotYetRecorded, Outcome
from workflows.contract.messages import UPDATES
from workflows.contract.names import APPLICATION, BULK, CALL, JURY, PAYMENT_RUN, EntityKind, verb_of
from workflows.contract.starts import STARTING
from workflows.policies import ACCEPTANCE_SECONDS
from workflows.services import Services
from workflows.state import UNDER_WAY, Context
from workflows.updates import Ended, NotAccepted, reused, send

P = ParamSpec("P")
RPC_SECONDS = 10.0
REUSED = "REQUEST_REUSED"
OWNERS = ("intake", "review", "payments")
TOO_LATE = "NOT_AT_THIS_STAGE"
OF_THE_ENGINE = {TOO_LATE, "STALE"}
"""Refusals made before any service looked at who asks."""
READ_BY: dict[str, tuple[str, str, str, Any]] = {
    APPLICATION.prefix: ("intake", "applications", "GetApplication", applications_pb2.GetApplicationRequest),
    CALL.prefix: ("intake", "calls", "GetCall", calls_pb2.GetCallRequest),
    JURY.prefix: ("review", "jury", "GetSession", jury_pb2.GetSessionRequest),
    BULK.prefix: ("review", "bulk", "GetBulk", bulk_pb2.GetBulkRequest),
    PAYMENT_RUN.prefix: ("payments", "runs", "GetPaymentRun", runs_pb2.GetPaymentRunRequest),
}
"""Who reads an entity is asked of the service that owns it."""


@dataclass(frozen=True)
class Who:
    """A person as this door saw her: opaque id, her own roles, the call those roles are held for; ``only``: the one
    application she may touch, when she came by a link; ``places``: roles she holds in somebody's place, with her id."""

    person: str
    roles: frozenset[str]
    call_id: str = ""
    only: str = ""
    places: frozenset[tuple[str, str]] = frozenset()


class Door:
    """Opened once per process; closed at its end."""

    def __init__(self, *, client: Client, services: Services, signer: Signer) -> None:
        self.client = client
        self.services = services
        self._signer = signer
        self._clock = DoorClock(self._read_clock)

    @classmethod
    async def open(cls, settings: ClientSettings) -> Door:
        """Connects to the engine (lazily) and to the services."""
        ring = load_ring(settings.payload_keys)
        client = await engine.connect(settings.temporal, settings.namespace, ring=ring, lazy=True)
        return cls(client=client, services=Services.open(settings), signer=Signer(settings.signing_key))

    async def close(self) -> None:
        """Closes the channels."""
        await self.services.close()

    async def now(self) -> datetime:
        """The installation's clock; a reading serves two seconds."""
        return await self._clock.now()

    def forget_clock(self) -> None:
        """The clock was moved from here: the next act reads it again."""
        self._clock.forget()

    async def act(
        self, who: Who, message: Callable[Concatenate[Context, P], Any], /, *args: P.args, **kwargs: P.kwargs
    ) -> Outcome:
        """An act through the engine. Raises ``Refused`` or ``NotYetRecorded``."""
        return await self.act_as(who, message, str(uuid4()), *args, **kwargs)

    async def act_as(
        self,
        who: Who,
        message: Callable[Concatenate[Context, P], Any],
        request_id: str,
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Outcome:
        """The same under a request id made before (a form's, a retry's)."""
        verb = verb_of(message)  # type: ignore[arg-type]
        name = "".join(part.capitalize() for part in verb.split("_"))
        if verb in STARTING:
            self._clock.forget()  # what begins now counts its whole life from this reading

        async def attempt(now: datetime) -> Outcome:
            assertion = self._sign(who, verb=name, request_id=request_id, at=now)
            update = message(Context(request_id, assertion, clock.text(now)), *args, **kwargs)
            with telemetry.with_application(getattr(update, "application_id", "")):
                return await self._update(who, verb, update, now=now)

        return await self._clock.in_time(attempt)

    async def _update(self, who: Who, verb: str, update: Any, *, now: datetime) -> Outcome:
        request_id = update.context.request_id
        try:
            sent = await send(self.client, verb, update, seconds=ACCEPTANCE_SECONDS, now=clock.text(now))
        except NotAccepted as late:
            raise NotYetRecorded(request_id) from late
        except Ended as ended:
            if await reused(self.client, verb, update, seconds=ACCEPTANCE_SECONDS):
                raise Refused(REUSED, kind=Kind.REUSED) from ended
            if done := await self._done_before(who, request_id):
                return done
            await self._check_seen(who, verb, update)
            raise Refused(TOO_LATE) from ended
        except ApplicationError as refusal:
            if refusal.type == REUSED:
                raise _refused(refusal) from refusal
            if done := await self._done_before(who, request_id):
                return done
            if refusal.type in OF_THE_ENGINE:
                await self._check_seen(who, verb, update)
            raise _refused(refusal) from refusal
        if sent.answer is None:
            return Outcome(request_id, finished=False)
        finished = sent.answer.status != UNDER_WAY
        return Outcome(request_id, finished=finished, facts=sent.answer.facts, version=sent.answer.version)

    async def _check_seen(self, who: Who, verb: str, update: Any) -> None:
        """Where an entity stands, or that it is over, is told to those who may read it; to others it does not exist."""
        kind, _ = UPDATES[verb]
        service, stub, rpc, request_type = READ_BY[kind.prefix]
        request = request_type()
        for name in request.DESCRIPTOR.fields_by_name:
            if hasattr(update, name):
                setattr(request, name, getattr(update, name))
        try:
            await self.read(who, getattr(self.services.stub(service, stub), rpc), request)
        except Refused as refused:
            if refused.kind is Kind.NOT_FOUND:
                raise not_found() from refused

    async def rows(self, kind: EntityKind, entity_id: str) -> dict[str, str]:
        """The rows of an act on many files as they are now (``<verb>/<application id>`` → ``waiting``, ``done`` or a
        reason). Proves nobody's right to read them: ask the owning service first. Raises :class:`NotYetRecorded`."""
        handle = self.client.get_workflow_handle(kind.id_of(entity_id))
        try:
            async with asyncio.timeout(ACCEPTANCE_SECONDS):
                found: dict[str, str] = await handle.query("row_results", result_type=dict)
        except (TimeoutError, RPCError, WorkflowQueryFailedError) as silent:
            raise NotYetRecorded(entity_id) from silent
        return found

    async def send(self, who: Who, rpc: Any, request: Any, *, request_id: str = "") -> Any:
        """A write straight to a service: a draft, or an applicant's act with a deadline. Fills the context."""
        request.context.request_id = request_id or str(uuid4())
        verb = request.DESCRIPTOR.name.removesuffix("Request")

        async def attempt(now: datetime) -> Any:
            request.context.occurred_at.FromDatetime(now)
            request.context.assertion = self._sign(who, verb=verb, request_id=request.context.request_id, at=now)
            return await self._call(rpc, request)

        return await self._clock.in_time(attempt)

    async def read(self, who: Who, rpc: Any, request: Any) -> Any:
        """A read."""

        async def attempt(now: datetime) -> Any:
            assertion = self._signer.read(
                who.person, who.roles, now=now, call_id=who.call_id, only=who.only, places=who.places
            )
            return await self._call(rpc, request, metadata=((READ_ASSERTION, assertion),))

        return await self._clock.in_time(attempt)

    def _sign(self, who: Who, *, verb: str, request_id: str, at: datetime) -> str:
        return self._signer.act(
            who.person,
            who.roles,
            verb=verb,
            request_id=request_id,
            occurred_at=at,
            call_id=who.call_id,
            only=who.only,
            places=who.places,
        )

    async def _call(self, rpc: Any, request: Any, *, metadata: tuple[tuple[str, str], ...] = ()) -> Any:
        with telemetry.with_application(getattr(request, "application_id", "")):
            return await answer_of(rpc(request, timeout=RPC_SECONDS, metadata=metadata))

    async def _read_clock(self) -> datetime:
        plumbing = self.services.stub("intake", "plumbing")
        answer = await self._call(plumbing.GetNow, plumbing_pb2.GetNowRequest())
        return clock.from_timestamp(answer.now)

    async def _done_before(self, who: Who, request_id: str) -> Outcome | None:
        """A late retry of something done is told "done"."""
        asked = plumbing_pb2.GetAnswerRequest(request_id=request_id)
        answers = await asyncio.gather(
            *(self.read(who, self.services.stub(name, "plumbing").GetAnswer, asked) for name in OWNERS),
            return_exceptions=True,
        )
        if any(isinstance(answer, plumbing_pb2.GetAnswerResponse) and answer.done for answer in answers):
            return Outcome(request_id, finished=True)
        return None


def _refused(refusal: ApplicationError) -> Refused:
    detail: dict[str, Any] = dict(refusal.details[0]) if refusal.details else {}
    fields = tuple(FieldFault(item["path"], item["reason"], item["values"]) for item in detail.get("fields", ()))
    kind = Kind(detail.get("kind", Kind.PRECONDITION))
    return Refused(refusal.type or "REFUSED", kind=kind, values=detail.get("values", {}), fields=fields)
