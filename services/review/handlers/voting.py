"""Shows of hands in session: counted by the secretary, part of the frozen record."""

from __future__ import annotations

from typing import Any

import asyncpg
from jalon.review.v1 import jury_pb2 as pb

from kit import clock
from kit.errors import required
from kit.journal import Act, Journal
from services.review.domain.session import check_may_vote
from services.review.domain.votes import Ballot
from services.review.store import ballots as store
from services.review.store import jury
from services.review.store.ballots import Counted

KIND = "jury_session"


class Voting:
    """Counts of hands."""

    def __init__(self, pool: asyncpg.Pool, journal: Journal, *_: Any) -> None:
        self._pool = pool
        self._journal = journal

    async def RecordBallot(self, request: pb.RecordBallotRequest, context: Any) -> pb.Ballot:
        """Never more hands than members present and not recused."""

        async def change(act: Act) -> pb.Ballot:
            required(request, "application_id")
            held = await jury.load(act.connection, request.session_id, request.call_id, to="share")
            ballot = Ballot(request.in_favor_count, request.against_count, request.abstained_count)
            check_may_vote(held.session, ballot, application_id=request.application_id)
            counted = Counted(request.application_id, ballot, act.at)
            await store.record(act.connection, request.session_id, counted)
            facts = {
                "application_id": request.application_id,
                "in_favor": ballot.in_favor,
                "against": ballot.against,
                "abstained": ballot.abstained,
            }
            act.record("ballot_recorded", subject=request.session_id, kind=KIND, facts=facts)
            return ballot_message(counted)

        return await self._journal.write(request, change)


def ballot_message(counted: Counted) -> pb.Ballot:
    """A show of hands."""
    return pb.Ballot(
        application_id=counted.application_id,
        in_favor_count=counted.ballot.in_favor,
        against_count=counted.ballot.against,
        abstained_count=counted.ballot.abstained,
        counted_at=clock.to_timestamp(counted.counted_at),
        adopted=counted.ballot.adopted,
    )
