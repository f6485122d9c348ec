"""The states of each thing review owns, and the one table of moves of each.

A pair that is not in a table does not exist: ``move`` refuses it. Whether the case itself is still alive
(``CaseState``) is asked first by every act; a withdrawn case freezes its things where they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from kit.errors import Refused
from services.review.domain.reasons import Reason

S = TypeVar("S", bound=StrEnum)
A = TypeVar("A", bound=StrEnum)


def move(table: Mapping[tuple[S, A], S], state: S, action: A) -> S:
    """The state reached from ``state`` by ``action``. Refused: ``NOT_IN_THIS_STATE`` (values ``state``, ``action``)."""
    reached = table.get((state, action))
    if reached is None:
        raise Refused(Reason.NOT_IN_THIS_STATE, values={"state": state.value, "action": action.value})
    return reached


class CaseState(StrEnum):
    """The application as review sees it. A closed case never moves again here."""

    OPEN = "OPEN"
    WITHDRAWN = "WITHDRAWN"
    CLOSED = "CLOSED"


class CaseAction(StrEnum):
    WITHDRAW = "WITHDRAW"
    CLOSE = "CLOSE"


CASE = {
    (CaseState.OPEN, CaseAction.WITHDRAW): CaseState.WITHDRAWN,
    (CaseState.OPEN, CaseAction.CLOSE): CaseState.CLOSED,
    (CaseState.WITHDRAWN, CaseAction.CLOSE): CaseState.CLOSED,
}


class AdmissibilityState(StrEnum):
    """Recevabilité. An inadmissibility is proposed by one person and confirmed by another."""

    PENDING = "PENDING"
    ADMISSIBLE = "ADMISSIBLE"
    INADMISSIBLE_PROPOSED = "INADMISSIBLE_PROPOSED"
    INADMISSIBLE = "INADMISSIBLE"


class AdmissibilityAction(StrEnum):
    ADMIT = "ADMIT"
    PROPOSE_INADMISSIBLE = "PROPOSE_INADMISSIBLE"
    CONFIRM = "CONFIRM"
    SEND_BACK = "SEND_BACK"


ADMISSIBILITY = {
    (AdmissibilityState.PENDING, AdmissibilityAction.ADMIT): AdmissibilityState.ADMISSIBLE,
    (
        AdmissibilityState.PENDING,
        AdmissibilityAction.PROPOSE_INADMISSIBLE,
    ): AdmissibilityState.INADMISSIBLE_PROPOSED,
    (AdmissibilityState.INADMISSIBLE_PROPOSED, AdmissibilityAction.CONFIRM): AdmissibilityState.INADMISSIBLE,
    (AdmissibilityState.INADMISSIBLE_PROPOSED, AdmissibilityAction.SEND_BACK): AdmissibilityState.PENDING,
}


class CompletenessState(StrEnum):
    """Complétude of the full dossier."""

    NOT_STARTED = "NOT_STARTED"
    TO_CHECK = "TO_CHECK"
    INCOMPLETE = "INCOMPLETE"
    COMPLETE = "COMPLETE"
    LAPSED = "LAPSED"


class CompletenessAction(StrEnum):
    RECEIVE_FULL_APPLICATION = "RECEIVE_FULL_APPLICATION"
    REQUEST_CORRECTION = "REQUEST_CORRECTION"
    RECEIVE_ANSWER = "RECEIVE_ANSWER"
    CONFIRM_COMPLETE = "CONFIRM_COMPLETE"
    LAPSE = "LAPSE"


COMPLETENESS = {
    (CompletenessState.NOT_STARTED, CompletenessAction.RECEIVE_FULL_APPLICATION): CompletenessState.TO_CHECK,
    (CompletenessState.TO_CHECK, CompletenessAction.REQUEST_CORRECTION): CompletenessState.INCOMPLETE,
    (CompletenessState.TO_CHECK, CompletenessAction.CONFIRM_COMPLETE): CompletenessState.COMPLETE,
    (CompletenessState.INCOMPLETE, CompletenessAction.RECEIVE_ANSWER): CompletenessState.TO_CHECK,
    (CompletenessState.INCOMPLETE, CompletenessAction.LAPSE): CompletenessState.LAPSED,
}


class ReviewState(StrEnum):
    """Instruction."""

    NOT_STARTED = "NOT_STARTED"
    UNDER_REVIEW = "UNDER_REVIEW"
    CONCLUDED = "CONCLUDED"


class ReviewAction(StrEnum):
    ASSIGN = "ASSIGN"
    CONCLUDE = "CONCLUDE"


REVIEW = {
    (ReviewState.NOT_STARTED, ReviewAction.ASSIGN): ReviewState.UNDER_REVIEW,
    (ReviewState.UNDER_REVIEW, ReviewAction.ASSIGN): ReviewState.UNDER_REVIEW,
    (ReviewState.UNDER_REVIEW, ReviewAction.CONCLUDE): ReviewState.CONCLUDED,
}


class OpinionState(StrEnum):
    """Avis asked of an expert, a commune, another department."""

    REQUESTED = "REQUESTED"
    GIVEN = "GIVEN"
    EXPIRED = "EXPIRED"
    CANCELLED = "CANCELLED"


class OpinionAction(StrEnum):
    GIVE = "GIVE"
    LAPSE = "LAPSE"
    CANCEL = "CANCEL"


OPINION = {
    (OpinionState.REQUESTED, OpinionAction.GIVE): OpinionState.GIVEN,
    (OpinionState.REQUESTED, OpinionAction.LAPSE): OpinionState.EXPIRED,
    (OpinionState.REQUESTED, OpinionAction.CANCEL): OpinionState.CANCELLED,
}


class ShortlistState(StrEnum):
    """Who is called to a hearing."""

    UNDECIDED = "UNDECIDED"
    SHORTLISTED = "SHORTLISTED"
    NOT_SHORTLISTED = "NOT_SHORTLISTED"


class ShortlistAction(StrEnum):
    SHORTLIST = "SHORTLIST"
    EXCLUDE = "EXCLUDE"


SHORTLIST = {
    (ShortlistState.UNDECIDED, ShortlistAction.SHORTLIST): ShortlistState.SHORTLISTED,
    (ShortlistState.UNDECIDED, ShortlistAction.EXCLUDE): ShortlistState.NOT_SHORTLISTED,
}


class HearingState(StrEnum):
    """Audition. *Heard* means that presence was recorded."""

    NOT_SCHEDULED = "NOT_SCHEDULED"
    SCHEDULED = "SCHEDULED"
    HEARD = "HEARD"
    ABSENT = "ABSENT"


class HearingAction(StrEnum):
    SCHEDULE = "SCHEDULE"
    RECORD_PRESENCE = "RECORD_PRESENCE"
    RECORD_ABSENCE = "RECORD_ABSENCE"


HEARING = {
    (HearingState.NOT_SCHEDULED, HearingAction.SCHEDULE): HearingState.SCHEDULED,
    (HearingState.SCHEDULED, HearingAction.SCHEDULE): HearingState.SCHEDULED,
    (HearingState.SCHEDULED, HearingAction.RECORD_PRESENCE): HearingState.HEARD,
    (HearingState.SCHEDULED, HearingAction.RECORD_ABSENCE): HearingState.ABSENT,
    (HearingState.ABSENT, HearingAction.SCHEDULE): HearingState.SCHEDULED,
}


class JurySessionState(StrEnum):
    """Séance du jury."""

    PREPARED = "PREPARED"
    CONVOKED = "CONVOKED"
    OPEN = "OPEN"
    ADJOURNED = "ADJOURNED"
    CLOSED = "CLOSED"
    CANCELLED = "CANCELLED"


class JurySessionAction(StrEnum):
    CONVOKE = "CONVOKE"
    OPEN = "OPEN"
    ADJOURN = "ADJOURN"
    CLOSE = "CLOSE"
    CANCEL = "CANCEL"


JURY_SESSION = {
    (JurySessionState.PREPARED, JurySessionAction.CONVOKE): JurySessionState.CONVOKED,
    (JurySessionState.CONVOKED, JurySessionAction.OPEN): JurySessionState.OPEN,
    (JurySessionState.CONVOKED, JurySessionAction.ADJOURN): JurySessionState.ADJOURNED,
    (JurySessionState.OPEN, JurySessionAction.ADJOURN): JurySessionState.ADJOURNED,
    (JurySessionState.ADJOURNED, JurySessionAction.OPEN): JurySessionState.OPEN,
    (JurySessionState.OPEN, JurySessionAction.CLOSE): JurySessionState.CLOSED,
    (JurySessionState.PREPARED, JurySessionAction.CANCEL): JurySessionState.CANCELLED,
    (JurySessionState.CONVOKED, JurySessionAction.CANCEL): JurySessionState.CANCELLED,
    (JurySessionState.OPEN, JurySessionAction.CANCEL): JurySessionState.CANCELLED,
    (JurySessionState.ADJOURNED, JurySessionAction.CANCEL): JurySessionState.CANCELLED,
}


class ScoreState(StrEnum):
    """One member's sheet on one application."""

    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    VOIDED = "VOIDED"


