"""Avis: given in time by who was asked, or expired."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from kit.errors import Refused
from services.review.domain.case import Opinion
from services.review.domain.moves import OPINION, OpinionAction, move
from services.review.domain.reasons import Reason


def give(opinion: Opinion, *, favourable: bool, at: datetime) -> Opinion:
    """The opinion as given. Refused: ``NOT_IN_THIS_STATE``, ``OPINION_CLOSED`` (``closes_at``) from that instant on."""
    state = move(OPINION, opinion.state, OpinionAction.GIVE)
    if at >= opinion.closes_at:
        raise Refused(Reason.OPINION_CLOSED, values={"closes_at": opinion.closes_at.isoformat()})
    return replace(opinion, state=state, given_at=at, favourable=favourable)


def check_opinion_lapse(opinion: Opinion, *, now: datetime) -> None:
    """Expiry is a question. Refused: ``RECEIVED_IN_TIME`` (``received_at``, ``deadline_at``), ``TOO_EARLY``."""
    values = {"deadline_at": opinion.closes_at.isoformat()}
    if opinion.given_at is not None:
        raise Refused(Reason.RECEIVED_IN_TIME, values={**values, "received_at": opinion.given_at.isoformat()})
    if now < opinion.closes_at:
        raise Refused(Reason.TOO_EARLY, values={**values, "ask_at": opinion.closes_at.isoformat()})
