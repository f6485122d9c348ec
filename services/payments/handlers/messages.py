"""Records to protobuf, in one place."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime

from jalon.payments.v1 import awards_pb2 as pb
from jalon.payments.v1 import runs_pb2

from kit.clock import to_timestamp
from kit.enums import to_proto
from services.payments.domain import conditions
from services.payments.domain.entitlement import Line
from services.payments.domain.figures import EnvelopeFigures
from services.payments.domain.records import Account, Agreement, AgreementLine, Installment, Order, Report, Run
from services.payments.domain.run import ACCOUNT_REASONS
from services.payments.store.awards import Money
from services.payments.store.ledger import Felt

UNSAID = pb.AGREEMENT_STATE_UNSPECIFIED


def award(money: Money) -> pb.Award:
    """Everything of one application's money; the account masked, its holder left out."""
    kept = money.award
    ticks = conditions.evaluate(conditions.Condition, money.facts)
    return pb.Award(
        application_id=kept.application_id,
        call_id=kept.call_id,
        state=to_proto(pb.AwardState, kept.state),
        section=kept.section,
        awarded_cents=kept.awarded_cents,
        eligible_base_cents=kept.eligible_base_cents,
        ordered_cents=kept.in_flight_cents + kept.paid_cents,
        paid_cents=kept.paid_cents,
        freed_cents=kept.freed_cents,
        remaining_cents=kept.remaining_cents,
        agreement=agreement(kept.application_id, money.agreement) if money.agreement else None,
        bank_details=bank_details(kept.application_id, money.account) if money.account else None,
        installments=[installment(item, money.facts) for item in money.installments],
        report=report(kept.application_id, money.report) if money.report else None,
        entitlement=[_line(line) for line in money.entitlement],
        conditions=_ticks(tick for tick in ticks if tick.met and tick.since),
        to_recover_cents=kept.to_recover_cents,
        number=money.number,
    )


def agreement(application_id: str, kept: Agreement) -> pb.Agreement:
    """An agreement, without its signer."""
    return pb.Agreement(
        agreement_id=kept.agreement_id,
        application_id=application_id,
        state=to_proto(pb.AgreementState, kept.agreement_state),
        digest=kept.digest,
        closes_at=to_timestamp(kept.closes_at),
        signed_by_beneficiary_at=to_timestamp(kept.signed_by_beneficiary_at),
        signed_at=to_timestamp(kept.signed_at),
    )


def agreement_row(kept: AgreementLine) -> pb.AgreementRow:
    """An award in the list of agreements."""
    return pb.AgreementRow(
        application_id=kept.application_id,
        application_number=kept.number,
        state=to_proto(pb.AgreementState, kept.agreement_state) if kept.agreement_state else UNSAID,
        awarded_cents=kept.awarded_cents,
        sent_at=to_timestamp(kept.sent_at),
        closes_at=to_timestamp(kept.closes_at),
        signed_by_beneficiary_at=to_timestamp(kept.signed_by_beneficiary_at),
        signed_at=to_timestamp(kept.signed_at),
    )


def bank_details(application_id: str, kept: Account) -> pb.BankDetails:
    """One version of an account, masked; its holder and the warnings left out."""
    return pb.BankDetails(
        application_id=application_id,
        version=kept.bank_version,
        state=to_proto(pb.BankDetailsState, kept.bank_state),
        iban_masked=kept.iban_masked,
        holder_match=kept.holder_match,
        declared_at=to_timestamp(kept.declared_at),
        verified_at=to_timestamp(kept.verified_at),
    )


def installment(kept: Installment, facts: conditions.Facts) -> pb.Installment:
    """An installment with the ticks of its conditions."""
    return pb.Installment(
        installment_id=kept.installment_id,
        application_id=kept.application_id,
        number=kept.number,
        kind=kept.kind,
        amount_cents=kept.amount_cents,
        state=to_proto(pb.InstallmentState, kept.state),
        conditions=_ticks(conditions.evaluate(kept.conditions, facts)),
        liquidated_at=to_timestamp(kept.liquidated_at),
        order_id=kept.order_id or "",
        paid_at=to_timestamp(kept.paid_at),
        application_number=kept.application_number,
    )