class ScoreAction(StrEnum):
    SAVE = "SAVE"
    SUBMIT = "SUBMIT"
    VOID = "VOID"


SCORE = {
    (ScoreState.DRAFT, ScoreAction.SAVE): ScoreState.DRAFT,
    (ScoreState.DRAFT, ScoreAction.SUBMIT): ScoreState.SUBMITTED,
    (ScoreState.DRAFT, ScoreAction.VOID): ScoreState.VOIDED,
    # until the session closes, a member's last word replaces the one before
    (ScoreState.SUBMITTED, ScoreAction.SUBMIT): ScoreState.SUBMITTED,
    (ScoreState.SUBMITTED, ScoreAction.VOID): ScoreState.VOIDED,
}


class ProposalState(StrEnum):
    """What the jury proposes to the assembly. The jury grants nothing."""

    NONE = "NONE"
    PROPOSED = "PROPOSED"
    WAITING_LIST = "WAITING_LIST"
    DECLINED = "DECLINED"


class ProposalAction(StrEnum):
    PROPOSE = "PROPOSE"
    PUT_ON_WAITING_LIST = "PUT_ON_WAITING_LIST"
    DECLINE = "DECLINE"


PROPOSAL = {
    (ProposalState.NONE, ProposalAction.PROPOSE): ProposalState.PROPOSED,
    (ProposalState.NONE, ProposalAction.PUT_ON_WAITING_LIST): ProposalState.WAITING_LIST,
    (ProposalState.NONE, ProposalAction.DECLINE): ProposalState.DECLINED,
    # money freed by a withdrawal goes down the waiting list
    (ProposalState.WAITING_LIST, ProposalAction.PROPOSE): ProposalState.PROPOSED,
    (ProposalState.WAITING_LIST, ProposalAction.DECLINE): ProposalState.DECLINED,
}


