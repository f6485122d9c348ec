"""The relay: what services received without the engine becomes updates. In order per subject, side by side between
subjects, at least once; a second time is a no-op. A fact that cannot be delivered waits and shows its age.
"""

from __future__ import annotations

import asyncio
import json
import logging
import types
import typing
from collections import defaultdict
from dataclasses import fields, is_dataclass
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
from workflows.contract.messages import UPDATES
from workflows.services import Services
from workflows.state import Context
from workflows.updates import Ended, NotAccepted, send

log = logging.getLogger(__name__)
SOURCES = ("intake", "review", "payments")
BATCH = 100
WAIT_MS = 10_000
PATIENCE_SECONDS = 30.0
PAUSE_SECONDS = 2.0


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
        plumbing, proved = self._services.stub(source, "plumbing"), True
        while True:
            try:
                with telemetry.untraced():
                    pulled = await self._pull(plumbing)
                delivered = await self._deliver_all(pulled)
                if delivered:
                    acked = plumbing_pb2.AckOutboxRequest(outbox_ids=delivered)
                    with telemetry.untraced():
                        await plumbing.AckOutbox(acked, timeout=10, metadata=await self._proof(plumbing))
                if len(delivered) < len(pulled.rows):
                    await asyncio.sleep(PAUSE_SECONDS)
                proved = True
            except grpc.aio.AioRpcError as error:
                # A demonstration's clock may jump between the proof and its use: once is no fault, prove it again.
                once = proved and error.code() is grpc.StatusCode.UNAUTHENTICATED
                proved = False
                if not once:
                    log.warning("outbox of %s: %s", source, error.code().name)
                    await asyncio.sleep(PAUSE_SECONDS)

    async def _pull(self, plumbing: Any) -> plumbing_pb2.PullOutboxResponse:
        request = plumbing_pb2.PullOutboxRequest(limit=BATCH, wait_ms=WAIT_MS)
        timeout = WAIT_MS / 1000 + 10
        pulled: plumbing_pb2.PullOutboxResponse = await plumbing.PullOutbox(
            request, timeout=timeout, metadata=await self._proof(plumbing)
        )
        return pulled

    async def _proof(self, plumbing: Any) -> tuple[tuple[str, str], ...]:
        now = clock.from_timestamp((await plumbing.GetNow(plumbing_pb2.GetNowRequest(), timeout=10)).now)
        return ((READ_ASSERTION, self._signer.read(SYSTEM, frozenset({SYSTEM}), now=now)),)

    async def _deliver_all(self, pulled: plumbing_pb2.PullOutboxResponse) -> list[int]:
        by_subject: dict[str, list[plumbing_pb2.OutboxRow]] = defaultdict(list)
        for row in pulled.rows:
            by_subject[row.subject_id].append(row)
        now = clock.text(clock.from_timestamp(pulled.now))
        done = await asyncio.gather(*(self._deliver_in_order(rows, now) for rows in by_subject.values()))
        return [outbox_id for ids in done for outbox_id in ids]

    async def _deliver_in_order(self, rows: list[plumbing_pb2.OutboxRow], now: str) -> list[int]:
        delivered: list[int] = []
        for row in rows:
            if not await self._deliver(row, now):
                break
            delivered.append(row.outbox_id)
        return delivered

    async def _deliver(self, row: plumbing_pb2.OutboxRow, now: str) -> bool:
        kind, message_type = UPDATES[row.fact]
        occurred_at = clock.text(clock.from_timestamp(row.occurred_at))
        facts = {**json.loads(row.facts_json), kind.field: row.subject_id}
        # Its own id: what an act left behind may come back to the entity that already knows the act's.
        fact_id = str(uuid5(UUID(row.request_id), row.fact))
        message = build(message_type, {**facts, "context": Context(fact_id, "", occurred_at)})
        span = trace.get_tracer(__name__).start_as_current_span(f"relay {row.fact}", links=_links(row.traceparent))
        with span, telemetry.with_application(getattr(message, "application_id", "")):
            return await self._send(row, message, now)

    async def _send(self, row: plumbing_pb2.OutboxRow, message: Any, now: str) -> bool:
        try:
            sent = await send(self._client, row.fact, message, seconds=PATIENCE_SECONDS, now=now)
        except Ended:
            log.warning("fact %s of %s came after the end of its file", row.fact, row.subject_id)
            return True
        except NotAccepted:
            return False
        except ApplicationError as refusal:
            log.error("fact %s of %s: %s: %s", row.fact, row.subject_id, refusal.type, refusal.message)
            return False
        return sent.answer is not None


def _links(traceparent: str) -> list[Link]:
    context = TraceContextTextMapPropagator().extract({"traceparent": traceparent})
    span = trace.get_current_span(context).get_span_context()
    return [Link(span)] if span.is_valid else []


def build(message_type: Any, values: dict[str, Any]) -> Any:
    """A contract message from plain values; unknown ones are left out, nested dataclasses are built."""
    hints = typing.get_type_hints(message_type)
    known = {item.name for item in fields(message_type)}
    return message_type(**{name: _value(hints[name], value) for name, value in values.items() if name in known})


def _value(hint: Any, value: Any) -> Any:
    if typing.get_origin(hint) is list:
        inner = typing.get_args(hint)[0]
        return [build(inner, item) if is_dataclass(inner) and isinstance(item, dict) else item for item in value]
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        inner = next((part for part in typing.get_args(hint) if is_dataclass(part)), None)
        return build(inner, value) if inner and isinstance(value, dict) else value
    return value
