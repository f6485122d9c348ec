"""Shows of hands of a session."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kit.db import rows_of
from services.review.domain.votes import Ballot
from services.review.store.queries import sql


@dataclass(frozen=True)
class Counted:
    """A show of hands on a file, and when it was counted."""

    application_id: str
    ballot: Ballot
    counted_at: datetime


async def record(connection: Any, session_id: str, counted: Counted) -> None:
    """The last one holds."""
    await sql.record_ballot(
        connection,
        session_id=session_id,
        application_id=counted.application_id,
        in_favor=counted.ballot.in_favor,
        against=counted.ballot.against,
        abstained=counted.ballot.abstained,
        counted_at=counted.counted_at,
    )


async def every(connection: Any, session_id: str) -> list[Counted]:
    """Those of a session, in their order."""
    return [
        Counted(
            str(row["application_id"]),
            Ballot(row["in_favor_count"], row["against_count"], row["abstained_count"]),
            row["counted_at"],
        )
        for row in await rows_of(sql.list_ballots(connection, session_id=session_id))
    ]
