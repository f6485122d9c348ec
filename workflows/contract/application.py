"""Messages of ``application/<id>``: acts (imperative), relayed facts (past tense) and the consequences it asks for.

Each message is the request of the RPC of its name, field by field; ``context`` comes first. Instants are RFC 3339 texts
in UTC, dates ``YYYY-MM-DD``, amounts cents. Words are never here: an act cites a saved text by id and version.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from workflows.state import ADDED, Context


@dataclass(frozen=True)
class TextRef:
    """Words saved before the act."""

    text_id: str
    version: int


@dataclass(frozen=True)
class CorrectionItem:
    """One thing asked: a field or a piece, and why."""

    field: str = ""
    piece: str = ""
    reason: str = ""


@dataclass(frozen=True)
class PieceFact:
    """A piece received."""

    piece: str
    digest: str
    issued_on: str = ""


# Acts of instructors


@dataclass(frozen=True)
class DecideAdmissibility:
    context: Context
    application_id: str
    admissible: bool
    reasons: list[str] = field(default_factory=list)
    ground: TextRef | None = None
    expected_version: int | None = None


@dataclass(frozen=True)
class ConfirmInadmissibility:
    context: Context
    application_id: str
    confirmed: bool
    expected_version: int | None = None


@dataclass(frozen=True)
class RequestCorrection:
    context: Context
    application_id: str
    correction_id: str
    items: list[CorrectionItem]
    closes_at: str
    words: TextRef | None = None
    expected_version: int | None = None


@dataclass(frozen=True)
class ConfirmCompleteness:
    context: Context
    application_id: str
    expected_version: int | None = None


@dataclass(frozen=True)
class AssignReviewer:
    context: Context
    application_id: str
    reviewer_id: str
    expected_version: int | None = None


@dataclass(frozen=True)
class RequestOpinion:
    context: Context
    application_id: str
    opinion_id: str
    expert_id: str
    closes_at: str
    expected_version: int | None = None


@dataclass(frozen=True)
class GiveOpinion:
    context: Context
    application_id: str
    opinion_id: str
    favourable: bool
    words: TextRef | None = None


@dataclass(frozen=True)
class CancelOpinion:
    context: Context
    application_id: str
    opinion_id: str
    expert_id: str
    expected_version: int | None = None


@dataclass(frozen=True)
class ConcludeReview:
    context: Context
    application_id: str
    eligible_base_cents: int
    proposed_cents: int
    section: str
    analysis: TextRef | None = None
    expected_version: int | None = None


@dataclass(frozen=True)
class DecideShortlist:
    context: Context
    application_id: str
    shortlisted: bool
    ground: TextRef | None = None
    expected_version: int | None = None


@dataclass(frozen=True)
class ScheduleHearing:
    context: Context
    application_id: str
    hearing_at: str
    expected_version: int | None = None
    place: TextRef | None = field(default=None, metadata=ADDED)
    duration_minutes: int = field(default=0, metadata=ADDED)


@dataclass(frozen=True)
class RecordHearing:
    context: Context
    application_id: str
    present: bool
    expected_version: int | None = None


# Rows of acts on the jury's session and on the call


@dataclass(frozen=True)
class RecordProposal:
    context: Context
    application_id: str
    call_id: str
    session_id: str
    proposal: str
    proposed_cents: int
    section: str
    rank: int
    explanation: str


@dataclass(frozen=True)
class RecordDecision:
    context: Context
    application_id: str
    call_id: str
    act_id: str
    decision: str
    granted_cents: int
    section: str


@dataclass(frozen=True)
class NotifyDecision:
    context: Context
    application_id: str
    call_id: str


# Acts on the money of one application


@dataclass(frozen=True)
class PrepareAgreement:
    context: Context
    application_id: str
    agreement_id: str
    expected_version: int | None = None


@dataclass(frozen=True)
class SendAgreement:
    context: Context
    application_id: str
    agreement_id: str
    closes_at: str
    expected_version: int | None = None


@dataclass(frozen=True)
class CountersignAgreement:
    context: Context
    application_id: str
    agreement_id: str
    digest: str
    expected_version: int | None = None


@dataclass(frozen=True)
class VerifyBankDetails:
    context: Context
    application_id: str
    version: int
    method: str


@dataclass(frozen=True)
class RejectBankDetails:
    context: Context
    application_id: str
    version: int
    reason: str


@dataclass(frozen=True)
class LiquidateInstallment:
    context: Context
    application_id: str
    installment_id: str


@dataclass(frozen=True)
class AcceptReport:
    context: Context
    application_id: str
    version: int
    accepted_spent_cents: int


@dataclass(frozen=True)
class ReturnReport:
    context: Context
    application_id: str
    version: int
    reason: str


# Facts received by services without the engine, relayed here: never refused


@dataclass(frozen=True)
class ApplicationSubmitted:
    context: Context
    application_id: str
    call_id: str
    track: str
    requested_cents: int
    total_cost_cents: int
    applicant_id: str
    received_at: str
    digest: str
    number: str
    natural_person: bool


@dataclass(frozen=True)
class FullApplicationSubmitted:
    context: Context
    application_id: str
    digest: str
    requested_cents: int
    section: str
    eligible_cost_cents: int
    legal_family: str
    received_at: str
    ends_on: str = ""
    pieces: list[PieceFact] = field(default_factory=list)


@dataclass(frozen=True)
class CorrectionSubmitted:
    context: Context
    application_id: str
    correction_id: str
    digest: str
    received_at: str
    pieces: list[PieceFact] = field(default_factory=list)


@dataclass(frozen=True)
class ApplicationWithdrawn:
    context: Context
    application_id: str


@dataclass(frozen=True)
class LegalEntityDeclared:
    context: Context
    application_id: str
    legal_family: str


@dataclass(frozen=True)
class AgreementSigned:
    context: Context
    application_id: str
    agreement_id: str


@dataclass(frozen=True)
class BankDetailsDeclared:
    context: Context
    application_id: str
    version: int


@dataclass(frozen=True)
class ReportSubmitted:
    context: Context
    application_id: str
    version: int


@dataclass(frozen=True)
class WindowExtended:
    """The call's second window closes later, for everybody."""

    context: Context
    application_id: str
    closes_at: str


# Facts told by a payment run


@dataclass(frozen=True)
class InstallmentOrdered:
    context: Context
    application_id: str
    installment_id: str


@dataclass(frozen=True)
class InstallmentPaid:
    context: Context
    application_id: str
    installment_id: str
    amount_cents: int


@dataclass(frozen=True)
class InstallmentReturned:
    """The order was rejected by the accountant, or taken out of its run: the installment is due again."""

    context: Context
    application_id: str
    installment_id: str
    reason: str
    account_refused: bool = False
