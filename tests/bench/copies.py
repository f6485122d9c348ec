"""Thousands of files made of a few that were really played: every row about a file, in every schema, written again
under ids, a number and names of its own. No workflow stands behind a copy: it is there to be read.

A copy keeps the shape of its model (forms, pieces, opinions, scores, journal, chain), whatever tables are added later:
they are found in the catalog by their column ``application_id``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from kit.keyring import KeyRing
from services.payments.handlers import vault

SCHEMAS = ("intake", "review", "payments", "audit")
SHARED = {"call_id", "session_id", "act_id", "payment_run_id", "bulk_id", "envelope_id", "request_id"}
"""Ids a copy shares with its model; its people and its texts too (``…_by``, ``person…``, ``words_id``)."""
OF_THE_JURY = ("jury_member", "jury_chair", "recused")
"""Ties of people who read a few files: they keep to the models."""
ID = "md5({column}::text || '/' || k)::uuid"
PLACES = (
    *("Alfortville", "Arcueil", "Bonneuil", "Cachan", "Champigny", "Choisy", "Créteil", "Fontenay", "Fresnes"),
    *("Gentilly", "Ivry", "Joinville", "Limeil", "Maisons", "Nogent", "Orly", "Rungis", "Thiais", "Valenton", "Vitry"),
)
COLUMNS = """
SELECT c.relname AS "table", a.attname AS name, format_type(a.atttypid, NULL) AS type,
       coalesce(i.indkey::smallint[] @> ARRAY[a.attnum], false) AS of_key
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid AND c.relkind = 'r'
JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = $1
LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND a.attidentity = ''
ORDER BY c.relname, a.attnum
"""
ORGANIZATIONS = """
INSERT INTO intake.organizations (organization_id, identity, name, search_name, siret, legal_family, fictitious)
SELECT md5(a.application_id || '/structure/' || k)::uuid, 'application:' || md5(a.application_id || '/' || k)::uuid,
       o.name || ' de ' || place || ' ' || k, o.search_name || ' de ' || intake_plain(place) || ' ' || k,
       '9' || lpad((a.number_sequence * 100000 + k)::text, 13, '0'), o.legal_family, true
FROM intake.applications a JOIN intake.organizations o USING (organization_id), LATERAL (
    SELECT k, ($2::text[])[1 + k % cardinality($2::text[])] AS place FROM generate_series($3::int, $4::int) k) copies
WHERE a.application_id = ANY($1)
"""
NAMES = """
UPDATE intake.applications a
SET organization_name = o.name, search_text = a.search_text || ' ' || o.search_name || ' ' || o.siret || ' ' || a.number
FROM intake.organizations o WHERE o.organization_id = a.organization_id AND a.number_sequence > 1000
  AND o.name <> a.organization_name
