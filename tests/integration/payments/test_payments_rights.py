"""Who may never do what on money: written by hand, without reading the contracts."""

from __future__ import annotations

from uuid import uuid4

import pytest
from jalon.payments.v1 import awards_pb2 as pb
from jalon.payments.v1 import runs_pb2

from kit.errors import Kind, Refused
from tests.integration.harness import refused
from tests.integration.payments.payments_people import APPLICANT, Desk, register_call, someone

JURY = ["JURY_MEMBER", "JURY_CHAIR", "JURY_SECRETARY", "EXPERT"]


@pytest.mark.parametrize("role", JURY)
async def test_the_jury_sees_nothing_of_payments(desk: Desk, role: str) -> None:
    application_id = await desk.notified()
    with refused("NOT_ALLOWED" if role == "JURY_SECRETARY" else "NOT_FOUND"):
        await desk.award(application_id, role)
    with refused("NOT_ALLOWED", Kind.DENIED):
        request = pb.ListInstallmentsRequest(call_id=desk.call_id)
        await desk.read(desk.awards.ListInstallments, request, role)


async def test_another_call_s_finance_sees_nothing(desk: Desk) -> None:
    application_id = await desk.notified()
    other = await register_call(desk.served)
    with refused("NOT_FOUND", Kind.NOT_FOUND):
        await other.award(application_id)
    with refused("NOT_FOUND", Kind.NOT_FOUND):
        await other.award(str(uuid4()))


async def test_a_stranger_reads_a_case_like_one_that_does_not_exist(desk: Desk) -> None:
    application_id = await desk.notified()
    with refused("NOT_FOUND", Kind.NOT_FOUND):
        await desk.award(application_id, "APPLICANT", someone("stranger"))
    assert (await desk.award(application_id, "APPLICANT", APPLICANT)).awarded_cents == 1_000_000


async def test_before_notification_the_applicant_sees_nothing(desk: Desk) -> None:
    application_id = str(uuid4())
    await desk.reserve(application_id, 1_000)
    await desk.vote(application_id, 1_000)
    with refused("NOT_FOUND", Kind.NOT_FOUND):
        await desk.award(application_id, "APPLICANT", APPLICANT)


@pytest.mark.parametrize(
    "role", ["APPLICANT", "INSTRUCTOR", "AUTHORISING_OFFICER", "AUDITOR", "CALL_ADMIN", "ACCOUNTANT"]
)
async def test_only_finance_liquidates(desk: Desk, role: str) -> None:
    award = await desk.payable()
    request = pb.LiquidateInstallmentRequest(
        application_id=award.application_id, installment_id=award.installments[0].installment_id
    )
    person = APPLICANT if role == "APPLICANT" else ""
    with pytest.raises(Refused, match=r"^NOT_(ALLOWED|FOUND)$"):
        await desk.act(desk.awards.LiquidateInstallment, request, role, person)
    assert (await desk.award(award.application_id)).installments[0].state == pb.INSTALLMENT_STATE_PLANNED


@pytest.mark.parametrize("role", ["FINANCE", "INSTRUCTOR", "CALL_ADMIN", "AUDITOR", "ACCOUNTANT"])
async def test_only_the_authorising_officer_sets_the_second_seal(desk: Desk, role: str) -> None:
    award = await desk.payable()
    run = await desk.prepare_run(await desk.liquidate(award.installments[0]))
    await desk.seal(run)
    request = runs_pb2.CountersealPaymentRunRequest(
        call_id=desk.call_id, payment_run_id=run.payment_run_id, digest=run.digest
    )
    with refused("NOT_ALLOWED", Kind.DENIED):
        await desk.act(desk.runs.CountersealPaymentRun, request, role)


@pytest.mark.parametrize("role", ["FINANCE", "AUTHORISING_OFFICER", "INSTRUCTOR", "SYSTEM"])
async def test_only_the_accountant_pays(desk: Desk, role: str) -> None:
    award = await desk.payable()
    run = await desk.sent(await desk.liquidate(award.installments[0]))
    request = runs_pb2.PayOrderRequest(
        call_id=desk.call_id,
        payment_run_id=run.payment_run_id,
        order_id=run.orders[0].order_id,
        reference="P-1",
        amount_cents=run.orders[0].amount_cents,
    )
    with refused("NOT_ALLOWED", Kind.DENIED):
        await desk.act(desk.runs.PayOrder, request, role)


@pytest.mark.parametrize("role", ["FINANCE", "INSTRUCTOR", "CALL_ADMIN", "AUTHORISING_OFFICER"])
async def test_nobody_reserves_votes_or_releases_by_hand(desk: Desk, role: str) -> None:
    application_id = await desk.notified()
    reserve = pb.ReserveAwardRequest(
        application_id=str(uuid4()),
        call_id=desk.call_id,
        section="OPERATING",
        amount_cents=1,
        eligible_base_cents=1,
    )
    vote = pb.VoteAwardRequest(application_id=application_id, amount_cents=1)
    release = pb.ReleaseAwardRequest(application_id=application_id, reason="WITHDRAWN")
    for method, request in (
        (desk.awards.ReserveAward, reserve),
        (desk.awards.VoteAward, vote),
        (desk.awards.ReleaseAward, release),
    ):
        with pytest.raises(Refused, match=r"^NOT_(ALLOWED|FOUND)$"):
            await desk.act(method, request, role)


async def test_an_instructor_never_verifies_an_account(desk: Desk) -> None:
    application_id = await desk.notified()
    await desk.declare(application_id)
    request = pb.VerifyBankDetailsRequest(application_id=application_id, version=1, method="DOCUMENT")
    with refused("NOT_ALLOWED", Kind.DENIED):
        await desk.act(desk.awards.VerifyBankDetails, request, "INSTRUCTOR")
