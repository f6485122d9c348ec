"""The one way an update reaches an entity: used by the commands of doors, by rows and by the relay."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowUpdateFailedError,
    WorkflowUpdateHandle,
    WorkflowUpdateRPCTimeoutOrCancelledError,
    WorkflowUpdateStage,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from workflows.contract.messages import UPDATES
from workflows.contract.names import TASK_QUEUE, EntityKind
from workflows.contract.starts import STARTING, start_of
from workflows.state import Answer, digest_of, refuse


class NotAccepted(Exception):
    """The engine did not take the update in time: it keeps nothing of it. Try again with the same request id."""


class Ended(Exception):
    """The entity's workflow is over, or never began."""


@dataclass(frozen=True)
class Sent:
    """``answer`` is None when the update is accepted but not finished yet."""

    answer: Answer | None


async def send(client: Client, verb: str, message: Any, *, seconds: float, now: str = "", update_id: str = "") -> Sent:
    """Sends an update and waits ``seconds`` at most, acceptance included.

    ``now`` (the installation's clock) is needed by the verbs that may start their entity. ``update_id``: the request id
    unless said. Raises the refusal
    (``ApplicationError``), :class:`NotAccepted` or :class:`Ended`.
    """
    kind, _ = UPDATES[verb]
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    try:
        async with asyncio.timeout_at(deadline):
            handle = await _start(client, kind, verb, message, now=now, update_id=update_id)
    except TimeoutError as late:
        raise NotAccepted(verb) from late
    except WorkflowUpdateRPCTimeoutOrCancelledError as late:
        raise NotAccepted(verb) from late
    except RPCError as error:
        raise _outcome(error, verb) from error
    try:
        async with asyncio.timeout_at(deadline):
            answer = await handle.result()
    except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError):
        return Sent(None)
    except WorkflowUpdateFailedError as failed:
        raise _refusal(failed) from failed
    except RPCError as error:
        raise _outcome(error, verb) from error
    if answer.asked != digest_of(verb, message):
        raise refuse("REQUEST_REUSED")
    return Sent(answer)


async def _start(
    client: Client, kind: EntityKind, verb: str, message: Any, *, now: str, update_id: str
) -> WorkflowUpdateHandle[Answer]:
    workflow_id = kind.id_of(getattr(message, kind.field))
    common: dict[str, Any] = {
        "id": update_id or message.context.request_id,
        "wait_for_stage": WorkflowUpdateStage.ACCEPTED,
        "result_type": Answer,
    }
    if verb not in STARTING:
        handle = client.get_workflow_handle(workflow_id)
        return await handle.start_update(verb, message, **common)
    starting: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
        kind.workflow,
        start_of(kind, message, now=now),
        id=workflow_id,
        task_queue=TASK_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
    )
    return await client.start_update_with_start_workflow(verb, message, start_workflow_operation=starting, **common)


async def reused(client: Client, verb: str, message: Any, *, seconds: float) -> bool:
    """Whether the last run of an entity that is over took this request id with another content."""
    kind, _ = UPDATES[verb]
    workflow = client.get_workflow_handle(kind.id_of(getattr(message, kind.field)))
    handle = workflow.get_update_handle(message.context.request_id, result_type=Answer)
    try:
        async with asyncio.timeout(seconds):
            answer = await handle.result()
    except (TimeoutError, RPCError, WorkflowUpdateRPCTimeoutOrCancelledError, WorkflowUpdateFailedError):
        return False
    return bool(answer.asked != digest_of(verb, message))


def _refusal(failed: WorkflowUpdateFailedError) -> ApplicationError:
    cause = failed.cause
    return cause if isinstance(cause, ApplicationError) else refuse("NOT_CARRIED_OUT")


def _outcome(error: RPCError, verb: str) -> Exception:
    if error.status in (RPCStatusCode.NOT_FOUND, RPCStatusCode.ALREADY_EXISTS):
        return Ended(verb)
    return NotAccepted(verb)
