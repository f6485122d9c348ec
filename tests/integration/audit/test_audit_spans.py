"""Spans sent over OTLP: kept once, sifted, found again by application, forgotten in time."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from jalon.audit.v1 import chains_pb2 as pb
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as otlp
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1 import trace_pb2
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, SpanKind, StatusCode

from services.audit.store import Store
from tests.integration.harness import Served, refused

AT = datetime(2023, 3, 1, 9, 30, tzinfo=UTC)


@pytest.fixture
def sender(audit: Served) -> Any:
    return trace_service_pb2_grpc.TraceServiceStub(audit.channel)  # type: ignore[no-untyped-call]


def span(application: str = "", *, trace: bytes = b"", at: datetime = AT, **more: Any) -> trace_pb2.Span:
    start = int(at.timestamp()) * 1_000_000_000
    made = trace_pb2.Span(
        trace_id=trace or uuid4().bytes,
        span_id=uuid4().bytes[:8],
        name="SubmitApplication",
        kind=trace_pb2.Span.SPAN_KIND_SERVER,
        start_time_unix_nano=start,
        end_time_unix_nano=start + 1_500_000,
    )
    if application:
        made.attributes.append(text("application.id", application))
    made.MergeFrom(trace_pb2.Span(**more))
    return made


def text(key: str, value: str) -> KeyValue:
    return KeyValue(key=key, value=AnyValue(string_value=value))


def batch(*spans: trace_pb2.Span) -> otlp.ExportTraceServiceRequest:
    request = otlp.ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    resource.resource.attributes.append(text("service.name", "jalon-intake"))
    resource.scope_spans.add().spans.extend(spans)
    return request


async def test_a_span_is_kept_once_and_sifted(sender: Any, store: Store) -> None:
    application = str(uuid4())
    sent = span(
        application,
        attributes=[text("rpc.method", "SubmitApplication"), text("enduser.id", "Mme Martin")],
        events=[trace_pb2.Span.Event(name="exception", attributes=[text("exception.message", "Martin")])],
        status=trace_pb2.Status(code=trace_pb2.Status.STATUS_CODE_ERROR, message="Martin"),
        links=[trace_pb2.Span.Link(trace_id=bytes(range(16)), span_id=bytes(8))],
    )
    for _ in range(2):
        await sender.Export(batch(sent, sent))
    [kept] = await store.trace(sent.trace_id.hex(), limit=10)
    assert kept.attributes == {"application.id": application, "rpc.method": "SubmitApplication"}
    assert (kept.service, kept.kind, kept.failed) == ("jalon-intake", "SERVER", True)
    assert (kept.started_at, kept.duration_us) == (AT, 1500)
    assert kept.links == (bytes(range(16)).hex(),)
    assert "Martin" not in repr(kept)


async def test_a_span_without_sound_ids_is_counted_and_the_others_are_kept(sender: Any, store: Store) -> None:
    good, bad = span(), span()
    bad.span_id = b"short"
    answer = await sender.Export(batch(bad, good))
    assert answer.partial_success.rejected_spans == 1
    assert len(await store.trace(good.trace_id.hex(), limit=10)) == 1


async def test_the_traces_of_an_application_are_listed_newest_first(sender: Any, audit: Served, stub: Any) -> None:
    application = str(uuid4())
    for day in range(5):
        root = span(at=AT + timedelta(days=day), name=f"page {day}")
        child = span(application, trace=root.trace_id, at=AT + timedelta(days=day), parent_span_id=root.span_id)
        await sender.Export(batch(child, root))
    token, seen = "", []
    for _ in range(3):
        request = pb.ListTracesRequest(application_id=application, page_size=2, page_token=token)
        page = await audit.caller.read(stub.ListTraces, request, role="AUDITOR")
        seen += [(trace.name, trace.spans, trace.duration_us) for trace in page.traces]
        token = page.next_page_token
    assert token == ""
    assert seen == [(f"page {day}", 2, 1500) for day in (4, 3, 2, 1, 0)]
    with refused("REQUIRED", field="application_id"):
        await audit.caller.read(stub.ListTraces, pb.ListTracesRequest(), role="AUDITOR")


async def test_a_trace_is_read_by_start(sender: Any, audit: Served, stub: Any) -> None:
    root = span()
    later = span(trace=root.trace_id, at=AT + timedelta(seconds=1), parent_span_id=root.span_id)
    await sender.Export(batch(later, root))
    asked = pb.GetTraceRequest(trace_id=root.trace_id.hex())
    found = await audit.caller.read(stub.GetTrace, asked, role="AUDITOR")
    assert [kept.span_id for kept in found.spans] == [root.span_id.hex(), later.span_id.hex()]
    with refused("NOT_FOUND"):
        await audit.caller.read(stub.GetTrace, pb.GetTraceRequest(trace_id="0" * 32), role="AUDITOR")


async def test_spans_are_forgotten_in_time(sender: Any, store: Store, audit: Served) -> None:
    old, young = span(), span()
    await sender.Export(batch(old, young))
    await audit.admin.execute(
        "UPDATE audit.spans SET received_at = received_at - interval '366 days' WHERE trace_id = $1",
        old.trace_id.hex(),
    )
    assert await store.forget_spans(365) == 1
    assert await store.trace(old.trace_id.hex(), limit=1) == []
    assert len(await store.trace(young.trace_id.hex(), limit=1)) == 1


async def test_the_standard_exporter_is_received(audit: Served, store: Store) -> None:
    provider = TracerProvider(resource=Resource.create({"service.name": "jalon-worker"}), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"http://{audit.address}", insecure=True)))
    tracer = provider.get_tracer("test")
    with tracer.start_as_current_span("cause") as cause:
        pass
    link = Link(cause.get_span_context())
    with tracer.start_as_current_span("stage", kind=SpanKind.CONSUMER, links=[link]) as stage:
        stage.set_attribute("temporalWorkflowID", f"application/{uuid4()}")
        stage.set_status(StatusCode.ERROR)
    await _ended(provider)
    [kept] = await store.trace(f"{stage.get_span_context().trace_id:032x}", limit=10)
    assert (kept.service, kept.kind, kept.failed) == ("jalon-worker", "CONSUMER", True)
    assert kept.links == (f"{cause.get_span_context().trace_id:032x}",)
    assert set(kept.attributes) == {"temporalWorkflowID"}


async def _ended(provider: TracerProvider) -> None:
    """The exporter waits for its answer in a thread; the server answers in this loop."""
    await asyncio.to_thread(provider.shutdown)


async def test_a_trace_that_only_reads_is_left_out_of_the_list(sender: Any, audit: Served, stub: Any) -> None:
    application, wrote = str(uuid4()), "/jalon.review.v1.CasesService/DecideShortlist"
    read = "/jalon.intake.v1.ApplicationsService/GetApplication"
    act = span(application, name=wrote)
    await sender.Export(batch(span(application, name=read), act, span(application, name=read, trace=act.trace_id)))
    request = pb.ListTracesRequest(application_id=application)
    page = await audit.caller.read(stub.ListTraces, request, role="AUDITOR")
    assert [(trace.trace_id, trace.spans) for trace in page.traces] == [(act.trace_id.hex(), 2)]
