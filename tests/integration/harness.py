"""What every service's suite stands on: a real PostgreSQL, the service itself on a port, and people who call it."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid4, uuid5

import asyncpg
import grpc
import pytest
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2

from deploy.local import keys, migrate
from deploy.local.places import OUTSIDE, reachable
from deploy.local.ports import choose
from deploy.local.postgres import Postgres, own_url
from kit import clock, db, rpc
from kit.actor import Signer
from kit.contract import methods
from kit.errors import Kind, Refused
from kit.settings import ServiceSettings
from kit.status import from_rpc

DOORS = {role: issuer for issuer in ("portal", "backoffice", "worker", "treasury") for role in keys.ISSUERS[issuer]}
Build = Callable[[asyncpg.Pool, ServiceSettings], tuple[grpc.aio.Server, Any]]
"""``services.<name>.__main__.build``: the server with everything registered, not yet started, and its health."""


def person_of(role: str) -> str:
    """The one person who holds a role in tests, unless a test names another."""
    return role if role in ("SYSTEM", "DOOR") else str(uuid5(NAMESPACE_OID, f"person/{role}"))


@dataclass
class Database:
    """A server of the session's own. Schemas are brought up when first asked for; audit always comes first."""

    admin_url: str
    secrets: Path
    folder: Path
    _ready: set[str] = field(default_factory=set)
    _pools: dict[str, asyncpg.Pool] = field(default_factory=dict)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def url(self, service: str) -> str:
        """The address for the service's own login role."""
        return keys.role_url(self.admin_url, service)

    async def pool(self, service: str) -> asyncpg.Pool:
        """A pool of the service's own login role, on its migrated schema."""
        async with self._lock:
            for name in ("audit", service):
                if name not in self._ready:
                    folder = migrate.migrations(name)
                    await asyncio.to_thread(db.migrate, self.admin_url, service=name, folder=folder)
                    self._ready.add(name)
            if service not in self._pools:
                self._pools[service] = await db.open_pool(self.url(service), schema=service, size=20)
            return self._pools[service]

    async def admin(self) -> asyncpg.Pool:
        """A small pool of the administrative role: for planting what no service may do."""
        if "" not in self._pools:
            self._pools[""] = await asyncpg.create_pool(self.admin_url, min_size=1, max_size=4)
        return self._pools[""]

    async def now(self) -> datetime:
        """The installation's clock."""
        return await db.now(await self.admin())

    async def set_clock(self, instant: datetime | None) -> None:
        """Puts the installation's clock at ``instant`` (aware); None: back to the machine's. Backward too, which no
        installation allows: a test starts where it wants."""
        async with (await self.admin()).acquire() as connection, connection.transaction():
            await connection.execute("SET LOCAL session_replication_role = replica")
            await connection.execute(
                "UPDATE clock.installation SET clock_offset = coalesce($1 - clock_timestamp(), '0')", instant
            )

    async def close(self) -> None:
        """Ends every pool."""
        for pool in self._pools.values():
            await pool.close()


@asynccontextmanager
async def running_database(folder: Path) -> AsyncIterator[Database]:
    """A private server, on a free port, its data under ``folder``; a demonstration, so that its clock can move."""
    secrets, place = folder / "secrets", reachable(folder / "postgres")
    keys.make(secrets)
    place.mkdir(parents=True, exist_ok=True)
    if OUTSIDE in place.parents:
        for part in (OUTSIDE, place.parent, place):
            part.chmod(0o711)
    port = choose(["postgres"], kept={}, seed=str(folder))["postgres"]
    server = Postgres(place, port=port, secrets=secrets, log=folder / "postgres.log")
    await asyncio.to_thread(server.start)
    try:
        admin_url = own_url(secrets, port=port)
        await migrate.prepare(admin_url, kind="demonstration", begins=None)
        database = Database(admin_url, secrets, folder)
        try:
            yield database
        finally:
            await database.close()
    finally:
        await asyncio.to_thread(server.stop)
        shutil.rmtree(place if OUTSIDE not in place.parents else place.parent, ignore_errors=True)


@dataclass
class Caller:
    """Calls RPCs as a person would through her door. Refusals come back as ``kit.errors.Refused``."""

    signers: dict[str, Signer]
    now: Callable[[], Any]

    async def act(
        self,
        method: Any,
        request: Any,
        *,
        role: str,
        person: str = "",
        call_id: str = "",
        issuer: str = "",
        request_id: str = "",
        occurred_at: datetime | None = None,
        parent: tuple[str, str] = ("", ""),
        row: str = "",
    ) -> Any:
        """A write: fills the context (``request_id``, ``occurred_at``, assertion) and calls ``stub.Method``.

        ``parent``: verb and request id of the act this row is derived from; ``row`` names the row.
        """
        verb, signed_id = method._method.decode().rpartition("/")[2], request_id or str(uuid4())
        if row:
            verb, signed_id = parent
        at = occurred_at or await self.now()
        sent = type(request)()
        sent.CopyFrom(request)
        sent.context.request_id = str(uuid5(UUID(signed_id), row)) if row else signed_id
        sent.context.row = row
        sent.context.occurred_at.FromDatetime(at)
        sent.context.assertion = self.signers[issuer or DOORS[role]].act(
            person or person_of(role),
            frozenset({role}),
            verb=verb,
            request_id=signed_id,
            occurred_at=at,
            call_id=call_id,
        )
        return await _called(method, sent)

    async def read(
        self, method: Any, request: Message, *, role: str, person: str = "", call_id: str = "", issuer: str = ""
    ) -> Any:
        """A read, with an assertion of five minutes."""
        signer = self.signers[issuer or DOORS[role]]
        assertion = signer.read(person or person_of(role), frozenset({role}), now=await self.now(), call_id=call_id)
        return await _called(method, request, metadata=((rpc.READ_ASSERTION, assertion),))


