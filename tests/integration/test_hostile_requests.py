"""Every RPC of every service answers nonsense by a refusal: never an unexpected failure, never a row.

Each is called in each role that may call it, with an empty request, with bytes that are no message, and with fields
drawn at their extremes.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import grpc
import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from kit.actor import SYSTEM
from kit.admission import HEX_IDS
from kit.contract import Method, methods, role_name
from kit.rpc import READ_ASSERTION
from kit.status import from_rpc
from services.audit.__main__ import build as audit
from services.intake.__main__ import build as intake
from services.payments.__main__ import build as payments
from services.review.__main__ import build as review
from tests.house.tree import contracts
from tests.integration.harness import DOORS, Build, Served, Services, person_of

BUILDS: dict[str, Build] = {"audit": audit, "intake": intake, "payments": payments, "review": review}
NAMES = [service.full_name for file in contracts() for service in file.services_by_name.values()]
COMMON = [name for name in NAMES if name.startswith("jalon.common.")]
TEXTS = ("", " ", "\0", "é\u0301", "x" * 5_000, "2023-02-30", "'; DROP TABLE journal; --", "\u202e", "{}", "[1]")
WHOLE = (0, 1, -1, 2**31 - 1, -(2**31), 2**63 - 1, -(2**63))
SECONDS = (-62_135_596_800, 0, 253_402_300_799, 253_402_300_800, 2**63 - 1, -(2**63))
DRAWS = 12


def rpcs_of(service: str) -> dict[str, Method]:
    """The RPCs a service serves, those it has in common with the others included."""
    own = [name for name in NAMES if name.startswith(f"jalon.{service}.")]
    return methods([*own, *(COMMON if service != "audit" else [])])


def drawn(kind: type[Message], chance: random.Random, depth: int = 0) -> Any:
    """A message whose fields hold extremes; ids are ids one time in two."""
    message = kind()
    for field in message.DESCRIPTOR.fields:
        if field.name == "context" or chance.random() < 0.2:
            continue
        if field.is_repeated:
            values = [_value(field, chance, depth) for _ in range(chance.choice((0, 1, 3)))]
            getattr(message, field.name).extend(value for value in values if value is not None)
        elif field.message_type is not None:
            value = _value(field, chance, depth)
            if value is not None:
                getattr(message, field.name).CopyFrom(value)
        else:
            setattr(message, field.name, _value(field, chance, depth))
    return message


def _value(field: Any, chance: random.Random, depth: int) -> Any:
    if field.message_type is not None:
        return _inner(field, chance, depth)
    if field.type == FieldDescriptor.TYPE_STRING:
        named = field.name.endswith(("_id", "_ids")) and field.name not in HEX_IDS
        return str(UUID(int=chance.getrandbits(128))) if named and chance.random() < 0.8 else chance.choice(TEXTS)
    if field.type == FieldDescriptor.TYPE_BYTES:
        return chance.choice((b"", b"\0", b"{}", b"[]", b'{"schema": 1}', b"\xff" * 100))
    if field.type == FieldDescriptor.TYPE_BOOL:
        return chance.random() < 0.5
    if field.type == FieldDescriptor.TYPE_ENUM:
        return chance.choice((0, 1, 2, 99))
    if field.name == "wait_ms":
        return 0
    wide = field.type in (FieldDescriptor.TYPE_INT64, FieldDescriptor.TYPE_SINT64)
    return chance.choice(WHOLE if wide else WHOLE[:5])


def _inner(field: Any, chance: random.Random, depth: int) -> Any:
    kind = field.message_type._concrete_class
    if field.message_type.full_name == "google.protobuf.Timestamp":
        return kind(seconds=chance.choice(SECONDS), nanos=chance.choice((0, 999_999_999, 2**31 - 1, -1)))
    if field.message_type.GetOptions().map_entry or depth > 3:
        return None
    return drawn(kind, chance, depth + 1)


async def called(served: Served, method: Method, request: Message, *, role: str, call_id: str) -> str:
    """``OK`` or the reason of the refusal; anything else is a failure."""
    signer, roles, now = served.caller.signers[DOORS[role]], frozenset({role}), await served.caller.now()
    person, sent = person_of(role), type(request)()
    metadata: tuple[tuple[str, str], ...] = ()
    sent.CopyFrom(request)
    if method.writes:
        context: Any = sent.context  # type: ignore[attr-defined]
        context.request_id = str(uuid4())
        context.occurred_at.FromDatetime(now)
        context.assertion = signer.act(
            person, roles, verb=method.verb, request_id=context.request_id, occurred_at=now, call_id=call_id
        )
    else:
        metadata = ((READ_ASSERTION, signer.read(person, roles, now=now, call_id=call_id)),)
    return await answer_of(served, method, sent.SerializeToString(), metadata)


async def answer_of(served: Served, method: Method, data: bytes, metadata: Any = ()) -> str:
    """The outcome of one call whose request is these bytes."""
    rpc: Callable[..., Any] = served.channel.unary_unary(method.path)
    try:
        await rpc(data, timeout=20, metadata=metadata)
    except grpc.aio.AioRpcError as error:
        refused = from_rpc(error)
        if refused is None:
            return f"FAILED {error.code().name} {error.details()}"
        return refused.reason
    return "OK"


def holders(method: Method) -> list[str]:
    """Each role the method is open to."""
    return sorted({role_name(grant.role) for grant in method.rights.grants}) or ["APPLICANT"]


@pytest.mark.parametrize("service", BUILDS)
async def test_nonsense_is_refused(service: str, services: Services) -> None:
    served, chance = await services(service, BUILDS[service]), random.Random(service)
    wrong = []
    for method in rpcs_of(service).values():
        roles = holders(method)
        requests = [method.request_type(), *(drawn(method.request_type, chance) for _ in range(DRAWS))]
        for request in requests:
            role = chance.choice([SYSTEM] if SYSTEM in roles and chance.random() < 0.3 else roles)
            call_id = getattr(request, "call_id", "") or str(uuid4())
            outcome = await called(served, method, request, role=role, call_id=call_id)
            if outcome.startswith("FAILED") or (not outcome.isupper() and outcome != "OK"):
                wrong.append(f"{method.verb} as {role}: {outcome}\n{request}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("service", BUILDS)
async def test_bytes_that_are_no_message_are_refused(service: str, services: Services) -> None:
    served = await services(service, BUILDS[service])
    for method in rpcs_of(service).values():
        for data in (b"\xff", b"\x0a\xff\xff\xff\xff\x0f", b"\x0a\x02\xc3\x28", b"GET / HTTP/1.1\r\n\r\n"):
            assert await answer_of(served, method, data) in ("MALFORMED", "ASSERTION_INVALID", "OK", "NOT_FOUND"), (
                method.path,
                data,
            )
