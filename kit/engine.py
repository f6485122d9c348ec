"""The way to the workflow engine, the same for the doors, the worker and the clock: sealed payloads, traced calls."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace.sampling import Sampler
from temporalio.client import Client
from temporalio.contrib.opentelemetry import OpenTelemetryInterceptor, create_tracer_provider
from temporalio.plugin import SimplePlugin
from temporalio.service import GrpcCompression
from temporalio.worker import WorkflowInterceptorClassInput, WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from kit.codec import data_converter
from kit.keyring import KeyRing


def replay_safe_provider(*, resource: Resource, sampler: Sampler) -> Any:
    """The tracer provider of the worker (``telemetry.setup(..., provider=...)``): replays emit no span."""
    return create_tracer_provider(resource=resource, sampler=sampler, shutdown_on_exit=False)


def temporal_plugin() -> SimplePlugin:
    """Spans for the caller's side and for activities; registered on the client only, workers inherit it.

    Workflows get no span of the engine's own: a run lives for months, so its span would hold every later act in the
    trace of the first. The entity opens its own: one per act, and linked roots for later work.
    """
    return SimplePlugin("jalon.traces", interceptors=[_Spans(add_temporal_spans=True)], workflow_runner=_runner)


def _runner(existing: WorkflowRunner | None) -> WorkflowRunner:
    if not isinstance(existing, SandboxedWorkflowRunner):
        raise TypeError("workflows run in the sandbox")
    return replace(existing, restrictions=existing.restrictions.with_passthrough_modules("opentelemetry"))


class _Spans(OpenTelemetryInterceptor):
    def workflow_interceptor_class(self, input: WorkflowInterceptorClassInput) -> Any:
        return OpenTelemetryInterceptor(add_temporal_spans=False).workflow_interceptor_class(input)


async def connect(address: str, namespace: str, *, ring: KeyRing, lazy: bool = False) -> Client:
    """A client of the engine at ``host:port``. Raises ``RuntimeError`` when it does not answer.

    ``lazy``: connects at the first call instead, so that a door opens while the engine is down (not for workers).
    """
    return await Client.connect(
        address,
        namespace=namespace,
        data_converter=data_converter(ring),
        plugins=[temporal_plugin()],
        grpc_compression=GrpcCompression.NONE,
        lazy=lazy,
    )
