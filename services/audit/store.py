"""Rows of the audit's schema and the domain's dataclasses: chains are read, spans are kept, no event is written."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from kit.db import load_queries, rows_of
from services.audit.domain import ZEROS, Event, Head, Verification, Walk

queries = load_queries(Path(__file__).with_name("queries.sql"))
PREFETCH = 500
FORGOTTEN_AT_ONCE = 10_000
NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Span:
    """A span as kept: ids in hex, ``duration_us`` in microseconds, attributes already sifted."""

    trace_id: str
    span_id: str
    parent_span_id: str
    name: str
    service: str
    kind: str
    started_at: datetime
    duration_us: int
    failed: bool
    attributes: dict[str, str] = field(default_factory=dict)
    links: tuple[str, ...] = ()
    application_id: UUID | None = None


@dataclass(frozen=True)
class Tie:
    """The call of an application, and whether a person stood aside from it."""

    call_id: str
    recused: bool


@dataclass(frozen=True)
class TraceSummary:
    """One trace in a list; ``duration_us`` from its first start to its last end, microseconds."""

    trace_id: str
    name: str
    started_at: datetime
    duration_us: int
    spans: int


@dataclass(frozen=True)
class Sought:
    """What to look for in the bodies of events, as bytes of their canonical form; empty or None: anything."""

    needles: list[bytes]
    amount: bytes
    trace_id: str
    from_at: datetime | None
    to_at: datetime | None


class Store:
    """What the audit service asks of its schema."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def tie(self, person: str, application_id: UUID) -> Tie | None:
        """How a person is tied to an application; None when its chain tells no call, or cannot be read."""
        try:
            row = await queries.tie_of_case(self._pool, application_id=application_id, person=person)
        except asyncpg.DataError:  # a body that was tampered with
            return None
        return Tie(row["call_id"], recused=row["recused"]) if row["call_id"] else None

    async def applications_of(self, trace_id: str) -> list[UUID]:
        """The applications a trace is about."""
        rows = await rows_of(queries.applications_of_trace(self._pool, trace_id=trace_id))
        return [row["application_id"] for row in rows]

    async def events(self, subject_kind: str, subject_id: UUID, *, after: int, limit: int) -> list[Event]:
        """Links after a sequence, oldest first."""
        rows = queries.list_events(
            self._pool, subject_kind=subject_kind, subject_id=subject_id, after=after, limit=limit
        )
        return [_event(row) for row in await rows_of(rows)]

    async def search(self, sought: Sought, *, before: int, limit: int) -> list[tuple[int, Event]]:
        """Links that fit, newest first, each with its order of arrival."""
        rows = queries.list_matching_events(self._pool, **asdict(sought), before=before, limit=limit)
        return [(row["entry_id"], _event(row)) for row in await rows_of(rows)]

    async def subjects(self, subject_kind: str, *, after: tuple[str, UUID], limit: int) -> list[Head]:
        """Heads of chains after a key, by kind and id; an empty kind asks for all."""
        rows = queries.list_subjects(
            self._pool, subject_kind=subject_kind, after_kind=after[0], after_id=after[1], limit=limit
        )
        return [_head(row) for row in await rows_of(rows)]

    async def verify_subject(self, subject_kind: str, subject_id: UUID) -> Verification | None:
        """Re-derives one chain; None when the subject has none."""
        async with aclosing(self._walk(queries.links_of_subject.sql, subject_kind, subject_id)) as found:
            async for verification in found:
                return verification
        return None

    async def verify_all(self, *, after: tuple[str, UUID]) -> AsyncGenerator[Verification, None]:
        """Re-derives every chain after a key, one finding each, in one pass over one snapshot, in bounded memory."""
        async with aclosing(self._walk(queries.links_of_all.sql, *after)) as found:
            async for verification in found:
                yield verification

    async def _walk(self, statement: str, *arguments: Any) -> AsyncGenerator[Verification, None]:
        walk, subject = None, None
        async with (
            self._pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            async for row in connection.cursor(statement, *arguments, prefetch=PREFETCH):
                if subject != (row["subject_kind"], row["subject_id"]):
                    if walk:
                        yield walk.end()
                    subject, walk = (row["subject_kind"], row["subject_id"]), Walk(_head(row))
                if walk and row["sequence"] is not None:
                    walk.follow(_event(row))
        if walk:
            yield walk.end()

    async def keep_spans(self, spans: Iterable[Span]) -> None:
        """Stores what is not there yet."""
        listed = [asdict(span) for span in spans]
        if listed:
            await queries.keep_spans(self._pool, spans=json.dumps(listed, default=_plain))

    async def trace(self, trace_id: str, *, limit: int) -> list[Span]:
        """The spans of one trace, by start."""
        rows = queries.spans_of_trace(self._pool, trace_id=trace_id, limit=limit)
        return [_span(row) for row in await rows_of(rows)]

    async def traces(
        self, application_id: UUID, *, before: tuple[datetime, str] = (NEVER, ""), limit: int
    ) -> list[TraceSummary]:
        """The traces an application appears in, newest first, before a key."""
        rows = queries.list_traces(
            self._pool, application_id=application_id, before_at=before[0], before_id=before[1], limit=limit
        )
        return [TraceSummary(**row) for row in await rows_of(rows)]

    async def forget_spans(self, days: int) -> int:
        """Deletes spans received more than ``days`` days ago, in bounded statements; says how many."""
        total = 0
        while gone := await queries.forget_spans(self._pool, days=days, limit=FORGOTTEN_AT_ONCE):
            total += gone
        return total


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _head(row: Any) -> Head:
    return Head(row["subject_kind"], row["subject_id"], row["length"] or 0, row["head_hash"] or ZEROS)


def _event(row: Any) -> Event:
    return Event(
        subject_kind=row["subject_kind"],
        subject_id=row["subject_id"],
        sequence=row["sequence"],
        body=row["body"],
        previous_hash=row["previous_hash"],
        hash=row["hash"],
        source=row["source"],
        recorded_at=row["recorded_at"],
        trace_id=row["trace_id"],
    )


def _span(row: Any) -> Span:
    values = dict(row) | {"attributes": json.loads(row["attributes"]), "links": tuple(row["links"])}
    return Span(**values)
