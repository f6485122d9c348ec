"""What our act is compared to: a bare workflow whose update runs one activity that does nothing.

``python -m tests.bench.bare`` is its worker, with the same codec and the same traces as ours.
"""

from __future__ import annotations

import asyncio
import os
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.worker import Worker

from kit import engine, telemetry
from kit.keyring import load_ring
from kit.settings import ClientSettings

TASK_QUEUE = "bare"


@activity.defn
async def nothing(request_id: str) -> str:
    """No work at all."""
    return request_id


@workflow.defn
class Bare:
    """Lives until it is terminated."""

    @workflow.run
    async def run(self) -> None:
        """Waits."""
        await workflow.wait_condition(lambda: False)

    @workflow.update
    async def step(self, request_id: str) -> str:
        """One update, one activity."""
        return await workflow.execute_activity(nothing, request_id, start_to_close_timeout=timedelta(seconds=10))


async def main() -> None:
    """Runs until it is killed."""
    settings = ClientSettings.from_environment()
    telemetry.setup("bare", provider=engine.replay_safe_provider)
    client = await engine.connect(settings.temporal, settings.namespace, ring=load_ring(settings.payload_keys))
    async with Worker(client, task_queue=TASK_QUEUE, workflows=[Bare], activities=[nothing]):
        await asyncio.Event().wait()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    finally:
        os._exit(0)
