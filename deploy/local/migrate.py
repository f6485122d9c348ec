"""Prepares the database: the clock, one schema and one login role per service and for the sites, then the migrations.

``DATABASE_URL`` is administrative and used here alone. Every step may run again: a second time changes nothing.
"""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from deploy.local import keys
from deploy.local.errors import LaunchError
from deploy.local.places import CHECKOUT
from deploy.local.processes import SCHEMAS, SERVICES, WEB
from kit import db

CLOCK = CHECKOUT / "deploy" / "postgres" / "clock.sql"
LOCK = 0x6A616C6F6E  # one migration at a time ("jalon")


def main() -> int:
    """Exit code 0 when the database is ready; 3 and one sentence on standard error when it refuses."""
    try:
        admin_url = os.environ["DATABASE_URL"]
        kind = os.environ["JALON_INSTALLATION"]
        begins = os.environ.get("JALON_CLOCK_BEGINS")
        asyncio.run(prepare(admin_url, kind=kind, begins=datetime.fromisoformat(begins) if begins else None))
    except KeyError as missing:
        print(f"La variable {missing.args[0]} manque : voir .env.example.", file=sys.stderr)
        return 2
    except LaunchError as error:
        print(error, file=sys.stderr)
        return 3
    for schema in SCHEMAS:
        db.migrate(admin_url, service=schema, folder=migrations(schema))
    return 0


def migrations(schema: str) -> Path:
    """The folder of a schema's migrations."""
    return CHECKOUT / ("web" if schema == WEB else f"services/{schema}") / "migrations"


async def prepare(admin_url: str, *, kind: str, begins: datetime | None) -> None:
    """Database, clock and mark, roles and schemas. ``begins``: the first instant of a demonstration (aware)."""
    connection = await _connect(admin_url)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", LOCK)
        async with connection.transaction():
            await connection.execute("SET LOCAL client_min_messages = warning")
            await connection.execute(CLOCK.read_text())
            await _mark(connection, kind=kind, begins=begins)
            await _close_public(connection)
            for schema in SCHEMAS:
                await _role(connection, schema, password=keys.role_password(admin_url, schema))
            for schema in SCHEMAS:
                await _schema(connection, schema)
    finally:
        await connection.close()


async def _connect(admin_url: str) -> asyncpg.Connection:
    try:
        return await asyncpg.connect(admin_url, timeout=10)
    except asyncpg.InvalidCatalogNameError:
        name = urlsplit(admin_url).path.lstrip("/")
        first = await asyncpg.connect(urlunsplit(urlsplit(admin_url)._replace(path="/postgres")), timeout=10)
        try:
            await first.execute(f"CREATE DATABASE {_quoted(name)}")
        finally:
            await first.close()
        return await asyncpg.connect(admin_url, timeout=10)
    except (OSError, asyncpg.PostgresError) as error:
        place = urlsplit(admin_url).netloc.rpartition("@")[2]
        raise LaunchError(f"PostgreSQL ne répond pas à {place} ({error}) : vérifier DATABASE_URL.") from error
    except ValueError as error:  # the library's words quote the address, hence the password
        raise LaunchError(
            "DATABASE_URL n'est pas une adresse de base : postgresql://compte:motdepasse@machine:port/base."
        ) from error


async def _mark(connection: asyncpg.Connection, *, kind: str, begins: datetime | None) -> None:
    offset = begins - datetime.now(UTC) if kind == "demonstration" and begins else None
    await connection.execute(
        "INSERT INTO clock.installation (kind, clock_offset) VALUES ($1, coalesce($2::interval, '0'))"
        " ON CONFLICT DO NOTHING",
        kind,
        offset,
    )
    found = await connection.fetchval("SELECT kind FROM clock.installation")
    if found != kind:
        names = {"real": "réelle", "demonstration": "de démonstration"}
        raise LaunchError(
            f"Cette base a été créée pour une installation {names[found]} et ne peut pas servir à une installation"
            f" {names[kind]} : donner une autre base (DATABASE_URL), ou make reset pour oublier celle de la machine."
        )


async def _close_public(connection: asyncpg.Connection) -> None:
    """Nothing is open to everybody: neither the database, nor ``public``, nor a function not granted by name."""
    database = _quoted(await connection.fetchval("SELECT current_database()"))
    await connection.execute(
        f"REVOKE ALL ON DATABASE {database} FROM PUBLIC;"
        " REVOKE ALL ON SCHEMA public FROM PUBLIC;"
        " ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC"
    )


async def _role(connection: asyncpg.Connection, service: str, *, password: str) -> None:
    name = keys.role(service)
    if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", name):
        await connection.execute(f"CREATE ROLE {name}")
    change = await connection.fetchval(
        "SELECT format('ALTER ROLE %I LOGIN NOCREATEDB NOCREATEROLE NOINHERIT PASSWORD %L', $1::text, $2::text)",
        name,
        password,
    )
    await connection.execute(change)
    database = _quoted(await connection.fetchval("SELECT current_database()"))
    await connection.execute(
        f"GRANT CONNECT ON DATABASE {database} TO {name};"
        f" ALTER ROLE {name} IN DATABASE {database} SET search_path = {service};"
        f" GRANT USAGE ON SCHEMA clock TO {name};"
        f" GRANT SELECT ON clock.installation TO {name};"
        f" GRANT EXECUTE ON FUNCTION clock.now() TO {name}"
    )


async def _schema(connection: asyncpg.Connection, service: str) -> None:
    """The schema belongs to the administrative role. What its migrations make is granted to the service's role as it
    is made, so that a migration's own REVOKE is the last word."""
    name = keys.role(service)
    await connection.execute(
        f"CREATE SCHEMA IF NOT EXISTS {service};"
        f" GRANT USAGE ON SCHEMA {service} TO {name};"
        f" ALTER DEFAULT PRIVILEGES IN SCHEMA {service} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {name};"
        f" ALTER DEFAULT PRIVILEGES IN SCHEMA {service} GRANT USAGE ON SEQUENCES TO {name};"
        f" ALTER DEFAULT PRIVILEGES IN SCHEMA {service} GRANT EXECUTE ON FUNCTIONS TO {name};"
        + (f" GRANT USAGE ON SCHEMA audit TO {name}" if service in SERVICES else "")
    )


def _quoted(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


if __name__ == "__main__":
    sys.exit(main())
