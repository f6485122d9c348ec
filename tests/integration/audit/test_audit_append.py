"""The one door of the chains on a real PostgreSQL: dense under concurrency, closed to everybody, never rewritten."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from services.audit.domain import link_hash
from services.audit.store import Store, queries
from tests.integration.audit.conftest import Writer
from tests.integration.harness import Database, Served, check_broken, check_names, prepare_every_query


async def test_two_services_append_to_one_subject_and_the_chain_is_dense(
    review: Writer, payments: Writer, store: Store
) -> None:
    subject = uuid4()
    writers = [review, payments] * 40
    sequences = await asyncio.gather(*(writer.append(subject) for writer in writers))
    assert sorted(sequences) == list(range(1, 81))
    events = await store.events("application", subject, after=0, limit=100)
    assert {event.source for event in events} == {"jalon_review", "jalon_payments"}
    found = await store.verify_subject("application", subject)
    assert found is not None
    assert (found.whole, found.links) == (True, 80)


async def test_the_database_and_python_derive_the_same_hash(review: Writer, store: Store, audit: Served) -> None:
    subject = uuid4()
    bodies = [b"{}", '{"é":"\\u00e9\\\\","n":9007199254740991}'.encode(), b'{"pad":"' + b"x" * 65_000 + b'"}']
    for body in bodies:
        await review.append(subject, body, trace="4bf92f3577b34da6a3ce929d0e0e4736")
    events = await store.events("application", subject, after=0, limit=10)
    assert [event.body for event in events] == bodies
    for event in events:
        in_sql = await audit.pool.fetchval(
            "SELECT audit.link_hash($1, $2, $3, $4, $5, $6, $7, $8)",
            *(event.subject_kind, event.subject_id, event.sequence, event.previous_hash),
            *(event.source, event.recorded_at, event.trace_id, event.body),
        )
        assert event.hash == in_sql == link_hash(event)


async def test_a_change_undone_leaves_no_link(review: Writer, store: Store) -> None:
    subject = uuid4()
    async with review.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.fetchval("SELECT audit.append('application', $1, '{}', '')", subject)
        await transaction.rollback()
    assert await store.verify_subject("application", subject) is None
    assert await review.append(subject) == 1


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"[1]", asyncpg.InvalidParameterValueError),
        (b"", asyncpg.InvalidParameterValueError),
        (b"{", asyncpg.InvalidParameterValueError),
        (b'{"a":1,"a":2}', asyncpg.InvalidParameterValueError),
        (b'{"a":"\\u0000"}', asyncpg.InvalidParameterValueError),
        (b'{"a":"\xff"}', asyncpg.InvalidParameterValueError),
        (b'{"a":"' + b"x" * 65_536 + b'"}', asyncpg.ProgramLimitExceededError),
        (None, asyncpg.NullValueNotAllowedError),
    ],
)
async def test_a_body_that_is_no_event_is_refused(review: Writer, body: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="audit:"):
        await review.append(uuid4(), body)


async def test_other_services_have_the_door_and_nothing_else(review: Writer) -> None:
    for statement in (
        "SELECT * FROM audit.events",
        "SELECT * FROM audit.chains",
        "SELECT * FROM audit.spans",
        "INSERT INTO audit.chains VALUES ('application', gen_random_uuid(), 0, decode(repeat('00', 32), 'hex'))",
        "UPDATE audit.events SET body = '{}'",
        "DELETE FROM audit.events",
        "TRUNCATE audit.events",
        "SELECT audit.link_hash('a', gen_random_uuid(), 1, '', '', now(), '', '')",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await review.pool.execute(statement)


async def test_the_audit_service_writes_no_event(audit: Served) -> None:
    for statement in (
        "SELECT audit.append('application', gen_random_uuid(), '{}', '')",
        "INSERT INTO events (subject_kind) VALUES ('call')",
        "UPDATE events SET body = '{}'",
        "DELETE FROM events",
        "TRUNCATE events",
        "UPDATE chains SET length = 0",
        "DELETE FROM chains",
        "UPDATE spans SET name = ''",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await audit.pool.execute(statement)


async def test_a_role_without_a_grant_has_no_door(database: Database, audit: Served) -> None:
    async with (await database.admin()).acquire() as connection:
        await connection.execute("CREATE ROLE jalon_stranger; GRANT USAGE ON SCHEMA audit TO jalon_stranger")
        try:
            await connection.execute("SET ROLE jalon_stranger")
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute("SELECT audit.append('application', gen_random_uuid(), '{}', '')")
        finally:
            await connection.execute("RESET ROLE; DROP OWNED BY jalon_stranger; DROP ROLE jalon_stranger")


async def test_not_even_the_owner_rewrites_history(review: Writer, audit: Served) -> None:
    await review.append(uuid4())
    for statement in (
        "UPDATE audit.events SET body = '{}'",
        "DELETE FROM audit.events",
        "TRUNCATE audit.events",
        "DELETE FROM audit.chains",
        "TRUNCATE audit.chains CASCADE",
        "UPDATE audit.chains SET length = length + 2",
        "UPDATE audit.chains SET length = length - 1",
        "UPDATE audit.chains SET subject_id = gen_random_uuid(), length = length + 1",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="audit:"):
            await audit.admin.execute(statement)


async def test_every_query_is_prepared_on_the_real_schema(audit: Served) -> None:
    assert await prepare_every_query(audit.pool, queries) == 11


CHAIN = {"subject_kind": "'call'", "subject_id": "gen_random_uuid()", "length": "0", "head_hash": "sha256('')"}
EVENT = {
    "subject_kind": "'call'",
    "subject_id": "gen_random_uuid()",
    "sequence": "1",
    "body": "'{}'",
    "previous_hash": "sha256('')",
    "hash": "sha256('')",
    "source": "'x'",
    "recorded_at": "now()",
    "trace_id": "''",
}
SPAN = {
    "trace_id": "repeat('a', 32)",
    "span_id": "repeat('b', 16)",
    "parent_span_id": "''",
    "name": "'x'",
    "service": "'x'",
    "kind": "'SERVER'",
    "started_at": "now()",
    "duration_us": "1",
    "failed": "false",
    "attributes": "'{}'",
    "links": "'{}'",
}
BROKEN = [
    ("chains", CHAIN, "subject_kind", "'Call 2023'", "chains_kind"),
    ("chains", CHAIN, "length", "-1", "chains_length"),
    ("chains", CHAIN, "head_hash", "'\\x00'", "chains_head"),
    ("events", EVENT, "subject_kind", "''", "events_kind"),
    ("events", EVENT, "sequence", "0", "events_sequence"),
    ("events", EVENT, "body", "convert_to('{\"a\":\"' || repeat('x', 65536) || '\"}', 'UTF8')", "events_size"),
    ("events", EVENT, "body", "'[]'", "events_body"),
    ("events", EVENT, "previous_hash", "'\\x00'", "events_previous"),
    ("events", EVENT, "hash", "'\\x00'", "events_hash"),
    ("events", EVENT, "trace_id", "'xyz'", "events_trace"),
    ("spans", SPAN, "trace_id", "'A'", "spans_trace"),
    ("spans", SPAN, "span_id", "'b'", "spans_span"),
    ("spans", SPAN, "parent_span_id", "'c'", "spans_parent"),
    ("spans", SPAN, "kind", "'OTHER'", "spans_kind"),
    ("spans", SPAN, "duration_us", "-1", "spans_duration"),
    ("spans", SPAN, "attributes", "'[]'", "spans_attributes"),
]


@pytest.mark.parametrize(("table", "row", "column", "value", "constraint"), BROKEN, ids=[case[4] for case in BROKEN])
async def test_every_check_is_broken_once(
    audit: Served, table: str, row: dict[str, str], column: str, value: str, constraint: str
) -> None:
    def insert(values: dict[str, str]) -> str:
        return f"INSERT INTO audit.{table} ({', '.join(values)}) VALUES ({', '.join(values.values())})"

    async with audit.admin.acquire() as connection:
        async with check_broken(connection, constraint):
            await connection.execute(insert(row | {column: value}))
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute(insert(row))
        await transaction.rollback()


async def test_no_check_is_left_unbroken(audit: Served) -> None:
    assert {case[4] for case in BROKEN} == await check_names(audit.admin, "audit")
