"""The states of what intake keeps, and the only moves between them. What is not in a table is refused."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar, cast

from kit.errors import Refused
from services.intake.domain.reasons import Reason


class CallState(StrEnum):
    """OPEN means frozen: the rulebook cannot change any more. Whether deposits pass is a question of windows."""

    DRAFT = "DRAFT"
    OPEN = "OPEN"
    CLOSED = "CLOSED"


class CallAction(StrEnum):
    SAVE_RULEBOOK = "SAVE_RULEBOOK"
    OPEN_CALL = "OPEN_CALL"
    EXTEND_WINDOW = "EXTEND_WINDOW"
    CLOSE_CALL = "CLOSE_CALL"


class ApplicationState(StrEnum):
    """FULL_SUBMITTED lasts until the end: what happens in between belongs to review and payments."""

    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    INVITED = "INVITED"
    FULL_SUBMITTED = "FULL_SUBMITTED"
    WITHDRAWN = "WITHDRAWN"
    LAPSED = "LAPSED"
    CLOSED = "CLOSED"


class ApplicationAction(StrEnum):
    SAVE_DRAFT = "SAVE_DRAFT"
    SUBMIT_APPLICATION = "SUBMIT_APPLICATION"
    INVITE_APPLICATION = "INVITE_APPLICATION"
    SUBMIT_FULL_APPLICATION = "SUBMIT_FULL_APPLICATION"
    WITHDRAW_APPLICATION = "WITHDRAW_APPLICATION"
    LAPSE_APPLICATION = "LAPSE_APPLICATION"
    CLOSE_APPLICATION = "CLOSE_APPLICATION"


class CorrectionState(StrEnum):
    """A request to complete or correct a file."""

    OPEN = "OPEN"
    SUBMITTED = "SUBMITTED"
    LAPSED = "LAPSED"
    CANCELLED = "CANCELLED"


class CorrectionAction(StrEnum):
    SAVE_CORRECTION = "SAVE_CORRECTION"
    SUBMIT_CORRECTION = "SUBMIT_CORRECTION"
    LAPSE_CORRECTION = "LAPSE_CORRECTION"
    CANCEL_CORRECTION = "CANCEL_CORRECTION"


class DocumentState(StrEnum):
    """REFUSED: empty, too large, of a type the rulebook does not take, or not the announced digest."""

    UPLOADING = "UPLOADING"
    RECEIVED = "RECEIVED"
    REFUSED = "REFUSED"


class DocumentAction(StrEnum):
    UPLOAD_PART = "UPLOAD_PART"
    COMPLETE_UPLOAD = "COMPLETE_UPLOAD"
    REFUSE_DOCUMENT = "REFUSE_DOCUMENT"


CALL_MOVES: Mapping[tuple[CallState, CallAction], CallState] = {
    (CallState.DRAFT, CallAction.SAVE_RULEBOOK): CallState.DRAFT,
    (CallState.DRAFT, CallAction.OPEN_CALL): CallState.OPEN,
    (CallState.OPEN, CallAction.EXTEND_WINDOW): CallState.OPEN,
    (CallState.OPEN, CallAction.CLOSE_CALL): CallState.CLOSED,
}

APPLICATION_MOVES: Mapping[tuple[ApplicationState, ApplicationAction], ApplicationState] = {
    (ApplicationState.DRAFT, ApplicationAction.SAVE_DRAFT): ApplicationState.DRAFT,
    (ApplicationState.DRAFT, ApplicationAction.SUBMIT_APPLICATION): ApplicationState.SUBMITTED,
    (ApplicationState.SUBMITTED, ApplicationAction.INVITE_APPLICATION): ApplicationState.INVITED,
    (ApplicationState.SUBMITTED, ApplicationAction.WITHDRAW_APPLICATION): ApplicationState.WITHDRAWN,
    (ApplicationState.SUBMITTED, ApplicationAction.CLOSE_APPLICATION): ApplicationState.CLOSED,
    (ApplicationState.INVITED, ApplicationAction.SAVE_DRAFT): ApplicationState.INVITED,
    (ApplicationState.INVITED, ApplicationAction.SUBMIT_FULL_APPLICATION): ApplicationState.FULL_SUBMITTED,
    (ApplicationState.INVITED, ApplicationAction.WITHDRAW_APPLICATION): ApplicationState.WITHDRAWN,
    (ApplicationState.INVITED, ApplicationAction.LAPSE_APPLICATION): ApplicationState.LAPSED,
    (ApplicationState.FULL_SUBMITTED, ApplicationAction.WITHDRAW_APPLICATION): ApplicationState.WITHDRAWN,
    (ApplicationState.FULL_SUBMITTED, ApplicationAction.LAPSE_APPLICATION): ApplicationState.LAPSED,
    (ApplicationState.FULL_SUBMITTED, ApplicationAction.CLOSE_APPLICATION): ApplicationState.CLOSED,
}

CORRECTION_MOVES: Mapping[tuple[CorrectionState, CorrectionAction], CorrectionState] = {
    (CorrectionState.OPEN, CorrectionAction.SAVE_CORRECTION): CorrectionState.OPEN,
    (CorrectionState.OPEN, CorrectionAction.SUBMIT_CORRECTION): CorrectionState.SUBMITTED,
    (CorrectionState.OPEN, CorrectionAction.LAPSE_CORRECTION): CorrectionState.LAPSED,
    (CorrectionState.OPEN, CorrectionAction.CANCEL_CORRECTION): CorrectionState.CANCELLED,
}

DOCUMENT_MOVES: Mapping[tuple[DocumentState, DocumentAction], DocumentState] = {
    (DocumentState.UPLOADING, DocumentAction.UPLOAD_PART): DocumentState.UPLOADING,
    (DocumentState.UPLOADING, DocumentAction.COMPLETE_UPLOAD): DocumentState.RECEIVED,
    (DocumentState.UPLOADING, DocumentAction.REFUSE_DOCUMENT): DocumentState.REFUSED,
}

# Looked up by the type of the state: members of two enums with one value are equal, so the tables stay apart.
_TABLES: dict[type[StrEnum], Mapping[Any, StrEnum]] = {
    CallState: CALL_MOVES,
    ApplicationState: APPLICATION_MOVES,
    CorrectionState: CORRECTION_MOVES,
    DocumentState: DOCUMENT_MOVES,
}
_ACTIONS: dict[type[StrEnum], type[StrEnum]] = {
    CallState: CallAction,
    ApplicationState: ApplicationAction,
    CorrectionState: CorrectionAction,
    DocumentState: DocumentAction,
}
S = TypeVar("S", CallState, ApplicationState, CorrectionState, DocumentState)


def move(state: S, action: StrEnum) -> S:
    """The state an action leads to. Raises ``Refused("NOT_IN_THIS_STATE")`` with both as values.

    An action of another thing is a fault of the program, not of a person: ``TypeError``.
    """
    if type(action) is not _ACTIONS[type(state)]:
        raise TypeError(f"{type(action).__name__} does not move {type(state).__name__}")
    target = _TABLES[type(state)].get((state, action))
    if target is None:
        raise Refused(Reason.NOT_IN_THIS_STATE, values={"state": state.value, "action": action.value})
    return cast(S, target)
