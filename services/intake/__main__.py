"""``python -m services.intake``: settings, telemetry, pool, server."""

from __future__ import annotations

import asyncio
import logging
from functools import partial

import asyncpg
import grpc
from grpc_health.v1.health import aio as health_aio
from jalon.common.v1 import plumbing_pb2_grpc
from jalon.intake.v1 import (
    applications_pb2_grpc,
    calls_pb2_grpc,
    documents_pb2_grpc,
    editions_pb2_grpc,
    mails_pb2_grpc,
    people_pb2_grpc,
)

from kit import db, plumbing, rpc, telemetry
from kit.actor import Verifier
from kit.files import FileStore
from kit.journal import Journal
from kit.settings import ServiceSettings
from services.intake.handlers import applications, calls, documents, editions, mails, members
from services.intake.handlers.room import Room
from services.intake.handlers.sending import Sender
from services.intake.store.people import case_rights
from services.intake.store.registers import register_of

log = logging.getLogger(__name__)
SERVICES = (
    *(calls.SERVICE, applications.SERVICE, documents.SERVICE, editions.SERVICE, members.SERVICE),
    *(mails.SERVICE, plumbing.SERVICE),
)


def build(pool: asyncpg.Pool, settings: ServiceSettings) -> tuple[grpc.aio.Server, health_aio.HealthServicer]:
    """The server, everything registered, not yet listening."""
    journal = Journal(pool)
    register = register_of(settings.register_url, demonstration=settings.demonstration)
    room = Room(pool, journal, FileStore(settings.files_dir), register, demonstration=settings.demonstration)
    server, health = rpc.build_server(
        SERVICES,
        verifier=Verifier(settings.issuer_keys),
        case_of=partial(case_rights, pool),
        now=partial(db.now, pool),
        reflect=settings.reflection,
    )
    calls_pb2_grpc.add_CallsServiceServicer_to_server(calls.CallsHandlers(room), server)
    applications_pb2_grpc.add_ApplicationsServiceServicer_to_server(applications.ApplicationsHandlers(room), server)
    documents_pb2_grpc.add_DocumentsServiceServicer_to_server(documents.DocumentsHandlers(room), server)
    mails_pb2_grpc.add_MailsServiceServicer_to_server(mails.MailsHandlers(room), server)
    editions_pb2_grpc.add_EditionsServiceServicer_to_server(editions.EditionsHandlers(room), server)
    people_pb2_grpc.add_PeopleServiceServicer_to_server(members.PeopleHandlers(room), server)
    common = plumbing.Plumbing(pool, journal, demonstration=settings.demonstration)
    plumbing_pb2_grpc.add_PlumbingServiceServicer_to_server(common, server)
    return server, health


async def send_mail(pool: asyncpg.Pool, settings: ServiceSettings) -> None:
    """Sends the queue until cancelled; without a mail server it waits where it is, and the log says so."""
    if settings.mail is not None:
        await Sender(pool, settings.mail).run()
    elif not settings.demonstration:
        log.warning("JALON_SMTP_URL is not set: no mail leaves, it waits in the queue")


async def main() -> None:
    """Serves until asked to stop."""
    settings = ServiceSettings.from_environment()
    shutdown = telemetry.setup("jalon-intake")
    pool = await db.open_pool(settings.database_url, schema="intake")
    try:
        server, health = build(pool, settings)
        async with asyncio.TaskGroup() as group:
            sending = group.create_task(send_mail(pool, settings))
            await rpc.serve(server, health, listen=settings.listen)
            sending.cancel()
    finally:
        await pool.close()
        shutdown()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    asyncio.run(main())
