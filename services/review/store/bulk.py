"""Bulk acts and their files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg

from kit.db import moved, rows_of
from kit.errors import Refused, not_found
from services.review.domain.bulk import Asked, Bulk, BulkAct, BulkFile, BulkState, Chosen
from services.review.domain.moves import ActState
from services.review.domain.reasons import Reason
from services.review.store.calls import person_id
from services.review.store.cases import case_of
from services.review.store.queries import opaque, sql


async def chosen(
    connection: Any, call_id: str, application_ids: Sequence[str], *, person: str, reviewer_id: str
) -> list[Chosen]:
    """Files as a bulk act would find them, in the order asked, without those the person is recused from."""
    found = sql.bulk_chosen(
        connection,
        call_id=call_id,
        person=person_id(person),
        application_ids=list(application_ids),
        reviewer_id=reviewer_id or None,
    )
    return [
        Chosen(case_of(row), ActState(row["act_state"]) if row["act_state"] else None, row["reviewer_recused"])
        for row in await rows_of(found)
    ]


async def start_bulk(connection: Any, bulk: Bulk) -> None:
    """A new bulk act. Refused: ``ID_TAKEN``."""
    made = await sql.start_bulk(
        connection,
        bulk_id=bulk.bulk_id,
        call_id=bulk.call_id,
        person=bulk.person,
        act=bulk.asked.act,
        reviewer_id=bulk.asked.reviewer_id or None,
        items=json.dumps(list(bulk.asked.items), sort_keys=True),
        closes_at=bulk.asked.closes_at,
        started_at=bulk.started_at,
        application_ids=[file.application_id for file in bulk.files],
    )
    if made is None:
        raise Refused(Reason.ID_TAKEN)


async def lock_bulk(connection: Any, bulk_id: str, call_id: str) -> Bulk:
    """One about to move, without its files. Refused: ``NOT_FOUND``."""
    row = await sql.lock_bulk(connection, bulk_id=bulk_id)
    if row is None or str(row["call_id"]) != call_id:
        raise not_found()
    return _bulk(row)


async def move_bulk(connection: Any, bulk: Bulk, state: BulkState, *, finished_at: datetime | None = None) -> None:
    """Stopped, resumed or finished."""
    moved(
        await sql.move_bulk(
            connection, bulk_id=bulk.bulk_id, from_state=bulk.state, to_state=state, finished_at=finished_at
        )
    )


async def finish_bulk(connection: Any, bulk: Bulk, files: Sequence[BulkFile]) -> None:
    """The result of every file."""
    await sql.finish_bulk(
        connection,
        bulk_id=bulk.bulk_id,
        application_ids=[file.application_id for file in files],
        results=[file.result for file in files],
    )


async def get_bulk(connection: Any, bulk_id: str, call_id: str, *, reader: str) -> Bulk:
    """One with its files, as a person reads it. Refused: ``NOT_FOUND``."""
    row = await sql.get_bulk(connection, bulk_id=bulk_id)
    if row is None or str(row["call_id"]) != call_id:
        raise not_found()
    found = await rows_of(sql.bulk_files(connection, bulk_id=bulk_id, person=person_id(reader)))
    return _bulk(row, [BulkFile(str(item["application_id"]), item["result"]) for item in found])


async def list_bulks(
    connection: Any, call_id: str, *, person: str, before: tuple[datetime, str] | None, limit: int
) -> list[Bulk]:
    """Newest first, without their files; ``person`` empty: everybody's."""
    before_at, before_id = before or (None, None)
    found = sql.list_bulks(
        connection, call_id=call_id, person=person or None, before_at=before_at, before_id=before_id, limit=limit
    )
    return [_bulk(row) for row in await rows_of(found)]


def _bulk(row: asyncpg.Record, files: Sequence[BulkFile] = ()) -> Bulk:
    asked = Asked(
        act=BulkAct(row["act"]),
        reviewer_id=opaque(row["reviewer_id"]) or "",
        items=json.loads(row["items"]),
        closes_at=row["closes_at"],
    )
    return Bulk(
        bulk_id=str(row["bulk_id"]),
        call_id=str(row["call_id"]),
        person=str(row["person"]),
        state=BulkState(row["state"]),
        asked=asked,
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        total=row.get("total", 0),
        done=row.get("done", 0),
        files=files,
    )
