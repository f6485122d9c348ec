"""A case: one application as review sees it, and what must come before what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from kit.errors import FieldFault, Refused
from kit.money import Cents
from services.review.domain.admissibility import Admissibility
from services.review.domain.completeness import Defect, DefectKind, Suspension, day_of_silence, refusal_on
from services.review.domain.moves import (
    AdmissibilityState,
    CaseState,
    CompletenessState,
    DecisionState,
    HearingState,
    OpinionState,
    ProposalState,
    ReviewState,
    ShortlistState,
    check_case_open,
)
from services.review.domain.reasons import Reason
from services.review.domain.rulebook import ReviewRules
from services.review.domain.texts import TextRef

FULL_APPLICATION = "full_application"
SILENCE = "silence_is_refusal"
"""Codes of the rulebook: the stage of the pieces checked here, the deadline after which silence is a refusal."""


@dataclass(frozen=True)
class Opinion:
    """``closes_at`` is excluded; ``favourable`` is None until given."""

    opinion_id: str
    application_id: str
    expert_id: str
    state: OpinionState
    closes_at: datetime
    given_at: datetime | None = None
    favourable: bool | None = None


@dataclass(frozen=True)
class Correction:
    """One request for what is missing, and its answer. ``round`` counts from 1."""

    correction_id: str
    round: int
    suspension: Suspension
    lapsed_at: datetime | None


@dataclass(frozen=True)
class Case:
    """The state of each thing, and the figures decided so far. Absent amounts are None, ``rank`` is 0 when unranked.

    ``requested_cents`` is that of the newest deposit. ``executory_on``: of the act that decided.
    """

    application_id: str
    call_id: str
    track: str
    applicant_id: str
    received_at: datetime
    state: CaseState
    admissibility: Admissibility
    ground: TextRef | None
    completeness: CompletenessState
    review: ReviewState
    shortlist: ShortlistState
    hearing: HearingState
    proposal: ProposalState
    decision: DecisionState
    requested_cents: Cents
    section: str | None
    legal_family: str | None
    full_received_at: datetime | None
    eligible_cost_cents: Cents | None
    reviewer_id: str | None
    eligible_base_cents: Cents | None
    instructed_cents: Cents | None
    hearing_at: datetime | None
    session_id: str | None
    proposed_cents: Cents
    rank: int
    act_id: str | None
    granted_cents: Cents
    notified_at: datetime | None


@dataclass(frozen=True)
class Sheet:
    """A case as people read it."""

    case: Case
    suspensions: tuple[Suspension, ...]
    opinions: tuple[Opinion, ...]
    executory_on: date | None


def tacit_refusal_on(sheet: Sheet, rules: ReviewRules) -> date | None:
    """The civil day silence becomes a refusal (CRPA L231-4), from the first deposit; None while the clock is stopped,
    or when the rulebook gives no such deadline."""
    deadline = rules.deadlines.get(SILENCE)
    if deadline is None:
        return None
    return refusal_on(day_of_silence(sheet.case.received_at, deadline), sheet.suspensions)


def check_admitted(case: Case) -> None:
    """The full application comes after admissibility. Refused: ``CASE_NOT_OPEN``, ``ADMISSIBILITY_FIRST``."""
    check_case_open(case.state)
    if case.admissibility.state is not AdmissibilityState.ADMISSIBLE:
        raise Refused(Reason.ADMISSIBILITY_FIRST)


def check_received(case: Case) -> None:
    """Opinions are asked on a full application. Refused: ``CASE_NOT_OPEN``, ``FULL_APPLICATION_FIRST``."""
    check_case_open(case.state)
    if case.completeness is CompletenessState.NOT_STARTED:
        raise Refused(Reason.FULL_APPLICATION_FIRST)


def check_complete(case: Case) -> None:
    """The review ends on a complete file. Refused: ``CASE_NOT_OPEN``, ``COMPLETENESS_FIRST``."""
    check_case_open(case.state)
    if case.completeness is not CompletenessState.COMPLETE:
        raise Refused(Reason.COMPLETENESS_FIRST)


def check_concluded(case: Case) -> None:
    """The shortlist reads concluded reviews. Refused: ``CASE_NOT_OPEN``, ``REVIEW_FIRST``."""
    check_case_open(case.state)
    if case.review is not ReviewState.CONCLUDED:
        raise Refused(Reason.REVIEW_FIRST)


def check_shortlisted(case: Case) -> None:
    """Hearings and the jury see shortlisted files. Refused: ``CASE_NOT_OPEN``, ``SHORTLIST_FIRST``."""
    check_case_open(case.state)
    if case.shortlist is not ShortlistState.SHORTLISTED:
        raise Refused(Reason.SHORTLIST_FIRST)


def check_no_defect(found: tuple[Defect, ...]) -> None:
    """Refused: ``PIECES_MISSING`` (value ``pieces``: codes), each piece told in ``fields`` with what is wrong."""
    if found:
        values = {"pieces": ", ".join(defect.code for defect in found)}
        raise Refused(Reason.PIECES_MISSING, values=values, fields=tuple(_fault(defect) for defect in found))


def _fault(defect: Defect) -> FieldFault:
    reason = {
        DefectKind.MISSING: Reason.PIECE_NOT_RECEIVED,
        DefectKind.EXPIRED: Reason.PIECE_EXPIRED,
        DefectKind.DATE_MISSING: Reason.PIECE_DATE_MISSING,
        DefectKind.DATE_IN_FUTURE: Reason.PIECE_DATE_IN_FUTURE,
        DefectKind.ILLEGIBLE: Reason.PIECE_ILLEGIBLE,
    }[defect.kind]
    values = {} if defect.max_age_days is None else {"max_age_days": str(defect.max_age_days)}
    return FieldFault(f"pieces.{defect.code}", reason, values)


def check_held(hearing_on: date | None, *, today: date) -> None:
    """Presence is recorded on the civil day of the hearing or later. Refused: ``HEARING_TO_COME`` (``hearing_on``)."""
    if hearing_on is not None and today < hearing_on:
        raise Refused(Reason.HEARING_TO_COME, values={"hearing_on": hearing_on.isoformat()})
