"""The shared fixtures of every service's suite. A suite says once::

    from services.intake.__main__ import build            # build(pool, settings) -> (server, health)

    @pytest.fixture(scope="session")
    async def intake(services: Services) -> Served:
        return await services("intake", build)

and then calls it as people do::

    stub = ApplicationsServiceStub(intake.channel)
    answer = await intake.caller.act(stub.SubmitApplication, Request(...), role="APPLICANT", person=ada)
    page = await intake.caller.read(stub.ListApplications, Request(...), role="INSTRUCTOR", call_id=call)
    with refused("WINDOW_CLOSED"):
        await ...

``intake.pool`` works as the service's own login role, ``intake.admin`` as the administrative one. Everything is made
once per session and shared: a test makes its own ids and leaves the clock to ``at_clock``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path

import asyncpg
import pytest

from deploy.local import keys
from kit.actor import Signer, Verifier
from tests.integration.harness import Caller, Database, Services, running_database


@pytest.fixture(scope="session")
async def database(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Database]:
    """A real PostgreSQL of the session's own."""
    async with running_database(tmp_path_factory.mktemp("database")) as found:
        yield found


@pytest.fixture(scope="session")
def admin_url(database: Database) -> str:
    """The administrative address."""
    return database.admin_url


@pytest.fixture(scope="session")
def service_pool(database: Database) -> Callable[[str], Awaitable[asyncpg.Pool]]:
    """``await service_pool("intake")``: a pool of that service's own login role, on its migrated schema."""
    return database.pool


@pytest.fixture(scope="session")
def issuers(database: Database) -> Path:
    """The public keys of the doors, with the roles each may assert."""
    return keys.issuer_keys(database.secrets)


@pytest.fixture(scope="session")
def verifier(issuers: Path) -> Verifier:
    return Verifier(issuers)


@pytest.fixture(scope="session")
def signers(database: Database) -> dict[str, Signer]:
    """The signing half of each door, by issuer."""
    return {issuer: Signer(keys.signing_key(database.secrets, issuer)) for issuer in keys.ISSUERS}


@pytest.fixture(scope="session")
def caller(database: Database, signers: dict[str, Signer]) -> Caller:
    return Caller(signers, database.now)


@pytest.fixture(scope="session")
async def services(database: Database, issuers: Path, caller: Caller) -> AsyncIterator[Services]:
    """Starts a service in this process: ``await services("intake", build)``."""
    async with AsyncExitStack() as stack:
        yield Services(database, issuers=issuers, caller=caller, stack=stack)


@pytest.fixture
async def at_clock(database: Database) -> AsyncIterator[Callable[[datetime | None], Awaitable[None]]]:
    """``await at_clock(instant)`` puts the installation's clock there until the end of the test."""
    yield database.set_clock
    await database.set_clock(None)
