"""``python -m services.review``: settings, telemetry, pool, server."""

from __future__ import annotations

import asyncio
import logging
from functools import partial

import asyncpg
import grpc
from grpc_health.v1.health import aio as health_aio
from jalon.common.v1 import plumbing_pb2_grpc
from jalon.review.v1 import bulk_pb2_grpc, cases_pb2_grpc, jury_pb2_grpc

from kit import db, plumbing, rpc, telemetry
from kit.actor import Verifier
from kit.journal import Journal
from kit.settings import ServiceSettings
from services.review.handlers.bulk import BulkService
from services.review.handlers.listing import ReviewPlumbing
from services.review.handlers.services import CasesService, JuryService
from services.review.store import calls
from services.review.store.calls import Rulebooks

SERVICES = (
    "jalon.review.v1.CasesService",
    "jalon.review.v1.JuryService",
    "jalon.review.v1.BulkService",
    plumbing.SERVICE,
)


def build(pool: asyncpg.Pool, settings: ServiceSettings) -> tuple[grpc.aio.Server, health_aio.HealthServicer]:
    """The server, everything registered, not yet listening."""
    server, health = rpc.build_server(
        SERVICES,
        verifier=Verifier(settings.issuer_keys),
        case_of=partial(calls.tie, pool),
        now=partial(db.now, pool),
        reflect=settings.reflection,
    )
    journal, rulebooks = Journal(pool), Rulebooks()
    cases_pb2_grpc.add_CasesServiceServicer_to_server(CasesService(pool, journal, rulebooks), server)
    jury_pb2_grpc.add_JuryServiceServicer_to_server(JuryService(pool, journal, rulebooks), server)
    bulk_pb2_grpc.add_BulkServiceServicer_to_server(BulkService(pool, journal, rulebooks), server)
    common = ReviewPlumbing(pool, journal, demonstration=settings.demonstration)
    plumbing_pb2_grpc.add_PlumbingServiceServicer_to_server(common, server)
    return server, health


async def main() -> None:
    """Serves until asked to stop."""
    settings = ServiceSettings.from_environment()
    shutdown = telemetry.setup("jalon-review")
    pool = await db.open_pool(settings.database_url, schema="review")
    try:
        server, health = build(pool, settings)
        await rpc.serve(server, health, listen=settings.listen)
    finally:
        await pool.close()
        shutdown()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    asyncio.run(main())