def _ticks(ticks: Iterable[conditions.Tick]) -> list[pb.Condition]:
    return [pb.Condition(code=tick.code, met=tick.met, since=to_timestamp(tick.since)) for tick in ticks]


def report(application_id: str, kept: Report) -> pb.FinancialReport:
    """A financial report, without its comments."""
    return pb.FinancialReport(
        application_id=application_id,
        state=to_proto(pb.ReportState, kept.report_state),
        due_at=to_timestamp(kept.due_at),
        submitted_at=to_timestamp(kept.submitted_at),
        planned_cents=kept.planned_cents,
        spent_cents=kept.spent_cents,
        other_public_cents=kept.other_public_cents,
        jobs_actual=kept.jobs_actual,
        version=kept.report_version,
    )


def _line(line: Line) -> pb.EntitlementLine:
    values = json.dumps(dict(line.values), sort_keys=True)
    return pb.EntitlementLine(code=line.code, amount_cents=line.amount, rule=line.rule, values_json=values)


def envelope(call_id: str, section: str, shown: EnvelopeFigures) -> pb.Envelope:
    """An envelope's figures: voted = awarded to files; remaining = available, what was freed included."""
    return pb.Envelope(
        call_id=call_id,
        section=section,
        announced_cents=shown.announced,
        reserved_cents=shown.reserved,
        voted_cents=shown.awarded,
        committed_cents=shown.committed,
        ordered_cents=shown.ordered,
        paid_cents=shown.paid,
        freed_cents=shown.freed,
        remaining_cents=shown.available,
    )


def movement(kept: Felt) -> pb.Movement:
    """A movement as one figure feels it."""
    return pb.Movement(
        movement_id=kept.movement_id,
        kind=kept.kind,
        occurred_at=to_timestamp(kept.occurred_at),
        application_id=kept.application_id,
        person_id=kept.person,
        amount_cents=kept.amount,
    )


def run(kept: Run, orders: Sequence[Order], reference: str) -> runs_pb2.PaymentRun:
    """A run with its orders; ``reference``: of the rulebook, which numbers begin with."""
    return runs_pb2.PaymentRun(
        payment_run_id=kept.payment_run_id,
        call_id=kept.call_id,
        state=to_proto(runs_pb2.PaymentRunState, kept.state),
        number=f"{reference}-B{kept.number:03d}",
        orders=[order(item, reference) for item in orders],
        total_cents=kept.total_cents,
        digest=kept.digest,
        prepared_by=kept.prepared_by,
        first_seal=_seal(kept.first_seal_by, kept.first_seal_at, digest=kept.first_seal_digest),
        second_seal=_seal(kept.second_seal_by, kept.second_seal_at, digest=kept.second_seal_digest),
        sent_at=to_timestamp(kept.sent_at),
    )


def _seal(by: str | None, at: datetime | None, *, digest: str | None) -> runs_pb2.Seal | None:
    return runs_pb2.Seal(person_id=by, sealed_at=to_timestamp(at), digest=digest or "") if by else None


def order(kept: Order, reference: str) -> runs_pb2.PaymentOrder:
    """A payment order."""
    return runs_pb2.PaymentOrder(
        order_id=kept.order_id,
        payment_run_id=kept.payment_run_id,
        call_id=kept.call_id,
        application_id=kept.application_id,
        installment_id=kept.installment_id,
        attempt=kept.attempt,
        amount_cents=kept.amount_cents,
        bank_version=kept.bank_version,
        state=to_proto(runs_pb2.PaymentOrderState, kept.state),
        number=f"{reference}-M{kept.number:04d}",
        reason=kept.reason,
        settled_at=to_timestamp(kept.settled_at),
        account_refused=kept.reason in ACCOUNT_REASONS,
    )
