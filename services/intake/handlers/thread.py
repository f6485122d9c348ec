"""The thread of a file: letters of the engine, words of an instructor, reminders."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid5

from jalon.intake.v1 import applications_pb2 as pb

from kit import clock, pages
from kit.errors import field_invalid, required
from kit.journal import Act
from services.intake.domain.mails import SILENT, deadline_of, kind_of
from services.intake.domain.moves import ApplicationState
from services.intake.domain.reasons import Reason
from services.intake.domain.records import Message
from services.intake.handlers.room import Part, found, said
from services.intake.handlers.wire import thread_message
from services.intake.store import applications as store
from services.intake.store import calls as call_store
from services.intake.store import lists, mails

FIRST_PAGE = 2**62
_TEMPLATE = re.compile(r"[a-z_]{0,60}")
UNDEPOSITED = {"PRE_APPLICATION": ApplicationState.DRAFT, "FULL_APPLICATION": ApplicationState.INVITED}
"""Window → the state in which its form is not deposited yet."""


class Thread(Part):
    """Messages of ``jalon.intake.v1.ApplicationsService``."""

    async def PostMessage(self, request: pb.PostMessageRequest, context: Any) -> pb.Message:
        """Adds a letter or words to the thread."""

        async def change(act: Act) -> pb.Message:
            application = found(await store.lock_application(act.connection, request.application_id))
            message = Message(
                message_id=str(uuid5(UUID(act.call.request_id), "message")),
                application_id=application.application_id,
                template=request.template,
                values_json=values_json,
                text=text,
                author=act.person,
                posted_at=act.at,
            )
            await lists.post_message(act.connection, message)
            await self._announce(act, [message.message_id], message.template, values=json.loads(values_json))
            facts = {
                "message_id": message.message_id,
                "template": message.template,
                "values": json.loads(values_json),
            }
            act.record("message_posted", subject=application.application_id, facts=facts)
            return thread_message(message)

        required(request, "application_id")
        if not _TEMPLATE.fullmatch(request.template):
            raise field_invalid("template", Reason.FIELD_UNKNOWN)
        text = said("text", request.text, longest=10_000, required=not request.template)
        values_json = _values(request.values_json)
        return await self._room.journal.write(request, change)

    async def ListMessages(self, request: pb.ListMessagesRequest, context: Any) -> pb.ListMessagesResponse:
        """The thread, newest first."""
        required(request, "application_id")
        size, scope = pages.size(request.page_size), f"thread/{request.application_id}"
        before = pages.decode(request.page_token, scope=scope) or [FIRST_PAGE]
        rows = await lists.list_messages(self._room.pool, request.application_id, before=before[0], limit=size + 1)
        token = pages.encode([rows[size - 1][0]], scope=scope) if len(rows) > size else ""
        return pb.ListMessagesResponse(
            messages=[thread_message(message) for _, message in rows[:size]], next_page_token=token
        )

    async def RemindDrafts(self, request: pb.RemindDraftsRequest, context: Any) -> pb.RemindDraftsResponse:
        """Reminds once those whose form of a window is not deposited yet; those who deposited are left alone."""

        async def change(act: Act) -> pb.RemindDraftsResponse:
            call = found(await call_store.get_call(act.connection, call_id=request.call_id))
            closes_at = call.pre_closes_at if request.window == "PRE_APPLICATION" else call.full_closes_at
            values = json.dumps({"closes_at": clock.text(closes_at), "window": request.window})
            written = await lists.remind_drafts(
                act.connection, call.call_id, UNDEPOSITED[request.window], values_json=values, at=act.at
            )
            if written:
                facts = {"window": request.window, "reminded": len(written)}
                act.record("drafts_reminded", kind="call", subject=call.call_id, facts=facts)
                await self._announce(act, written, "draft_reminder", values=json.loads(values))
            return pb.RemindDraftsResponse(reminded=len(written))

        required(request, "call_id")
        if request.window not in UNDEPOSITED:
            raise field_invalid("window", Reason.CHOICE_UNKNOWN, choices=", ".join(UNDEPOSITED))
        return await self._room.journal.write(request, change)

    async def _announce(self, act: Act, message_ids: Sequence[str], template: str, *, values: dict[str, Any]) -> None:
        """Says by mail that there is something to read, in the same transaction."""
        if template in SILENT:
            return
        await mails.announce_messages(
            act.connection,
            message_ids,
            kind=kind_of(template),
            deadline_at=deadline_of(values),
            keep=self._room.demonstration,
            at=act.at,
        )


def _values(text: str) -> str:
    try:
        values = json.loads(text or "{}")
    except (ValueError, RecursionError) as error:
        raise field_invalid("values_json", Reason.NOT_JSON) from error
    if not isinstance(values, dict) or "\\u0000" in text:
        raise field_invalid("values_json", Reason.WRONG_TYPE, expected="object")
    return json.dumps(values, sort_keys=True)
