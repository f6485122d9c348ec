"""What may be done with an application, a correction or a piece in the state it is in. Pure: time is an argument."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from kit.errors import FieldFault, Refused, invalid
from services.intake.domain.deadlines import rfc3339
from services.intake.domain.moves import (
    ApplicationAction,
    ApplicationState,
    CallState,
    CorrectionAction,
    CorrectionState,
    move,
)
from services.intake.domain.reasons import Reason
from services.intake.domain.records import Application, Content, Correction, Item, top_field
from services.intake.domain.rules import Rulebook, Stage

FULL_FIELDS = (
    "section",
    "requested_cents",
    "budget",
    "funding",
    "presentation",
    "indicators",
    "starts_on",
    "ends_on",
    "jobs_planned",
)
UNDER_WAY = (ApplicationState.SUBMITTED, ApplicationState.INVITED, ApplicationState.FULL_SUBMITTED)
IN_FLIGHT = timedelta(seconds=30)
"""What was held before a closing instant may be in its transaction for as long as an RPC may last; expiry waits."""
MESSAGE_PIECE = "message"
"""Piece of no rulebook: what goes with a message of the thread, of either side, once the file has a number."""
OVER = (ApplicationState.WITHDRAWN, ApplicationState.LAPSED, ApplicationState.CLOSED)


def check_call_open(state: CallState) -> None:
    """Drafts and deposits need an open call, whatever its windows say (``CALL_NOT_OPEN``)."""
    if state is not CallState.OPEN:
        raise Refused(Reason.CALL_NOT_OPEN, values={"state": state.value})


def check_version(current: int, *, expected: int) -> None:
    """A writer must have read the newest version (``STALE_DRAFT`` with it)."""
    if current != expected:
        raise Refused(Reason.STALE_DRAFT, values={"version": str(current)})


def check_not_submitted(application: Application, *, submitted_at: datetime | None) -> None:
    """A second press of the same button is told what the first one gave (``ALREADY_SUBMITTED``)."""
    if submitted_at is not None:
        values = {"number": application.number, "received_at": rfc3339(submitted_at), "digest": application.digest}
        raise Refused(Reason.ALREADY_SUBMITTED, values=values)


def not_now(state: ApplicationState, action: str) -> Refused:
    """The refusal of what is no move of its own but needs a state."""
    return Refused(Reason.NOT_IN_THIS_STATE, values={"state": state.value, "action": str(action)})


def may_save_pre(application: Application) -> None:
    """The first form is written until its deposit, in an open call."""
    check_call_open(application.call_state)
    if application.state is not ApplicationState.DRAFT:
        raise not_now(application.state, ApplicationAction.SAVE_DRAFT)


def may_save_full(application: Application, correction: Correction | None, *, now: datetime) -> None:
    """The second form is written before its deposit, and again while a correction is open."""
    if application.state is ApplicationState.FULL_SUBMITTED and correction is not None:
        check_correction_open(correction, now)
        return
    if application.state is not ApplicationState.INVITED:
        raise not_now(application.state, ApplicationAction.SAVE_DRAFT)


def check_correction_open(correction: Correction, now: datetime) -> None:
    """Answers pass until the closing instant, excluded (``CORRECTION_CLOSED``), once."""
    move(correction.state, CorrectionAction.SUBMIT_CORRECTION)
    if now >= correction.closes_at:
        values = {"received_at": rfc3339(now), "closes_at": rfc3339(correction.closes_at)}
        raise Refused(Reason.CORRECTION_CLOSED, values=values)


def check_piece_expected(
    rulebook: Rulebook, application: Application, *, piece: str, correction: Correction | None, now: datetime
) -> Stage:
    """The stage of a piece, when it may be sent now; else ``PIECE_UNKNOWN`` or ``DOCUMENT_NOT_EXPECTED``."""
    stage = next((item.stage for item in rulebook.pieces if item.code == piece), None)
    if stage is None:
        raise invalid(FieldFault("piece", Reason.PIECE_UNKNOWN, {"code": piece}))
    asked = correction is not None and piece in correction.pieces
    if asked and correction is not None:
        check_correction_open(correction, now)
    expected = {
        ApplicationState.DRAFT: (Stage.PRE_APPLICATION,),
        ApplicationState.INVITED: (Stage.FULL_APPLICATION,),
        ApplicationState.FULL_SUBMITTED: (Stage.AGREEMENT, Stage.REPORT),
    }
    if not asked and stage not in expected.get(application.state, ()):
        values = {"code": piece, "state": application.state.value}
        raise Refused(Reason.DOCUMENT_NOT_EXPECTED, values=values)
    return stage


def check_items(rulebook: Rulebook, items: tuple[Item, ...]) -> None:
    """A correction asks for fields of the full application and pieces of the rulebook, one per item."""
    codes = {piece.code for piece in rulebook.pieces}
    faults = [] if items else [FieldFault("items", Reason.FIELD_MISSING)]
    for index, item in enumerate(items):
        if bool(item.field) == bool(item.piece):
            faults.append(FieldFault(f"items[{index}]", Reason.FIELD_MISSING))
        elif item.field and top_field(item.field) not in FULL_FIELDS:
            faults.append(FieldFault(f"items[{index}].field", Reason.FIELD_UNKNOWN))
        elif item.piece and item.piece not in codes:
            faults.append(FieldFault(f"items[{index}].piece", Reason.PIECE_UNKNOWN, {"code": item.piece}))
    if faults:
        raise invalid(*faults)


def corrected(deposited: Content, draft: Content, *, fields: frozenset[str]) -> Content:
    """What was deposited, with the fields asked taken from the draft: nothing else can change."""
    kept = {key: value for key, value in deposited.items() if key not in fields}
    return kept | {key: draft[key] for key in fields if key in draft}


def invite(application: Application, closes_at: datetime | None) -> ApplicationState | None:
    """The state an invitation leads to; None when it changes nothing (repeated, or the answer is already there)."""
    later = closes_at is not None and closes_at > application.full_closes_at
    if application.state is ApplicationState.INVITED:
        return ApplicationState.INVITED if later else None
    if application.state is ApplicationState.FULL_SUBMITTED:
        return None
    return move(application.state, ApplicationAction.INVITE_APPLICATION)


def lapse_full_application(application: Application, now: datetime) -> ApplicationState | None:
    """Expiry as a question. None: already lapsed. ``RECEIVED_IN_TIME`` when a deposit or a withdrawal is there,
    ``TOO_EARLY`` before the closing instant."""
    if application.state is ApplicationState.LAPSED:
        return None
    received_at = application.full_submitted_at
    if received_at is not None or application.state is ApplicationState.WITHDRAWN:
        raise Refused(Reason.RECEIVED_IN_TIME, values={"received_at": rfc3339(received_at)} if received_at else {})
    target = move(application.state, ApplicationAction.LAPSE_APPLICATION)
    _not_before(application.full_closes_at, now)
    return target


def lapse_correction(correction: Correction, application: Application, now: datetime) -> CorrectionState | None:
    """The same question for an answer. A withdrawn or ended application has nothing left to answer."""
    if correction.state is CorrectionState.LAPSED:
        return None
    if correction.state is not CorrectionState.OPEN or application.state in OVER:
        received_at = correction.submitted_at
        raise Refused(Reason.RECEIVED_IN_TIME, values={"received_at": rfc3339(received_at)} if received_at else {})
    target = move(correction.state, CorrectionAction.LAPSE_CORRECTION)
    _not_before(correction.closes_at, now)
    return target


def _not_before(closes_at: datetime, now: datetime) -> None:
    if now < closes_at + IN_FLIGHT:
        values = {"closes_at": rfc3339(closes_at), "now": rfc3339(now), "ask_at": rfc3339(closes_at + IN_FLIGHT)}
        raise Refused(Reason.TOO_EARLY, values=values)


def close(application: Application, ending: str) -> ApplicationState | None:
    """The state an ending leads to. None: an end is there already, and it stands (the answer says which).

    A withdrawal is the applicant's act; what never came is the question of :func:`lapse_full_application`.
    """
    if application.state in OVER:
        return None
    if ending == "LAPSED" and application.state is ApplicationState.FULL_SUBMITTED:
        return move(application.state, ApplicationAction.LAPSE_APPLICATION)
    if ending in ("LAPSED", "WITHDRAWN"):
        raise not_now(application.state, ApplicationAction.CLOSE_APPLICATION)
    return move(application.state, ApplicationAction.CLOSE_APPLICATION)


def withheld(content: Content | None) -> Content | None:
    """A form without the contact of its applicant: for those who judge a project and never write to anyone."""
    if content is None or not isinstance(content.get("applicant"), Mapping):
        return content
    applicant = {key: value for key, value in content["applicant"].items() if not key.startswith("contact_")}
    return content | {"applicant": applicant}
