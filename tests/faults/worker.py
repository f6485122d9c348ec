"""The worker, made difficult. ``python -m tests.faults.worker cold``: every task replayed from its beginning;
``without-relay``: what services received stays in their outbox."""

from __future__ import annotations

import asyncio
import functools
import logging
import os
import sys
from dataclasses import replace

from deploy.local.daemon import Daemon
from deploy.local.installation import Installation
from workflows import __main__ as worker
from workflows.relay import Relay


def difficult(installation: Installation, how: str) -> Daemon:
    """The worker of an installation as a difficult one; not started, and the ordinary one is left as it is."""
    program = installation.processes["worker"].program
    return Daemon(replace(program, command=[sys.executable, "-m", "tests.faults.worker", how]))


async def _never(self: Relay) -> None:
    await asyncio.Event().wait()


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    if sys.argv[1] == "cold":
        worker.build_worker = functools.partial(worker.build_worker, cached=0)
    elif sys.argv[1] == "without-relay":
        Relay.run = _never  # type: ignore[method-assign]
    asyncio.run(worker.main())
    sys.stdout.flush()
    os._exit(0)  # the engine's native threads may fault at interpreter exit once all work is done
