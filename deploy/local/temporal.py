"""The Temporal engine of an installation: the development server on a persistent file, with its own pages."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import grpc
from google.protobuf.duration_pb2 import Duration
from temporalio.api.namespace.v1 import message_pb2 as namespaces
from temporalio.api.workflowservice.v1 import request_response_pb2 as requests
from temporalio.api.workflowservice.v1 import service_pb2_grpc

from deploy.local.daemon import Daemon, Program
from deploy.local.errors import LaunchError
from deploy.local.health import grpc_serves

NAMESPACE = "jalon"
FRONTEND = "temporal.api.workflowservice.v1.WorkflowService"
RETENTION = Duration(seconds=3650 * 24 * 3600)  # a case is looked at for years after it closed

# Both for the clock of demonstrations and rehearsals: workflows may be advanced, and a run that continues as new within
# a second of its start is not held back (an advance during that delay would leave it stuck).
DYNAMIC = (
    "frontend.WorkflowTimeSkippingEnabled=true",
    'history.workflowIdReuseMinimalInterval="0s"',
)


class Temporal(Daemon):
    """One server; the file below ``folder`` keeps every workflow across restarts."""

    def __init__(self, binary: Path, *, folder: Path, port: int, ui_port: int, log: Path) -> None:
        self.address = f"127.0.0.1:{port}"
        file = folder / "temporal.db"
        folder.mkdir(parents=True, exist_ok=True)
        command = [str(binary), "server", "start-dev", "--ip", "127.0.0.1", "--port", str(port)]
        command += ["--ui-port", str(ui_port), "--ui-disable-news-fetch", "--log-level", "warn"]
        command += ["--db-filename", str(file), "--namespace", NAMESPACE]
        for pragma in ("journal_mode=wal", "synchronous=normal"):
            command += ["--sqlite-pragma", pragma]
        for value in DYNAMIC:
            command += ["--dynamic-config-value", value]
        super().__init__(
            Program(
                name="temporal",
                command=command,
                environment={"PATH": os.environ.get("PATH", ""), "HOME": str(folder), "TZ": "UTC"},
                log=log,
                ready=lambda: grpc_serves(self.address, service=FRONTEND),
                folder=folder,
                stop_signal=signal.SIGTERM,
                death_signal=signal.SIGTERM,
            )
        )

    def wait_ready(self, deadline: float) -> None:
        """Also prepares the namespace."""
        super().wait_ready(deadline)
        prepare_namespace(self.address)


def prepare_namespace(address: str, *, seconds: float = 30.0) -> None:
    """Create the namespace, or lengthen the retention of one that is there; a second time changes nothing."""
    deadline = time.monotonic() + seconds
    with grpc.insecure_channel(address) as channel:
        engine = service_pb2_grpc.WorkflowServiceStub(channel)
        while True:
            try:
                _prepare(engine)
                return
            except grpc.RpcError as error:
                if time.monotonic() > deadline:
                    raise LaunchError(
                        f"L'espace {NAMESPACE} n'a pas pu être préparé dans Temporal ({address}) :"
                        f" {error.code().name} ; vérifier TEMPORAL_ADDRESS."
                    ) from error
                time.sleep(0.2)


def _prepare(engine: service_pb2_grpc.WorkflowServiceStub) -> None:
    try:
        engine.RegisterNamespace(
            requests.RegisterNamespaceRequest(
                namespace=NAMESPACE,
                description="Jalon",
                workflow_execution_retention_period=RETENTION,
            ),
            timeout=5.0,
        )
    except grpc.RpcError as error:
        if error.code() != grpc.StatusCode.ALREADY_EXISTS:
            raise
    found = engine.DescribeNamespace(requests.DescribeNamespaceRequest(namespace=NAMESPACE), timeout=5.0)
    if found.config.workflow_execution_retention_ttl.seconds < RETENTION.seconds:
        config = namespaces.NamespaceConfig(workflow_execution_retention_ttl=RETENTION)
        engine.UpdateNamespace(requests.UpdateNamespaceRequest(namespace=NAMESPACE, config=config), timeout=5.0)
