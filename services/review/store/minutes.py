"""Minutes as documents: versions kept as they were drawn up."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from services.review.store.queries import sql

PART_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Kept:
    """The latest version of the minutes."""

    version: int
    digest: str
    drawn_at: datetime
    size_bytes: int


async def record_of(connection: Any, session_id: str) -> dict[str, Any]:
    """The frozen record the minutes are made from (``jalon.minutes/1``)."""
    found: dict[str, Any] = json.loads(await sql.get_record(connection, session_id=session_id))
    return found


async def keep(connection: Any, session_id: str, document: bytes, *, drawn_by: str, drawn_at: datetime) -> Kept:
    """One more version."""
    digest = sha256(document).hexdigest()
    version: int = await sql.draw_up_minutes(
        connection, session_id=session_id, document=document, digest=digest, drawn_by=drawn_by, drawn_at=drawn_at
    )
    return Kept(version, digest, drawn_at, len(document))


async def latest(connection: Any, session_id: str) -> Kept | None:
    """None when none was drawn up."""
    row = await sql.latest_minutes(connection, session_id=session_id)
    return None if row is None else Kept(row["version"], row["digest"], row["drawn_at"], row["size_bytes"])


async def part(connection: Any, session_id: str, kept: Kept, *, offset: int) -> bytes:
    """At most :data:`PART_BYTES` of a version, from an offset."""
    data = await sql.read_minutes(
        connection, session_id=session_id, version=kept.version, place=offset + 1, length=PART_BYTES
    )
    return bytes(data or b"")