"""
SPREAD = """
UPDATE intake.progress p SET next_event_at = p.next_event_at + make_interval(mins => a.number_sequence / 1000)
FROM intake.applications a
WHERE a.application_id = p.application_id AND a.number_sequence / 1000 BETWEEN $1::int AND $2::int
"""
CHAINS = (
    "INSERT INTO audit.chains (subject_kind, subject_id, length, head_hash)"
    " SELECT subject_kind, md5(subject_id::text || '/' || k)::uuid, length, head_hash"
    " FROM audit.chains, generate_series($2::int, $3::int) k"
    " WHERE subject_kind = 'application' AND subject_id = ANY($1)",
    "INSERT INTO audit.events (subject_kind, subject_id, sequence, body, previous_hash, hash, source, recorded_at,"
    " trace_id) SELECT subject_kind, md5(subject_id::text || '/' || k)::uuid, sequence, body, previous_hash, hash,"
    " source, recorded_at, trace_id FROM audit.events, generate_series($2::int, $3::int) k"
    " WHERE subject_kind = 'application' AND subject_id = ANY($1)",
)
ACCOUNT = vault.Details(iban="FR7630006000011234567890189", bic="AGRIFRPP", holder="Structure inventée")
ACCOUNTS = """
SELECT b.application_id, b.version FROM payments.bank_details b JOIN intake.applications a USING (application_id)
WHERE a.number_sequence > 1000
"""
SEAL = "UPDATE payments.bank_details SET key_id = $3, sealed = $4 WHERE application_id = $1 AND version = $2"
PLAIN = """
CREATE OR REPLACE FUNCTION pg_temp.intake_plain(text) RETURNS text LANGUAGE sql IMMUTABLE
AS $$ SELECT translate(lower($1), 'éèêà', 'eeea') $$
"""


@dataclass(frozen=True)
class Copies:
    """``models``: application ids; each is copied under ``first`` … ``last``, numbers no other copy of the same model
    was given."""

    models: Sequence[str]
    first: int
    last: int
    schemas: Sequence[str] = SCHEMAS


async def multiply(admin: asyncpg.Connection, copies: Copies) -> int:
    """Writes the copies, with what the planner needs to know of them; how many files were added."""
    span = (list(copies.models), copies.first, copies.last)
    before = await admin.fetchval("SELECT count(*) FROM intake.applications")
    async with admin.transaction():
        await admin.execute("SET LOCAL session_replication_role = replica")  # neither triggers nor keys: rows are true
        await admin.execute(PLAIN)
        await admin.execute(ORGANIZATIONS.replace("intake_plain", "pg_temp.intake_plain"), span[0], PLACES, *span[1:])
        for schema in copies.schemas:
            for table, columns in (await _tables(admin, schema)).items():
                await admin.execute(_copy(f"{schema}.{table}", columns), *span)
        for statement in CHAINS if "audit" in copies.schemas else ():
            await admin.execute(statement, *span)
        await admin.execute(NAMES)
        await admin.execute(SPREAD, *span[1:])
    await admin.execute("ANALYZE")
    added = await admin.fetchval("SELECT count(*) FROM intake.applications")
    return int(added - before)


async def seal_accounts(admin: asyncpg.Connection, ring: KeyRing) -> None:
    """What is sealed opens for its owner only: copies are given an account of their own."""
    rows = [
        (row[0], row[1], *vault.seal(ring, ACCOUNT, application_id=str(row[0]), version=row[1]))
        for row in await admin.fetch(ACCOUNTS)
    ]
    await admin.executemany(SEAL, rows)


async def _tables(admin: asyncpg.Connection, schema: str) -> dict[str, list[Any]]:
    """The tables that hold rows of a file, with their columns."""
    found: dict[str, list[Any]] = {}
    for row in await admin.fetch(COLUMNS, schema):
        found.setdefault(row["table"], []).append(row)
    return {table: columns for table, columns in found.items() if _is_of_a_file(table, columns)}


def _is_of_a_file(table: str, columns: Sequence[Any]) -> bool:
    """Sessions, acts and bulk acts hold a few files, whatever the call's size."""
    if table == "journal":
        return True
    key = {column["name"] for column in columns if column["of_key"]}
    return "application_id" in {column["name"] for column in columns} and not (key & SHARED)


def _copy(table: str, columns: Sequence[Any]) -> str:
    """The statement that writes one table's rows again, ``$1`` the models, ``$2`` to ``$3`` the copies."""
    names = ", ".join(f'"{column["name"]}"' for column in columns)
    values = ", ".join(_value(table, column) for column in columns)
    if table.endswith(".journal"):
        which = "subject_kind = 'application' AND subject_id = ANY($1)"
    else:
        which = "application_id = ANY($1)"
    if table.endswith(".case_relations"):
        which += f" AND relation NOT IN ({', '.join(repr(one) for one in OF_THE_JURY)})"
    return (
        f"INSERT INTO {table} ({names}) SELECT {values} FROM {table}, generate_series($2::int, $3::int) k"
        f" WHERE {which} ON CONFLICT DO NOTHING"
    )


def _value(table: str, column: Any) -> str:
    name = str(column["name"])
    if table == "intake.applications" and name == "organization_id":
        return "md5(application_id || '/structure/' || k)::uuid"
    if name == "number" and column["type"] == "text" and table.startswith("intake."):
        return "split_part(number, '-', 1) || '-' || (k * 1000 + split_part(number, '-', 2)::int)"
    if column["type"] == "uuid" and (name in {"application_id", "subject_id"} or (column["of_key"] and _is_own(name))):
        return ID.format(column=name)
    return f'"{name}"'


def _is_own(name: str) -> bool:
    return name not in SHARED and not name.startswith("person")
