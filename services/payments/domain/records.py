"""What payments keeps, as the rules see it: one frozen record per thing, amounts in cents, instants aware (UTC)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from kit.money import Cents
from services.payments.domain.bank import HolderMatch
from services.payments.domain.conditions import Condition
from services.payments.domain.figures import AwardFigures
from services.payments.domain.moves import (
    AgreementState,
    AwardState,
    BankDetailsState,
    FinancialReportState,
    InstallmentState,
    PaymentOrderState,
    PaymentRunState,
)

UNDER_WAY = frozenset({InstallmentState.LIQUIDATED, InstallmentState.ORDERED})
OVER = frozenset({InstallmentState.PAID, InstallmentState.CANCELLED})
ORDER_ENDS = frozenset({PaymentOrderState.PAID, PaymentOrderState.REJECTED, PaymentOrderState.REMOVED})


@dataclass(frozen=True)
class Award:
    """An award and where its money sits, account by account."""

    application_id: str
    call_id: str
    envelope_id: str
    section: str
    state: AwardState
    eligible_base_cents: Cents
    reserved_cents: Cents
    voted_cents: Cents
    committed_cents: Cents
    in_flight_cents: Cents
    paid_cents: Cents
    freed_cents: Cents
    to_recover_cents: Cents
    voted_at: datetime | None

    @property
    def remaining_cents(self) -> Cents:
        """Still to pay."""
        return self.reserved_cents + self.voted_cents + self.committed_cents + self.in_flight_cents

    @property
    def awarded_cents(self) -> Cents:
        """Awarded, or reserved before the vote: ``paid + freed + remaining``."""
        return self.remaining_cents + self.paid_cents + self.freed_cents

    @property
    def figures(self) -> AwardFigures:
        """The same amounts, as the ledger's rules name them."""
        ordered = self.in_flight_cents + self.paid_cents
        return AwardFigures(
            reserved=self.reserved_cents,
            awarded=self.awarded_cents - self.reserved_cents,
            committed=self.committed_cents + ordered,
            ordered=ordered,
            paid=self.paid_cents,
            freed=self.freed_cents,
            remaining=self.remaining_cents - self.reserved_cents,
            orderable=self.committed_cents,
        )


@dataclass(frozen=True)
class Beneficiary:
    """Who is paid, as registered from the application."""

    applicant_id: str
    number: str
    name: str
    siret: str
    rna: str
    legal_family: str
    project_title: str
    project_ends_on: date | None
    fictitious: bool


@dataclass(frozen=True)
class Agreement:
    """An agreement: the digest of its document and its instants."""

    agreement_id: str
    agreement_state: AgreementState
    digest: str
    size_bytes: int
    prepared_at: datetime
    sent_at: datetime | None
    closes_at: datetime | None
    signed_by_beneficiary_at: datetime | None
    signed_at: datetime | None


@dataclass(frozen=True)
class Account:
    """One version of bank details. ``sealed`` holds number, BIC and holder, for who has the key ring."""

    bank_version: int
    bank_state: BankDetailsState
    key_id: str
    sealed: bytes
    fingerprint: bytes
    iban_masked: str
    holder_match: HolderMatch
    foreign_account: bool
    shared_account: bool
    declared_at: datetime
    verified_at: datetime | None
    verified_by: str | None


@dataclass(frozen=True)
class AgreementLine:
    """An award in the list of agreements. ``agreement_state`` empty: none yet. ``rank``, ``ends_at``: its place."""

    application_id: str
    number: str
    awarded_cents: Cents
    agreement_state: str
    sent_at: datetime | None
    closes_at: datetime | None
    signed_by_beneficiary_at: datetime | None
    signed_at: datetime | None
    rank: int
    ends_at: datetime


@dataclass(frozen=True)
class Installment:
    """One installment as stored; ``order_id`` is its live payment order."""

    installment_id: str
    application_id: str
    call_id: str
    number: int
    kind: str
    amount_cents: Cents
    state: InstallmentState
    conditions: tuple[Condition, ...]
    liquidated_at: datetime | None
    liquidated_by: str | None
    paid_at: datetime | None
    order_id: str | None
    application_number: str


@dataclass(frozen=True)
class Report:
    """One version of a financial report; ``due_at`` is excluded, late is accepted."""

    report_version: int
    report_state: FinancialReportState
    due_at: datetime
    submitted_at: datetime | None
    planned_cents: Cents
    spent_cents: Cents
    other_public_cents: Cents
    jobs_actual: int


@dataclass(frozen=True)
class Order:
    """A payment order. ``account``: fingerprint (HMAC, hex) of the account it freezes."""

    order_id: str
    payment_run_id: str
    call_id: str
    application_id: str
    installment_id: str
    installment: int
    number: int
    attempt: int
    amount_cents: Cents
    bank_version: int
    account: str
    state: PaymentOrderState
    reason: str
    settled_at: datetime | None


@dataclass(frozen=True)
class Run:
    """A payment run; a seal is its person, its instant and the digest sealed."""

    payment_run_id: str
    call_id: str
    number: int
    state: PaymentRunState
    digest: str
    total_cents: Cents
    prepared_by: str
    prepared_at: datetime
    first_seal_by: str | None
    first_seal_at: datetime | None
    first_seal_digest: str | None
    second_seal_by: str | None
    second_seal_at: datetime | None
    second_seal_digest: str | None
    sent_at: datetime | None
    settled_at: datetime | None


def report_is_next(installments: Iterable[Installment]) -> bool:
    """True when the first installment not yet over waits for the financial report."""
    waiting = next((item for item in installments if item.state not in OVER), None)
    return waiting is not None and Condition.REPORT_ACCEPTED in waiting.conditions
