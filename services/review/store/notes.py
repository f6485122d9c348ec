"""Notes on a file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kit.db import moved, rows_of
from kit.errors import Refused
from services.review.domain.reasons import Reason
from services.review.store.calls import person_id
from services.review.store.queries import sql


@dataclass(frozen=True)
class Note:
    """A note as kept. ``audience``: ``SELF`` or ``FILE``; ``version`` from 1."""

    note_id: str
    application_id: str
    audience: str
    author: str
    body: str
    version: int
    written_at: datetime


async def lock(connection: Any, note_id: str) -> Note | None:
    """One note about to change; None when there is none."""
    row = await sql.lock_note(connection, note_id=note_id)
    return None if row is None else _note(row)


async def add(connection: Any, note: Note) -> None:
    """A new note. Refused: ``ID_TAKEN``."""
    made = await sql.add_note(
        connection,
        note_id=note.note_id,
        application_id=note.application_id,
        audience=note.audience,
        author=note.author,
        body=note.body,
        written_at=note.written_at,
    )
    if made is None:
        raise Refused(Reason.ID_TAKEN)


async def rewrite(connection: Any, note: Note, *, body: str, at: datetime) -> None:
    """The same note, said otherwise."""
    moved(await sql.rewrite_note(connection, note_id=note.note_id, version=note.version, body=body, written_at=at))


async def remove(connection: Any, note_id: str) -> None:
    """Takes a note away."""
    await sql.remove_note(connection, note_id=note_id)


async def readable(connection: Any, application_id: str, person: str, *, limit: int) -> list[Note]:
    """The file's notes and the person's own, newest first."""
    found = sql.list_notes(connection, application_id=application_id, person=person_id(person), limit=limit)
    return [_note(row) for row in await rows_of(found)]


def _note(row: Any) -> Note:
    return Note(
        note_id=str(row["note_id"]),
        application_id=str(row["application_id"]),
        audience=row["audience"],
        author=str(row["author"]),
        body=row["body"],
        version=row["version"],
        written_at=row["written_at"],
    )
