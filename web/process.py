"""A site as a process: settings, telemetry, door, pool, pages, until it is asked to stop."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import uvicorn
from litestar.types import ControllerRouterHandler

from kit import db, telemetry
from kit.settings import SiteSettings
from web.desk import MenuEntry
from web.site import build
from workflows.commands import Door


async def serve(name: str, *, controllers: Sequence[ControllerRouterHandler], menu: Sequence[MenuEntry]) -> None:
    """Serves ``portal`` or ``backoffice`` on ``JALON_LISTEN`` until SIGTERM or SIGINT, then ends what is under way."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    settings = SiteSettings.from_environment()
    shutdown = telemetry.setup(f"jalon-{name}")
    pool = await db.open_pool(settings.database_url, schema="web")
    door = await Door.open(settings.client)
    try:
        app = build(name, settings=settings, door=door, pool=pool, controllers=controllers, menu=menu)
        host, _, port = settings.listen.rpartition(":")
        config = uvicorn.Config(
            app,
            host=host,
            port=int(port),
            log_config=None,
            access_log=False,  # an address may hold a name that was searched for
            server_header=False,
            timeout_graceful_shutdown=15,
        )
        await uvicorn.Server(config).serve()
    finally:
        await door.close()
        await pool.close()
        shutdown()
