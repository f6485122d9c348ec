"""Who may call what: every RPC × every role that was not given it, read from the contract; and both installations."""

from __future__ import annotations

import dataclasses
from uuid import uuid4

import pytest
from jalon.intake.v1 import calls_pb2 as calls
from jalon.intake.v1 import calls_pb2_grpc

from kit import rpc
from kit.contract import Method, methods, role_name
from kit.errors import Kind, Refused
from services.intake.__main__ import SERVICES, build
from services.intake.handlers import applications as applications_service
from services.intake.handlers import calls as calls_service
from services.intake.handlers import documents as documents_service
from services.intake.handlers import editions as editions_service
from services.intake.handlers import mails as mails_service
from services.intake.handlers import members as people_service
from tests.integration.harness import DOORS, Served, refused, row_counts
from tests.integration.intake.intake_people import Desk, rulebook

OWN = methods(
    [
        *(calls_service.SERVICE, applications_service.SERVICE, documents_service.SERVICE),
        *(editions_service.SERVICE, mails_service.SERVICE, people_service.SERVICE),
    ]
)


def _withheld(method: Method) -> list[str]:
    given = {role_name(grant.role) for grant in method.rights.grants}
    return [] if method.rights.public else [role for role in DOORS if role not in given]


@pytest.mark.parametrize("path", OWN, ids=lambda path: path.rpartition("/")[2])
async def test_no_role_does_what_it_was_not_given(desk: Desk, path: str) -> None:
    method, porter = OWN[path], desk.porter()
    await porter.deposit()
    call = desk.served.channel.unary_unary(
        path,
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=method.answer_type.FromString,
    )
    request = method.request_type()
    for field in ("application_id", "call_id"):
        if field in request.DESCRIPTOR.fields_by_name:
            setattr(request, field, getattr(porter if field == "application_id" else desk, field))
    before = await row_counts(desk.served.pool, "journal requests drafts progress")
    for role in _withheld(method):
        send = desk.act if method.writes else desk.read
        with pytest.raises(Refused) as caught:
            await send(call, request, role)
        assert caught.value.kind in (Kind.DENIED, Kind.NOT_FOUND), role
    assert await row_counts(desk.served.pool, "journal requests drafts progress") == before


def test_every_rpc_declares_its_rights() -> None:
    assert [path for path, method in methods(SERVICES).items() if not method.declared] == []


async def test_door_that_names_no_uuid_proves_nobody(desk: Desk) -> None:
    porter = desk.porter()
    porter.person = "somebody"
    with refused("ASSERTION_INVALID", Kind.UNPROVED):
        await porter.deposit()


async def test_fictitious_call_is_refused_in_a_real_installation(intake: Served) -> None:
    server, _ = build(intake.pool, dataclasses.replace(intake.settings, demonstration=False))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with rpc.channel(f"127.0.0.1:{port}") as channel:
        stub = calls_pb2_grpc.CallsServiceStub(channel)  # type: ignore[no-untyped-call]
        body = rulebook(await intake.caller.now())
        request = calls.ImportCallRequest(call_id=str(uuid4()), rulebook_json=body, fictitious=True)
        with refused("FICTITIOUS_CALL_IN_REAL_INSTALLATION"):
            await intake.caller.act(stub.ImportCall, request, role="CALL_ADMIN")
        request.fictitious = False
        assert (await intake.caller.act(stub.ImportCall, request, role="CALL_ADMIN")).rulebook_version == 1
    await server.stop(None)