async def _called(method: Any, request: Message, **options: Any) -> Any:
    try:
        return await method(request, timeout=20, **options)
    except grpc.aio.AioRpcError as error:
        refused = from_rpc(error)
        if refused is None:
            raise
        raise refused from error


@dataclass(frozen=True)
class Served:
    """A service in this process, on a free port of 127.0.0.1, working as its own login role."""

    address: str
    channel: grpc.aio.Channel
    pool: asyncpg.Pool
    settings: ServiceSettings
    caller: Caller
    admin: asyncpg.Pool


class Services:
    """Starts each service once per session."""

    def __init__(self, database: Database, *, issuers: Path, caller: Caller, stack: AsyncExitStack) -> None:
        self._database = database
        self._issuers = issuers
        self._caller = caller
        self._stack = stack
        self._served: dict[str, Served] = {}

    async def __call__(self, service: str, build: Build) -> Served:
        """The service ``build`` makes, started the first time it is asked for."""
        if service not in self._served:
            self._served[service] = await self._start(service, build)
        return self._served[service]

    async def _start(self, service: str, build: Build) -> Served:
        database = self._database
        files = database.folder / "files" / service
        files.mkdir(parents=True)
        pool = await database.pool(service)
        settings = ServiceSettings(
            database_url=database.url(service),
            listen="127.0.0.1:0",
            issuer_keys=self._issuers,
            files_dir=files,
            bank_keys=keys.key_ring(database.secrets, "bank"),
            reflection=False,
            demonstration=True,
        )
        server, health = build(pool, settings)
        address = f"127.0.0.1:{server.add_insecure_port(settings.listen)}"
        await server.start()
        self._stack.push_async_callback(server.stop, None)
        await health.set("", health_pb2.HealthCheckResponse.SERVING)
        channel = await self._stack.enter_async_context(rpc.channel(address))
        return Served(address, channel, pool, settings, self._caller, await database.admin())


@contextmanager
def refused(reason: str, kind: Kind | None = None, *, field: str = "") -> Iterator[pytest.ExceptionInfo[Refused]]:
    """Holds that the call inside is refused with this reason, or (``field``) that a wrong field says it."""
    with pytest.raises(Refused) as caught:
        yield caught
    told = {fault.path: fault.reason for fault in caught.value.fields}
    if field:
        assert told.get(field) == reason, told
    else:
        assert caught.value.reason == reason, f"{caught.value.reason} {told}"
    assert kind is None or caught.value.kind == kind


async def prepare_every_query(pool: asyncpg.Pool, queries: Any) -> int:
    """PREPAREs each named query of ``kit.db.load_queries`` on the real schema as the service's own role."""
    names = [name for name in queries.available_queries if not name.endswith("_cursor")]
    async with pool.acquire() as connection:
        for name in names:
            await connection.prepare(getattr(queries, name).sql)
    return len(names)


async def row_counts(pool: asyncpg.Pool, tables: str) -> dict[str, int]:
    """Rows of each table (names separated by spaces), to compare before and after a refusal."""
    return {name: await pool.fetchval(f"SELECT count(*) FROM {name}") for name in tables.split()}


@asynccontextmanager
async def check_broken(connection: Any, constraint: str) -> AsyncIterator[None]:
    """Holds that the statement inside breaks the named CHECK; whatever it did is undone."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        with pytest.raises(asyncpg.CheckViolationError) as caught:
            yield
        assert caught.value.constraint_name == constraint
    finally:
        await transaction.rollback()


async def check_names(pool: asyncpg.Pool, schema: str) -> set[str]:
    """The name of every CHECK of a schema: a test demands that each one was broken once."""
    rows = await pool.fetch(
        "SELECT conname FROM pg_constraint WHERE contype = 'c' AND connamespace = to_regnamespace($1)", schema
    )
    return {row["conname"] for row in rows}


def declared(services: list[str]) -> list[str]:
    """The path of every RPC of these gRPC services, in order: for walks over all of them."""
    return sorted(methods(services))


def utc(text: str) -> datetime:
    """An instant from RFC 3339 text."""
    return clock.parse(text)
