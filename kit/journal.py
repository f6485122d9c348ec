"""One write = one transaction: the change, its journal line, its audit leaf, its outbox row and its answer, or nothing.

The same request twice gives the stored answer; the same id with another body is refused. Only successes are kept.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar, cast
from uuid import UUID

import asyncpg
import rfc8785
from google.protobuf.message import Message
from opentelemetry.propagate import inject

from kit import clock
from kit.admission import Call, current
from kit.db import load_queries
from kit.errors import Kind, Refused

Answer = TypeVar("Answer", bound=Message)
FRESH = timedelta(minutes=2)
FUTURE = timedelta(seconds=5)
TRIES = 4
plumbing = load_queries(Path(__file__).parent / "plumbing_queries.sql")
Facts = Mapping[str, object]


@dataclass
class Act:
    """A write under way. ``at`` is when it happened: the service's clock for an applicant's act with a deadline, the
    door's instant otherwise. ``now`` is the installation's clock."""

    connection: Any
    call: Call
    now: datetime
    at: datetime
    _events: list[tuple[str, str, str, Facts, str]] = field(default_factory=list)
    _facts: list[tuple[str, str, Facts]] = field(default_factory=list)

    @property
    def person(self) -> str:
        """Opaque id of who acts, or SYSTEM."""
        return self.call.actor.person

    def record(self, event: str, *, subject: str, facts: Facts, kind: str = "application", words: str = "") -> None:
        """One line of the subject's history and one leaf of its chain. Facts are ids, amounts in cents, states, dates
        and digests; ``words`` stay in the journal. An act in somebody's place says whose."""
        told = {**facts, "in_place_of": self.call.in_place_of} if self.call.in_place_of else facts
        self._events.append((kind, subject, event, told, words))

    def emit(self, fact: str, *, subject: str, facts: Facts) -> None:
        """A fact to relay to the engine, named in the past tense."""
        self._facts.append((fact, subject, facts))


class Journal:
    """The writes of one service."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self.woken = asyncio.Event()

    async def write(self, request: Any, change: Callable[[Act], Awaitable[Answer]]) -> Answer:
        """Carries the current call's request out once. Deadlocks and serialization failures are tried again."""
        call = current.get()
        for attempt in range(TRIES):
            try:
                return await self._attempt(call, request, change)
            except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError):
                if attempt == TRIES - 1:
                    raise
        raise AssertionError("unreachable")

    async def _attempt(self, call: Call, request: Any, change: Callable[[Act], Awaitable[Answer]]) -> Answer:
        digest = request_hash(request, call)
        async with self._pool.acquire() as connection, connection.transaction():
            begun = await plumbing.begin_request(
                connection,
                request_id=UUID(call.request_id),
                verb=call.method.verb,
                person=call.actor.person,
                request_hash=digest,
            )
            if not begun["fresh"]:
                return cast(Answer, await self._stored(connection, call, digest))
            act = _open_act(connection, call, begun["now"])
            answer = await change(act)
            await _finish(act, answer)
        if act._facts:
            self.woken.set()
        return answer

    async def _stored(self, connection: Any, call: Call, digest: bytes) -> Any:
        stored = await plumbing.answer_of(connection, request_id=UUID(call.request_id))
        if stored["request_hash"] != digest or stored["verb"] != call.method.verb:
            raise Refused("REQUEST_REUSED", kind=Kind.REUSED)
        return call.method.answer_type.FromString(stored["answer"])


def request_hash(request: Any, call: Call) -> bytes:
    """SHA-256 of the message without its context, plus the person."""
    bare = type(request)()
    bare.CopyFrom(request)
    bare.ClearField("context")
    return hashlib.sha256(bare.SerializeToString(deterministic=True) + b"\0" + call.actor.person.encode()).digest()


def _open_act(connection: Any, call: Call, now: datetime) -> Act:
    occurred_at = call.occurred_at or now
    if occurred_at > now + FUTURE:
        raise Refused("OCCURRED_IN_FUTURE", values={"now": clock.text(now)})
    if call.method.rights.received:
        if now - occurred_at > FRESH:
            raise Refused("NOT_FRESH", values={"now": clock.text(now)})
        return Act(connection, call, now, now)
    return Act(connection, call, now, occurred_at)


async def _finish(act: Act, answer: Message) -> None:
    call, request_id = act.call, UUID(act.call.request_id)
    carrier: dict[str, str] = {}
    inject(carrier)
    traceparent = carrier.get("traceparent", "")
    trace_id = traceparent.split("-")[1] if traceparent else ""
    common = {"occurred_at": act.at, "request_id": request_id}
    for kind, subject, event, facts, words in act._events:
        await plumbing.record_event(
            act.connection,
            subject_kind=kind,
            subject_id=UUID(subject),
            event=event,
            actor=call.actor.person,
            role=call.role,
            issuer=call.actor.issuer,
            assertion=call.assertion,
            trace_id=trace_id,
            facts=json.dumps(facts),
            words=words,
            **common,
        )
    for fact, subject, facts in act._facts:
        await plumbing.emit_fact(
            act.connection,
            fact=fact,
            subject_id=UUID(subject),
            facts=json.dumps(facts),
            traceparent=traceparent,
            **common,
        )
    await plumbing.finish_request(
        act.connection, request_id=request_id, answer=answer.SerializeToString(deterministic=True)
    )
    # The audit's door comes last, subjects in order: one order of locks, held for the shortest time.
    for kind, subject, event, facts, _ in sorted(act._events, key=lambda item: item[:2]):
        body = leaf(act, event, facts)
        await plumbing.append_leaf(
            act.connection, subject_kind=kind, subject_id=UUID(subject), body=body, trace_id=trace_id
        )


def leaf(act: Act, event: str, facts: Facts) -> bytes:
    """Canonical bytes of an audit event, schema ``jalon.event/1`` (RFC 8785): opaque ids, amounts, dates, digests."""
    return rfc8785.dumps(
        {
            "schema": "jalon.event/1",
            "event": event,
            "actor": act.call.actor.person,
            "role": act.call.role,
            "issuer": act.call.actor.issuer,
            "occurred_at": clock.text(act.at),
            "request_id": act.call.request_id,
            "facts": cast(dict[str, Any], dict(facts)),
        }
    )
