"""Encryption of all that the engine keeps: AES-256-GCM over whole payloads, failure messages included.

Each payload names its key, and the workflow it belongs to; both are authenticated, so a payload moved to another
workflow's history does not open there. The workflow's id is public to the engine anyway, and keeping it beside the
payload lets a reader without context (an operator's tool) open it with the key. Bound to the workflow only, not to
the run nor to the activity: continue-as-new, reset, relay and queries all read what another run wrote.

A process without the key raises: the workflow task fails and is retried (the case is parked), nothing crashes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Self

from temporalio.api.common.v1 import Payload
from temporalio.converter import (
    ActivitySerializationContext,
    DataConverter,
    DefaultFailureConverterWithEncodedAttributes,
    PayloadCodec,
    SerializationContext,
    WithSerializationContext,
    WorkflowSerializationContext,
)

from kit.keyring import KeyRing, RingError

ENCODING = b"binary/encrypted"


class SealedPayloads(PayloadCodec, WithSerializationContext):
    """The codec. ``workflow_id`` is empty where the SDK knows none."""

    def __init__(self, ring: KeyRing, workflow_id: str = "") -> None:
        self._ring = ring
        self._workflow_id = workflow_id

    def with_context(self, context: SerializationContext) -> Self:
        """The same ring, bound to the context's workflow."""
        if isinstance(context, WorkflowSerializationContext | ActivitySerializationContext):
            return type(self)(self._ring, context.workflow_id or "")
        return self

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Seal each payload whole, its metadata included."""
        return [self._seal(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Open each payload. What was never sealed (an operator's clear query) passes unchanged."""
        return [self._open(payload) for payload in payloads]

    def _seal(self, payload: Payload) -> Payload:
        owner = self._workflow_id.encode()
        key_id, data = self._ring.seal(payload.SerializeToString(), _bound(owner))
        return Payload(metadata={"encoding": ENCODING, "key": key_id.encode(), "workflow": owner}, data=data)

    def _open(self, payload: Payload) -> Payload:
        if payload.metadata.get("encoding") != ENCODING:
            return payload
        owner = payload.metadata.get("workflow", b"")
        if owner and self._workflow_id and owner != self._workflow_id.encode():
            raise RingError("this payload belongs to another workflow")
        key_id = payload.metadata.get("key", b"").decode()
        return Payload.FromString(self._ring.open(key_id, payload.data, owner=_bound(owner)))


def _bound(owner: bytes) -> bytes:
    return b"jalon.payload.v1\x00" + owner


def data_converter(ring: KeyRing) -> DataConverter:
    """Plain JSON of frozen dataclasses, sealed with ``ring``; messages and stack traces of failures sealed too."""
    return replace(
        DataConverter.default,
        payload_codec=SealedPayloads(ring),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )
