"""A receipt as a document: made once, the same bytes for ever, recognised by anybody who holds it, and only whole."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from jalon.intake.v1 import applications_pb2 as apps

from services.intake.domain.receipt import Kind
from tests.integration.harness import refused
from tests.integration.intake.intake_people import Desk, Porter, pre_application


async def paper(porter: Porter, receipt: apps.Receipt, **changes: Any) -> apps.ReadReceiptResponse:
    fields = {"application_id": porter.application_id, "kind": receipt.kind, "digest": receipt.digest, **changes}
    return await porter.read(porter.desk.apps.ReadReceipt, apps.ReadReceiptRequest(**fields))


async def held(desk: Desk, data: bytes) -> apps.VerifyReceiptResponse:
    """What anybody is told who holds these bytes."""
    digest = hashlib.sha256(data).hexdigest()
    return await desk.apps.VerifyReceipt(apps.VerifyReceiptRequest(file_digest=digest.upper()))


async def test_whoever_holds_the_file_is_told_that_it_is_the_one(desk: Desk) -> None:
    porter = desk.porter()
    receipt = await porter.deposit()
    made = await paper(porter, receipt)
    assert made.data.startswith(b"%PDF-1.7")
    assert (hashlib.sha256(made.data).hexdigest(), len(made.data)) == (made.digest, made.size_bytes)
    assert await paper(porter, receipt, language="fr") == made, "the same bytes for ever"
    english = await paper(porter, receipt, language="en")
    assert english.digest != made.digest
    for one in (made, english):
        told = await held(desk, one.data)
        assert (told.genuine, told.number, told.kind, told.held) == (True, receipt.number, receipt.kind, "receipt")
        assert told.received_at == receipt.received_at
    middle = len(made.data) // 2
    for changed in (made.data[:-1], made.data + b"\n", made.data[:middle] + b"~" + made.data[middle + 1 :]):
        assert await held(desk, changed) == apps.VerifyReceiptResponse()


async def test_the_receipt_is_read_by_parts(desk: Desk) -> None:
    porter = desk.porter()
    receipt = await porter.deposit()
    whole = await paper(porter, receipt)
    rest = await paper(porter, receipt, offset=100)
    assert rest.data == whole.data[100:]
    assert (await paper(porter, receipt, offset=whole.size_bytes)).data == b""
    with refused("NUMBER_TOO_SMALL", field="offset"):
        await paper(porter, receipt, offset=-1)
    with refused("CHOICE_UNKNOWN", field="language"):
        await paper(porter, receipt, language="de")


async def test_what_was_deposited_is_its_own_proof(desk: Desk) -> None:
    porter = desk.porter()
    title = f"Épicerie de l’Éveil {porter.application_id}"  # the same bytes deposited twice have one digest
    receipt = await porter.deposit(pre_application(title=title))
    content = await paper(porter, receipt, content=True)
    assert hashlib.sha256(content.data).hexdigest() == content.digest == receipt.digest
    assert json.loads(content.data)["content"]["title"] == title
    told = await held(desk, content.data)
    assert (told.genuine, told.number, told.held) == (True, receipt.number, "deposit")
    assert not (await held(desk, content.data.replace(b"1000000", b"1000001"))).genuine


async def test_a_withdrawal_has_its_receipt_too(desk: Desk) -> None:
    porter = desk.porter()
    await porter.deposit()
    request = apps.WithdrawApplicationRequest(application_id=porter.application_id)
    receipt = await porter.act(desk.apps.WithdrawApplication, request)
    assert receipt.kind == Kind.APPLICATION_WITHDRAWN
    assert (await held(desk, (await paper(porter, receipt)).data)).kind == receipt.kind


async def test_a_receipt_is_of_its_own_file(desk: Desk) -> None:
    porter, other = desk.porter(), desk.porter()
    receipt = await porter.deposit()
    await other.deposit(pre_application(title="Un autre projet"))
    with refused("NOT_FOUND"):
        await paper(other, receipt)
    with refused("NOT_FOUND"):
        await paper(other, receipt, application_id=porter.application_id)
    with refused("NOT_FOUND"):
        await paper(porter, receipt, kind="correction_submitted")


@pytest.mark.parametrize("role", ["INSTRUCTOR", "AUDITOR"])
async def test_agents_of_the_call_read_it(desk: Desk, role: str) -> None:
    porter = desk.porter()
    receipt = await porter.deposit()
    request = apps.ReadReceiptRequest(application_id=porter.application_id, kind=receipt.kind, digest=receipt.digest)
    assert (await desk.read(desk.apps.ReadReceipt, request, role)).digest == (await paper(porter, receipt)).digest
