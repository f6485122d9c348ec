"""The activities whose work is exactly one RPC, then the progress row that holds if the service accepted."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import grpc
from temporalio import activity
from temporalio.exceptions import ApplicationError

from kit import telemetry
from kit.actor import Signer
from workflows.activities.table import RPCS, WRITE_PROGRESS, Rpc
from workflows.activities.wire import fact_of, failure, to_proto
from workflows.contract import messages
from workflows.contract.consequences import WriteProgress
from workflows.contract.progress import Progress
from workflows.services import Services
from workflows.state import Context, Facts

MARGIN = 0.9
"""An RPC ends before its activity would, so that the reason is known."""


class Carrier:
    """Carries messages to services, and progress to intake."""

    def __init__(self, services: Services, signer: Signer) -> None:
        self._services = services
        self._signer = signer

    def activities(self) -> list[Callable[..., Any]]:
        """One activity per verb of the table, and ``write_progress``."""
        carried = [self._carrying(verb, rpc, messages.MESSAGES[verb]) for verb, rpc in RPCS.items()]
        return [*carried, self.write_progress]

    def _carrying(self, verb: str, rpc: Rpc, message_type: type) -> Callable[..., Coroutine[Any, Any, Facts]]:
        async def carry(message: Any, progress: Progress | None = None) -> Facts:
            with telemetry.with_application(getattr(message, "application_id", "")):
                answer = await self.call(verb, rpc, message)
                if progress is not None:
                    await self.write(message.context, progress)
                return {path: fact_of(answer, path) for path in rpc.facts}

        carry.__annotations__ = {"message": message_type, "progress": Progress | None, "return": dict}
        carry.__name__ = verb
        return activity.defn(name=verb)(carry)

    async def call(self, verb: str, rpc: Rpc, message: Any) -> Any:
        """Calls the RPC of a verb; raises what the engine must see."""
        name = "".join(part.capitalize() for part in verb.split("_"))
        request = to_proto(message, rpc.request, verb=name, signer=self._signer)
        method = getattr(self._services.stub(rpc.service, rpc.stub), name)
        try:
            return await method(request, timeout=self._timeout())
        except grpc.aio.AioRpcError as error:
            raise failure(error) from error

    @activity.defn(name="write_progress")
    async def write_progress(self, message: WriteProgress, progress: Progress | None = None) -> Facts:
        """The progress row alone."""
        await self.call("write_progress", WRITE_PROGRESS, _row(message.context, progress or message.progress))
        return {}

    async def write(self, parent: Context, progress: Progress) -> None:
        """The row that lists show; a second time is a no-op."""
        with telemetry.with_application(progress.application_id):
            await self.then("write_progress", WRITE_PROGRESS, _row(parent, progress))

    async def then(self, verb: str, rpc: Rpc, message: Any) -> Any:
        """A second call of one activity, once the first has decided: its refusal must not read as a refusal of the act,
        so it is tried again, and ``jalon stuck`` shows its reason."""
        try:
            return await self.call(verb, rpc, message)
        except ApplicationError as refusal:
            raise ApplicationError(refusal.message, *refusal.details, type=refusal.type) from refusal

    def _timeout(self) -> float:
        limit = activity.info().start_to_close_timeout
        return limit.total_seconds() * MARGIN if limit else 10.0


def _row(parent: Context, progress: Progress) -> WriteProgress:
    return WriteProgress(Context(messages.progress_request(parent, progress), "", parent.occurred_at), progress)
