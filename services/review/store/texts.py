"""Words: saved by version, then cited by acts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kit.db import rows_of
from kit.errors import Refused, field_invalid
from services.review.domain.reasons import Reason
from services.review.domain.texts import TextRef
from services.review.store.queries import opaque, sql


@dataclass(frozen=True)
class Origin:
    """What a text belongs to, the same for all its versions. ``application_id`` is None for a session or an act."""

    call_id: str
    application_id: str | None
    kind: str


@dataclass(frozen=True)
class Newest:
    """The newest version of a text."""

    version: int
    origin: Origin
    author: str


async def newest(connection: Any, text_id: str) -> Newest | None:
    """None when nothing is saved under this id."""
    row = await sql.newest_text(connection, text_id=text_id)
    if row is None:
        return None
    origin = Origin(str(row["call_id"]), opaque(row["application_id"]), row["kind"])
    return Newest(row["version"], origin, row["author"])


async def save(connection: Any, ref: TextRef, origin: Origin, *, author: str, body: str) -> datetime:
    """Saves one version. Refused: ``STALE_DRAFT`` when it exists already."""
    saved_at: datetime | None = await sql.save_text(
        connection,
        text_id=ref.text_id,
        version=ref.version,
        call_id=origin.call_id,
        application_id=origin.application_id,
        kind=origin.kind,
        author=author,
        body=body,
    )
    if saved_at is None:
        raise Refused(Reason.STALE_DRAFT, values={"version": str(ref.version)})
    return saved_at


async def cited(connection: Any, ref: TextRef, origin: Origin, *, path: str, author: str = "") -> str:
    """The words of the version cited. Invalid, at ``path``: ``TEXT_UNKNOWN`` when there is none of that kind and case
    (and author, when one is named)."""
    row = await sql.cited_text(
        connection,
        text_id=ref.text_id,
        version=ref.version,
        kind=origin.kind,
        call_id=origin.call_id,
        application_id=origin.application_id,
    )
    if row is None or author not in ("", row["author"]):
        raise field_invalid(path, Reason.TEXT_UNKNOWN)
    return str(row["body"])


async def known_reasons(
    connection: Any, refs: Iterable[TextRef], *, author: str, application_id: str
) -> frozenset[TextRef]:
    """Which of the reasons cited by a score sheet exist, written by its member for that file."""
    asked = list(refs)
    found = sql.cited_reasons(
        connection,
        text_ids=[ref.text_id for ref in asked],
        versions=[ref.version for ref in asked],
        author=author,
        application_id=application_id,
    )
    return frozenset(TextRef(str(row["text_id"]), row["version"]) for row in await rows_of(found))
