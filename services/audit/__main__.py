"""``python -m services.audit``: settings, telemetry, pool, server."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable
from functools import partial

import asyncpg
import grpc
from grpc_health.v1.health import aio as health_aio

from kit import db, rpc, telemetry
from kit.actor import Verifier
from kit.settings import ServiceSettings
from services.audit.domain import SPAN_DAYS
from services.audit.handlers import chains, receiver
from services.audit.store import Store

log = logging.getLogger(__name__)
TIDYING_SECONDS = 6 * 3600
FLUSH_SECONDS = 1.0


def build(pool: asyncpg.Pool, settings: ServiceSettings) -> tuple[grpc.aio.Server, health_aio.HealthServicer]:
    """The server, everything registered, not yet listening."""
    store = Store(pool)
    server, health = rpc.build_server(
        [chains.SERVICE],
        verifier=Verifier(settings.issuer_keys),
        case_of=partial(chains.case_of, store),
        now=partial(db.now, pool),
        reflect=settings.reflection,
    )
    chains.register(server, store)
    receiver.register(server, store)
    return server, health


async def main() -> None:
    """Serves until asked to stop."""
    settings = ServiceSettings.from_environment()
    shutdown = telemetry.setup("jalon-audit")
    pool = await db.open_pool(settings.database_url, schema="audit")
    tidying = asyncio.create_task(_forget_old_spans(Store(pool)))
    try:
        server, health = build(pool, settings)
        await rpc.serve(server, health, listen=settings.listen)
    finally:
        tidying.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await tidying
        await pool.close()
        _end_tracing(shutdown)


async def _forget_old_spans(store: Store) -> None:
    while True:
        try:
            with telemetry.untraced():
                await store.forget_spans(SPAN_DAYS)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            log.warning("old spans not forgotten: %s", type(error).__name__)
        await asyncio.sleep(TIDYING_SECONDS)


def _end_tracing(shutdown: Callable[[], None]) -> None:
    """Where this process is its own receiver, nobody answers any more: the sender's long patience is cut short."""
    ending = threading.Thread(target=shutdown, daemon=True)
    ending.start()
    ending.join(FLUSH_SECONDS)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    asyncio.run(main())
