"""The worker: workflows, their activities, and the relay of outboxes. ``python -m workflows``."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from datetime import timedelta

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import aio as health_aio
from temporalio.client import Client
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from kit import engine, telemetry
from kit.actor import Signer
from kit.keyring import load_ring
from kit.settings import ClientSettings, read
from workflows.activities.carrying import Carrier
from workflows.activities.joining import Joiner
from workflows.activities.telling import Teller
from workflows.application import ApplicationWorkflow
from workflows.bulk import BulkWorkflow
from workflows.call import CallWorkflow
from workflows.contract.names import TASK_QUEUE
from workflows.jury import JuryWorkflow
from workflows.payment_run import PaymentRunWorkflow
from workflows.relay import Relay
from workflows.services import Services

WORKFLOWS = [ApplicationWorkflow, BulkWorkflow, CallWorkflow, JuryWorkflow, PaymentRunWorkflow]
RUNNER = SandboxedWorkflowRunner(restrictions=SandboxRestrictions.default.with_passthrough_modules("workflows"))
"""The sandbox shares our own modules: an update's type hints are looked up there by the name of their module."""


def build_worker(client: Client, services: Services, signer: Signer, *, cached: int = 500) -> Worker:
    """A worker of every workflow and activity. ``cached`` 0 replays each task from its beginning (tests)."""
    carrier = Carrier(services, signer)
    joiner = Joiner(services, signer, carrier)
    return Worker(
        client,
        task_queue=TASK_QUEUE,
        workflows=WORKFLOWS,
        activities=[*carrier.activities(), *joiner.activities(), Teller(client).tell_application],
        workflow_runner=RUNNER,
        max_cached_workflows=cached,
        graceful_shutdown_timeout=timedelta(seconds=15),
    )


async def main() -> None:
    """Runs until SIGTERM or SIGINT; what is under way is finished or handed back to the engine."""
    settings = ClientSettings.from_environment()
    flush = telemetry.setup("worker", provider=engine.replay_safe_provider)
    client = await engine.connect(settings.temporal, settings.namespace, ring=load_ring(settings.payload_keys))
    services, signer = Services.open(settings), Signer(settings.signing_key)
    server, health = await _health(read("JALON_LISTEN", "the host:port the worker answers its health on"))
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with build_worker(client, services, signer):
        relay = asyncio.create_task(Relay(client, services, signer).run())
        await health.set("", health_pb2.HealthCheckResponse.SERVING)
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({relay, stopping}, return_when=asyncio.FIRST_COMPLETED)
        await health.enter_graceful_shutdown()
        relay.cancel()
    await server.stop(grace=1)
    await services.close()
    flush()
    if not relay.cancelled() and relay.exception():
        raise SystemExit(f"the relay stopped: {type(relay.exception()).__name__}")


async def _health(listen: str) -> tuple[grpc.aio.Server, health_aio.HealthServicer]:
    server = grpc.aio.server()
    health = health_aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(health, server)
    if server.add_insecure_port(listen) == 0:
        raise SystemExit(f"{listen} is taken: choose another address in JALON_LISTEN.")
    await server.start()
    return server, health


if __name__ == "__main__":
    logging.basicConfig(
        level=os.environ.get("JALON_LOG", "WARNING"), format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    asyncio.run(main())
    sys.stdout.flush()
    sys.stderr.flush()
    # The engine's native threads may fault at interpreter exit once all work is done; the exit code must stay true.
    os._exit(0)
