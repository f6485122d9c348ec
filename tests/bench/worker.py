"""``python -m tests.bench.worker``: the worker of the bare workflow, with the codec and the traces of ours."""

from __future__ import annotations

import asyncio

from temporalio.worker import Worker

from kit import engine, telemetry
from kit.keyring import load_ring
from kit.settings import ClientSettings
from tests.bench.bare import TASK_QUEUE, Bare, nothing


async def main() -> None:
    """Runs until it is killed."""
    settings = ClientSettings.from_environment()
    telemetry.setup("bare", provider=engine.replay_safe_provider)
    client = await engine.connect(settings.temporal, settings.namespace, ring=load_ring(settings.payload_keys))
    async with Worker(client, task_queue=TASK_QUEUE, workflows=[Bare], activities=[nothing]):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
