"""Traces of a long life: one per act; what the workflow does later is a new root linked to what caused it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from opentelemetry import baggage, context, trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_CARRIER = TraceContextTextMapPropagator()


def traceparent() -> str:
    """The current W3C traceparent, or an empty text when there is none."""
    carrier: dict[str, str] = {}
    _CARRIER.inject(carrier)
    return carrier.get("traceparent", "")


@contextmanager
def linked_root(name: str, causes: Iterable[str], *, application_id: str = "") -> Iterator[None]:
    """A new trace for work done later, linked to the traceparents that caused it."""
    contexts = (trace.get_current_span(_CARRIER.extract({"traceparent": item})) for item in dict.fromkeys(causes))
    links = [trace.Link(span.get_span_context()) for span in contexts if span.get_span_context().is_valid]
    root = context.Context()
    if application_id:
        root = baggage.set_baggage("application.id", application_id, root)
    token = context.attach(root)
    try:
        with trace.get_tracer(__name__).start_as_current_span(name, context=root, links=links):
            yield
    finally:
        context.detach(token)
