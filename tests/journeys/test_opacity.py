"""What the engine, its ids and the logs may show of a played call: opaque ids, and nothing of anybody."""

from __future__ import annotations

import asyncio
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from temporalio.api.common.v1 import Payload
from temporalio.client import Client, WorkflowExecution, WorkflowHistory

from deploy.local.engine import temporal_binary
from deploy.local.processes import SERVICES
from deploy.local.temporal import NAMESPACE
from kit.codec import ENCODING, SealedPayloads
from kit.keyring import load_ring
from tests.journeys.conftest import Played
from tests.journeys.planted import found, planted
from tests.replay.clear import messages, opened
from workflows.contract.names import TASK_QUEUE

UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
WORKFLOW_ID = re.compile(rf"(application|call|jury|payment-run)/{UUID}")
AT_ONCE = 16
TRACE = "_tracer-data"
"""The only header: a trace's context, which holds opaque ids."""


@pytest.fixture(scope="module")
async def engine(played: Played) -> Client:
    """The engine as an outsider reaches it: without our keys."""
    return await Client.connect(played.installation.addresses["temporal"], namespace=NAMESPACE)


HEADER = re.compile(rb'\{("(traceparent|baggage)":"[-=.,;a-z0-9%]*"[, ]*)+\}')
"""The one thing in clear: the trace's context, with the id of the application."""


@pytest.fixture(scope="module")
async def executions(engine: Client) -> list[WorkflowExecution]:
    """Every run of every workflow."""
    return [item async for item in engine.list_workflows("")]


@pytest.fixture(scope="module")
async def histories(engine: Client, executions: list[WorkflowExecution]) -> list[WorkflowHistory]:
    """Their histories, as the engine keeps them."""
    room = asyncio.Semaphore(AT_ONCE)

    async def fetch(item: WorkflowExecution) -> WorkflowHistory:
        async with room:
            return await engine.get_workflow_handle(item.id, run_id=item.run_id).fetch_history()

    return await asyncio.gather(*(fetch(item) for item in executions))


@pytest.fixture(scope="module")
def words(played: Played) -> frozenset[str]:
    """What must not be found."""
    known = planted(played.edition)
    assert len(known) > 300
    return known


def _inside(histories: Iterable[WorkflowHistory]) -> Iterable[Any]:
    return (message for history in histories for event in history.events for message in messages(event))


def test_every_payload_is_sealed(histories: list[WorkflowHistory], words: frozenset[str]) -> None:
    payloads = [message for message in _inside(histories) if isinstance(message, Payload)]
    clear = [payload for payload in payloads if payload.metadata["encoding"] != ENCODING]
    assert len(payloads) > 1000
    assert all(HEADER.fullmatch(payload.data) for payload in clear)
    raw = b"\n".join(event.SerializeToString() for history in histories for event in history.events)
    assert not found(words, raw.decode("utf-8", "replace"))


async def test_opened_they_name_nobody(played: Played, histories: list[WorkflowHistory], words: frozenset[str]) -> None:
    ring = load_ring(Path(played.installation.environment("rehearsal")["JALON_PAYLOAD_KEYS"]))
    codec = SealedPayloads(ring)
    copies = [WorkflowHistory.from_json(history.workflow_id, history.to_json()) for history in histories]
    clear = [await opened(history, codec) for history in copies]
    data = b"\n".join(message.data for message in _inside(clear) if isinstance(message, Payload))
    assert b'"application_id"' in data
    assert not found(words, data.decode())


def test_ids_are_opaque(executions: list[WorkflowExecution], histories: list[WorkflowHistory]) -> None:
    assert {item.task_queue for item in executions} == {TASK_QUEUE}
    assert [item.id for item in executions if not WORKFLOW_ID.fullmatch(item.id)] == []
    accepted = [
        event.workflow_execution_update_accepted_event_attributes.accepted_request.meta.update_id
        for history in histories
        for event in history.events
        if event.HasField("workflow_execution_update_accepted_event_attributes")
    ]
    assert len(accepted) > 100
    assert [update_id for update_id in accepted if not re.fullmatch(UUID, update_id)] == []
    assert not any(item.raw_info.memo.fields for item in executions)
    assert {name for item in executions for name in item.search_attributes if not name.startswith("Temporal")} <= {
        "BuildIds"
    }


def test_the_engine_s_own_command_shows_the_workflows_and_no_name(
    played: Played, executions: list[WorkflowExecution], words: frozenset[str]
) -> None:
    where = ("--address", played.installation.addresses["temporal"], "--namespace", NAMESPACE, "--output", "json")
    listed = _temporal("workflow", "list", "--limit", "50", *where)
    assert "ApplicationWorkflow" in listed
    shown = _temporal("workflow", "show", "--workflow-id", executions[0].id, *where)
    assert "binary/encrypted" in shown or "YmluYXJ5L2VuY3J5cHRlZA==" in shown
    assert not found(words, listed + shown)


def _temporal(*arguments: str) -> str:
    return subprocess.run([temporal_binary(), *arguments], capture_output=True, text=True, check=True).stdout


def test_no_log_names_anybody(played: Played, words: frozenset[str]) -> None:
    logs = list((played.installation.folder / "logs").glob("*.log"))
    assert {log.stem for log in logs} >= {*SERVICES, "worker", "postgres", "temporal"}
    for log in logs:
        assert not found(words, log.read_text(errors="replace")), log.name


@pytest.mark.parametrize("service", SERVICES)
def test_reflection_lists_the_services(played: Played, service: str) -> None:
    with grpc.insecure_channel(played.installation.addresses[service]) as channel:
        served = set(ProtoReflectionDescriptorDatabase(channel).get_services())
    assert any(name.startswith(f"jalon.{service}.v1.") for name in served)
    assert "grpc.health.v1.Health" in served
