"""``python -m services.payments``: settings, telemetry, pool, server."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import Any

import asyncpg
import grpc
from jalon.common.v1 import plumbing_pb2_grpc
from jalon.payments.v1 import awards_pb2_grpc, runs_pb2_grpc

from kit import db, plumbing, rpc, telemetry
from kit.actor import Verifier
from kit.files import FileStore
from kit.journal import Journal
from kit.keyring import load_ring
from kit.settings import MissingSetting, ServiceSettings
from services.payments.handlers.base import Tools
from services.payments.handlers.runs import PaymentRuns
from services.payments.handlers.service import AwardsService
from services.payments.store import awards

SERVICES = ["jalon.payments.v1.AwardsService", "jalon.payments.v1.PaymentRunsService", plumbing.SERVICE]


def build(pool: asyncpg.Pool, settings: ServiceSettings) -> tuple[grpc.aio.Server, Any]:
    """The server with everything registered, not yet started, and its health."""
    if settings.bank_keys is None:
        raise MissingSetting("JALON_BANK_KEYS", "the key ring that seals bank details")
    journal = Journal(pool)
    tools = Tools(pool, journal, FileStore(settings.files_dir), load_ring(settings.bank_keys))
    server, health = rpc.build_server(
        SERVICES,
        verifier=Verifier(settings.issuer_keys),
        case_of=partial(awards.case_rights, pool),
        now=partial(db.now, pool),
        reflect=settings.reflection,
    )
    awards_pb2_grpc.add_AwardsServiceServicer_to_server(AwardsService(tools), server)
    runs_pb2_grpc.add_PaymentRunsServiceServicer_to_server(PaymentRuns(tools), server)
    common = plumbing.Plumbing(pool, journal, demonstration=settings.demonstration)
    plumbing_pb2_grpc.add_PlumbingServiceServicer_to_server(common, server)
    return server, health


async def main() -> None:
    """Serves until told to stop."""
    settings = ServiceSettings.from_environment()
    flush = telemetry.setup("jalon-payments")
    pool = await db.open_pool(settings.database_url, schema="payments")
    try:
        server, health = build(pool, settings)
        await rpc.serve(server, health, listen=settings.listen)
    finally:
        await pool.close()
        flush()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    asyncio.run(main())
