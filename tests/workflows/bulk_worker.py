"""A worker in a process of its own, to be killed: ``python -m tests.workflows.bulk_worker ADDRESS QUEUE EFFECTS``.

It runs the real entities and the real activity of rows; the services' own activities write one line per effect in a
file, once per request as services do.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

from temporalio import activity
from temporalio.worker import Worker

from tests.workflows.conftest import connect
from workflows.__main__ import RUNNER
from workflows.activities.telling import Teller
from workflows.application import ApplicationWorkflow
from workflows.bulk import BulkWorkflow
from workflows.contract.messages import MESSAGES


def kept(effects: Path) -> list[list[str]]:
    """What was carried out: verb, request id, application."""
    return [line.split(" ") for line in effects.read_text().splitlines()] if effects.exists() else []


def keeping(verb: str, effects: Path) -> Any:
    """The activity of a verb."""

    async def run(message: dict[str, Any], progress: dict[str, Any] | None = None) -> dict[str, Any]:
        line = [verb, message["context"]["request_id"], message.get("application_id", "-")]
        if line not in kept(effects):
            with effects.open("a") as file:
                file.write(" ".join(line) + "\n")
        return {}

    return activity.defn(name=verb)(run)


async def main(address: str, queue: str, effects: str) -> None:
    """Works until killed."""
    client = await connect(address)
    verbs = [verb for verb in MESSAGES if verb != "tell_application"]
    activities = [*(keeping(verb, Path(effects)) for verb in verbs), Teller(client).tell_application]
    workflows = [ApplicationWorkflow, BulkWorkflow]
    async with Worker(client, task_queue=queue, workflows=workflows, activities=activities, workflow_runner=RUNNER):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4]))
