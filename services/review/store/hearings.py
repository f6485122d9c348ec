"""Slots of hearings."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from kit.db import rows_of
from kit.errors import not_found
from services.review.domain.moves import HearingState
from services.review.domain.texts import TextRef
from services.review.store.queries import sql


@dataclass(frozen=True)
class Slot:
    """When, how long, where. ``place``: the words that say it."""

    hearing_at: datetime
    duration_minutes: int
    place: TextRef | None


@dataclass(frozen=True)
class Hearing:
    """The hearing of a case as people read it; ``hearing_at`` None before a slot is given. ``turn``: slots so far."""

    application_id: str
    state: HearingState
    hearing_at: datetime | None
    duration_minutes: int
    place: str
    turn: int


async def give(connection: Any, application_id: str, slot: Slot) -> None:
    """One more slot of a case."""
    await sql.give_slot(
        connection,
        application_id=application_id,
        hearing_at=slot.hearing_at,
        duration_minutes=slot.duration_minutes,
        place_id=slot.place and slot.place.text_id,
        place_version=slot.place and slot.place.version,
    )


async def read(connection: Any, application_id: str) -> Hearing:
    """The hearing of a case. Refused: ``NOT_FOUND``."""
    row = await sql.get_hearing(connection, application_id=application_id)
    if row is None:
        raise not_found()
    return _hearing(row)


async def every(connection: Any, call_id: str, *, hidden: Collection[str]) -> list[Hearing]:
    """The hearings of a call, those of ``hidden`` files left out."""
    return [
        _hearing(row) for row in await rows_of(sql.list_hearings(connection, call_id=call_id, hidden=sorted(hidden)))
    ]


def _hearing(row: asyncpg.Record) -> Hearing:
    return Hearing(
        application_id=str(row["application_id"]),
        state=HearingState(row["hearing"]),
        hearing_at=row["hearing_at"],
        duration_minutes=row["duration_minutes"] or 0,
        place=row["place"] or "",
        turn=row["turn"] or 0,
    )
