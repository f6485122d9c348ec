"""Histories in clear: every payload opened, the recorder's machine left out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from google.protobuf.message import Message
from temporalio.api.common.v1 import Payload
from temporalio.client import WorkflowHistory
from temporalio.converter import PayloadCodec

RECORDER = "recorder"


async def opened(history: WorkflowHistory, codec: PayloadCodec) -> WorkflowHistory:
    """The same history with its payloads decoded and no name of a machine or process."""
    for event in history.events:
        for message in messages(event):
            if isinstance(message, Payload):
                [clear] = await codec.decode([message])
                message.CopyFrom(clear)
            elif "identity" in message.DESCRIPTOR.fields_by_name and message.identity:
                message.identity = RECORDER
    return history


def messages(message: Message) -> Iterator[Any]:
    """The message and everything inside it; what is inside a payload is left alone."""
    yield message
    if isinstance(message, Payload):
        return
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        if field.message_type.GetOptions().map_entry:
            parts = [part for part in value.values() if isinstance(part, Message)]
        elif field.is_repeated:
            parts = list(value)
        else:
            parts = [value]
        for part in parts:
            yield from messages(part)
