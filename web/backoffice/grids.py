"""The digest of a file before the jury: what it asks, what the instruction proposes, the grids with their reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from jalon.intake.v1 import applications_pb2 as pb
from jalon.review.v1 import jury_pb2

from web.desk import Desk, together
from web.rulebooks import Words

BLANK = -1


@dataclass(frozen=True)
class Cell:
    """A member's mark for a criterion, in words, with its reason."""

    value: int
    level: str
    reason: str


@dataclass(frozen=True)
class Digest:
    """``grid``: criteria of the rulebook. ``cells``: person id → criterion → what she wrote. ``sealed``: others' grids
    are kept until the session is open."""

    application: pb.Application
    rulebook: Words
    cells: Mapping[str, Mapping[str, Cell]]
    means: Mapping[str, Decimal]
    sealed: bool

    @property
    def grid(self) -> list[dict[str, Any]]:
        """Criteria in the rulebook's order."""
        return list(self.rulebook.content["grid"])


async def digest_of(desk: Desk, session_id: UUID, application_id: str) -> Digest:
    """A file as the session looks at it: two reads at once."""
    wanted = jury_pb2.ListScoresRequest(
        call_id=desk.visitor.call_id, session_id=str(session_id), application_id=application_id
    )
    application, answer = await together(
        desk.read("intake.applications", pb.GetApplicationRequest(application_id=application_id)),
        desk.read("review.jury", wanted),
    )
    rulebook = await desk.rulebook(application.call_id)
    levels = {one["code"]: one.get("levels", ()) for one in rulebook.content["grid"]}
    cells = {
        score.person_id: {mark.criterion: _cell(mark, levels.get(mark.criterion, ())) for mark in score.marks}
        for score in answer.scores
    }
    means = {
        score.person_id: hundredths(score.mean_numerator, score.mean_denominator) or Decimal(0)
        for score in answer.scores
    }
    return Digest(application, rulebook, cells, means, answer.sealed)


def hundredths(numerator: int, denominator: int) -> Decimal | None:
    """A fraction to two places; None without a denominator."""
    return (Decimal(numerator) / Decimal(denominator)).quantize(Decimal("0.01")) if denominator else None


def _cell(mark: jury_pb2.DraftMark, levels: Any) -> Cell:
    return Cell(mark.value, levels[mark.value] if 0 <= mark.value < len(levels) else "", mark.reason)
