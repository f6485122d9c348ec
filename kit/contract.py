"""What the descriptors say of each RPC: its verb, its rights, where the case and the call are named."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from jalon.common.v1 import rights_pb2


@dataclass(frozen=True)
class Method:
    """One RPC as its proto declares it."""

    path: str
    verb: str
    rights: rights_pb2.Rights
    declared: bool
    writes: bool
    names_case: bool
    names_call: bool
    request_type: type[Message]
    answer_type: type[Message]


def methods(services: Iterable[str]) -> dict[str, Method]:
    """Every RPC of the named services (``jalon.intake.v1.CallsService``), by its path on the wire."""
    pool = descriptor_pool.Default()
    found = (_method(name, rpc) for name in services for rpc in pool.FindServiceByName(name).methods)
    return {method.path: method for method in found}


def _method(service: str, rpc: MethodDescriptor) -> Method:
    options = rpc.GetOptions()
    fields = rpc.input_type.fields_by_name
    return Method(
        path=f"/{service}/{rpc.name}",
        verb=rpc.name,
        rights=options.Extensions[rights_pb2.rights],
        declared=options.HasExtension(rights_pb2.rights),
        writes="context" in fields,
        names_case="application_id" in fields,
        names_call="call_id" in fields,
        request_type=message_factory.GetMessageClass(rpc.input_type),
        answer_type=message_factory.GetMessageClass(rpc.output_type),
    )


def role_name(role: rights_pb2.Role.ValueType) -> str:
    """``ROLE_JURY_MEMBER`` → ``JURY_MEMBER``: roles as assertions and the journal write them."""
    return rights_pb2.Role.Name(role).removeprefix("ROLE_")
