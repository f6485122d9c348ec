"""What people get: the timeline, the verification and what tampering does to it; who is let in."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import grpc
import pytest
import rfc8785
from jalon.audit.v1 import chains_pb2 as pb

from kit import clock
from kit.errors import Kind, Refused
from services.audit.handlers import chains
from tests.integration.audit.conftest import Planter, Writer
from tests.integration.harness import DOORS, Served, declared, refused


async def test_a_timeline_is_read_page_by_page(review: Writer, audit: Served, stub: Any) -> None:
    subject = uuid4()
    await review.chain(subject, 7)
    token, seen = "", []
    for _ in range(3):
        request = pb.ListEventsRequest(subject_id=str(subject), page_size=3, page_token=token)
        page = await audit.caller.read(stub.ListEvents, request, role="AUDITOR")
        seen += [event.sequence for event in page.events]
        token = page.next_page_token
    assert (seen, token) == ([1, 2, 3, 4, 5, 6, 7], "")
    assert page.events[0].source == "jalon_review"
    assert page.events[0].body == b'{"n":7}'
    assert page.events[0].recorded_at.seconds > 0


async def test_a_page_of_large_bodies_ends_before_the_message_is_too_large(
    review: Writer, audit: Served, stub: Any
) -> None:
    subject = uuid4()
    body = b'{"pad":"' + b"x" * 65_000 + b'"}'
    await review.pool.fetch("SELECT audit.append('application', $1, $2, '') FROM generate_series(1, 70)", subject, body)
    token, seen = "", 0
    while True:
        request = pb.ListEventsRequest(subject_id=str(subject), page_size=100, page_token=token)
        page = await audit.caller.read(stub.ListEvents, request, role="AUDITOR")
        seen, token = seen + len(page.events), page.next_page_token
        if not token:
            break
    assert seen == 70


async def test_a_token_of_another_chain_is_refused(review: Writer, audit: Served, stub: Any) -> None:
    subject = uuid4()
    await review.chain(subject, 2)
    first = pb.ListEventsRequest(subject_id=str(subject), page_size=1)
    page = await audit.caller.read(stub.ListEvents, first, role="AUDITOR")
    other = pb.ListEventsRequest(subject_id=str(uuid4()), page_token=page.next_page_token)
    with refused("PAGE_TOKEN_INVALID"):
        await audit.caller.read(stub.ListEvents, other, role="AUDITOR")


async def test_subjects_are_listed_by_kind(review: Writer, audit: Served, stub: Any) -> None:
    mine = sorted(str(uuid4()) for _ in range(3))
    for subject in mine:
        await review.append(UUID(subject), kind="jury_session")
    token, seen = "", []
    while True:
        request = pb.ListSubjectsRequest(subject_kind="jury_session", page_size=2, page_token=token)
        page = await audit.caller.read(stub.ListSubjects, request, role="AUDITOR")
        seen += [subject.subject_id for subject in page.subjects]
        token = page.next_page_token
        if not token:
            break
    assert [subject for subject in seen if subject in mine] == mine
    assert {subject.subject_kind for subject in page.subjects} == {"jury_session"}


async def test_a_subject_without_a_chain_is_not_found(audit: Served, stub: Any) -> None:
    with refused("NOT_FOUND", Kind.NOT_FOUND):
        await audit.caller.read(stub.VerifySubject, pb.VerifySubjectRequest(subject_id=str(uuid4())), role="AUDITOR")
    with refused("REQUIRED", Kind.INVALID, field="subject_id"):
        await audit.caller.read(stub.VerifySubject, pb.VerifySubjectRequest(), role="AUDITOR")


async def test_a_thousand_events_are_verified(review: Writer, audit: Served, stub: Any) -> None:
    subject = uuid4()
    await review.chain(subject, 1000)
    request = pb.VerifySubjectRequest(subject_id=str(subject))
    found = await audit.caller.read(stub.VerifySubject, request, role="AUDITOR")
    assert (found.whole, found.broken_at, found.subject.length) == (True, 0, 1000)
    everything = await audit.caller.read(stub.VerifyAll, pb.VerifyAllRequest(), role="AUDITOR")
    assert everything.events >= 1000
    assert everything.subjects >= 1
    assert not everything.broken


SHIFT = "UPDATE events SET sequence = sequence {} WHERE subject_id = $1 AND sequence {}"
TAMPERED = {
    "edited": (["UPDATE events SET body = '{\"n\":99}' WHERE subject_id = $1 AND sequence = 3"], 3, "HASH"),
    "source edited": (["UPDATE events SET source = 'x' WHERE subject_id = $1 AND sequence = 3"], 3, "HASH"),
    "date edited": (
        ["UPDATE events SET recorded_at = recorded_at + '1 microsecond' WHERE subject_id = $1 AND sequence = 2"],
        2,
        "HASH",
    ),
    "middle deleted": (["DELETE FROM events WHERE subject_id = $1 AND sequence = 3"], 3, "SEQUENCE"),
    "last deleted": (["DELETE FROM events WHERE subject_id = $1 AND sequence = 5"], 5, "HEAD"),
    "all deleted": (["DELETE FROM events WHERE subject_id = $1"], 1, "HEAD"),
    "chain deleted": (["DELETE FROM chains WHERE subject_id = $1"], 1, "HEAD"),
    "exchanged": (
        [SHIFT.format("+ 100", "= 2"), SHIFT.format("- 1", "= 3"), SHIFT.format("- 99", "= 102")],
        2,
        "PREVIOUS",
    ),
    "inserted": (
        [
            "INSERT INTO events (subject_kind, subject_id, sequence, body, previous_hash, hash, source, recorded_at,"
            " trace_id) SELECT subject_kind, subject_id, 6, body, hash, audit.link_hash(subject_kind, subject_id, 6,"
            " hash, source, recorded_at, trace_id, body), source, recorded_at, trace_id"
            " FROM events WHERE subject_id = $1 AND sequence = 5"
        ],
        6,
        "HEAD",
    ),
    "deleted and renumbered": (
        ["DELETE FROM events WHERE subject_id = $1 AND sequence = 3", SHIFT.format("- 1", "> 3")],
        3,
        "PREVIOUS",
    ),
    "head lowered with the last deleted": (
        [
            "DELETE FROM events WHERE subject_id = $1 AND sequence = 5",
            "UPDATE chains SET length = 4 WHERE subject_id = $1",
        ],
        4,
        "HEAD",
    ),
}


@pytest.mark.parametrize(("statements", "broken_at", "reason"), TAMPERED.values(), ids=list(TAMPERED))
async def test_tampering_is_found_where_it_was(
    review: Writer,
    audit: Served,
    stub: Any,
    tampering: Planter,
    statements: list[str],
    broken_at: int,
    reason: str,
) -> None:
    subject = uuid4()
    await review.chain(subject, 5)
    async with tampering() as connection:
        for statement in statements:
            await connection.execute(statement, subject)
        try:
            request = pb.VerifySubjectRequest(subject_id=str(subject))
            found = await audit.caller.read(stub.VerifySubject, request, role="AUDITOR")
            everything = await audit.caller.read(stub.VerifyAll, pb.VerifyAllRequest(), role="AUDITOR")
        finally:
            await connection.execute("DELETE FROM events WHERE subject_id = $1", subject)
            await connection.execute("DELETE FROM chains WHERE subject_id = $1", subject)
    assert (found.whole, found.broken_at, found.reason) == (False, broken_at, reason)
    assert list(everything.broken) == [found]


async def test_who_is_let_in(review: Writer, audit: Served, stub: Any) -> None:
    """Written by hand: jury, experts and applicants have no right at all on audit."""
    subject = uuid4()
    await review.append(subject)
    may_read = {"AUDITOR", "INSTRUCTOR", "FINANCE", "AUTHORISING_OFFICER", "CALL_ADMIN", "SYSTEM"}
    requests = {
        stub.ListEvents: (pb.ListEventsRequest(subject_id=str(subject)), may_read),
        stub.VerifySubject: (pb.VerifySubjectRequest(subject_id=str(subject)), may_read),
        stub.ListSubjects: (pb.ListSubjectsRequest(), {"AUDITOR", "CALL_ADMIN", "SYSTEM"}),
        stub.ListMatchingEvents: (pb.ListMatchingEventsRequest(amount_cents=1), {"AUDITOR"}),
        stub.VerifyAll: (pb.VerifyAllRequest(), {"AUDITOR", "CALL_ADMIN", "SYSTEM"}),
        stub.ListTraces: (
            pb.ListTracesRequest(application_id=str(subject)),
            {"AUDITOR", "INSTRUCTOR", "CALL_ADMIN", "SYSTEM"},
        ),
    }
    for method, (request, allowed) in requests.items():
        let_in = set()
        for role in DOORS:
            with contextlib.suppress(Refused):
                await audit.caller.read(method, request, role=role)
                let_in.add(role)
        assert let_in == allowed


async def test_nothing_is_read_without_an_assertion(audit: Served) -> None:
    paths = declared([chains.SERVICE])
    assert len(paths) == 7
    for path in paths:
        method: Any = audit.channel.unary_unary(path)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await method(b"", timeout=5)
        assert caught.value.code() == grpc.StatusCode.UNAUTHENTICATED


async def test_an_assertion_of_a_quarter_of_an_hour_ago_no_longer_reads(
    audit: Served, stub: Any, at_clock: Callable[[datetime | None], Awaitable[None]]
) -> None:
    caller = replace(audit.caller, now=lambda: _earlier(audit, timedelta(minutes=15)))
    with refused("ASSERTION_EXPIRED", Kind.UNPROVED):
        await caller.read(stub.VerifyAll, pb.VerifyAllRequest(), role="AUDITOR")
    await at_clock(datetime(2023, 2, 1, tzinfo=UTC))
    await audit.caller.read(stub.VerifyAll, pb.VerifyAllRequest(), role="AUDITOR")


async def _earlier(audit: Served, by: timedelta) -> datetime:
    now: datetime = await audit.caller.now()
    return now - by


async def test_an_auditor_finds_events_by_person_amount_value_trace_and_instant(
    review: Writer, audit: Served, stub: Any
) -> None:
    subject, person, trace = uuid4(), str(uuid4()), uuid4().hex
    at = "2023-11-07T13:04:00Z"
    facts = {"amount_cents": 7_700_00, "number": "2023_CP_10"}
    body = rfc8785.dumps({"actor": person, "occurred_at": at, "facts": facts})
    await review.append(subject, body, trace=trace)
    await review.append(subject, body.replace(b"770000", b"7700001"), trace=uuid4().hex)
    await review.append(subject, b'{"occurred_at":"2023-11-08T00:00:00Z"}')
    day = {"from_at": stamp("2023-11-07T00:00:00Z"), "to_at": stamp("2023-11-08T00:00:00Z")}
    wanted: list[tuple[dict[str, Any], list[int]]] = [
        ({"person_id": person}, [2, 1]),
        ({"person_id": person, "amount_cents": 7_700_00}, [1]),
        ({"person_id": person, "value": "2023_CP_10"}, [2, 1]),
        ({"person_id": person, "value": "2023_CP"}, []),
        ({"trace_id": trace}, [1]),
        ({"person_id": person, **day}, [2, 1]),
        ({"person_id": person, "from_at": stamp("2023-11-07T13:04:01Z")}, []),
    ]
    for sought, sequences in wanted:
        page = await audit.caller.read(stub.ListMatchingEvents, pb.ListMatchingEventsRequest(**sought), role="AUDITOR")
        assert [event.sequence for event in page.events] == sequences, sought
    first = pb.ListMatchingEventsRequest(person_id=person, page_size=1)
    page = await audit.caller.read(stub.ListMatchingEvents, first, role="AUDITOR")
    first.page_token = page.next_page_token
    page = await audit.caller.read(stub.ListMatchingEvents, first, role="AUDITOR")
    assert [event.sequence for event in page.events] == [1]
    with refused("REQUIRED", field="value"):
        await audit.caller.read(stub.ListMatchingEvents, pb.ListMatchingEventsRequest(), role="AUDITOR")


def stamp(text: str) -> Any:
    return clock.to_timestamp(clock.parse(text))
