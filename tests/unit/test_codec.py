"""Payloads are sealed, bound to their workflow, and unreadable without the key."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.converter import ActivitySerializationContext, WorkflowSerializationContext
from temporalio.exceptions import ApplicationError

from kit.codec import data_converter
from kit.keyring import KeyRing, RingError, load_ring, new_key

OLD, NEW = bytes(range(32)), bytes(range(32, 64))
RING = KeyRing("2026", {"2025": OLD, "2026": NEW})


@dataclass(frozen=True)
class Message:
    application_id: str
    amount_cents: int


MESSAGE = Message("00000000-0000-0000-0000-000000000001", 1_500_000)


def workflow(workflow_id: str) -> WorkflowSerializationContext:
    return WorkflowSerializationContext(namespace="jalon", workflow_id=workflow_id)


async def test_a_dataclass_comes_back_and_nothing_of_it_shows() -> None:
    converter = data_converter(RING)
    [payload] = await converter.encode([MESSAGE])
    assert b"1500000" not in payload.SerializeToString()
    assert dict(payload.metadata) == {"encoding": b"binary/encrypted", "key": b"2026", "workflow": b""}
    assert await converter.decode([payload], [Message]) == [MESSAGE]


async def test_two_sealings_differ() -> None:
    converter = data_converter(RING)
    assert (await converter.encode([MESSAGE]))[0].data != (await converter.encode([MESSAGE]))[0].data


async def test_an_older_key_of_the_ring_still_opens() -> None:
    [payload] = await data_converter(KeyRing("2025", {"2025": OLD})).encode([MESSAGE])
    assert await data_converter(RING).decode([payload], [Message]) == [MESSAGE]


async def test_without_the_key_it_is_an_error_that_names_the_key_only() -> None:
    [payload] = await data_converter(RING).encode([MESSAGE])
    with pytest.raises(RingError) as caught:
        await data_converter(KeyRing("2025", {"2025": OLD})).decode([payload], [Message])
    assert str(caught.value) == "key '2026' is not in this process's ring"


@pytest.mark.parametrize("index", [0, 15, -1])
async def test_one_changed_byte_is_seen(index: int) -> None:
    [payload] = await data_converter(RING).encode([MESSAGE])
    data = bytearray(payload.data)
    data[index] ^= 1
    with pytest.raises(RingError):
        await data_converter(RING).decode([Payload(metadata=dict(payload.metadata), data=bytes(data))])


async def test_a_payload_does_not_open_in_another_workflow() -> None:
    ours = data_converter(RING).with_context(workflow("application/1"))
    other = data_converter(RING).with_context(workflow("application/2"))
    [payload] = await ours.encode([MESSAGE])
    assert await ours.decode([payload], [Message]) == [MESSAGE]
    with pytest.raises(RingError):
        await other.decode([payload])
    renamed = Payload(metadata={**payload.metadata, "workflow": b"application/2"}, data=payload.data)
    with pytest.raises(RingError):
        await other.decode([renamed])


async def test_activities_of_the_workflow_and_readers_without_context_open_it() -> None:
    [payload] = await data_converter(RING).with_context(workflow("application/1")).encode([MESSAGE])
    activity = ActivitySerializationContext(
        namespace="jalon",
        activity_id="1",
        activity_type="decide",
        activity_task_queue="jalon",
        workflow_id="application/1",
        workflow_type="Grant",
        is_local=False,
    )
    assert await data_converter(RING).with_context(activity).decode([payload], [Message]) == [MESSAGE]
    assert await data_converter(RING).decode([payload], [Message]) == [MESSAGE]


async def test_what_an_operator_sends_in_clear_passes() -> None:
    clear = Payload(metadata={"encoding": b"json/plain"}, data=b'"now"')
    assert await data_converter(RING).decode([clear]) == ["now"]


async def test_messages_of_failures_are_sealed_and_reasons_are_not() -> None:
    converter = data_converter(RING)
    failure = Failure()
    await converter.encode_failure(ApplicationError("said too much", {"limit": "1"}, type="STALE"), failure)
    assert b"said too much" not in failure.SerializeToString()
    assert failure.application_failure_info.type == "STALE"
    error = await converter.decode_failure(failure)
    assert isinstance(error, ApplicationError)
    assert (error.message, error.details) == ("said too much", ({"limit": "1"},))


def test_the_ring_file(tmp_path: Path) -> None:
    path = tmp_path / "ring.json"
    path.write_text(json.dumps({"current": "a", "keys": {"a": new_key(), "b": base64.urlsafe_b64encode(OLD).decode()}}))
    ring = load_ring(path)
    key_id, sealed = ring.seal(b"FR76", b"bank/1")
    assert ring.open(key_id, sealed, owner=b"bank/1") == b"FR76"
    with pytest.raises(RingError):
        ring.open(key_id, sealed, owner=b"bank/2")
    assert "FR76" not in repr(ring)
    assert repr(OLD) not in repr(ring)


@pytest.mark.parametrize(("current", "key"), [("absent", OLD), ("a", OLD[:16])])
def test_a_wrong_ring_is_refused(current: str, key: bytes) -> None:
    with pytest.raises(ValueError, match="key"):
        KeyRing(current, {"a": key})
