"""One act on many files: what may be asked at once, and what stands in the way of each file.

A refusal to shortlist is not among them: what is refused is reasoned file by file (CRPA L211-2, L211-5).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from kit.errors import Refused, field_invalid
from services.review.domain.case import Case, check_concluded
from services.review.domain.instruction import check_amount_proposed
from services.review.domain.moves import (
    COMPLETENESS,
    REVIEW,
    SHORTLIST,
    ActState,
    CompletenessAction,
    ReviewAction,
    ShortlistAction,
    check_case_open,
    move,
    notify,
)
from services.review.domain.reasons import Reason

MOST_FILES = 100
DONE = "DONE"


class BulkAct(StrEnum):
    """The acts that may be done to many files at once."""

    ASSIGN_REVIEWER = "ASSIGN_REVIEWER"
    REQUEST_CORRECTION = "REQUEST_CORRECTION"
    DECIDE_SHORTLIST = "DECIDE_SHORTLIST"
    NOTIFY_DECISION = "NOTIFY_DECISION"

    @property
    def rpc(self) -> str:
        """``AssignReviewer``: the RPC whose rights each row needs."""
        return "".join(part.capitalize() for part in self.value.split("_"))


class BulkState(StrEnum):
    RUNNING = "RUNNING"
    STOPPED = "STOPPED"
    FINISHED = "FINISHED"


class BulkAction(StrEnum):
    STOP_BULK = "STOP_BULK"
    RESUME_BULK = "RESUME_BULK"
    FINISH_BULK = "FINISH_BULK"


BULK = {
    (BulkState.RUNNING, BulkAction.STOP_BULK): BulkState.STOPPED,
    (BulkState.STOPPED, BulkAction.RESUME_BULK): BulkState.RUNNING,
    (BulkState.RUNNING, BulkAction.FINISH_BULK): BulkState.FINISHED,
    # stopped and left so: what was not begun is given up
    (BulkState.STOPPED, BulkAction.FINISH_BULK): BulkState.FINISHED,
}


@dataclass(frozen=True)
class Asked:
    """What is asked of every file. ``items``: pieces and the reason of each, as plain fields."""

    act: BulkAct
    reviewer_id: str = ""
    items: Sequence[dict[str, str]] = ()
    closes_at: datetime | None = None


@dataclass(frozen=True)
class BulkFile:
    """One file; ``result`` is empty until the end, then ``DONE`` or a reason."""

    application_id: str
    result: str = ""


@dataclass(frozen=True)
class Bulk:
    """A bulk act and its files, in the order asked."""

    bulk_id: str
    call_id: str
    person: str
    state: BulkState
    asked: Asked
    started_at: datetime
    finished_at: datetime | None = None
    total: int = 0
    done: int = 0
    files: Sequence[BulkFile] = field(default=())


@dataclass(frozen=True)
class Chosen:
    """A file as a bulk act would find it. ``act_state``: of the assembly's act that decided it."""

    case: Case
    act_state: ActState | None
    reviewer_recused: bool


def check_asked(asked: Asked, *, files: int, now: datetime) -> None:
    """What every row needs is said. Invalid: ``FILES_REQUIRED``, ``FILES_TOO_MANY`` (``max``), ``FIELD_MISSING``,
    ``ITEMS_REQUIRED``, ``CLOSES_IN_PAST``."""
    if not files:
        raise field_invalid("files", Reason.FILES_REQUIRED)
    if files > MOST_FILES:
        raise field_invalid("files", Reason.FILES_TOO_MANY, max=str(MOST_FILES))
    if asked.act is BulkAct.ASSIGN_REVIEWER and not asked.reviewer_id:
        raise field_invalid("reviewer_id", Reason.FIELD_MISSING)
    if asked.act is BulkAct.REQUEST_CORRECTION:
        if not asked.items or not all(item["piece"] for item in asked.items):
            raise field_invalid("items", Reason.ITEMS_REQUIRED)
        if asked.closes_at is None or asked.closes_at <= now:
            raise field_invalid("closes_at", Reason.CLOSES_IN_PAST)


def obstacle(act: BulkAct, found: Chosen, *, now: datetime) -> str:
    """What the act's own RPC would refuse this file for (a reason); empty when nothing stands in the way."""
    try:
        _CHECKS[act](found, now)
    except Refused as refused:
        return refused.reason
    return ""


def _check_assignment(found: Chosen, now: datetime) -> None:
    check_case_open(found.case.state)
    move(REVIEW, found.case.review, ReviewAction.ASSIGN)
    if found.reviewer_recused:
        raise Refused(Reason.REVIEWER_RECUSED)


def _check_correction(found: Chosen, now: datetime) -> None:
    check_case_open(found.case.state)
    move(COMPLETENESS, found.case.completeness, CompletenessAction.REQUEST_CORRECTION)


def _check_shortlist(found: Chosen, now: datetime) -> None:
    check_concluded(found.case)
    move(SHORTLIST, found.case.shortlist, ShortlistAction.SHORTLIST)
    check_amount_proposed(found.case.instructed_cents)


def _check_notification(found: Chosen, now: datetime) -> None:
    check_case_open(found.case.state)
    notify(found.case.decision, found.case.notified_at, now=now)
    if found.act_state is not ActState.EXECUTORY:
        raise Refused(Reason.ACT_NOT_EXECUTORY, values={"state": found.act_state or ""})


_CHECKS: dict[BulkAct, Callable[[Chosen, datetime], None]] = {
    BulkAct.ASSIGN_REVIEWER: _check_assignment,
    BulkAct.REQUEST_CORRECTION: _check_correction,
    BulkAct.DECIDE_SHORTLIST: _check_shortlist,
    BulkAct.NOTIFY_DECISION: _check_notification,
}
