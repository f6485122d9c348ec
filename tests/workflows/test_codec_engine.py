"""What the engine holds cannot be read without the key, and a worker without it parks the case."""

from __future__ import annotations

import asyncio
import json
from uuid import uuid4

import pytest
from entity_example import Decide, Grant, GrantState
from temporalio.client import Client
from temporalio.worker import Worker

from kit.codec import data_converter
from kit.keyring import KeyRing
from tests.workflows.conftest import Desk, HeldClock, connect
from tests.workflows.starting import eventually, start
from workflows.state import Answer


async def test_histories_show_no_payload_in_clear(client: Client, queue: str, clock: HeldClock, desk: Desk) -> None:
    desk.refusals["decide"] = "OVER_THE_ENVELOPE"
    async with Worker(client, task_queue=queue, workflows=[Grant], activities=desk.activities("decide")):
        state = GrantState(business_start=clock.read().isoformat(), grant_id=str(uuid4()), reminders=["lisible"])
        handle = await start(client, queue, Grant.run, state, workflow_id=f"grant/{state.grant_id}")
        decide = Decide(clock.context(), 123_456_789)
        with pytest.raises(Exception, match="Workflow update failed"):
            await handle.execute_update("decide", decide, id=decide.context.request_id, result_type=Answer)
    history = (await handle.fetch_history()).to_json()
    for clear in ("lisible", "123456789", "signed"):
        assert clear not in history
    payloads = [
        payload["metadata"]["encoding"] for payload in _payloads(json.loads(history)) if "key" in payload["metadata"]
    ]
    assert len(payloads) >= 4


async def test_a_worker_without_the_key_parks_the_case_and_one_with_it_carries_on(
    client: Client, engine_address: str, queue: str, clock: HeldClock, desk: Desk
) -> None:
    blind = await connect(engine_address, data_converter=data_converter(KeyRing("other", {"other": bytes(32)})))
    state = GrantState(business_start=clock.read().isoformat(), grant_id=str(uuid4()))
    handle = await start(client, queue, Grant.run, state, workflow_id=f"grant/{state.grant_id}")

    async def failed() -> bool:
        events = (await handle.fetch_history()).events
        return any(event.HasField("workflow_task_failed_event_attributes") for event in events)

    async with Worker(blind, task_queue=queue, workflows=[Grant], activities=desk.activities("decide")) as worker:
        await eventually(failed)
        assert worker.is_running
    async with Worker(client, task_queue=queue, workflows=[Grant], activities=desk.activities("decide")):
        decide = Decide(clock.context(), 5)
        async with asyncio.timeout(30):
            answer = await handle.execute_update("decide", decide, id=decide.context.request_id, result_type=Answer)
        assert answer.version == 1


def _payloads(node: object) -> list[dict[str, dict[str, str]]]:
    if isinstance(node, dict):
        found = [node] if "metadata" in node else []
        return found + [payload for child in node.values() for payload in _payloads(child)]
    if isinstance(node, list):
        return [payload for child in node for payload in _payloads(child)]
    return []