class DecisionState(StrEnum):
    """What the assembly decided for one application. Nobody is told before ``notify``."""

    UNDECIDED = "UNDECIDED"
    GRANTED = "GRANTED"
    REFUSED = "REFUSED"
    WAITING = "WAITING"


class DecisionAction(StrEnum):
    GRANT = "GRANT"
    REFUSE = "REFUSE"
    KEEP_WAITING = "KEEP_WAITING"


DECISION = {
    (DecisionState.UNDECIDED, DecisionAction.GRANT): DecisionState.GRANTED,
    (DecisionState.UNDECIDED, DecisionAction.REFUSE): DecisionState.REFUSED,
    (DecisionState.UNDECIDED, DecisionAction.KEEP_WAITING): DecisionState.WAITING,
    (DecisionState.WAITING, DecisionAction.GRANT): DecisionState.GRANTED,
    (DecisionState.WAITING, DecisionAction.REFUSE): DecisionState.REFUSED,
}


def notify(state: DecisionState, notified_at: datetime | None, *, now: datetime) -> datetime:
    """The instant of notification of a decision, given once per decision.

    Refused: ``DECISION_NOT_TAKEN`` while undecided, ``ALREADY_NOTIFIED`` (value ``notified_at``) the second time.
    """
    if state is DecisionState.UNDECIDED:
        raise Refused(Reason.DECISION_NOT_TAKEN)
    if notified_at is not None:
        raise Refused(Reason.ALREADY_NOTIFIED, values={"notified_at": notified_at.isoformat()})
    return now


class ActState(StrEnum):
    """Délibération: executory once published and transmitted to the préfet (CGCT L3131-1)."""

    RECORDED = "RECORDED"
    TRANSMITTED = "TRANSMITTED"
    EXECUTORY = "EXECUTORY"


class ActAction(StrEnum):
    TRANSMIT = "TRANSMIT"
    MAKE_EXECUTORY = "MAKE_EXECUTORY"


ACT = {
    (ActState.RECORDED, ActAction.TRANSMIT): ActState.TRANSMITTED,
    (ActState.TRANSMITTED, ActAction.MAKE_EXECUTORY): ActState.EXECUTORY,
}


def check_case_open(state: CaseState) -> None:
    """Every act of review asks this first. Refused: ``CASE_NOT_OPEN`` (value ``state``)."""
    if state is not CaseState.OPEN:
        raise Refused(Reason.CASE_NOT_OPEN, values={"state": state.value})
