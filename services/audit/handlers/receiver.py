"""Receives spans (OTLP over gRPC) from every process of the inner network, and keeps what may be kept of them.

No assertion: programs send here, not people; nothing they send is shown without rights. What a span says is sifted
before it is stored. When the database does not answer, the sender is told to try again.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as otlp
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1 import trace_pb2

from services.audit.domain import application_of, kept_attributes, plain_name
from services.audit.store import Span, Store

log = logging.getLogger(__name__)
SERVICE = "opentelemetry.proto.collector.trace.v1.TraceService"
AT_ONCE = 2  # batches stored at the same time: people's reads keep the other connections
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATEST_NS = 253_402_300_799 * 1_000_000_000
LINKS_KEPT = 128
KINDS = {
    trace_pb2.Span.SPAN_KIND_SERVER: "SERVER",
    trace_pb2.Span.SPAN_KIND_CLIENT: "CLIENT",
    trace_pb2.Span.SPAN_KIND_PRODUCER: "PRODUCER",
    trace_pb2.Span.SPAN_KIND_CONSUMER: "CONSUMER",
}


class Receiver(trace_service_pb2_grpc.TraceServiceServicer):
    """The collector's side of OTLP."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._gate = asyncio.Semaphore(AT_ONCE)

    async def Export(self, request: otlp.ExportTraceServiceRequest, context: Any) -> otlp.ExportTraceServiceResponse:
        """Keeps one batch; a span received twice is kept once, one without valid ids is counted as rejected."""
        spans, rejected = read_batch(request)
        try:
            async with self._gate:
                await self._store.keep_spans(spans)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            log.warning("spans not kept: %s", type(error).__name__)
            await context.abort(grpc.StatusCode.UNAVAILABLE, "NOT_KEPT")
        answer = otlp.ExportTraceServiceResponse()
        if rejected:
            answer.partial_success.rejected_spans = rejected
        return answer


def register(server: grpc.aio.Server, store: Store) -> None:
    """Adds the receiver to a server."""
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(Receiver(store), server)  # type: ignore[no-untyped-call]


def read_batch(request: otlp.ExportTraceServiceRequest) -> tuple[list[Span], int]:
    """The spans of a batch as they are kept, and how many cannot be."""
    spans, rejected = [], 0
    for resource in request.resource_spans:
        service = plain_name(_texts(resource.resource.attributes).get("service.name", ""))
        for scope in resource.scope_spans:
            for span in scope.spans:
                if _is_sound(span):
                    spans.append(_read(span, service))
                else:
                    rejected += 1
    return spans, rejected


def _is_sound(span: trace_pb2.Span) -> bool:
    ids = len(span.trace_id) == 16 and len(span.span_id) == 8 and len(span.parent_span_id) in (0, 8)
    return ids and 0 < span.start_time_unix_nano <= span.end_time_unix_nano <= LATEST_NS


def _read(span: trace_pb2.Span, service: str) -> Span:
    attributes = _texts(span.attributes)
    failed = span.status.code == trace_pb2.Status.STATUS_CODE_ERROR
    return Span(
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_span_id=span.parent_span_id.hex(),
        name=plain_name(span.name),
        service=service,
        kind=KINDS.get(span.kind, "INTERNAL"),
        started_at=EPOCH + timedelta(microseconds=span.start_time_unix_nano // 1000),
        duration_us=(span.end_time_unix_nano - span.start_time_unix_nano) // 1000,
        failed=failed,
        attributes=kept_attributes(attributes),
        links=tuple(dict.fromkeys(link.trace_id.hex() for link in span.links[:LINKS_KEPT])),
        application_id=application_of(attributes),
    )


def _texts(attributes: Any) -> dict[str, str]:
    return {pair.key: text for pair in attributes if (text := _text(pair)) is not None}


def _text(pair: KeyValue) -> str | None:
    value: AnyValue = pair.value
    match value.WhichOneof("value"):
        case "string_value":
            return value.string_value
        case "int_value":
            return str(value.int_value)
        case "bool_value":
            return str(value.bool_value).lower()
    return None
