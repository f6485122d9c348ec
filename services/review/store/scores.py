"""Grids as they are written and as they read: drafts, words of the reasons, the revision of a session."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from kit.db import rows_of
from kit.errors import not_found
from services.review.store.queries import sql


@dataclass(frozen=True)
class Written:
    """One criterion with its words. ``value`` None while blank."""

    criterion: str
    value: int | None
    reason: str


@dataclass(frozen=True)
class Grid:
    """A member's grid of one file, and when it was saved or submitted."""

    person_id: str
    at: datetime
    marks: tuple[Written, ...]


async def save_draft(
    connection: Any, session_id: str, application_id: str, *, person_id: str, marks: Sequence[Written]
) -> datetime:
    """Her last word replaces the one before; when it was saved."""
    saved_at: datetime = await sql.save_score_draft(
        connection,
        session_id=session_id,
        application_id=application_id,
        person_id=person_id,
        marks=json.dumps([asdict(mark) for mark in marks], ensure_ascii=False),
    )
    return saved_at


async def draft(connection: Any, session_id: str, application_id: str, *, person_id: str) -> Grid | None:
    """A member's draft; None when she has none."""
    row = await sql.get_score_draft(
        connection, session_id=session_id, application_id=application_id, person_id=person_id
    )
    if row is None:
        return None
    return Grid(person_id, row["saved_at"], tuple(Written(**mark) for mark in json.loads(row["marks"])))


async def submitted(connection: Any, session_id: str, application_id: str) -> list[Grid]:
    """The grids of a file, by member; voided ones left out."""
    found: dict[str, Grid] = {}
    for row in await rows_of(sql.list_scores(connection, session_id=session_id, application_id=application_id)):
        person_id = str(row["person_id"])
        before = found.get(person_id, Grid(person_id, row["submitted_at"], ()))
        mark = Written(row["criterion"], row["value"], row["reason"])
        found[person_id] = Grid(person_id, row["submitted_at"], (*before.marks, mark))
    return list(found.values())


async def revision(connection: Any, session_id: str, call_id: str) -> str:
    """Equal while nothing of the session changed. Refused: ``NOT_FOUND``."""
    row = await sql.get_revision(connection, session_id=session_id)
    if row is None or str(row["call_id"]) != call_id:
        raise not_found()
    return str(row["revision"])
