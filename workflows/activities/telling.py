"""One row of an act that reaches many applications: an update sent to the application's own entity."""

from __future__ import annotations

from temporalio import activity
from temporalio.client import Client
from temporalio.exceptions import ApplicationError

from kit import telemetry
from workflows.contract.consequences import TellApplication
from workflows.contract.messages import UPDATES
from workflows.state import Facts, refuse
from workflows.updates import Ended, NotAccepted, send

PATIENCE_SECONDS = 20.0
"""Less than the attempt's own length, so that the reason is known."""


class Teller:
    """Sends updates from an activity."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @activity.defn
    async def tell_application(self, message: TellApplication, progress: None = None) -> Facts:
        """Sends the row; a refusal is the row's result; an unfinished row is tried again under the same id."""
        _, message_type = UPDATES[message.verb]
        update = message_type(context=message.context, application_id=message.application_id, **message.body)
        update_id = f"{message.context.request_id}/{message.attempt}" if message.attempt else ""
        with telemetry.with_application(message.application_id):
            try:
                sent = await send(self._client, message.verb, update, seconds=PATIENCE_SECONDS, update_id=update_id)
            except Ended as ended:
                raise refuse("APPLICATION_ENDED") from ended
            except NotAccepted as late:
                raise ApplicationError("not accepted yet", type="UNAVAILABLE") from late
        if sent.answer is None:
            raise ApplicationError("not finished yet", type="UNAVAILABLE")
        return sent.answer.facts
