"""Calls and their rulebooks."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import asyncpg

from kit.db import rows_of
from kit.errors import Refused
from services.intake.domain import rulebook as rulebooks
from services.intake.domain.moves import CallState
from services.intake.domain.reasons import Reason
from services.intake.domain.records import Call
from services.intake.domain.rules import Rulebook
from services.intake.store import changed, queries, uuid_or_none


@lru_cache(maxsize=64)
def parsed(body: bytes) -> Rulebook:
    """A kept rulebook, read once per process and version."""
    return rulebooks.parse(body)


async def get_call(connection: Any, *, call_id: str = "", reference: str = "") -> Call | None:
    """A call by id, or by reference."""
    row = await queries.get_call(connection, call_id=uuid_or_none(call_id), reference=reference)
    return _call(row) if row else None


async def lock_call(connection: Any, call_id: str) -> Call | None:
    """A call, kept still until the end of the transaction."""
    row = await queries.lock_call(connection, call_id=UUID(call_id))
    return _call(row) if row else None


async def list_calls(
    connection: Any, *, drafts: bool, before: tuple[datetime, str] | None, limit: int
) -> list[tuple[Call, datetime]]:
    """Calls with the instant they were made, newest first."""
    created_before, id_before = before or (None, "")
    found = queries.list_calls(
        connection, drafts=drafts, created_before=created_before, id_before=uuid_or_none(id_before), limit=limit
    )
    return [(_call(row), row["created_at"]) for row in await rows_of(found)]


async def import_call(connection: Any, call: Call, body: bytes, *, saved_by: str) -> None:
    """A draft call and the newest version of its rulebook (canonical bytes)."""
    try:
        status = await queries.import_call(
            connection,
            call_id=UUID(call.call_id),
            reference=call.reference,
            edition=call.edition,
            title_fr=call.title_fr,
            title_en=call.title_en,
            version=call.rulebook_version,
            digest=call.rulebook_digest,
            pre_opens_at=call.pre_opens_at,
            pre_closes_at=call.pre_closes_at,
            full_opens_at=call.full_opens_at,
            full_closes_at=call.full_closes_at,
            fictitious=call.fictitious,
        )
    except asyncpg.UniqueViolationError as error:
        raise Refused(Reason.REFERENCE_TAKEN, values={"reference": call.reference}) from error
    changed(status)
    await queries.save_rulebook(
        connection,
        call_id=UUID(call.call_id),
        version=call.rulebook_version,
        digest=call.rulebook_digest,
        body=body,
        saved_by=saved_by,
    )


async def rulebook_bytes(connection: Any, call_id: str) -> tuple[int, str, bytes, CallState] | None:
    """Version, digest and canonical bytes of the rulebook in force, with the state of its call."""
    row = await queries.get_rulebook(connection, call_id=UUID(call_id))
    return (row["version"], row["digest"], row["body"], CallState(row["state"])) if row else None


async def rulebook_of(connection: Any, call_id: str) -> Rulebook:
    """The rulebook in force of a call that exists."""
    row = await queries.get_rulebook(connection, call_id=UUID(call_id))
    return parsed(row["body"])


async def open_call(connection: Any, call: Call, to_state: CallState, *, at: datetime) -> None:
    """Freezes the rulebook of a call."""
    status = await queries.open_call(
        connection, call_id=UUID(call.call_id), from_state=call.state.value, to_state=to_state.value, opened_at=at
    )
    changed(status)


async def close_call(connection: Any, call: Call, to_state: CallState, *, at: datetime) -> None:
    """Ends a call."""
    status = await queries.close_call(
        connection, call_id=UUID(call.call_id), from_state=call.state.value, to_state=to_state.value, closed_at=at
    )
    changed(status)


async def extend_window(
    connection: Any, call_id: str, window: str, *, closes_at: datetime, ground: str, person: str, at: datetime
) -> bool:
    """Moves a closing instant later; False when it is not later than the present one."""
    row = await queries.extend_window(
        connection,
        call_id=UUID(call_id),
        window_name=window,
        closes_at=closes_at,
        ground=ground,
        extended_by=person,
        extended_at=at,
    )
    return row is not None


async def may_ask_again(connection: Any, call_id: str, *, kind: str, subject_id: str) -> bool:
    """Whether what is asked again may belong to a call."""
    return bool(await queries.ask_again(connection, call_id=call_id, subject_kind=kind, subject_id=subject_id))


async def count_under_way(connection: Any, call_id: str) -> int:
    """Applications deposited and not at their end."""
    return int(await queries.count_under_way(connection, call_id=UUID(call_id)))


def _call(row: Any) -> Call:
    return Call(
        call_id=str(row["call_id"]),
        reference=row["reference"],
        edition=row["edition"],
        title_fr=row["title_fr"],
        title_en=row["title_en"],
        state=CallState(row["state"]),
        rulebook_version=row["rulebook_version"],
        rulebook_digest=row["rulebook_digest"],
        pre_opens_at=row["pre_opens_at"],
        pre_closes_at=row["pre_closes_at"],
        full_opens_at=row["full_opens_at"],
        full_closes_at=row["full_closes_at"],
        opened_at=row["opened_at"],
        fictitious=row["fictitious"],
    )
