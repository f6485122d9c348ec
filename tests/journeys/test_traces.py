"""Traces of the played call, as the audit service keeps them: from the caller to SQL, with nothing personal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from jalon.audit.v1 import chains_pb2

from rehearsal.play import Application, Course
from tests.journeys.conftest import Played
from tests.journeys.planted import found, planted
from workflows.commands import Door

WAIT_SECONDS = 30.0
"""Spans leave each process in batches, every five seconds."""
SQL = {"SELECT", "INSERT", "UPDATE", "WITH", "BEGIN;", "COMMIT;"}


@pytest.fixture(scope="module")
def file(played: Played) -> Application:
    """A file that was heard."""
    return next(file for file in played.edition.applications if file.course is Course.HEARD)


@pytest.fixture(scope="module")
async def database(played: Played) -> AsyncIterator[asyncpg.Connection]:
    """The administrative connection, to read every span."""
    connection = await asyncpg.connect(played.installation.admin_url)
    yield connection
    await connection.close()


async def traces_of(door: Door, played: Played, file: Application) -> dict[str, str]:
    """The trace ids of an application, by the name of their root; the newest of each name."""
    stub = door.services.stub("audit", "chains")
    request = chains_pb2.ListTracesRequest(application_id=str(file.application_id), page_size=100)
    traces: dict[str, str] = {}
    while True:
        page = await door.read(played.auditor, stub.ListTraces, request)
        for trace in page.traces:
            traces.setdefault(trace.name, trace.trace_id)
        if not page.next_page_token:
            return traces
        request.page_token = page.next_page_token


async def spans_of(door: Door, played: Played, trace_id: str) -> list[Any]:
    """One trace."""
    request = chains_pb2.GetTraceRequest(trace_id=trace_id)
    trace = await door.read(played.auditor, door.services.stub("audit", "chains").GetTrace, request)
    return list(trace.spans)


def edges(spans: list[Any]) -> set[tuple[str, str]]:
    """``(process: span, process: span)`` for each parent and child; SQL by one name."""
    names = {span.span_id: f"{span.service.removeprefix('jalon-')}: {_short(span.name)}" for span in spans}
    return {(names[span.parent_span_id], names[span.span_id]) for span in spans if names.get(span.parent_span_id, "")}


def _short(name: str) -> str:
    return "SQL" if name in SQL else name.rpartition("/")[2]


LATER = """
SELECT name, trace_id, links FROM audit.spans
WHERE parent_span_id = '' AND application_id = $1 AND service = 'jalon-worker' AND name IN ('post_letter', 'lapse')
  AND links <> '{}'
"""

CONCLUDE = {
    ("rehearsal: StartWorkflowUpdate:conclude_review", "worker: update conclude_review"),
    ("worker: update conclude_review", "worker: RunActivity:conclude_review"),
    ("worker: RunActivity:conclude_review", "worker: ConcludeReview"),
    ("worker: ConcludeReview", "review: ConcludeReview"),
    ("review: ConcludeReview", "review: SQL"),
    ("worker: RunActivity:conclude_review", "worker: WriteProgress"),
    ("worker: WriteProgress", "intake: WriteProgress"),
    ("intake: WriteProgress", "intake: SQL"),
}


async def test_one_act_is_one_trace_from_the_door_to_sql(door: Door, played: Played, file: Application) -> None:
    spans: list[Any] = []
    async with asyncio.timeout(WAIT_SECONDS):
        while not edges(spans) >= CONCLUDE:
            traces = await traces_of(door, played, file)
            trace_id = traces.get("StartWorkflowUpdate:conclude_review", "")
            spans = await spans_of(door, played, trace_id) if trace_id else []
            await asyncio.sleep(0.2)
    assert {span.service for span in spans} == {"jalon-rehearsal", "jalon-worker", "jalon-review", "jalon-intake"}
    assert len([span for span in spans if not span.parent_span_id]) == 1
    assert {span.attributes.get("application.id") for span in spans} == {str(file.application_id)}


async def test_a_deposit_is_relayed_in_a_linked_trace(door: Door, played: Played, file: Application) -> None:
    traces = await traces_of(door, played, file)
    deposit = next(trace_id for name, trace_id in traces.items() if name.endswith("/SubmitApplication"))
    relayed = await spans_of(door, played, traces["relay application_submitted"])
    root = next(span for span in relayed if not span.parent_span_id)
    assert root.links == [deposit]
    assert ("worker: update application_submitted", "worker: RunActivity:open_case") in edges(relayed)
    assert ("worker: OpenCase", "review: OpenCase") in edges(relayed)


async def test_later_work_is_a_linked_root(database: asyncpg.Connection, file: Application) -> None:
    roots: list[Any] = []
    async with asyncio.timeout(WAIT_SECONDS):
        while {root["name"] for root in roots} != {"post_letter", "lapse"}:
            roots = await database.fetch(LATER, file.application_id)
            await asyncio.sleep(0.2)
    assert all(root["trace_id"] not in root["links"] for root in roots)
    causes = {link for root in roots for link in root["links"]}
    known = "SELECT count(DISTINCT trace_id) FROM audit.spans WHERE trace_id = ANY($1)"
    assert await database.fetchval(known, list(causes)) == len(causes) > 1


async def test_every_span_about_an_application_says_which(database: asyncpg.Connection) -> None:
    """In a trace that works for one application, no span forgets it. A page also reads what is about no file."""
    forgetful = await database.fetch(
        "SELECT DISTINCT s.name FROM audit.spans s JOIN audit.spans root ON root.trace_id = s.trace_id"
        " WHERE root.parent_span_id = '' AND root.application_id IS NOT NULL AND s.application_id IS NULL"
        " AND root.service NOT IN ('jalon-portal', 'jalon-backoffice')"
    )
    assert [row["name"] for row in forgetful] == []
    roots = await database.fetch(
        "SELECT name, count(*) AS times FROM audit.spans WHERE parent_span_id = '' AND application_id IS NULL"
        " AND name IN ('tell_row', 'post_letter', 'StartWorkflowUpdate:decide_admissibility') GROUP BY name"
    )
    assert [tuple(row) for row in roots] == []


async def test_nothing_personal_is_in_any_span(database: asyncpg.Connection, played: Played) -> None:
    rows = await database.fetch("SELECT name, attributes::text AS attributes FROM audit.spans")
    assert len(rows) > 1000
    assert not found(planted(played.edition), "\n".join(f"{row['name']} {row['attributes']}" for row in rows))
