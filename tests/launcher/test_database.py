"""What the launcher promises of the database: roles apart, one clock, a mark, nothing acknowledged ever lost."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from deploy.local import installation as launcher
from deploy.local import keys
from deploy.local.errors import AlreadyRunning, LaunchError
from deploy.local.installation import DEMONSTRATION_BEGINS, Installation
from deploy.local.processes import SCHEMAS, WEB


async def _one(url: str, statement: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def _service_url(installation: Installation, service: str) -> str:
    return installation.environment("portal" if service == WEB else service)["JALON_DATABASE_URL"]


async def test_a_service_sees_the_clock_and_its_own_schema_first(bare: Installation) -> None:
    now = await _one(_service_url(bare, "intake"), "SELECT clock.now()")
    assert isinstance(now, datetime)
    assert timedelta() < now - DEMONSTRATION_BEGINS < timedelta(hours=1)
    assert await _one(_service_url(bare, "intake"), "SHOW search_path") == "intake"


@pytest.mark.parametrize("service", SCHEMAS)
async def test_no_service_reads_or_moves_what_is_not_its_own(bare: Installation, service: str) -> None:
    for other in (*SCHEMAS, "clock"):
        if other != service:
            table = "clock.installation" if other == "clock" else f"{other}.probe"
            await _one(bare.admin_url, f"CREATE TABLE IF NOT EXISTS {table} (x int)")
            verb = f"UPDATE {table} SET clock_offset = '1 day'" if other == "clock" else f"SELECT x FROM {table}"
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await _one(_service_url(bare, service), verb)
    for statement in ("CREATE TEMP TABLE t (x int)", f"CREATE TABLE {service}.t (x int)", "CREATE TABLE public.t ()"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await _one(_service_url(bare, service), statement)


async def test_what_a_migration_makes_is_its_services_to_use(bare: Installation) -> None:
    await _one(bare.admin_url, "CREATE TABLE review.own (x int)")
    await _one(_service_url(bare, "review"), "INSERT INTO review.own VALUES (1)")
    assert await _one(_service_url(bare, "review"), "SELECT x FROM own") == 1


async def test_a_function_is_closed_until_it_is_granted(bare: Installation) -> None:
    await _one(bare.admin_url, "CREATE FUNCTION audit.probe_door() RETURNS int LANGUAGE sql AS 'SELECT 1'")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await _one(_service_url(bare, "intake"), "SELECT audit.probe_door()")


async def test_the_clock_only_goes_forward_and_the_mark_is_fixed(bare: Installation) -> None:
    move = "UPDATE clock.installation SET clock_offset = clock_offset {} RETURNING clock_offset"
    await _one(bare.admin_url, move.format("+ interval '1 minute'"))
    with pytest.raises(asyncpg.RaiseError, match="only goes forward"):
        await _one(bare.admin_url, move.format("- interval '1 second'"))
    with pytest.raises(asyncpg.RaiseError, match="fixed"):
        await _one(bare.admin_url, "UPDATE clock.installation SET kind = 'real', clock_offset = '0'")
    with pytest.raises(asyncpg.RaiseError, match="fixed"):
        await _one(bare.admin_url, "DELETE FROM clock.installation")


def test_a_second_supervisor_is_refused_and_told_where(bare: Installation) -> None:
    second = Installation.create(bare.folder)
    with pytest.raises(AlreadyRunning, match="tourne déjà"):
        second.start(only=(), engine=False)


class Stopwatch:
    """Says that ten minutes went by while the engine was built."""

    building = timedelta(minutes=10).total_seconds()

    def monotonic(self) -> float:
        return time.monotonic() - self.building

    def end(self) -> None:
        self.building = 0.0


def test_the_first_start_waits_for_the_engine_however_long_it_is_built(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopwatch = Stopwatch()
    monkeypatch.setattr(launcher, "time", stopwatch)
    monkeypatch.setattr(Installation, "_launch_temporal", lambda _, *, say: stopwatch.end())
    installation = Installation.create(folder)
    try:
        installation.start(only=())
    finally:
        installation.remove()


def test_the_password_of_every_role_is_its_own(bare: Installation) -> None:
    passwords = {keys.role_password(bare.admin_url, service) for service in SCHEMAS}
    assert len(passwords) == len(SCHEMAS)
    with pytest.raises(LaunchError, match="mot de passe"):
        keys.role_password("postgresql://somebody@host/jalon", "intake")


async def test_a_database_keeps_its_kind(bare: Installation, folder: Path) -> None:
    other = Installation.create(folder, kind="real", database_url=bare.admin_url)
    with pytest.raises(LaunchError, match="de démonstration et ne peut pas servir à une installation réelle"):
        await asyncio.to_thread(other.start, only=(), engine=False)
    other.remove()


async def test_a_real_clock_cannot_move_and_data_outlives_every_end(folder: Path) -> None:
    installation = Installation.create(folder, kind="real")
    try:
        installation.start(only=(), engine=False)
        now = await _one(installation.admin_url, "SELECT clock.now()")
        assert isinstance(now, datetime)
        assert abs(now - datetime.now(UTC)) < timedelta(seconds=5)
        with pytest.raises(asyncpg.CheckViolationError):
            await _one(installation.admin_url, "UPDATE clock.installation SET clock_offset = '1 hour'")
        await _one(installation.admin_url, "CREATE TABLE intake.kept AS SELECT 42 AS x")
        assert installation.postgres
        installation.postgres.kill()
        installation.postgres.start()
        assert await _one(installation.admin_url, "SELECT x FROM intake.kept") == 42
        installation.stop()
        again = Installation.create(folder, kind="real")
        again.start(only=(), engine=False)
        assert await _one(again.admin_url, "SELECT x FROM intake.kept") == 42
        again.stop()
        with pytest.raises(LaunchError, match="contient déjà"):
            Installation.create(folder, kind="demonstration")
    finally:
        installation.remove()
