"""``python -m rehearsal.mover``: settings, telemetry, door, server. Refuses to run in a real installation."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from pathlib import Path

from jalon.rehearsal.v1 import time_pb2_grpc

from kit import rpc, telemetry
from kit.actor import Verifier
from kit.settings import ClientSettings, read
from rehearsal.mover.advance import Mover
from rehearsal.mover.handlers import SERVICE, TimeHandlers
from workflows.commands import Door


async def main() -> None:
    """Serves until asked to stop; a move under way then goes on at the next start."""
    if read("JALON_INSTALLATION", "real or demonstration") != "demonstration":
        raise SystemExit("time moves only in a demonstration installation")
    listen = read("JALON_LISTEN", "the host:port this process answers on")
    keys = Path(read("JALON_ISSUER_KEYS", "the public keys of the doors"))
    flush = telemetry.setup("jalon-mover")
    door = await Door.open(ClientSettings.from_environment())
    mover = Mover(door, read("DATABASE_URL", "the administrative address: only it may move the clock"))
    try:
        server, health = rpc.build_server([SERVICE], verifier=Verifier(keys), case_of=_no_case, now=mover.now)
        time_pb2_grpc.add_TimeServiceServicer_to_server(TimeHandlers(door, mover), server)
        resuming = asyncio.create_task(mover.resume())
        await rpc.serve(server, health, listen=listen)
        resuming.cancel()
    finally:
        await mover.stop()
        await door.close()
        flush()


async def _no_case(person: str, application_id: str) -> None:
    """Nobody is tied to anything here."""


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    asyncio.run(main())
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # the engine's native threads may fault at interpreter exit once all work is done
