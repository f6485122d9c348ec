"""What our act is compared to: a bare workflow whose update runs one activity that does nothing."""

from __future__ import annotations

from datetime import timedelta

from temporalio import activity, workflow

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
