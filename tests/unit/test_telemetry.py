"""Edges between processes: one trace over gRPC, the application's id on it, no noise, no words of failures."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from itertools import pairwise
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from opentelemetry import baggage, context, trace
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.util._once import Once

from kit import telemetry

APPLICATION = "6c1f5f1e-0000-4000-8000-000000000001"


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", None)
    monkeypatch.setattr(trace, "_TRACER_PROVIDER_SET_ONCE", Once())
    exporter = InMemorySpanExporter()
    shutdown = telemetry.setup("unit", exporter=exporter)
    yield exporter
    shutdown()


async def answer(request: bytes, call: Any) -> bytes:
    with trace.get_tracer("service").start_as_current_span("work"):
        if request == b"fail":
            raise ValueError("Key (name)=(Mme Martin) already exists")
        return request


async def poll(request: bytes, call: Any) -> bytes:
    from_sql = {"db.system": "postgresql"}
    with trace.get_tracer("sql").start_as_current_span("SELECT", attributes=from_sql):
        return request


async def check(request: bytes, call: Any) -> bytes:
    return health_pb2.HealthCheckResponse().SerializeToString()


@pytest.fixture
async def channel(spans: InMemorySpanExporter) -> AsyncIterator[grpc.aio.Channel]:
    server = grpc.aio.server(interceptors=telemetry.server_interceptors())
    handlers = {"Submit": answer, "PullOutbox": poll}
    unary = {name: grpc.unary_unary_rpc_method_handler(method) for name, method in handlers.items()}
    health = {"Check": grpc.unary_unary_rpc_method_handler(check)}
    server.add_generic_rpc_handlers(
        (
            grpc.method_handlers_generic_handler("jalon.intake.v1.Applications", unary),
            grpc.method_handlers_generic_handler("grpc.health.v1.Health", health),
        )
    )
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}", interceptors=telemetry.client_interceptors()) as opened:
        yield opened
    await server.stop(None)


async def call(channel: grpc.aio.Channel, method: str, request: bytes = b"") -> bytes:
    reply: bytes = await channel.unary_unary(f"/jalon.intake.v1.Applications/{method}")(request)
    return reply


async def test_one_trace_from_the_door_to_the_work(channel: grpc.aio.Channel, spans: InMemorySpanExporter) -> None:
    with telemetry.with_application(APPLICATION), trace.get_tracer("door").start_as_current_span("door"):
        await call(channel, "Submit")
    named = {(span.name, span.kind): span for span in spans.get_finished_spans()}
    rpc = "/jalon.intake.v1.Applications/Submit"
    path = [("work", trace.SpanKind.INTERNAL), (rpc, trace.SpanKind.SERVER), (rpc, trace.SpanKind.CLIENT)]
    path.append(("door", trace.SpanKind.INTERNAL))
    assert set(named) == set(path)
    for child, parent in pairwise(path):
        assert named[child].parent is not None
        assert named[child].parent.span_id == named[parent].context.span_id
    assert {(span.attributes or {})["application.id"] for span in named.values()} == {APPLICATION}


async def test_polls_and_health_leave_no_span(channel: grpc.aio.Channel, spans: InMemorySpanExporter) -> None:
    await call(channel, "PullOutbox")
    await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest())
    assert spans.get_finished_spans() == ()


async def test_a_failure_keeps_its_type_and_loses_its_words(
    channel: grpc.aio.Channel, spans: InMemorySpanExporter
) -> None:
    with pytest.raises(grpc.aio.AioRpcError):
        await call(channel, "Submit", b"fail")
    [work] = [span for span in spans.get_finished_spans() if span.name == "work"]
    assert [dict(event.attributes or {}) for event in work.events] == [{"exception.type": "ValueError"}]
    assert not [span for span in spans.get_finished_spans() if "Martin" in span.to_json()]


def test_an_application_id_from_outside_must_be_an_identifier(spans: InMemorySpanExporter) -> None:
    token = context.attach(baggage.set_baggage("application.id", "Mme Martin"))
    with trace.get_tracer("door").start_as_current_span("door"):
        pass
    context.detach(token)
    assert "Martin" not in spans.get_finished_spans()[0].to_json()
