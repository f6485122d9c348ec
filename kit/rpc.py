"""The gRPC server every service runs and the channels clients open: admission, errors, deadlines, health, shutdown."""

from __future__ import annotations

import asyncio
import logging
import signal
import uuid
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf.message import DecodeError
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import aio as health_aio
from grpc_reflection.v1alpha import reflection
from grpc_status import rpc_status
from opentelemetry import trace

from kit import admission, telemetry
from kit.actor import Verifier
from kit.contract import Method, methods
from kit.errors import Kind, Refused
from kit.status import to_status

if TYPE_CHECKING:
    Handler = grpc.RpcMethodHandler[Any, Any]
log = logging.getLogger(__name__)
Now = Callable[[], Awaitable[datetime]]
MAX_MESSAGE = 4 * 1024 * 1024
LONGEST = 30.0
_OPTIONS = [("grpc.max_receive_message_length", MAX_MESSAGE), ("grpc.max_send_message_length", MAX_MESSAGE)]
_KEEPALIVE = [("grpc.keepalive_time_ms", 60_000), ("grpc.keepalive_permit_without_calls", 1)]
_PINGED = [("grpc.http2.min_ping_interval_without_data_ms", 30_000)]  # else an idle client's keepalive ends its channel
READ_ASSERTION = "jalon-assertion"


class Door(grpc.aio.ServerInterceptor):
    """Decodes, admits, bounds in time, and turns every refusal into its status; the only interceptor of ours."""

    def __init__(self, known: dict[str, Method], *, verifier: Verifier, case_of: admission.CaseOf, now: Now) -> None:
        self._known = known
        self._verifier = verifier
        self._case_of = case_of
        self._now = now

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler | None:
        """Wraps the handlers of our services; health and reflection pass."""
        handler = await continuation(handler_call_details)
        method = self._known.get(handler_call_details.method)
        if handler is None or handler.unary_unary is None or method is None:
            return handler
        inner: Any = handler.unary_unary
        metadata = dict(handler_call_details.invocation_metadata)
        assertion = str(metadata.get(READ_ASSERTION, ""))

        async def behave(data: bytes, context: grpc.aio.ServicerContext[Any, Any]) -> Any:
            try:
                async with asyncio.timeout(min(context.time_remaining() or LONGEST, LONGEST)):
                    return await self._serve(inner, method, data, assertion, context)
            except Refused as refused:
                _mark(refused.reason)
                await context.abort_with_status(rpc_status.to_status(to_status(refused)))
            except TimeoutError:
                await context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, "DEADLINE")
            except (grpc.aio.AbortError, asyncio.CancelledError):
                raise
            except Exception as error:
                _mark(type(error).__name__)
                reference = uuid.uuid4().hex[:12]
                log.exception("unexpected failure %s in %s", reference, method.verb)
                await context.abort(grpc.StatusCode.INTERNAL, f"UNEXPECTED {reference}")

        return grpc.unary_unary_rpc_method_handler(behave, response_serializer=handler.response_serializer)

    async def _serve(self, inner: Any, method: Method, data: bytes, assertion: str, context: Any) -> Any:
        try:
            request: Any = method.request_type.FromString(data)
        except DecodeError as error:
            raise Refused("MALFORMED", kind=Kind.INVALID) from error
        if assertion and not method.writes:
            self._verifier.check_read_life(assertion, await self._now())
        call = await admission.admit(method, request, assertion, verifier=self._verifier, case_of=self._case_of)
        token = admission.current.set(call)
        try:
            with telemetry.with_application(getattr(request, "application_id", "")):
                return await inner(request, context)
        finally:
            admission.current.reset(token)


def build_server(
    services: Iterable[str],
    *,
    verifier: Verifier,
    case_of: admission.CaseOf,
    now: Now,
    reflect: bool = False,
) -> tuple[grpc.aio.Server, health_aio.HealthServicer]:
    """A server for the named services, with health (NOT_SERVING until said otherwise) and, in development, reflection.

    ``now`` is the installation's clock, against which the five minutes of a read assertion are counted.
    """
    names = list(services)
    door = Door(methods(names), verifier=verifier, case_of=case_of, now=now)
    server = grpc.aio.server(
        interceptors=[*telemetry.server_interceptors(), door],
        options=[*_OPTIONS, *_KEEPALIVE, *_PINGED, ("grpc.so_reuseport", 0)],
        maximum_concurrent_rpcs=256,
    )
    health = health_aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(health, server)
    if reflect:
        reflection.enable_server_reflection(
            [*names, health_pb2.DESCRIPTOR.services_by_name["Health"].full_name], server
        )
    return server, health


async def serve(server: grpc.aio.Server, health: health_aio.HealthServicer, *, listen: str) -> None:
    """Serves until SIGTERM or SIGINT, then finishes what is under way (20 s at most)."""
    if server.add_insecure_port(listen) == 0:
        raise SystemExit(f"{listen} is taken: choose another address in JALON_LISTEN.")
    await server.start()
    await health.set("", health_pb2.HealthCheckResponse.SERVING)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
    await health.enter_graceful_shutdown()
    await server.stop(grace=20)


def channel(address: str, *, extra: Sequence[grpc.aio.ClientInterceptor] = ()) -> grpc.aio.Channel:
    """One channel per target, traced; retries belong to the caller (the engine, or a person)."""
    return grpc.aio.insecure_channel(
        address,
        options=[*_OPTIONS, *_KEEPALIVE, ("grpc.enable_retries", 0)],
        interceptors=[*telemetry.client_interceptors(), *extra],
    )


def _mark(reason: str) -> None:
    """Says on the span that the call failed, and why: the reason is a wording key, never a person's data."""
    span = trace.get_current_span()
    span.set_attribute("jalon.reason", reason)
    span.set_status(trace.StatusCode.ERROR)


def trace_id() -> str:
    """The current trace, hex; empty when there is none."""
    context = trace.get_current_span().get_span_context()
    return f"{context.trace_id:032x}" if context.is_valid else ""
