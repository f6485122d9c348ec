"""The money of one application, from the jury's proposal to the last cent, through the RPCs."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from jalon.payments.v1 import awards_pb2 as pb
from jalon.payments.v1 import runs_pb2

from kit import clock
from tests.integration.payments.payments_people import APPLICANT, IBAN, OFFICER, OTHER_IBAN, SEALER, Desk

LIFE = [
    "award_reserved",
    "award_voted",
    "condition_met",
    "condition_met",
    "beneficiary_registered",
    "agreement_prepared",
    "agreement_sent",
    "agreement_signed",
    "agreement_countersigned",
    "bank_details_declared",
    "bank_details_verified",
    "installment_liquidated",
    "installment_ordered",
    "order_taken_in_charge",
    "order_paid",
    "report_expected",
    "report_submitted",
    "report_accepted",
    "installment_liquidated",
    "installment_ordered",
    "order_taken_in_charge",
    "order_paid",
    "award_closed",
]


async def test_from_the_proposal_to_the_last_cent(desk: Desk) -> None:
    award = await desk.payable(1_000_001)
    application_id = award.application_id
    assert award.state == pb.AWARD_STATE_COMMITTED
    assert [(i.number, i.kind, i.amount_cents) for i in award.installments] == [
        (1, "advance", 700_001),
        (2, "balance", 300_000),
    ]
    assert not any(tick.code == "report_accepted" for tick in award.installments[0].conditions)
    assert all(tick.met for tick in award.installments[0].conditions)

    award = await desk.paid(award.installments[0])
    assert (award.paid_cents, award.remaining_cents, award.ordered_cents) == (700_001, 300_000, 700_001)
    assert award.report.state == pb.REPORT_STATE_EXPECTED

    await desk.report(application_id, 2_000_002)
    award = await desk.accept(application_id, 2_000_002)
    assert [line.code for line in award.entitlement][-1] == "FREED"
    assert (award.freed_cents, award.installments[1].amount_cents) == (0, 300_000)

    await desk.paid(award.installments[1])
    award = await desk.close(application_id)
    assert award.state == pb.AWARD_STATE_CLOSED
    assert (award.awarded_cents, award.paid_cents, award.remaining_cents) == (1_000_001, 1_000_001, 0)
    assert [event for event, _ in await desk.journal(application_id)] == LIFE
    assert [fact for fact, _ in await desk.facts(application_id)] == [
        "agreement_signed",
        "bank_details_declared",
        "report_submitted",
    ]
    envelope = await desk.envelope()
    assert (envelope.voted_cents, envelope.paid_cents, envelope.remaining_cents) == (1_000_001, 1_000_001, 7_999_999)
    assert await desk.violations() == []


async def test_less_spent_reduces_the_balance_and_frees_the_rest(desk: Desk) -> None:
    award = await desk.payable(1_000_000)
    application_id = award.application_id
    await desk.paid(award.installments[0])
    await desk.report(application_id, 1_600_000, planned=2_000_000)
    award = await desk.accept(application_id, 1_600_000)
    assert (award.installments[1].amount_cents, award.freed_cents) == (100_000, 200_000)
    freed = ("money_freed", {"application_id": application_id, "section": "OPERATING", "amount_cents": 200_000})
    assert freed in await desk.facts(desk.call_id)
    await desk.paid(award.installments[1])
    award = await desk.close(application_id)
    assert (award.paid_cents + award.freed_cents, award.awarded_cents) == (1_000_000, 1_000_000)
    envelope = await desk.envelope()
    assert (envelope.freed_cents, envelope.remaining_cents) == (200_000, 8_200_000)
    assert await desk.violations() == []


async def test_an_overpayment_is_claimed_and_no_balance_is_paid(desk: Desk) -> None:
    award = await desk.payable(1_000_000)
    await desk.paid(award.installments[0])
    await desk.report(award.application_id, 1_000_000)
    award = await desk.accept(award.application_id, 1_000_000)
    assert award.installments[1].state == pb.INSTALLMENT_STATE_CANCELLED
    assert (award.to_recover_cents, award.freed_cents, award.installments[1].amount_cents) == (200_000, 300_000, 0)
    closed = await desk.close(award.application_id)
    assert closed.state == pb.AWARD_STATE_CLOSED
    assert await desk.violations() == []


async def test_other_public_funds_count_in_what_is_owed(desk: Desk) -> None:
    award = await desk.payable(1_000_000)
    await desk.paid(award.installments[0])
    await desk.report(award.application_id, 2_000_000, other=1_200_000)
    award = await desk.accept(award.application_id, 2_000_000)
    assert award.installments[1].amount_cents == 100_000
    assert [line.amount_cents for line in award.entitlement if line.code == "ENTITLEMENT"] == [800_000]


async def test_a_run_pays_several_files_and_the_accountant_sees_what_is_to_do(desk: Desk) -> None:
    first, second = await desk.payable(400_000), await desk.payable(600_000)
    due = [await desk.liquidate(item.installments[0]) for item in (first, second)]
    run = await desk.prepare_run(*due)
    assert [order.number for order in run.orders] == ["ESS-2023-M0001", "ESS-2023-M0002"]
    assert (run.number, run.total_cents) == ("ESS-2023-B001", 700_000)
    sealed = await desk.seal(run)
    assert (sealed.first_seal.person_id, sealed.first_seal.digest) == (SEALER, run.digest)
    sealed = await desk.counterseal(run)
    assert (sealed.second_seal.person_id, sealed.state) == (OFFICER, runs_pb2.PAYMENT_RUN_STATE_SEALED)
    sent = await desk.send_run(run)
    assert await desk.send_run(run) == sent
    todo = await desk.read(desk.runs.ListSentOrders, runs_pb2.ListSentOrdersRequest(page_size=100), "ACCOUNTANT")
    assert {order.order_id for order in run.orders} <= {order.order_id for order in todo.orders}
    for order in run.orders:
        await desk.take(order)
        await desk.pay(order)
    settled = await desk.settle(run)
    assert settled.state == runs_pb2.PAYMENT_RUN_STATE_SETTLED
    assert await desk.settle(run) == settled
    assert await desk.violations() == []


async def test_a_rejected_order_is_paid_by_a_new_one_on_a_new_account(desk: Desk) -> None:
    award = await desk.payable()
    run = await desk.sent(await desk.liquidate(award.installments[0]))
    await desk.take(run.orders[0])
    rejected = await desk.reject(run.orders[0], "AC04")
    assert (rejected.state, rejected.reason) == (runs_pb2.PAYMENT_ORDER_STATE_REJECTED, "AC04")
    await desk.settle(run)
    after = await desk.award(award.application_id)
    assert after.bank_details.state == pb.BANK_DETAILS_STATE_REJECTED
    assert after.installments[0].state == pb.INSTALLMENT_STATE_LIQUIDATED
    assert (after.ordered_cents, after.paid_cents) == (0, 0)
    await desk.declare(award.application_id, "FR7610107001011234567890129")
    await desk.verify(award.application_id, 2)
    again = await desk.sent(after.installments[0])
    assert (again.orders[0].attempt, again.orders[0].bank_version) == (2, 2)
    await desk.take(again.orders[0])
    await desk.pay(again.orders[0])
    assert (await desk.award(award.application_id)).paid_cents == 700_000
    assert await desk.violations() == []


async def test_a_rejection_for_another_reason_leaves_the_account_verified(desk: Desk) -> None:
    award = await desk.payable()
    run = await desk.sent(await desk.liquidate(award.installments[0]))
    await desk.reject(run.orders[0], "MISSING_PIECE")
    after = await desk.award(award.application_id)
    assert after.bank_details.state == pb.BANK_DETAILS_STATE_VERIFIED
    again = await desk.prepare_run(after.installments[0])
    assert again.orders[0].attempt == 2


async def test_an_order_taken_out_makes_seals_fall(desk: Desk) -> None:
    first, second = await desk.payable(400_000), await desk.payable(600_000)
    due = [await desk.liquidate(item.installments[0]) for item in (first, second)]
    run = await desk.prepare_run(*due)
    await desk.seal(run)
    after = await desk.remove(run.orders[0])
    assert after.state == runs_pb2.PAYMENT_RUN_STATE_PREPARED
    assert not after.HasField("first_seal")
    assert after.digest != run.digest
    assert after.total_cents == run.orders[1].amount_cents
    last = await desk.remove(run.orders[1])
    assert last.total_cents == 0
    settled = await desk.settle(run)
    assert settled.state == runs_pb2.PAYMENT_RUN_STATE_SETTLED
    again = await desk.prepare_run(*due)
    assert [order.attempt for order in again.orders] == [1, 1]
    assert await desk.violations() == []


async def test_money_given_back_is_available_again(desk: Desk) -> None:
    application_id = str(uuid4())
    await desk.reserve(application_id, 5_000_000)
    assert (await desk.envelope()).remaining_cents == 4_000_000
    released = await desk.release(application_id, "REVIEW_REFUSED")
    assert released.state == pb.AWARD_STATE_RELEASED
    assert (await desk.envelope()).remaining_cents == 9_000_000
    assert await desk.facts(desk.call_id) == []
    await desk.reserve(application_id, 6_000_000)
    voted = await desk.vote(application_id, 4_500_000)
    assert (voted.awarded_cents, (await desk.envelope()).remaining_cents) == (4_500_000, 4_500_000)
    await desk.release(application_id, "WITHDRAWN")
    await desk.release(application_id, "WITHDRAWN")
    assert [fact for fact, _ in await desk.facts(desk.call_id)] == ["money_freed"]
    envelope = await desk.envelope()
    assert (envelope.voted_cents, envelope.freed_cents, envelope.remaining_cents) == (4_500_000, 4_500_000, 9_000_000)
    assert await desk.violations() == []


async def test_a_committed_award_is_given_back_but_for_what_is_paid(desk: Desk) -> None:
    award = await desk.payable()
    await desk.paid(award.installments[0])
    released = await desk.release(award.application_id)
    assert (released.state, released.freed_cents) == (pb.AWARD_STATE_CLOSED, 300_000)
    assert released.installments[1].state == pb.INSTALLMENT_STATE_CANCELLED
    assert await desk.violations() == []


async def test_a_consequence_told_twice_changes_nothing(desk: Desk) -> None:
    application_id = await desk.notified()
    before = await desk.journal(application_id)
    since = (await desk.award(application_id)).conditions[0].since
    await desk.reserve(application_id, 1_000_000)
    await desk.vote(application_id, 1_000_000)
    await desk.condition(application_id, "act_executory", clock.from_timestamp(since))
    await desk.beneficiary(application_id)
    agreement = await desk.prepare(application_id)
    assert await desk.prepare(application_id, agreement.agreement_id) == agreement
    assert [event for event, _ in await desk.journal(application_id)] == [
        *(event for event, _ in before),
        "agreement_prepared",
    ]


async def test_an_agreement_not_signed_expires_and_the_award_is_given_back(desk: Desk, at_clock: object) -> None:
    agreement = await desk.send(await desk.prepare(await desk.notified()), await desk.now() + timedelta(days=2))
    await at_clock(await desk.now() + timedelta(days=2, hours=1))  # type: ignore[operator]
    expired = await desk.lapse(agreement)
    assert expired.state == pb.AGREEMENT_STATE_EXPIRED
    assert await desk.lapse(agreement) == expired
    released = await desk.release(agreement.application_id, "AGREEMENT_LAPSED")
    assert released.freed_cents == released.awarded_cents == 1_000_000


async def test_the_agreement_is_read_whole_and_drafts_stay_inside(desk: Desk) -> None:
    agreement = await desk.prepare(await desk.notified())
    inside = await desk.award(agreement.application_id)
    outside = await desk.award(agreement.application_id, "APPLICANT", APPLICANT)
    assert inside.HasField("agreement")
    assert not outside.HasField("agreement")
    replaced = await desk.prepare(agreement.application_id)
    await desk.send(replaced)
    request = pb.ReadAgreementRequest(application_id=agreement.application_id)
    part = await desk.read(desk.awards.ReadAgreement, request, "APPLICANT", APPLICANT)
    assert part.data.startswith(b"%PDF")
    assert (len(part.data), part.digest) == (part.size_bytes, replaced.digest)
    request.offset = part.size_bytes
    assert (await desk.read(desk.awards.ReadAgreement, request, "APPLICANT", APPLICANT)).data == b""


async def test_who_sees_what_of_an_account(desk: Desk) -> None:
    award = await desk.committed()
    told = await desk.declare(award.application_id, f" {OTHER_IBAN[:4]} {OTHER_IBAN[4:]} ")
    assert (told.iban_masked, told.holder, told.holder_match) == ("FR14 •••• 606", "", "CLOSE")
    finance = (await desk.award(award.application_id)).bank_details
    assert finance.holder == "Association Les Ateliers Imaginaires"
    assert not finance.shared
    other = await desk.committed(siret="55208131766522", name="Une autre structure", rna="")
    await desk.declare(other.application_id, OTHER_IBAN)
    assert (await desk.award(other.application_id)).bank_details.shared
    assert not (await desk.award(other.application_id, "APPLICANT", APPLICANT)).bank_details.shared


async def test_no_account_number_leaves_its_vault(desk: Desk) -> None:
    award = await desk.payable()
    run = await desk.sent(await desk.liquidate(award.installments[0]))
    await desk.award(award.application_id)
    for table in ("journal", "outbox", "requests", "bank_details", "payment_orders", "payment_runs"):
        rows = await desk.served.pool.fetch(f"SELECT t::text AS line FROM {table} t")
        assert not any("4123456789" in row["line"] or IBAN.encode().hex() in row["line"] for row in rows), table
    leaves = await desk.served.admin.fetch("SELECT body FROM audit.events")
    assert not any(b"4123456789" in row["body"] or b"Ateliers" in row["body"] for row in leaves)
    kept = desk.served.settings.files_dir / "whole" / run.digest[:2] / run.digest
    assert b"4123456789" not in kept.read_bytes()


async def test_queues_and_runs_come_by_pages(desk: Desk) -> None:
    numbers = ["2023-003", "2023-001", "2023-002"]
    due = []
    for number in numbers:
        award = await desk.payable(300_000, number=number)
        due.append(await desk.liquidate(award.installments[0]))
    found, token = [], ""
    while True:
        request = pb.ListInstallmentsRequest(
            call_id=desk.call_id, state=pb.INSTALLMENT_STATE_LIQUIDATED, page_size=2, page_token=token
        )
        page = await desk.read(desk.awards.ListInstallments, request, "FINANCE")
        found += [item.application_number for item in page.installments]
        token = page.next_page_token
        if not token:
            break
    assert found == sorted(numbers)
    for item in due:
        await desk.prepare_run(item)
    asked = runs_pb2.ListPaymentRunsRequest(call_id=desk.call_id, page_size=2)
    first = await desk.read(desk.runs.ListPaymentRuns, asked, "AUTHORISING_OFFICER")
    asked.page_token = first.next_page_token
    second = await desk.read(desk.runs.ListPaymentRuns, asked, "AUTHORISING_OFFICER")
    assert [run.number for run in (*first.runs, *second.runs)] == [
        "ESS-2023-B003",
        "ESS-2023-B002",
        "ESS-2023-B001",
    ]
    assert second.next_page_token == ""
    empty = await desk.read(desk.awards.ListInstallments, pb.ListInstallmentsRequest(call_id=desk.call_id), "FINANCE")
    assert len(empty.installments) == 6


async def test_lists_say_what_each_installment_and_agreement_waits_for(desk: Desk) -> None:
    paid = await desk.payable(300_000, number="2023-001")
    await desk.paid(paid.installments[0])
    await desk.payable(300_000, number="2023-002")
    sent = await desk.send(await desk.prepare(await desk.notified(300_000, number="2023-003")))
    queue = await desk.read(desk.awards.ListInstallments, pb.ListInstallmentsRequest(call_id=desk.call_id), "FINANCE")
    dates = {
        (item.application_number, item.number): (item.HasField("due_at"), item.HasField("report_due_at"))
        for item in queue.installments
    }
    assert dates == {
        ("2023-001", 1): (False, False),
        ("2023-001", 2): (False, True),
        ("2023-002", 1): (True, False),
        ("2023-002", 2): (False, False),
    }
    asked, found = pb.ListAgreementsRequest(call_id=desk.call_id, page_size=2), []
    while True:
        page = await desk.read(desk.awards.ListAgreements, asked, "AUTHORISING_OFFICER")
        found += page.agreements
        if not page.next_page_token:
            break
        asked.page_token = page.next_page_token
    assert [(row.application_number, row.state) for row in found] == [
        ("2023-003", pb.AGREEMENT_STATE_SENT),
        ("2023-001", pb.AGREEMENT_STATE_SIGNED),
        ("2023-002", pb.AGREEMENT_STATE_SIGNED),
    ]
    assert found[0].closes_at == sent.closes_at
