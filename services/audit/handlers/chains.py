"""The proof, as people ask for it: chains, their verification, traces. Nothing here writes."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any
from uuid import UUID

import grpc
import rfc8785
from jalon.audit.v1 import chains_pb2 as pb
from jalon.audit.v1 import chains_pb2_grpc

from kit import clock, pages
from kit.admission import RECUSED, Case, current
from kit.errors import field_invalid, not_found
from services.audit.domain import Event, Head, Verification
from services.audit.store import NEVER, Sought, Span, Store, TraceSummary

SERVICE = "jalon.audit.v1.ChainsService"
APPLICATION = "application"
PAGE_BYTES = 2 * 1024 * 1024
SPANS_SHOWN = 2_000
BROKEN_SHOWN = 1_000
NO_ID = UUID(int=0)
EVERY_CHAIN = "verify"
MAX_ENTRY = 2**63 - 1


EVERYTHING = {"AUDITOR", "SYSTEM"}
"""Roles that reach every chain; the others reach the applications of their call."""


async def case_of(store: Store, person: str, application_id: str) -> Case | None:
    """How a person is tied to a case, as its chain tells (for admission)."""
    tie = await store.tie(person, UUID(application_id))
    return None if tie is None else Case(tie.call_id, frozenset({RECUSED} if tie.recused else ()))


class Chains(chains_pb2_grpc.ChainsServiceServicer):
    """The gRPC service."""

    patience = 4.0
    """Seconds after which a verification of everything answers with what it has, and where to go on."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def ListEvents(self, request: pb.ListEventsRequest, context: Any) -> pb.ListEventsResponse:
        """A chain, oldest first; a page also ends when its bodies reach 2 MiB."""
        kind, subject = _subject(request)
        await self._check_reach(kind, subject)
        scope = f"events/{kind}/{subject}"
        after = (pages.decode(request.page_token, scope=scope) or [0])[0]
        size = pages.size(request.page_size)
        found = await self._store.events(kind, subject, after=after, limit=size + 1)
        shown = _fitting(found[:size])
        token = pages.encode([shown[-1].sequence], scope=scope) if len(shown) < len(found) else ""
        return pb.ListEventsResponse(events=[_event(event) for event in shown], next_page_token=token)

    async def ListMatchingEvents(
        self, request: pb.ListMatchingEventsRequest, context: Any
    ) -> pb.ListMatchingEventsResponse:
        """Links of every chain that fit, newest first."""
        sought, size = _sought(request), pages.size(request.page_size)
        scope = f"search/{sought}"
        before = (pages.decode(request.page_token, scope=scope) or [MAX_ENTRY])[0]
        found = await self._store.search(sought, before=before, limit=size + 1)
        token = pages.encode([found[size - 1][0]], scope=scope) if len(found) > size else ""
        return pb.ListMatchingEventsResponse(events=[_event(event) for _, event in found[:size]], next_page_token=token)

    async def ListSubjects(self, request: pb.ListSubjectsRequest, context: Any) -> pb.ListSubjectsResponse:
        """Subjects that have a chain, by kind and id."""
        scope, size = f"subjects/{request.subject_kind}", pages.size(request.page_size)
        kind, subject = pages.decode(request.page_token, scope=scope) or ["", str(NO_ID)]
        found = await self._store.subjects(request.subject_kind, after=(kind, UUID(subject)), limit=size + 1)
        shown = found[:size]
        last = [shown[-1].subject_kind, str(shown[-1].subject_id)] if len(found) > size else []
        token = pages.encode(last, scope=scope) if last else ""
        return pb.ListSubjectsResponse(subjects=[_head(head) for head in shown], next_page_token=token)

    async def VerifySubject(self, request: pb.VerifySubjectRequest, context: Any) -> pb.Verification:
        """Re-derives one chain."""
        kind, subject = _subject(request)
        await self._check_reach(kind, subject)
        found = await self._store.verify_subject(kind, subject)
        if found is None:
            raise not_found()
        return _verification(found)

    async def VerifyAll(self, request: pb.VerifyAllRequest, context: Any) -> pb.VerifyAllResponse:
        """Re-derives the chains that some seconds allow; the first 1,000 that do not hold are listed."""
        kind, subject = pages.decode(request.page_token, scope=EVERY_CHAIN) or ["", str(NO_ID)]
        answer = pb.VerifyAllResponse()
        until = asyncio.get_running_loop().time() + self.patience
        async with aclosing(self._store.verify_all(after=(kind, UUID(subject)))) as findings:
            async for found in findings:
                answer.subjects += 1
                answer.events += found.links
                if not found.whole and len(answer.broken) < BROKEN_SHOWN:
                    answer.broken.append(_verification(found))
                if asyncio.get_running_loop().time() > until:
                    last = [found.head.subject_kind, str(found.head.subject_id)]
                    answer.next_page_token = pages.encode(last, scope=EVERY_CHAIN)
                    break
        return answer

    async def GetTrace(self, request: pb.GetTraceRequest, context: Any) -> pb.Trace:
        """The spans of one trace, by start, the first 2,000."""
        if current.get().role not in EVERYTHING:
            await self._check_trace(request.trace_id)
        spans = await self._store.trace(request.trace_id, limit=SPANS_SHOWN)
        if not spans:
            raise not_found()
        return pb.Trace(spans=[_span(span) for span in spans])

    async def ListTraces(self, request: pb.ListTracesRequest, context: Any) -> pb.ListTracesResponse:
        """The traces of an application, newest first."""
        if not request.application_id:
            raise field_invalid("application_id", "REQUIRED")
        scope, size = f"traces/{request.application_id}", pages.size(request.page_size)
        key = pages.decode(request.page_token, scope=scope)
        before = (clock.parse(key[0]), str(key[1])) if key else (NEVER, "")
        found = await self._store.traces(UUID(request.application_id), before=before, limit=size + 1)
        shown = found[:size]
        last = [clock.text(shown[-1].started_at), shown[-1].trace_id] if len(found) > size else []
        token = pages.encode(last, scope=scope) if last else ""
        return pb.ListTracesResponse(traces=[_summary(trace) for trace in shown], next_page_token=token)

    async def _check_reach(self, kind: str, subject: UUID) -> None:
        """A role of a call reads the chain of an application of it that she is not recused from; nothing else exists
        for her."""
        call = current.get()
        if call.role in EVERYTHING:
            return
        tie = await self._store.tie(call.actor.person, subject) if kind == APPLICATION else None
        if tie is None or tie.recused or tie.call_id != call.actor.call_id:
            raise not_found()

    async def _check_trace(self, trace_id: str) -> None:
        """Every application a trace is about must be in reach."""
        about = await self._store.applications_of(trace_id)
        if not about:
            raise not_found()
        for application_id in about:
            await self._check_reach(APPLICATION, application_id)


