"""The one place where refusals cross gRPC: ``google.rpc.Status`` with ``ErrorInfo`` and ``BadRequest``."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

import grpc
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from kit.errors import FieldFault, Kind, Refused

T = TypeVar("T")
DOMAIN = "jalon"
_CODES = {kind: grpc.StatusCode[kind.value] for kind in Kind}


def to_status(refused: Refused) -> status_pb2.Status:
    """``google.rpc.Status`` with ``ErrorInfo`` and, for wrong fields, ``BadRequest``."""
    info = error_details_pb2.ErrorInfo(reason=refused.reason, domain=DOMAIN, metadata=refused.values)
    details = [_packed(info)]
    if refused.fields:
        bad = error_details_pb2.BadRequest()
        for fault in refused.fields:
            violation = bad.field_violations.add(field=fault.path, reason=fault.reason)
            violation.description = "\x1f".join(f"{key}={value}" for key, value in sorted(fault.values.items()))
        details.append(_packed(bad))
    return status_pb2.Status(code=_CODES[refused.kind].value[0], message=refused.reason, details=details)


def _packed(message: error_details_pb2.ErrorInfo | error_details_pb2.BadRequest) -> any_pb2.Any:
    packed = any_pb2.Any()
    packed.Pack(message)
    return packed


def from_rpc(error: grpc.RpcError) -> Refused | None:
    """The refusal carried by an RPC error, or None when the error is of the other family (retry)."""
    code = error.code() if isinstance(error, grpc.aio.AioRpcError) else None
    kind = next((kind for kind in Kind if _CODES[kind] == code), None)
    if kind is None:
        return None
    status = rpc_status.from_call(error)
    info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    for detail in status.details if status else ():
        detail.Unpack(info) or detail.Unpack(bad)
    faults = tuple(FieldFault(item.field, item.reason, _values(item.description)) for item in bad.field_violations)
    return Refused(info.reason or kind.value, kind=kind, values=info.metadata, fields=faults)


async def answer_of(call: Awaitable[T]) -> T:
    """An RPC's answer; a refusal it came back with is raised as ``Refused``, any other error as it came."""
    try:
        return await call
    except grpc.aio.AioRpcError as error:
        refused = from_rpc(error)
        if refused is None:
            raise
        raise refused from error


def _values(description: str) -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in description.split("\x1f") if "=" in pair)
