"""What a correction asks, as the applicant reads it: each thing with its reason, and the words of who asks."""

from __future__ import annotations

from dataclasses import dataclass

from web import words
from web.desk import Desk
from web.portal.stages import Draft, open_correction
from web.timeline import history


@dataclass(frozen=True)
class Asked:
    """``items``: what, and why; ``words``: a line for each sentence."""

    items: list[tuple[str, str]]
    words: list[str]


async def asked_of(desk: Desk, draft: Draft) -> Asked | None:
    """What is asked now; None for a form that answers nothing."""
    correction = open_correction(draft.application) if draft.key == "correction" else None
    if correction is None:
        return None
    items = [
        (
            draft.rulebook.of(item.piece) if item.piece else words.field(item.field),
            words.coded("correction_reason", item.reason),
        )
        for item in correction.items
    ]
    told = await history(desk, draft.application.application_id)
    said = (line.words for line in told.lines if line.event == "correction_requested")
    return Asked(items, next(said, "").splitlines())
