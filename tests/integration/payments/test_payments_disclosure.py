"""An account is read in clear by finance alone, and each reading is an event."""

from __future__ import annotations

from uuid import uuid4

import pytest
from jalon.payments.v1 import awards_pb2 as pb

from kit.errors import Kind
from tests.integration.harness import refused
from tests.integration.payments.payments_people import APPLICANT, IBAN, VERIFIER, Desk


async def test_each_reading_is_an_event_and_its_kept_answer_says_no_account(desk: Desk) -> None:
    application_id = (await desk.committed()).application_id
    await desk.declare(application_id)
    request = pb.DiscloseBankDetailsRequest(application_id=application_id, version=1)
    request_id = str(uuid4())
    for _ in range(2):  # the same request twice: one reading
        answer = await desk.act(desk.awards.DiscloseBankDetails, request, "FINANCE", VERIFIER, request_id=request_id)
        assert answer.iban == IBAN
    await desk.act(desk.awards.DiscloseBankDetails, request, "FINANCE", VERIFIER)
    told = [event for event, _ in await desk.journal(application_id)]
    assert told.count("bank_details_disclosed") == 2
    kept = await desk.served.admin.fetchval("SELECT answer FROM payments.requests WHERE request_id = $1", request_id)
    assert IBAN.encode() not in kept


@pytest.mark.parametrize("role", ["APPLICANT", "INSTRUCTOR", "AUDITOR", "AUTHORISING_OFFICER", "CALL_ADMIN"])
async def test_nobody_else_reads_it(desk: Desk, role: str) -> None:
    application_id = (await desk.committed()).application_id
    await desk.declare(application_id)
    request = pb.DiscloseBankDetailsRequest(application_id=application_id, version=1)
    with refused("NOT_ALLOWED", Kind.DENIED):
        await desk.act(desk.awards.DiscloseBankDetails, request, role, APPLICANT)
    request.version = 2
    with refused("BANK_DETAILS_CHANGED"):
        await desk.act(desk.awards.DiscloseBankDetails, request, "FINANCE", VERIFIER)
