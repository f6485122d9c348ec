"""Everything an applicant's file holds of hers, in one archive: what she wrote, what was received, what was said to
her, her documents. What was said among agents (notes, marks, opinions, proposals) is not hers and is not in it."""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import AsyncIterator, Sequence
from typing import IO, Any
from uuid import UUID

from google.protobuf.json_format import MessageToDict
from jalon.intake.v1 import applications_pb2 as pb
from jalon.intake.v1 import documents_pb2
from jalon.payments.v1 import awards_pb2
from litestar import Controller, get
from litestar.params import FromPath
from litestar.response import Stream

from kit.errors import Refused
from web import words
from web.desk import AtDesk, Desk, ServiceSilent, present, together
from web.portal import drafts, uploads
from web.portal.acts import award_of
from web.portal.stages import received
from web.rulebooks import Words
from web.threads import shown
from web.timeline import History, history
from web.words import t

CHUNK = 256 * 1024
SPOOLED = 8 * 1024 * 1024
Kept = documents_pb2.Document | pb.Attachment
INWARD = ("reviewer_id", "proposed_cents", "version")
"""What a progress row says for desks alone."""
READING = ("GetApplication", "ListJournal", "ListMessages", "ListDeposits", "ReadDocument")


class TakingPage(Controller):
    """``/demandes/{application_id}/donnees.zip``."""

    path = "/demandes/{application_id:uuid}"

    @get("/donnees.zip", rpcs=READING)
    async def take(self, desk: AtDesk, application_id: FromPath[UUID]) -> Stream:
        """The archive; it is whole before its first byte leaves, so that what is missing is a page that says so."""
        application, found = await together(drafts.read(desk, application_id), history(desk, str(application_id)))
        if found.silent:
            raise ServiceSilent(found.silent[0])
        rulebook = await desk.rulebook(application.call_id)
        file = tempfile.SpooledTemporaryFile(max_size=SPOOLED)  # noqa: SIM115 - closed once it was sent
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            await _texts(desk, archive, application, found=found, rulebook=rulebook)
            for number, document in enumerate(received(application), start=1):
                name = f"pieces/{number:02d}-{_safe(document.file_name)}"
                await _document(desk, archive, application.application_id, document, name=name)
            await _agreement(desk, archive, application)
        file.seek(0)
        name = f"jalon-{application.number or 'brouillon'}.zip"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
        return Stream(_sent(file), media_type="application/zip", headers=headers)


async def _texts(
    desk: Desk, archive: zipfile.ZipFile, application: pb.Application, *, found: History, rulebook: Words
) -> None:
    application_id = application.application_id
    asked = pb.ListMessagesRequest(application_id=application_id)
    messages, deposits = await together(
        desk.every("intake.applications", asked, "messages"),
        desk.read("intake.applications", pb.ListDepositsRequest(application_id=application_id)),
    )
    award = await present(award_of(desk, application), awards_pb2.Award)
    archive.writestr("LISEZMOI.txt", t("taking.read_me", number=application.number or t("stage.draft")))
    _write(archive, "demande", _application(application))
    _write(archive, "depots", [_plain(one) for one in deposits.deposits])
    _write(archive, "messages", [_message(one, rulebook) for one in messages])
    attached = [one for message in messages for one in message.attachments]
    for number, one in enumerate(attached, start=1):
        await _document(desk, archive, application_id, one, name=f"messages/{number:02d}-{_safe(one.file_name)}")
    _write(archive, "historique", _lines(found, rulebook))
    if award.application_id:
        _write(archive, "subvention", _plain(award))


def _write(archive: zipfile.ZipFile, name: str, content: Any) -> None:
    archive.writestr(f"{name}.json", json.dumps(content, ensure_ascii=False, indent=2))


def _application(application: pb.Application) -> dict[str, Any]:
    told = _plain(application)
    told["progress"] = {name: value for name, value in told.get("progress", {}).items() if name not in INWARD}
    return told


def _plain(message: Any) -> dict[str, Any]:
    found: dict[str, Any] = MessageToDict(message, preserving_proto_field_name=True)
    return found


def _message(message: pb.Message, rulebook: Words) -> dict[str, Any]:
    told = shown(message, rulebook)
    return {
        "posted_at": words.iso(message.posted_at),
        "from_applicants": message.from_applicants,
        "subject": told.subject,
        "body": "\n\n".join(told.body),
        "attachments": [one.file_name for one in message.attachments],
    }


def _lines(found: History, rulebook: Words) -> Sequence[dict[str, str]]:
    """Her history as she reads it: who by role, never by name nor id."""
    return [
        {
            "at": words.iso(line.at),
            "role": words.word("common.Role", line.role),
            "sentence": line.told(rulebook.labels),
            "words": line.words,
        }
        for line in found.lines
    ]


async def _document(desk: Desk, archive: zipfile.ZipFile, application_id: str, document: Kept, *, name: str) -> None:
    def ask(offset: int) -> documents_pb2.ReadDocumentRequest:
        return documents_pb2.ReadDocumentRequest(
            application_id=application_id, document_id=document.document_id, offset=offset
        )

    await _bytes(archive, name, await uploads.bytes_of(desk, uploads.STUB, ask))


async def _agreement(desk: Desk, archive: zipfile.ZipFile, application: pb.Application) -> None:
    def ask(offset: int) -> awards_pb2.ReadAgreementRequest:
        return awards_pb2.ReadAgreementRequest(application_id=application.application_id, offset=offset)

    try:
        parts = await uploads.bytes_of(desk, "payments.awards", ask)
    except Refused:
        return  # there is none to read yet
    await _bytes(archive, "convention.pdf", parts)


async def _bytes(archive: zipfile.ZipFile, name: str, parts: AsyncIterator[bytes]) -> None:
    with archive.open(zipfile.ZipInfo(name), "w") as held:
        async for part in parts:
            held.write(part)


async def _sent(file: IO[bytes]) -> AsyncIterator[bytes]:
    with file:
        while part := file.read(CHUNK):
            yield part


def _safe(name: str) -> str:
    kept = "".join(mark if mark.isalnum() or mark in "._- " else "_" for mark in name)
    return kept.lstrip(".") or "piece"
