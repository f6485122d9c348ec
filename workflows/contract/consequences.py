"""What workflows ask of services as SYSTEM: each is the request of the RPC of its name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from workflows.contract.application import CorrectionItem, PieceFact
from workflows.contract.progress import Progress
from workflows.state import Context


@dataclass(frozen=True)
class OpenCase:
    context: Context
    application_id: str
    call_id: str
    track: str
    requested_cents: int
    total_cost_cents: int
    applicant_id: str
    received_at: str
    digest: str


@dataclass(frozen=True)
class InviteFullApplication:
    context: Context
    application_id: str
    closes_at: str = ""


@dataclass(frozen=True)
class ReceiveFullApplication:
    context: Context
    application_id: str
    digest: str
    requested_cents: int
    section: str
    eligible_cost_cents: int
    legal_family: str
    received_at: str
    pieces: list[PieceFact] = field(default_factory=list)


@dataclass(frozen=True)
class OpenCorrection:
    context: Context
    application_id: str
    correction_id: str
    items: list[CorrectionItem]
    closes_at: str


@dataclass(frozen=True)
class RecordCorrection:
    context: Context
    application_id: str
    correction_id: str
    digest: str
    received_at: str
    pieces: list[PieceFact] = field(default_factory=list)


@dataclass(frozen=True)
class LapseFullApplication:
    context: Context
    application_id: str


@dataclass(frozen=True)
class LapseCorrection:
    context: Context
    application_id: str
    correction_id: str


@dataclass(frozen=True)
class LapseCompleteness:
    context: Context
    application_id: str
    correction_id: str


@dataclass(frozen=True)
class LapseOpinion:
    context: Context
    application_id: str
    opinion_id: str


@dataclass(frozen=True)
class LapseAgreement:
    context: Context
    application_id: str
    agreement_id: str


@dataclass(frozen=True)
class WithdrawCase:
    context: Context
    application_id: str


@dataclass(frozen=True)
class CloseCase:
    context: Context
    application_id: str


@dataclass(frozen=True)
class CloseApplication:
    context: Context
    application_id: str
    ending: str


@dataclass(frozen=True)
class CloseAward:
    context: Context
    application_id: str


@dataclass(frozen=True)
class WriteProgress:
    context: Context
    progress: Progress


@dataclass(frozen=True)
class PostMessage:
    """A letter of the file's thread: its template's name and the values (JSON) of its sentences."""

    context: Context
    application_id: str
    template: str
    values_json: str = "{}"


@dataclass(frozen=True)
class RelatePerson:
    context: Context
    application_id: str
    call_id: str
    person_id: str
    relation: str
    ended: bool = False
    recused: bool = False


@dataclass(frozen=True)
class ReserveAward:
    context: Context
    application_id: str
    call_id: str
    section: str
    amount_cents: int
    eligible_base_cents: int


@dataclass(frozen=True)
class ReleaseAward:
    context: Context
    application_id: str
    reason: str


@dataclass(frozen=True)
class VoteAward:
    context: Context
    application_id: str
    amount_cents: int


@dataclass(frozen=True)
class RecordCondition:
    context: Context
    application_id: str
    code: str
    since: str


@dataclass(frozen=True)
class RegisterBeneficiary:
    """Intake is read, payments is written, inside one activity: names never enter the history."""

    context: Context
    application_id: str


@dataclass(frozen=True)
class RegisterCall:
    """The frozen rulebook is read in intake and handed to review and payments, inside one activity."""

    context: Context
    call_id: str


@dataclass(frozen=True)
class ReadTerms:
    """The deadlines of a call's rulebook, for timers."""

    context: Context
    call_id: str


@dataclass(frozen=True)
class SendPaymentRun:
    context: Context
    call_id: str
    payment_run_id: str


@dataclass(frozen=True)
class SettlePaymentRun:
    context: Context
    call_id: str
    payment_run_id: str


@dataclass(frozen=True)
class TellApplication:
    """One row: an update for ``application/<id>``, its verb and its message as plain JSON. ``attempt``: how often it
    was refused before; the engine would answer an update id it knows with the same refusal."""

    context: Context
    application_id: str
    verb: str
    body: dict[str, Any] = field(default_factory=dict)
    attempt: int = 0


@dataclass(frozen=True)
class RowResult:
    """What came of one file of a bulk act: ``DONE`` or a reason."""

    application_id: str
    result: str


@dataclass(frozen=True)
class FinishBulk:
    context: Context
    call_id: str
    bulk_id: str
    files: list[RowResult]


@dataclass(frozen=True)
class RemindDrafts:
    context: Context
    call_id: str
    window: str


@dataclass(frozen=True)
class ListInvited:
    """Ids of the applications whose full application is still expected."""

    context: Context
    call_id: str