def register(server: grpc.aio.Server, store: Store) -> None:
    """Adds the service to a server."""
    chains_pb2_grpc.add_ChainsServiceServicer_to_server(Chains(store), server)


def _subject(request: pb.ListEventsRequest | pb.VerifySubjectRequest) -> tuple[str, UUID]:
    if not request.subject_id:
        raise field_invalid("subject_id", "REQUIRED")
    return request.subject_kind or APPLICATION, UUID(request.subject_id)


def _sought(request: pb.ListMatchingEventsRequest) -> Sought:
    values = [value for value in (request.person_id, request.value) if value]
    instants = [getattr(request, name) if request.HasField(name) else None for name in ("from_at", "to_at")]
    if not (values or request.amount_cents or request.trace_id or any(instants)):
        raise field_invalid("value", "REQUIRED")
    from_at, to_at = (clock.from_timestamp(at) if at else None for at in instants)
    amount = f'_cents":{request.amount_cents}'.encode() if request.amount_cents else b""
    return Sought([rfc8785.dumps(value) for value in values], amount, request.trace_id, from_at, to_at)


def _fitting(events: list[Event]) -> list[Event]:
    total = 0
    for count, event in enumerate(events):
        total += len(event.body)
        if total > PAGE_BYTES:
            return events[:count]
    return events


def _event(event: Event) -> pb.Event:
    return pb.Event(
        subject_kind=event.subject_kind,
        subject_id=str(event.subject_id),
        sequence=event.sequence,
        body=event.body,
        previous_hash=event.previous_hash.hex(),
        hash=event.hash.hex(),
        source=event.source,
        recorded_at=clock.to_timestamp(event.recorded_at),
        trace_id=event.trace_id,
    )


def _head(head: Head) -> pb.Subject:
    return pb.Subject(
        subject_kind=head.subject_kind,
        subject_id=str(head.subject_id),
        length=head.length,
        head_hash=head.head_hash.hex(),
    )


def _verification(found: Verification) -> pb.Verification:
    return pb.Verification(subject=_head(found.head), whole=found.whole, broken_at=found.broken_at, reason=found.reason)


def _span(span: Span) -> pb.Span:
    return pb.Span(
        trace_id=span.trace_id,
        span_id=span.span_id,
        parent_span_id=span.parent_span_id,
        name=span.name,
        service=span.service,
        kind=span.kind,
        started_at=clock.to_timestamp(span.started_at),
        duration_us=span.duration_us,
        failed=span.failed,
        attributes=span.attributes,
        links=span.links,
    )


def _summary(trace: TraceSummary) -> pb.TraceSummary:
    return pb.TraceSummary(
        trace_id=trace.trace_id,
        name=trace.name,
        started_at=clock.to_timestamp(trace.started_at),
        duration_us=trace.duration_us,
        spans=trace.spans,
    )
