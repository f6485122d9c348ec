"""What the workflow of an application carries: position, ids, amounts and dates. No name, no word."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from workflows.state import EntityState


class Position(StrEnum):
    """Where the application stands; the names are those of the stages lists show."""

    ADMISSIBILITY = "ADMISSIBILITY"
    FULL_APPLICATION = "FULL_APPLICATION"
    COMPLETENESS = "COMPLETENESS"
    REVIEW = "REVIEW"
    SHORTLIST = "SHORTLIST"
    HEARING = "HEARING"
    JURY = "JURY"
    VOTE = "VOTE"
    NOTIFICATION = "NOTIFICATION"
    LEGAL_ENTITY = "LEGAL_ENTITY"
    AGREEMENT = "AGREEMENT"
    PAYMENT = "PAYMENT"
    REPORT = "REPORT"
    BALANCE = "BALANCE"
    CLOSED = "CLOSED"


@dataclass(frozen=True)
class Terms:
    """The rulebook's deadlines that timers watch: closing instants (RFC 3339) and lengths."""

    full_application_closes_at: str = ""
    correction_days: int = 15
    agreement_signature_days: int = 45
    report_months: int = 6
    legal_entity_days: int = 90
    waiting_list_months: int = 6
    appeal_months: int = 2
    tacit_refusal_months: int = 2


@dataclass
class Installment:
    """One installment as the workflow follows it."""

    installment_id: str
    number: int
    kind: str
    amount_cents: int
    state: str = "PLANNED"


@dataclass
class ApplicationState(EntityState):
    """Everything that survives continue-as-new. ``given_up``: reservations undone because review refused them."""

    application_id: str = ""
    call_id: str = ""
    applicant_id: str = ""
    natural_person: bool = False
    requested_cents: int = 0
    ends_on: str = ""
    received_at: str = ""
    terms: Terms = field(default_factory=Terms)
    awaiting: str = ""
    correction_id: str = ""
    opinions: list[str] = field(default_factory=list)
    reviewer_id: str = ""
    eligible_base_cents: int = 0
    section: str = ""
    proposed_cents: int = 0
    reserved: bool = False
    given_up: int = 0
    decision: str = ""
    awarded_cents: int = 0
    notified_at: str = ""
    agreement_id: str = ""
    bank_version: int = 0
    bank_verified: bool = False
    installments: list[Installment] = field(default_factory=list)
    paid_cents: int = 0
    report_received: bool = False
    ending: str = ""
    ended: bool = False
