"""Beginning workflows in tests, so that what a test leaves open is known by its id and ended."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from temporalio.client import Client, WorkflowHandle
from temporalio.types import MethodAsyncSingleParam

S = TypeVar("S")
R = TypeVar("R")
BEGUN: defaultdict[str, list[str]] = defaultdict(list)
"""Ids of the workflows begun in each queue: the engine's list is a moment late, and loses one that continues as new."""


async def eventually(question: Callable[[], Awaitable[bool]]) -> None:
    """Wait until ``question`` answers yes, thirty seconds at most."""
    async with asyncio.timeout(30):
        while not await question():  # noqa: ASYNC110  (the answer is in another process)
            await asyncio.sleep(0.02)


async def start(
    client: Client,
    queue: str,
    run: MethodAsyncSingleParam[Any, S, R],
    state: S,
    *,
    workflow_id: str,
    **options: Any,
) -> WorkflowHandle[Any, R]:
    """Begin a workflow and wait until the engine lists it (a clock moves what is listed); a test's end ends it."""
    handle = await client.start_workflow(run, state, id=workflow_id, task_queue=queue, **options)
    BEGUN[queue].append(workflow_id)

    async def seen() -> bool:
        query = f"WorkflowId = '{workflow_id}'"
        return [item.id async for item in client.list_workflows(query)] != []

    await eventually(seen)
    return handle
