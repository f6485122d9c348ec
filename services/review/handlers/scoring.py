"""Grids being written, grids as they read, and whether anything of a session changed."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import asyncpg
from jalon.review.v1 import jury_pb2 as pb

from kit import clock
from kit.admission import current
from kit.errors import not_found, required
from kit.journal import Act, Journal
from services.review.domain.moves import JurySessionState, ScoreState
from services.review.domain.rulebook import ReviewRules
from services.review.domain.scoring import Mark, Sheet, check_sheet, weighted
from services.review.domain.session import Session, check_may_score
from services.review.domain.texts import check_length
from services.review.store import jury, scores
from services.review.store.calls import Rulebooks
from services.review.store.scores import Grid, Written

SEATED = frozenset({"JURY_MEMBER", "JURY_CHAIR"})
UNSEALED = frozenset({JurySessionState.OPEN, JurySessionState.ADJOURNED, JurySessionState.CLOSED})
BLANK = -1


class Scoring:
    """Drafts and reading of the grids."""

    def __init__(self, pool: asyncpg.Pool, journal: Journal, rulebooks: Rulebooks) -> None:
        self._pool = pool
        self._journal = journal
        self._rulebooks = rulebooks

    async def SaveScoreDraft(self, request: pb.SaveScoreDraftRequest, context: Any) -> pb.ScoreDraft:
        """What a member has written so far. A draft is not an act: no line of history, no leaf."""

        async def change(act: Act) -> pb.ScoreDraft:
            required(request, "application_id")
            held = await jury.load(act.connection, request.session_id, request.call_id, to="share")
            check_may_score(held.session, act.person, application_id=request.application_id)
            registered = await self._rulebooks.of(act.connection, held.call_id)
            marks = [_written(mark) for mark in request.marks]
            _check(registered.rules, request.application_id, act.person, marks=marks)
            saved_at = await scores.save_draft(
                act.connection, request.session_id, request.application_id, person_id=act.person, marks=marks
            )
            return _draft(request, marks, saved_at=saved_at, submitted_at=None)

        return await self._journal.write(request, change)

    async def GetScoreDraft(self, request: pb.GetScoreDraftRequest, context: Any) -> pb.ScoreDraft:
        """The caller's own grid: the newer of her draft and of what she submitted."""
        required(request, "application_id")
        me = current.get().actor.person
        async with self._pool.acquire() as connection:
            held = await jury.load(connection, request.session_id, request.call_id, to="read")
            _check_reads(held.session, request.application_id)
            draft = await scores.draft(connection, request.session_id, request.application_id, person_id=me)
            grids = await scores.submitted(connection, request.session_id, request.application_id)
        mine = next((grid for grid in grids if grid.person_id == me), None)
        newest = max((grid for grid in (draft, mine) if grid), key=lambda grid: grid.at, default=None)
        return _draft(
            request,
            newest.marks if newest else (),
            saved_at=newest.at if newest else None,
            submitted_at=mine.at if mine else None,
        )

    async def ListScores(self, request: pb.ListScoresRequest, context: Any) -> pb.ListScoresResponse:
        """Every grid of a file, once the session is open; before, one's own."""
        required(request, "application_id")
        me = current.get().actor.person
        async with self._pool.acquire() as connection:
            held = await jury.load(connection, request.session_id, request.call_id, to="read")
            _check_reads(held.session, request.application_id)
            registered = await self._rulebooks.of(connection, held.call_id)
            grids = await scores.submitted(connection, request.session_id, request.application_id)
        sealed = held.session.state not in UNSEALED
        return pb.ListScoresResponse(
            scores=[_score(registered.rules, grid) for grid in grids if not sealed or grid.person_id == me],
            sealed=sealed,
        )

    async def GetRevision(self, request: pb.GetRevisionRequest, context: Any) -> pb.GetRevisionResponse:
        """Whether anything changed since a page was made."""
        required(request, "call_id", "session_id")
        async with self._pool.acquire() as connection:
            found = await scores.revision(connection, request.session_id, request.call_id)
        return pb.GetRevisionResponse(revision=found)


def _check_reads(session: Session, application_id: str) -> None:
    """Members read the files of the sessions they sit in. Refused: ``NOT_FOUND``."""
    call = current.get()
    seated = call.actor.person in session.member_ids
    if application_id not in session.application_ids or (call.role in SEATED and not seated):
        raise not_found()
    if call.actor.person in session.recused(application_id):
        raise not_found()


def _check(rules: ReviewRules, application_id: str, person: str, *, marks: Iterable[Written]) -> None:
    held = tuple(marks)
    for mark in held:
        check_length(mark.reason, path=f"marks.{mark.criterion}.reason")
    sheet = Sheet(application_id, person, ScoreState.DRAFT, tuple(Mark(one.criterion, one.value, None) for one in held))
    check_sheet(rules, sheet)


def _written(mark: pb.DraftMark) -> Written:
    return Written(mark.criterion, None if mark.value == BLANK else mark.value, mark.reason)


def _marks(marks: Iterable[Written]) -> list[pb.DraftMark]:
    return [
        pb.DraftMark(criterion=mark.criterion, value=BLANK if mark.value is None else mark.value, reason=mark.reason)
        for mark in marks
    ]


def _draft(request: Any, marks: Iterable[Written], *, saved_at: Any, submitted_at: Any) -> pb.ScoreDraft:
    return pb.ScoreDraft(
        session_id=request.session_id,
        application_id=request.application_id,
        marks=_marks(marks),
        saved_at=clock.to_timestamp(saved_at),
        submitted_at=clock.to_timestamp(submitted_at),
    )


def _score(rules: ReviewRules, grid: Grid) -> pb.MemberScore:
    mean = weighted(rules, {mark.criterion: Fraction(mark.value or 0) for mark in grid.marks})
    return pb.MemberScore(
        person_id=grid.person_id,
        marks=_marks(grid.marks),
        mean_numerator=mean.numerator,
        mean_denominator=mean.denominator,
    )
