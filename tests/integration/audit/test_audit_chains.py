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
from services.audit.store import Span, Store
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
    subject, call_id = uuid4(), str(uuid4())
    await review.append(subject, deposited(call_id))
    may_read = {"AUDITOR", "INSTRUCTOR", "FINANCE", "AUTHORISING_OFFICER", "CALL_ADMIN", "SYSTEM"}
    requests = {
        stub.ListEvents: (pb.ListEventsRequest(subject_id=str(subject)), may_read),
        stub.VerifySubject: (pb.VerifySubjectRequest(subject_id=str(subject)), may_read),
        stub.ListSubjects: (pb.ListSubjectsRequest(), {"AUDITOR", "SYSTEM"}),
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
                await audit.caller.read(method, request, role=role, call_id=call_id)
                let_in.add(role)
        assert let_in == allowed


def event(name: str, **facts: Any) -> bytes:
    """A link's body."""
    return rfc8785.dumps({"event": name, "facts": facts})


def deposited(call_id: str) -> bytes:
    """The first link of an application's chain."""
    return event("application_submitted", call_id=call_id)


BOUND = ("INSTRUCTOR", "FINANCE", "AUTHORISING_OFFICER", "CALL_ADMIN")


@pytest.mark.parametrize("role", BOUND)
async def test_a_role_of_a_call_never_reads_the_chain_of_anything_else(
    review: Writer, audit: Served, stub: Any, role: str
) -> None:
    """Another call's application, a session, a run, a call, a person: each reads like what does not exist."""
    mine, other, call_id = uuid4(), uuid4(), str(uuid4())
    await review.append(mine, deposited(call_id))
    await review.append(other, deposited(str(uuid4())))
    kinds = ("jury_session", "payment_run", "call", "person", "envelope")
    subjects = {kind: uuid4() for kind in kinds} | {"application": other}
    for kind in kinds:
        await review.append(subjects[kind], event("anything", call_id=call_id), kind=kind)
    for method, ask in ((stub.ListEvents, pb.ListEventsRequest), (stub.VerifySubject, pb.VerifySubjectRequest)):
        await audit.caller.read(method, ask(subject_id=str(mine)), role=role, call_id=call_id)
        for kind, subject in [*subjects.items(), ("application", uuid4())]:
            request = ask(subject_kind=kind, subject_id=str(subject))
            with refused("NOT_FOUND", Kind.NOT_FOUND):
                await audit.caller.read(method, request, role=role, call_id=call_id)
        with contextlib.suppress(Refused):
            await audit.caller.read(method, ask(subject_id=str(mine)), role=role)
            raise AssertionError("a role held for no call reads a chain")


@pytest.mark.parametrize("role", BOUND)
@pytest.mark.parametrize("how", ["conflict_declared", "person_related"])
async def test_whoever_stood_aside_never_reads_the_chain(
    review: Writer, audit: Served, stub: Any, role: str, how: str
) -> None:
    subject, call_id, person = uuid4(), str(uuid4()), str(uuid4())
    await review.append(subject, deposited(call_id))
    facts = {"relation": "recused", "ended": False} if how == "person_related" else {"nature": "FAMILY"}
    await review.append(subject, event(how, person=person, **facts))
    for method, ask in ((stub.ListEvents, pb.ListEventsRequest), (stub.VerifySubject, pb.VerifySubjectRequest)):
        request = ask(subject_id=str(subject))
        with refused("NOT_FOUND", Kind.NOT_FOUND):
            await audit.caller.read(method, request, role=role, call_id=call_id, person=person)
        await audit.caller.read(method, request, role=role, call_id=call_id)
    await audit.caller.read(
        stub.ListEvents, pb.ListEventsRequest(subject_id=str(subject)), role="AUDITOR", person=person
    )


@pytest.mark.parametrize("role", ["INSTRUCTOR", "CALL_ADMIN"])
async def test_a_trace_is_read_by_whoever_reaches_its_applications(
    review: Writer, audit: Served, stub: Any, store: Store, role: str
) -> None:
    call_id, person = str(uuid4()), str(uuid4())
    mine, hidden, other = uuid4(), uuid4(), uuid4()
    for subject, call in ((mine, call_id), (hidden, call_id), (other, str(uuid4()))):
        await review.append(subject, deposited(call))
    await review.append(hidden, event("conflict_declared", person=person))
    traces = {which: uuid4().hex for which in ("mine", "hidden", "other", "both", "none")}
    about = {"mine": [mine], "hidden": [hidden], "other": [other], "both": [mine, other], "none": [None]}
    for which, applications in about.items():
        for application_id in applications:
            await store.keep_spans([span(traces[which], application_id)])
    for which, trace_id in traces.items():
        request = pb.GetTraceRequest(trace_id=trace_id)
        await audit.caller.read(stub.GetTrace, request, role="AUDITOR")
        with refused("NOT_FOUND") if which != "mine" else contextlib.nullcontext():
            await audit.caller.read(stub.GetTrace, request, role=role, call_id=call_id, person=person)
    for subject in (hidden, other, uuid4()):
        request = pb.ListTracesRequest(application_id=str(subject))
        with refused("NOT_FOUND"):
            await audit.caller.read(stub.ListTraces, request, role=role, call_id=call_id, person=person)
    assert await audit.caller.read(
        stub.ListTraces, pb.ListTracesRequest(application_id=str(mine)), role=role, call_id=call_id, person=person
    )


def span(trace_id: str, application_id: UUID | None) -> Span:
    """A span about an application, or about none."""
    return Span(
        trace_id=trace_id,
        span_id=uuid4().hex[:16],
        parent_span_id="",
        name="act",
        service="review",
        kind="SERVER",
        started_at=datetime.now(UTC),
        duration_us=1,
        failed=False,
        application_id=application_id,
    )


async def test_everything_is_verified_part_by_part(
    review: Writer, audit: Served, stub: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        await review.chain(uuid4(), 2)
    whole = await audit.caller.read(stub.VerifyAll, pb.VerifyAllRequest(), role="AUDITOR")
    assert (whole.next_page_token, whole.subjects > 2) == ("", True)
    monkeypatch.setattr(chains.Chains, "patience", -1.0)
    request, subjects, events = pb.VerifyAllRequest(), 0, 0
    while True:
        part = await audit.caller.read(stub.VerifyAll, request, role="AUDITOR")
        subjects, events = subjects + part.subjects, events + part.events
        assert part.subjects <= 1
        if not part.next_page_token:
            break
        request.page_token = part.next_page_token
    assert (subjects, events) == (whole.subjects, whole.events)


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
