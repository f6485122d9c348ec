"""Every refusal that matters, with its reason, and that nothing changed."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from jalon.payments.v1 import awards_pb2 as pb

from kit.errors import Kind
from tests.integration.harness import refused, row_counts
from tests.integration.payments.payments_people import (
    APPLICANT,
    IBAN,
    RULEBOOK,
    VERIFIER,
    Desk,
    register_call,
    rulebook,
    someone,
)

TABLES = "requests journal outbox movements entries awards agreements bank_details installments payment_orders"


async def test_an_envelope_is_never_exceeded(desk: Desk) -> None:
    await desk.reserve(str(uuid4()), 8_000_000)
    before = await row_counts(desk.served.pool, TABLES)
    with refused("ENVELOPE_EXCEEDED") as told:
        await desk.reserve(str(uuid4()), 1_000_001)
    assert told.value.values == {"asked_cents": "1000001", "remaining_cents": "1000000"}
    assert await row_counts(desk.served.pool, TABLES) == before
    await desk.reserve(str(uuid4()), 1_000_000)


async def test_a_reservation_is_not_changed_in_silence(desk: Desk) -> None:
    application_id = str(uuid4())
    await desk.reserve(application_id, 500_000)
    with refused("RESERVED_OTHERWISE"):
        await desk.reserve(application_id, 600_000)
    with refused("RESERVED_OTHERWISE"):
        await desk.reserve(application_id, 500_000, section="INVESTMENT")
    with refused("SECTION_WITHOUT_ENVELOPE", Kind.INVALID):
        await desk.reserve(str(uuid4()), 500_000, section="OTHER")
    with refused("AMOUNT_NOT_POSITIVE", field="amount_cents"):
        await desk.reserve(str(uuid4()), 0)
    request = pb.ReserveAwardRequest(
        application_id=str(uuid4()), call_id=desk.call_id, section="OPERATING", amount_cents=2, eligible_base_cents=1
    )
    with refused("AMOUNT_ABOVE_BASE", field="amount_cents"):
        await desk.act(desk.awards.ReserveAward, request, "SYSTEM")


async def test_a_vote_stays_within_the_reservation(desk: Desk) -> None:
    application_id = str(uuid4())
    await desk.reserve(application_id, 500_000)
    with refused("OVER_RESERVATION"):
        await desk.vote(application_id, 500_001)
    await desk.vote(application_id, 400_000)
    with refused("NOT_IN_THIS_STATE"):
        await desk.vote(application_id, 300_000)
    await desk.release(application_id)
    with refused("RELEASED_AFTER_VOTE"):
        await desk.reserve(application_id, 100_000)


async def test_a_call_is_registered_once(desk: Desk) -> None:
    await desk.register(rulebook())
    assert (await desk.envelope()).announced_cents == 9_000_000
    with refused("CALL_REGISTERED_OTHERWISE"):
        await desk.register(rulebook(edition=13))
    wrong = pb.RegisterCallRequest(call_id=str(uuid4()), rulebook_digest="ab" * 32, rulebook_json=rulebook())
    with refused("DIGEST_WRONG", field="rulebook_digest"):
        await desk.act(desk.awards.RegisterCall, wrong, "SYSTEM")
    with refused("RULEBOOK_INVALID", field="envelopes"):
        await register_call(desk.served, rulebook(envelopes=[]))
    late = [{"code": "payment", "days": 60}]
    with refused("RULEBOOK_INVALID", field="deadlines.report.months"):
        await register_call(desk.served, rulebook(deadlines=late))
    assert RULEBOOK["edition"] == 12


async def test_an_award_closes_when_nothing_is_left(desk: Desk) -> None:
    award = await desk.payable()
    with refused("AWARD_NOT_SETTLED") as told:
        await desk.close(award.application_id)
    assert told.value.values == {"remaining_cents": "1000000"}
    with refused("NOT_FOUND"):
        await desk.close(str(uuid4()))


async def test_only_facts_known_elsewhere_are_told(desk: Desk) -> None:
    application_id = str(uuid4())
    await desk.reserve(application_id, 1_000)
    for code in ("agreement_signed", "bank_details_verified", "report_accepted", "anything"):
        with refused("CHOICE_UNKNOWN", field="code"):
            await desk.condition(application_id, code)


async def test_what_is_signed_is_what_was_read(desk: Desk) -> None:
    drafted = await desk.prepare(await desk.notified())
    with refused("NOT_FOUND"):
        await desk.sign(drafted)
    with refused("DEADLINE_PAST", field="closes_at"):
        await desk.send(drafted, await desk.now() - timedelta(minutes=1))
    agreement = await desk.send(drafted)
    with refused("AGREEMENT_CHANGED"):
        await desk.sign(agreement, "ab" * 32)
    with refused("TOO_EARLY"):
        await desk.lapse(agreement)
    with refused("NOT_IN_THIS_STATE"):
        await desk.countersign(agreement)
    with refused("AGREEMENT_ALREADY_SENT"):
        await desk.prepare(agreement.application_id)
    request = pb.SignAgreementRequest(
        application_id=agreement.application_id,
        agreement_id=agreement.agreement_id,
        digest=agreement.digest,
        signer_name="  ",
    )
    with refused("NAME_UNCLEAR", field="signer_name"):
        await desk.act(desk.awards.SignAgreement, request, "APPLICANT", APPLICANT)
    await desk.sign(agreement)
    with refused("ALREADY_SIGNED"):
        await desk.sign(agreement)
    with refused("RECEIVED_IN_TIME"):
        await desk.lapse(agreement)
    with refused("AGREEMENT_CHANGED"):
        await desk.countersign(agreement, "ab" * 32)
    await desk.countersign(agreement)
    with refused("NOT_IN_THIS_STATE"):
        await desk.countersign(agreement)


async def test_a_signature_at_the_last_instant_is_late(desk: Desk, at_clock: object) -> None:
    closes_at = await desk.now() + timedelta(days=3)
    agreement = await desk.send(await desk.prepare(await desk.notified()), closes_at)
    await at_clock(closes_at)  # type: ignore[operator]
    with refused("AGREEMENT_CLOSED"):
        await desk.sign(agreement)
    await desk.lapse(agreement)
    with refused("AGREEMENT_CLOSED"):
        await desk.sign(agreement)


async def test_an_agreement_belongs_to_its_application(desk: Desk) -> None:
    first, second = await desk.prepare(await desk.notified()), await desk.notified()
    with refused("NOT_FOUND"):
        await desk.prepare(second, first.agreement_id)
    request = pb.SendAgreementRequest(application_id=second, agreement_id=first.agreement_id)
    request.closes_at.FromDatetime(await desk.now() + timedelta(days=3))
    with refused("NOT_FOUND"):
        await desk.act(desk.awards.SendAgreement, request, "INSTRUCTOR")
    unknown = str(uuid4())
    await desk.reserve(unknown, 1_000)
    with refused("NOT_IN_THIS_STATE"):
        await desk.prepare(unknown)
    await desk.vote(unknown, 1_000)
    with refused("BENEFICIARY_UNKNOWN"):
        await desk.prepare(unknown)


@pytest.mark.parametrize(
    ("iban", "reason"),
    [
        ("FR7630001007941234567890186", "IBAN_INVALID"),
        ("FR2830006000011234567890180", "RIB_KEY_INVALID"),
        ("hello", "IBAN_INVALID"),
    ],
)
async def test_a_wrong_account_number_is_told_where_it_is_typed(desk: Desk, iban: str, reason: str) -> None:
    application_id = await desk.notified()
    with refused(reason, field="iban"):
        await desk.declare(application_id, iban)
    assert (
        await desk.served.pool.fetchval("SELECT count(*) FROM bank_details WHERE application_id = $1", application_id)
        == 0
    )


async def test_only_the_newest_account_is_verified(desk: Desk) -> None:
    application_id = await desk.notified()
    await desk.declare(application_id)
    await desk.declare(application_id)
    with refused("BANK_DETAILS_CHANGED"):
        await desk.verify(application_id, 1)
    request = pb.VerifyBankDetailsRequest(application_id=application_id, version=2, method="GUESS")
    with refused("CHOICE_UNKNOWN", field="method"):
        await desk.act(desk.awards.VerifyBankDetails, request, "FINANCE", VERIFIER)
    rejection = pb.RejectBankDetailsRequest(application_id=application_id, version=2, reason="HOLDER_DIFFERENT")
    rejected = await desk.act(desk.awards.RejectBankDetails, rejection, "FINANCE", VERIFIER)
    assert rejected.state == pb.BANK_DETAILS_STATE_REJECTED
    with refused("NOT_IN_THIS_STATE"):
        await desk.verify(application_id, 2)
    rejection.reason = "parce que"
    with refused("CODE_UNCLEAR", field="reason"):
        await desk.act(desk.awards.RejectBankDetails, rejection, "FINANCE", VERIFIER)


async def test_nothing_is_due_before_every_condition(desk: Desk) -> None:
    award = await desk.committed()
    with refused("CONDITIONS_UNMET") as told:
        await desk.liquidate(award.installments[0])
    assert told.value.values == {"conditions": "bank_details_verified"}
    await desk.declare(award.application_id)
    await desk.verify(award.application_id)
    with refused("CONDITIONS_UNMET") as told:
        await desk.liquidate(award.installments[1])
    assert told.value.values == {"conditions": "report_accepted"}
    due = await desk.liquidate(award.installments[0])
    with refused("NOT_IN_THIS_STATE"):
        await desk.liquidate(due)
    stranger = pb.Installment(application_id=award.application_id, installment_id=str(uuid4()))
    with refused("NOT_FOUND"):
        await desk.liquidate(stranger)


async def test_a_new_account_blocks_orders_and_seals(desk: Desk) -> None:
    award = await desk.payable()
    due = await desk.liquidate(award.installments[0])
    run = await desk.prepare_run(due)
    await desk.seal(run)
    await desk.declare(award.application_id, "FR7610107001011234567890129")
    with refused("BANK_DETAILS_NOT_VERIFIED"):
        await desk.counterseal(run)
    await desk.remove(run.orders[0])
    with refused("BANK_DETAILS_NOT_VERIFIED"):
        await desk.prepare_run(due)
    await desk.verify(award.application_id, 2)
    again = await desk.prepare_run(due)
    assert again.orders[0].bank_version == 2


async def test_a_report_is_received_when_expected_and_judged_on_its_version(desk: Desk) -> None:
    award = await desk.payable()
    application_id = award.application_id
    with refused("REPORT_NOT_EXPECTED"):
        await desk.report(application_id, 1)
    with refused("REPORT_NOT_EXPECTED"):
        await desk.accept(application_id, 1)
    await desk.paid(award.installments[0])
    with refused("ROWS_OUT_OF_BOUNDS", field="lines"):
        await desk.act(
            desk.awards.SubmitReport, pb.SubmitReportRequest(application_id=application_id), "APPLICANT", APPLICANT
        )
    with refused("AMOUNT_NEGATIVE", field="lines[0].spent_cents"):
        await desk.report(application_id, -1, planned=1)
    await desk.report(application_id, 1_000_000)
    with refused("NOT_IN_THIS_STATE"):
        await desk.report(application_id, 1_000_000)
    with refused("REPORT_CHANGED"):
        await desk.accept(application_id, 1, version=2)
    with refused("ACCEPTED_OVER_REPORTED", field="accepted_spent_cents"):
        await desk.accept(application_id, 1_000_001)
    request = pb.ReturnReportRequest(application_id=application_id, version=1, reason="PROOF_MISSING")
    returned = await desk.act(desk.awards.ReturnReport, request, "INSTRUCTOR")
    assert returned.state == pb.REPORT_STATE_RETURNED
    with refused("NOT_IN_THIS_STATE"):
        await desk.accept(application_id, 1)
    again = await desk.report(application_id, 1_500_000)
    assert (again.version, again.state) == (2, pb.REPORT_STATE_SUBMITTED)
    accepted = await desk.accept(application_id, 1_500_000, version=2)
    assert accepted.installments[1].amount_cents == 50_000


async def test_a_report_waits_for_what_is_being_paid(desk: Desk) -> None:
    plan = [
        {"kind": "advance", "basis_points": 5_000, "conditions": ["agreement_signed"]},
        {"kind": "interim", "basis_points": 3_000, "conditions": ["report_accepted"]},
        {"kind": "balance", "basis_points": 2_000, "conditions": ["report_accepted"]},
    ]
    desk = await register_call(desk.served, rulebook(payment_plan={"operating": plan, "investment": plan}))
    award = await desk.payable()
    await desk.paid(award.installments[0])
    await desk.report(award.application_id, 1_600_000)
    accepted = await desk.accept(award.application_id, 1_600_000)
    assert [item.amount_cents for item in accepted.installments] == [500_000, 0, 300_000]
    assert accepted.installments[1].state == pb.INSTALLMENT_STATE_CANCELLED
    await desk.paid(accepted.installments[2])
    await desk.close(award.application_id)
    assert await desk.violations() == []


async def test_a_late_report_is_accepted_and_shown(desk: Desk, at_clock: object) -> None:
    award = await desk.payable()
    paid = await desk.paid(award.installments[0])
    await at_clock(paid.report.due_at.ToDatetime(tzinfo=(await desk.now()).tzinfo))  # type: ignore[operator]
    late = await desk.report(award.application_id, 2_000_000)
    assert late.submitted_at.ToDatetime() >= late.due_at.ToDatetime()
    assert (await desk.journal(award.application_id))[-1][1]["late"] is True


async def test_above_the_threshold_the_agreement_counts_for_every_grant_of_the_year(desk: Desk) -> None:
    bare = [{"kind": "single", "basis_points": 10_000, "conditions": ["decision_notified"]}]
    desk = await register_call(desk.served, rulebook(payment_plan={"operating": bare, "investment": bare}))
    siret = f"{uuid4().int % 10**9:09d}00012"
    first = await desk.committed(1_200_000, siret=siret)
    assert {tick.code: tick.met for tick in first.installments[0].conditions}["annual_cumul_has_agreement"]
    assert [item.kind for item in first.installments] == ["single"]
    second = await desk.notified(1_200_000, siret=siret)
    request = pb.ListInstallmentsRequest(call_id=desk.call_id)
    page = await desk.read(desk.awards.ListInstallments, request, "FINANCE")
    assert {tick.code for tick in page.installments[0].conditions} == {
        "act_executory",
        "decision_notified",
        "bank_details_verified",
        "annual_cumul_has_agreement",
    }
    assert second != first.application_id


async def test_a_request_is_carried_out_once(desk: Desk) -> None:
    award = await desk.payable()
    request_id, at = str(uuid4()), await desk.now()
    first = await desk.liquidate(award.installments[0], request_id=request_id, occurred_at=at)
    again = await desk.liquidate(award.installments[0], request_id=request_id, occurred_at=at)
    assert first == again
    with refused("REQUEST_REUSED", Kind.REUSED):
        await desk.liquidate(award.installments[1], request_id=request_id, occurred_at=at)
    with refused("REQUEST_REUSED", Kind.REUSED):
        await desk.liquidate(award.installments[0], someone("other"), request_id=request_id, occurred_at=at)


async def test_a_retry_after_the_state_moved_on_gets_its_answer(desk: Desk) -> None:
    application_id = await desk.notified()
    request_id, at = str(uuid4()), await desk.now()
    declared = await desk.declare(application_id, request_id=request_id, occurred_at=at)
    await desk.declare(application_id, IBAN)
    again = await desk.declare(application_id, request_id=request_id, occurred_at=at)
    assert declared == again
    assert (
        await desk.served.pool.fetchval("SELECT count(*) FROM bank_details WHERE application_id = $1", application_id)
        == 2
    )
