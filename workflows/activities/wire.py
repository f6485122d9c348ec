"""Contract dataclasses ↔ protobuf messages, field by field; the worker's own signature; refusals as the engine carries
them. A test walks every message of the contract, so a field that does not fit its RPC is seen at once."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any

import grpc
from google.protobuf.descriptor import EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.exceptions import ApplicationError

from kit import clock
from kit.actor import SYSTEM, Signer
from kit.errors import Kind, Refused
from kit.status import from_rpc
from workflows.state import Context

LOCAL = {"expected_version"}
"""Fields that concern the workflow only."""


def to_proto(message: Any, target: type[Message], *, verb: str, signer: Signer) -> Any:
    """The request of an RPC from its contract message. A context without an assertion is signed as SYSTEM.

    Refused (``MALFORMED``): an instant that is none or has no offset, a choice that does not exist, a number too large.
    """
    request = target()
    try:
        _fill(request, message)
    except (KeyError, TypeError, ValueError, OverflowError) as error:  # tried again it would be as unreadable
        raise refusal(Refused("MALFORMED", kind=Kind.INVALID)) from error
    if isinstance(getattr(message, "context", None), Context):
        _sign(request, message.context, verb, signer)
    return request


def _sign(request: Any, context: Context, verb: str, signer: Signer) -> None:
    occurred_at = clock.parse(context.occurred_at)
    request.context.request_id = context.request_id
    request.context.occurred_at.FromDatetime(occurred_at)
    request.context.row = context.row
    request.context.assertion = context.assertion or signer.act(
        SYSTEM, frozenset({SYSTEM}), verb=verb, request_id=context.request_id, occurred_at=occurred_at
    )


def _fill(target: Any, source: Any) -> None:
    described = target.DESCRIPTOR.fields_by_name
    for item in fields(source):
        value = getattr(source, item.name)
        if item.name in LOCAL or isinstance(value, Context) or value is None or value == "":
            continue
        _set(target, described[item.name], value)


def _set(target: Any, field: FieldDescriptor, value: Any) -> None:
    if field.message_type is not None and field.message_type.full_name == "google.protobuf.Timestamp":
        getattr(target, field.name).FromDatetime(_instant(value))
    elif isinstance(value, list) and field.message_type is not None:
        for part in value:
            _fill(getattr(target, field.name).add(), part)
    elif isinstance(value, list):
        getattr(target, field.name).extend(value)
    elif is_dataclass(value):
        getattr(target, field.name).SetInParent()
        _fill(getattr(target, field.name), value)
    elif field.enum_type is not None:
        setattr(target, field.name, enum_number(field.enum_type, value))
    else:
        setattr(target, field.name, value)


def _instant(value: str) -> datetime:
    instant = datetime.fromisoformat(value)
    if instant.tzinfo is None:
        raise ValueError("an instant has an offset")
    return instant


def enum_number(described: EnumDescriptor, name: str) -> int:
    """``GRANTED`` → the number of ``DECISION_STATE_GRANTED``."""
    return described.values_by_name[_prefix(described) + name].number


def _prefix(described: EnumDescriptor) -> str:
    return described.values[0].name.removesuffix("UNSPECIFIED")


def fact_of(answer: Any, path: str) -> Any:
    """One field of an answer as plain JSON: enum names without their prefix, instants as RFC 3339, lists of dicts."""
    name, _, rest = path.partition(".")
    if rest:
        return fact_of(getattr(answer, name), rest)
    return _plain(answer.DESCRIPTOR.fields_by_name[name], getattr(answer, name))


def _plain(field: FieldDescriptor, value: Any) -> Any:
    if isinstance(value, Timestamp):
        return clock.text(clock.from_timestamp(value)) if value.ByteSize() else ""
    if field.enum_type is not None and isinstance(value, int):
        return field.enum_type.values_by_number[value].name.removeprefix(_prefix(field.enum_type))
    return value


def refusal(refused: Refused) -> ApplicationError:
    """A refusal as histories carry it: reason, values and field paths; never retried."""
    faults = [{"path": item.path, "reason": item.reason, "values": dict(item.values)} for item in refused.fields]
    detail = {"kind": refused.kind.value, "values": refused.values, "fields": faults}
    return ApplicationError(refused.reason, detail, type=refused.reason, non_retryable=True)


def failure(error: grpc.aio.AioRpcError) -> Exception:
    """What an activity raises for a failed RPC: a refusal when it is one; else something the engine tries again."""
    refused = from_rpc(error)
    if refused is None:
        return ApplicationError(f"{error.code().name}", type="UNAVAILABLE")
    return refusal(refused)
