"""Traces: set up once per process, out by OTLP, with the application's id on every span and nothing personal.

What is noise is not traced (health, reflection, outbox polling, the receiving of spans), nor is the SQL it runs.
Exceptions keep their type on a span; their message may quote a row, so it stays out.
"""

from __future__ import annotations

import os
import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import grpc
from opentelemetry import baggage, context, trace
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.asyncpg import AsyncPGInstrumentor
from opentelemetry.instrumentation.grpc import aio_client_interceptors, aio_server_interceptor
from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, Decision, ParentBased, Sampler, SamplingResult
from opentelemetry.trace import Status

APPLICATION = "application.id"
_IDENTIFIER = re.compile(r"[0-9a-f-]{36}")
_QUIET_METHODS = {"PullOutbox", "AckOutbox"}
_QUIET_SERVICES = ("grpc.health.", "grpc.reflection.", "opentelemetry.proto.")


class Provider(Protocol):
    """What is asked of a tracer provider: the SDK's own, or the replay-safe one of the worker."""

    def add_span_processor(self, span_processor: SpanProcessor) -> None: ...
    def shutdown(self) -> None: ...


def plain_provider(*, resource: Resource, sampler: Sampler) -> TracerProvider:
    """The SDK's provider, for every process that runs no workflow."""
    return TracerProvider(resource=resource, sampler=sampler, shutdown_on_exit=False)


def setup(
    service_name: str, *, provider: Callable[..., Any] = plain_provider, exporter: SpanExporter | None = None
) -> Callable[[], None]:
    """Set the process's tracing up; returns what flushes and ends it.

    ``provider`` is called with ``resource`` and ``sampler`` (the worker gives ``kit.engine.replay_safe_provider``).
    Spans go to ``exporter`` at once if one is given (tests), else in batches to ``OTEL_EXPORTER_OTLP_ENDPOINT`` if
    that is set, else nowhere.
    """
    name = os.environ.get("OTEL_SERVICE_NAME", service_name)
    chosen: Any = provider(
        resource=Resource.create({"service.name": name, "service.namespace": "jalon"}), sampler=ParentBased(_Roots())
    )
    chosen.add_span_processor(_ApplicationStamp())
    if exporter is not None:
        chosen.add_span_processor(SimpleSpanProcessor(_Discreet(exporter)))
    elif os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        chosen.add_span_processor(BatchSpanProcessor(_Discreet(OTLPSpanExporter(insecure=True))))
    trace.set_tracer_provider(chosen)
    sql = AsyncPGInstrumentor()  # type: ignore[no-untyped-call]
    if not sql.is_instrumented_by_opentelemetry:
        sql.instrument(tracer_provider=chosen)

    def shutdown() -> None:
        sql.uninstrument()
        chosen.shutdown()

    return shutdown


@contextmanager
def with_application(application_id: str) -> Iterator[None]:
    """Everything done inside, here and in every process called from here, carries this application's id.

    An empty id changes nothing.
    """
    if not application_id:
        yield
        return
    trace.get_current_span().set_attribute(APPLICATION, application_id)
    token = context.attach(baggage.set_baggage(APPLICATION, application_id))
    try:
        yield
    finally:
        context.detach(token)


@contextmanager
def untraced() -> Iterator[None]:
    """Nothing done inside leaves a span: polls and housekeeping."""
    with suppress_instrumentation():
        yield


def client_interceptors() -> list[grpc.aio.ClientInterceptor]:
    """For ``grpc.aio`` channels: one client span per call, trace and baggage sent along."""
    return list(aio_client_interceptors(filter_=_is_traced))  # type: ignore[no-untyped-call]


def server_interceptors() -> list[grpc.aio.ServerInterceptor]:
    """For ``grpc.aio`` servers, first in the list."""
    traced: grpc.aio.ServerInterceptor = aio_server_interceptor(filter_=_is_traced)  # type: ignore[no-untyped-call]
    return [traced, _Hush()]


def _is_traced(details: Any) -> bool:
    method = details.method.decode() if isinstance(details.method, bytes) else details.method
    service, _, name = method.lstrip("/").partition("/")
    return name not in _QUIET_METHODS and not service.startswith(_QUIET_SERVICES)


class _Hush(grpc.aio.ServerInterceptor):
    """The SQL of what is not traced is not traced either: storing spans would otherwise make spans."""

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler[Any, Any] | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Any, Any] | None:
        handler = await continuation(handler_call_details)
        if handler is None or handler.unary_unary is None or _is_traced(handler_call_details):
            return handler
        behavior: Any = handler.unary_unary

        async def hushed(request: Any, call: Any) -> Any:
            with untraced():
                return await behavior(request, call)

        return grpc.unary_unary_rpc_method_handler(
            hushed,
            request_deserializer=handler.request_deserializer,
            response_serializer=handler.response_serializer,
        )


class _ApplicationStamp(SpanProcessor):
    """Writes the application's id, from baggage, on every span. Anything that is not an identifier is ignored."""

    def on_start(self, span: Span, parent_context: context.Context | None = None) -> None:
        value = baggage.get_baggage(APPLICATION, parent_context)
        if isinstance(value, str) and _IDENTIFIER.fullmatch(value):
            span.set_attribute(APPLICATION, value)


class _Roots(Sampler):
    """Keeps every trace but lone SQL: a statement no request caused (start-up, polls) tells nobody anything."""

    def should_sample(
        self,
        parent_context: context.Context | None,
        trace_id: int,
        name: str,
        kind: trace.SpanKind | None = None,
        attributes: Any = None,
        links: Sequence[trace.Link] | None = None,
        trace_state: trace.TraceState | None = None,
    ) -> SamplingResult:
        if attributes and "db.system" in attributes:
            return SamplingResult(Decision.DROP)
        return ALWAYS_ON.should_sample(
            parent_context, trace_id=trace_id, name=name, kind=kind, attributes=attributes, links=links
        )

    def get_description(self) -> str:
        return "everything but lone SQL"


class _Discreet(SpanExporter):
    """Takes the words out of failures before spans leave: messages and stack traces may quote what people wrote."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return self._exporter.export([_wordless(span) for span in spans])

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)


def _wordless(span: ReadableSpan) -> ReadableSpan:
    if not span.events and not span.status.description:
        return span
    return ReadableSpan(
        span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=span.attributes,
        events=[_typed_only(event) for event in span.events],
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _typed_only(event: Event) -> Event:
    kept = {key: value for key, value in (event.attributes or {}).items() if key == "exception.type"}
    return Event(event.name, attributes=kept, timestamp=event.timestamp)
