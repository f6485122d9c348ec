"""Lists of thousands: what they read never grows by a search for each file."""

from __future__ import annotations

import inspect
import json
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

import pytest

from services.intake.store import queries
from tests.bench.copies import Copies, multiply
from tests.integration.harness import Database, Served
from tests.integration.intake.intake_people import Desk

COPIES = 700
READER = uuid5(NAMESPACE_OID, "reader of thousands")
"""Of this call alone: what other tests leave is not hers."""
GRANT = """
INSERT INTO intake.role_grants (call_id, person_id, role, from_at, granted_by)
VALUES ($1, $2, 'INSTRUCTOR', clock.now() - interval '1 day', 'test')
"""
EMPTY = ("track", "commune", "ending", "blocking_role", "next_event", "list_order", "after_key")
NONE = ("application_ids", "stages", "patterns", "named_communes")
NOTHING = ("reviewer_id", "due_before", "after_due_at", "after_since", "after_id")
FIRST_PAGE: dict[str, Any] = {
    **dict.fromkeys(EMPTY, ""),
    **dict.fromkeys(NONE, ()),
    **dict.fromkeys(NOTHING),
    **dict.fromkeys(("after_year", "after_sequence"), 0),
    "limit": 26,
    "unread": False,
}
READ: list[tuple[str, dict[str, Any]]] = [
    ("list_applications", {}),
    ("list_applications", {"list_order": "NEXT_EVENT"}),
    ("list_applications", {"list_order": "ORGANIZATION"}),
    ("list_applications", {"list_order": "REQUESTED", "stages": ["PRE_APPLICATION"]}),
    ("list_applications", {"patterns": ["% orly%"], "list_order": "ORGANIZATION"}),
    ("list_applications", {"after_year": 2026, "after_sequence": 400_000}),
    ("count_applications", {}),
    ("get_neighbors", {"list_order": "ORGANIZATION"}),
]


@pytest.fixture(scope="module")
async def crowded(database: Database, intake: Served) -> tuple[Desk, str]:
    """A call of thousands of files, and one of them."""
    desk = Desk(intake)
    await desk.open_call()
    porters = [desk.porter() for _ in range(3)]
    for porter in porters:
        await porter.deposit()
    models = [porter.application_id for porter in porters]
    async with (await database.admin()).acquire() as admin:
        await admin.execute(GRANT, UUID(desk.call_id), READER)
        added = await multiply(admin, Copies(models, 1, COPIES, schemas=("intake",)))
    assert added == COPIES * len(models)
    return desk, models[0]


@pytest.mark.parametrize(("name", "asked"), READ)
async def test_a_list_reads_its_tables_once(
    crowded: tuple[Desk, str], database: Database, name: str, asked: dict[str, Any]
) -> None:
    """Fewer blocks than there are files: a subquery or a search of an index for each one would read more."""
    desk, application_id = crowded
    given = {
        **FIRST_PAGE,
        "call_id": UUID(desk.call_id),
        "application_id": UUID(application_id),
        "viewer": READER,
        "person": READER,
        **asked,
    }
    query = getattr(queries, name)
    pool = await database.pool("intake")
    values = [given[name] for name in inspect.signature(query).parameters if name in given]  # as they are numbered
    rows = await pool.fetch(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {query.sql}", *values)
    plan = json.loads(rows[0][0])[0]["Plan"]
    read = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
    assert 0 < read < COPIES * 3, (name, asked, read)
