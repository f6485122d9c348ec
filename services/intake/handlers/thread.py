"""The thread of a file: letters of the engine, words of an instructor, reminders."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid5

from jalon.intake.v1 import applications_pb2 as pb

from kit import clock, pages
from kit.admission import current
from kit.errors import field_invalid, not_found, required
from kit.journal import Act
from services.intake.domain.decisions import MESSAGE_PIECE, not_now
from services.intake.domain.mails import SILENT, deadline_of, kind_of
from services.intake.domain.moves import ApplicationState, DocumentState
from services.intake.domain.reasons import Reason
from services.intake.domain.records import Attachment, Document, Message
from services.intake.handlers.room import SYSTEM, WRITERS, Part, found, person, said, values_object
from services.intake.handlers.wire import thread_message
from services.intake.store import applications as store
from services.intake.store import calls as call_store
from services.intake.store import documents as document_store
from services.intake.store import lists, mails

FIRST_PAGE = 2**62
DESK = "DESK"
MOST_ATTACHED = 5
_TEMPLATE = re.compile(r"[a-z_]{0,60}")
UNDEPOSITED = {"PRE_APPLICATION": ApplicationState.DRAFT, "FULL_APPLICATION": ApplicationState.INVITED}
"""Window → the state in which its form is not deposited yet."""


class Thread(Part):
    """Messages of ``jalon.intake.v1.ApplicationsService``."""

    async def PostMessage(self, request: pb.PostMessageRequest, context: Any) -> pb.Message:
        """Adds a letter, or somebody's words with what goes with them."""

        async def change(act: Act) -> pb.Message:
            application = found(await store.lock_application(act.connection, request.application_id))
            if act.call.role in WRITERS and not application.number:
                raise not_now(application.state, "POST_MESSAGE")
            attached = await self._attached(act, request)
            message = Message(
                message_id=str(uuid5(UUID(act.call.request_id), "message")),
                application_id=application.application_id,
                template=request.template,
                values_json=values_json,
                text=text,
                author=act.person,
                posted_at=act.at,
                from_applicants=act.call.role in WRITERS,
                document_ids=tuple(one.document_id for one in attached),
            )
            await document_store.deposit_documents(act.connection, attached, at=act.at)
            await lists.post_message(act.connection, message)
            if not message.template:
                await self._read_up_to(act, message.application_id, message.message_id)
            await self._announce(act, [message.message_id], message.template, values=json.loads(values_json))
            _told(act, message, attached)
            return thread_message(message, {one.document_id: _attachment(one) for one in attached})

        required(request, "application_id")
        if not _TEMPLATE.fullmatch(request.template) or (request.template and current.get().role != SYSTEM):
            raise field_invalid("template", Reason.FIELD_UNKNOWN)
        if len(request.document_ids) > MOST_ATTACHED:
            raise field_invalid("document_ids", Reason.NUMBER_TOO_LARGE, max=str(MOST_ATTACHED))
        text = said("text", request.text, longest=10_000, required=not request.template)
        values_json = values_object(request.values_json)
        return await self._room.journal.write(request, change)

    async def _attached(self, act: Act, request: pb.PostMessageRequest) -> tuple[Document, ...]:
        """Documents sent for this message: whole, of this file, and not yet of another message."""
        attached = []
        for document_id in dict.fromkeys(request.document_ids):
            document = found(
                await document_store.lock_document(act.connection, document_id, application_id=request.application_id)
            )
            ready = document.state is DocumentState.RECEIVED and document.deposited_at is None
            if document.stage != MESSAGE_PIECE.upper() or not ready:
                raise not_found()
            attached.append(document)
        return tuple(attached)

    async def _read_up_to(self, act: Act, application_id: str, message_id: str) -> None:
        await lists.mark_thread_read(
            act.connection, application_id, reader=_reader(act.call.role), message_id=message_id, at=act.at
        )

    async def MarkThreadRead(self, request: pb.MarkThreadReadRequest, context: Any) -> pb.MarkThreadReadResponse:
        """Keeps how far the caller, or the service, has read."""

        async def change(act: Act) -> pb.MarkThreadReadResponse:
            await self._read_up_to(act, request.application_id, request.message_id)
            return pb.MarkThreadReadResponse()

        required(request, "application_id", "message_id")
        return await self._room.journal.write(request, change)

    async def ListMessages(self, request: pb.ListMessagesRequest, context: Any) -> pb.ListMessagesResponse:
        """The thread, newest first."""
        required(request, "application_id")
        size, scope = pages.size(request.page_size), f"thread/{request.application_id}"
        before = pages.decode(request.page_token, scope=scope) or [FIRST_PAGE]
        rows = await lists.list_messages(
            self._room.pool,
            request.application_id,
            reader=_reader(current.get().role),
            before=before[0],
            limit=size + 1,
        )
        token = pages.encode([rows[size - 1][0]], scope=scope) if len(rows) > size else ""
        shown = [message for _, message in rows[:size]]
        ids = [document_id for message in shown for document_id in message.document_ids]
        attachments = await document_store.list_attachments(self._room.pool, ids)
        return pb.ListMessagesResponse(
            messages=[thread_message(message, attachments) for message in shown], next_page_token=token
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


def _reader(role: str) -> str:
    """Whose reading counts: each person who carries the file, or the service as one."""
    return person() if role in WRITERS else DESK


def _told(act: Act, message: Message, attached: Sequence[Document]) -> None:
    """A letter is told by its subject; a person's words stay in the thread."""
    facts: dict[str, object] = {"message_id": message.message_id}
    if message.template:
        facts |= {"template": message.template, "values": json.loads(message.values_json)}
        act.record("message_posted", subject=message.application_id, facts=facts)
        return
    facts |= {"digests": [one.digest for one in attached]} if attached else {}
    act.record("message_written", subject=message.application_id, facts=facts)


def _attachment(document: Document) -> Attachment:
    return Attachment(document.document_id, document.file_name, document.media_type, document.size_bytes)
