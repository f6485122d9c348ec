"""The relay: what services received without the engine becomes updates. In order per entity, side by side between
entities, at least once; a second time is a no-op. A fact that cannot be delivered waits alone and shows its age.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import defaultdict
from collections.abc import Collection
from typing import Any
from uuid import UUID, uuid5

import grpc
from jalon.common.v1 import plumbing_pb2
from opentelemetry import trace
from opentelemetry.trace import Link
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from temporalio.client import Client
from temporalio.exceptions import ApplicationError

from kit import clock, telemetry
from kit.actor import SYSTEM, Signer
from kit.rpc import READ_ASSERTION
from workflows.building import build
from workflows.contract.messages import UPDATES
from workflows.services import Services
from workflows.state import Context
from workflows.updates import Ended, NotAccepted, send

log = logging.getLogger(__name__)
SOURCES = ("intake", "review", "payments")
BATCH = 100
MOST_HELD = 500
WAIT_MS, HELD_WAIT_MS = 10_000, 500
"""How long a service waits for facts; less while an entity is held, whose next facts this very question leaves out."""
RPC_SECONDS = 20.0
PATIENCE_SECONDS = 30.0
PAUSE_SECONDS = 2.0
HELD_SECONDS = 0.5


class Relay:
    """Relays the outbox of every service until cancelled."""

    def __init__(self, client: Client, services: Services, signer: Signer) -> None:
        self._client = client
        self._services = services
        self._signer = signer

    async def run(self) -> None:
        """One loop per service: one that is down delays its own facts only."""
        async with asyncio.TaskGroup() as group:
            for source in SOURCES:
                group.create_task(self._follow(source))

    async def _follow(self, source: str) -> None:
        """An entity that does not answer keeps its own facts waiting: those of the others are asked for meanwhile."""
        plumbing = self._services.stub(source, "plumbing")
        held: dict[str, asyncio.Task[None]] = {}
        async with asyncio.TaskGroup() as group:
            while True:
                held = await _still_held(held)
                try:
                    pulled = await self._pull(plumbing, held)
                except grpc.aio.AioRpcError as error:
                    log.warning("outbox of %s: %s", source, error.code().name)
                    await asyncio.sleep(PAUSE_SECONDS)
                    continue
                now = clock.text(clock.from_timestamp(pulled.now))
                for subject, rows in _by_subject(pulled).items():
                    held[subject] = group.create_task(self._deliver_in_order(plumbing, rows, now))

    async def _pull(self, plumbing: Any, held: Collection[str]) -> plumbing_pb2.PullOutboxResponse:
        wait_ms = HELD_WAIT_MS if held else WAIT_MS
        request = plumbing_pb2.PullOutboxRequest(limit=BATCH, wait_ms=wait_ms, held_subject_ids=sorted(held))
        pulled: plumbing_pb2.PullOutboxResponse = await self._ask(plumbing, plumbing.PullOutbox, request)
        return pulled

    async def _ask(self, plumbing: Any, rpc: Any, request: Any) -> Any:
        """One call as the program itself. A demonstration's clock may jump between the proof and its use: once is no
        fault, it is proved again."""
        with telemetry.untraced():
            try:
                return await rpc(request, timeout=RPC_SECONDS, metadata=await self._proof(plumbing))
            except grpc.aio.AioRpcError as error:
                if error.code() is not grpc.StatusCode.UNAUTHENTICATED:
                    raise
                return await rpc(request, timeout=RPC_SECONDS, metadata=await self._proof(plumbing))

    async def _proof(self, plumbing: Any) -> tuple[tuple[str, str], ...]:
        now = clock.from_timestamp((await plumbing.GetNow(plumbing_pb2.GetNowRequest(), timeout=10)).now)
        return ((READ_ASSERTION, self._signer.read(SYSTEM, frozenset({SYSTEM}), now=now)),)

    async def _deliver_in_order(self, plumbing: Any, rows: list[plumbing_pb2.OutboxRow], now: str) -> None:
        """The facts of one entity. What is not delivered, or not acknowledged, is pulled again after a pause."""
        delivered: list[int] = []
        for row in rows:
            if not await self._deliver(plumbing, row, now=now):
                break
            delivered.append(row.outbox_id)
        try:
            if delivered:
                acked = plumbing_pb2.AckOutboxRequest(outbox_ids=delivered)
                await self._ask(plumbing, plumbing.AckOutbox, acked)
        except grpc.aio.AioRpcError as error:
            log.warning("facts delivered, not acknowledged: %s", error.code().name)
        if len(delivered) < len(rows):
            await asyncio.sleep(PAUSE_SECONDS)

    async def _deliver(self, plumbing: Any, row: plumbing_pb2.OutboxRow, *, now: str) -> bool:
        try:
            message = _message(row)
        except (KeyError, TypeError, ValueError) as error:
            log.error("fact %s of %s cannot be read: %s", row.fact, row.subject_id, type(error).__name__)
            return False
        span = trace.get_tracer(__name__).start_as_current_span(f"relay {row.fact}", links=_links(row.traceparent))
        with span, telemetry.with_application(getattr(message, "application_id", "")):
            try:
                return await self._send(row, message, now)
            except Ended:
                log.warning("fact %s of %s came after the end of its file", row.fact, row.subject_id)
                return await self._leave(plumbing, row)

    async def _leave(self, plumbing: Any, row: plumbing_pb2.OutboxRow) -> bool:
        """Nobody follows it any more: the history of its file says so, or it is tried again."""
        kind, _ = UPDATES[row.fact]
        request_id, at = str(uuid5(UUID(row.request_id), f"left/{row.fact}")), clock.from_timestamp(row.occurred_at)
        request = plumbing_pb2.LeaveFactRequest(outbox_id=row.outbox_id, subject_kind=kind.prefix.replace("-", "_"))
        request.context.request_id = request_id
        request.context.occurred_at.CopyFrom(row.occurred_at)
        request.context.assertion = self._signer.act(
            SYSTEM, frozenset({SYSTEM}), verb="LeaveFact", request_id=request_id, occurred_at=at
        )
        try:
            await plumbing.LeaveFact(request, timeout=RPC_SECONDS)
        except grpc.aio.AioRpcError as error:
            log.warning("fact %s not left: %s", row.fact, error.code().name)
            return False
        return True

    async def _send(self, row: plumbing_pb2.OutboxRow, message: Any, now: str) -> bool:
        try:
            sent = await send(self._client, row.fact, message, seconds=PATIENCE_SECONDS, now=now)
        except NotAccepted:
            return False
        except ApplicationError as refusal:
            log.error("fact %s of %s: %s: %s", row.fact, row.subject_id, refusal.type, refusal.message)
            return False
        return sent.answer is not None


async def _still_held(held: dict[str, asyncio.Task[None]]) -> dict[str, asyncio.Task[None]]:
    """Deliveries not over yet: a moment is left to those under way, and room is made when there are too many."""
    if held:
        await asyncio.wait(held.values(), timeout=HELD_SECONDS)
    while len(running := {subject: task for subject, task in held.items() if not task.done()}) >= MOST_HELD:
        await asyncio.wait(running.values(), return_when=asyncio.FIRST_COMPLETED)
    return running


def _by_subject(pulled: plumbing_pb2.PullOutboxResponse) -> dict[str, list[plumbing_pb2.OutboxRow]]:
    by_subject: dict[str, list[plumbing_pb2.OutboxRow]] = defaultdict(list)
    for row in pulled.rows:
        by_subject[row.subject_id].append(row)
    return by_subject


def _message(row: plumbing_pb2.OutboxRow) -> Any:
    kind, message_type = UPDATES[row.fact]
    occurred_at = clock.text(clock.from_timestamp(row.occurred_at))
    facts = {**json.loads(row.facts_json), kind.field: row.subject_id}
    # Its own id: what an act left behind may come back to the entity that already knows the act's.
    fact_id = str(uuid5(UUID(row.request_id), row.fact))
    return build(message_type, {**facts, "context": Context(fact_id, "", occurred_at)})


def _links(traceparent: str) -> list[Link]:
    context = TraceContextTextMapPropagator().extract({"traceparent": traceparent})
    span = trace.get_current_span(context).get_span_context()
    return [Link(span)] if span.is_valid else []
