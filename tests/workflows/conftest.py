"""The real server, one for the session, with its own folder; and the desk that stands for the services."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from temporalio import activity
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from deploy.local.engine import temporal_binary
from kit.codec import data_converter
from kit.keyring import KeyRing
from tests.workflows.starting import BEGUN
from workflows.state import Context

NAMESPACE = "jalon"
RING = KeyRing("test", {"test": bytes(range(32))})
BUSINESS_START = datetime(2023, 2, 7, 8, 0, tzinfo=UTC)
_status = 0


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """A process that ran a worker may crash while the interpreter leaves, after all its work: leave without it."""
    global _status
    _status = int(exitstatus)


def _leave() -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(_status)


atexit.register(_leave)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def engine_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real server of this session's own."""
    folder = tmp_path_factory.mktemp("engine")
    port = _free_port()
    command = [
        os.environ.get("JALON_TEMPORAL_BINARY") or str(temporal_binary()),
        *("server", "start-dev", "--headless", "--namespace", NAMESPACE, "--log-level", "error"),
        *("--ip", "127.0.0.1", "--port", str(port), "--http-port", str(_free_port())),
        *("--db-filename", str(folder / "engine.db")),
        *("--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=normal"),
        *("--dynamic-config-value", "frontend.WorkflowTimeSkippingEnabled=true"),
        *("--dynamic-config-value", 'history.workflowIdReuseMinimalInterval="0s"'),
    ]
    with (folder / "engine.log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as server:
        yield f"127.0.0.1:{port}"
        server.terminate()
        server.wait(20)


async def connect(address: str, **options: Any) -> Client:
    """A client of the session's server, once it answers."""
    options = {"data_converter": data_converter(RING), **options}
    for _ in range(200):
        try:
            return await Client.connect(address, namespace=NAMESPACE, **options)
        except (RPCError, RuntimeError):
            await asyncio.sleep(0.05)
    raise RuntimeError("the server did not start; see engine.log")


@pytest.fixture(scope="session")
async def client(engine_address: str) -> Client:
    """A client with the payload codec."""
    return await connect(engine_address)


@dataclass
class HeldClock:
    """An installation's clock held in memory: the machine's, plus an offset that only rises."""

    offset: timedelta = field(default_factory=lambda: BUSINESS_START - datetime.now(UTC))

    async def now(self) -> datetime:
        return self.read()

    async def rise(self, by: timedelta) -> None:
        self.offset += by

    def read(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def context(self, request_id: str = "") -> Context:
        """The context of a new act of now."""
        return Context(request_id or str(uuid4()), "signed", self.read().isoformat())


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@dataclass
class Desk:
    """Stands for the services: does each request once, refuses what it is told to refuse."""

    effects: list[tuple[str, str]] = field(default_factory=list)
    refusals: dict[str, str] = field(default_factory=dict)
    attempts: int = 0

    def activities(self, *verbs: str) -> list[Any]:
        """One activity per verb."""
        return [self._activity(verb) for verb in verbs]

    def _activity(self, verb: str) -> Any:
        async def run(message: dict[str, Any], progress: dict[str, Any] | None = None) -> dict[str, Any]:
            self.attempts += 1
            if reason := self.refusals.get(verb):
                raise ApplicationError(reason, {"limit": "1"}, type=reason, non_retryable=True)
            effect = (verb, message["context"]["request_id"])
            if effect not in self.effects:
                self.effects.append(effect)
            return {"verb": verb, "amount_cents": message.get("amount_cents", 0)}

        return activity.defn(name=verb)(run)

    def done(self) -> list[str]:
        """The verbs carried out, in order."""
        return [verb for verb, _ in self.effects]


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
async def queue(client: Client) -> AsyncIterator[str]:
    """A task queue of the test's own; what it leaves open is ended, so that the next test's clock has only its own."""
    name = f"test-{uuid4()}"
    yield name
    listed = [item.id async for item in client.list_workflows(f"TaskQueue = '{name}' and ExecutionStatus = 'Running'")]
    for workflow_id in {*BEGUN.pop(name, []), *listed}:  # what a relay began is known by the list alone
        with contextlib.suppress(RPCError):  # it ended by itself
            await client.get_workflow_handle(workflow_id).terminate()
