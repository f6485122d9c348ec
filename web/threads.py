"""The thread of a file as both sites show it: letters and words, newest first, what goes with them, and writing one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid5

from jalon.intake.v1 import applications_pb2 as pb
from jalon.intake.v1 import documents_pb2
from litestar.datastructures import UploadFile
from litestar.response import Stream

from kit.errors import Refused
from web import words
from web.desk import Desk
from web.downloads import attachment
from web.rulebooks import Words
from wording import letter

PART_BYTES = 1024 * 1024
LARGEST_FORM = 32 * 1024 * 1024
"""Bytes of a message with its attachment: above any rulebook's limit, which the service applies."""
LONGEST_TEXT = 8000
PIECE = "message"
THREAD = "intake.applications"
SENDS = ("BeginUpload", "UploadPart", "CompleteUpload", "PostMessage")
"""RPCs of writing a message."""


@dataclass(frozen=True)
class Shown:
    """A message as it reads; ``subject`` is empty for somebody's own words. ``body``: paragraphs."""

    message: pb.Message
    subject: str
    body: list[str]


def shown(message: pb.Message, rulebook: Words) -> Shown:
    """A letter in the reader's language, or words as they were written."""
    if not message.template:
        return Shown(message, "", message.text.split("\n\n"))
    values: Mapping[str, object] = json.loads(message.values_json or "{}")
    told = {
        name: rulebook.of(value) if isinstance(value, str) and value in rulebook.labels else value
        for name, value in values.items()
    }
    subject, body = letter(message.template, locale=words.locale(), values=told)
    return Shown(message, subject, [*body.split("\n\n"), *(message.text.split("\n\n") if message.text else ())])


async def mark_read(desk: Desk, messages: list[pb.Message]) -> None:
    """Keeps that the newest of these was seen, when one of them was new to whoever reads."""
    if messages and any(one.unread for one in messages) and desk.may("MarkThreadRead"):
        newest = messages[0]
        read = pb.MarkThreadReadRequest(application_id=newest.application_id, message_id=newest.message_id)
        await desk.send(THREAD, read)


async def write(desk: Desk, application_id: str, *, text: str, file: object, request_id: str) -> None:
    """Posts a message with the file chosen, if any; the same ``request_id`` posts it once. Raises ``Refused``."""
    attached = []
    if isinstance(file, UploadFile) and file.filename:
        attached.append(await _attach(desk, application_id, file, request_id=request_id))
    message = pb.PostMessageRequest(application_id=application_id, text=text, document_ids=attached)
    await desk.send(THREAD, message, request_id)


async def _attach(desk: Desk, application_id: str, file: UploadFile, *, request_id: str) -> str:
    """Sends a file; its document is the request's own and the bytes', so that a second press sends nothing twice."""
    data = await file.read()
    digest = sha256(data).hexdigest()
    document_id = str(uuid5(UUID(request_id), f"attachment/{digest}/{file.filename}"))
    about: dict[str, Any] = {"application_id": application_id, "document_id": document_id}
    announced = documents_pb2.BeginUploadRequest(
        **about, piece=PIECE, file_name=file.filename, size_bytes=len(data), digest=digest
    )
    try:
        await desk.send("intake.documents", announced)
    except Refused as refused:
        if any(fault.reason == "ID_TAKEN" for fault in refused.fields):
            return document_id  # sent by the first press
        raise
    for offset in range(0, len(data), PART_BYTES):
        part = documents_pb2.UploadPartRequest(**about, offset=offset, data=data[offset : offset + PART_BYTES])
        await desk.send("intake.documents", part)
    await desk.send("intake.documents", documents_pb2.CompleteUploadRequest(**about))
    return document_id


async def download(desk: Desk, application_id: str, document_id: str) -> Stream:
    """What goes with a message, as a file that the browser keeps rather than shows."""

    async def part(offset: int) -> Any:
        about = {"application_id": application_id, "document_id": document_id}
        return await desk.read("intake.documents", documents_pb2.ReadDocumentRequest(**about, offset=offset))

    named = await part(0)
    return await attachment(part, name=named.file_name, media_type="application/octet-stream")
