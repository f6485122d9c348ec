"""``jalon.intake.v1.DocumentsService``: pieces announced, sent by parts, checked, read."""

from __future__ import annotations

import asyncio
import re
from datetime import date
from typing import Any

from jalon.intake.v1 import documents_pb2 as pb
from jalon.intake.v1 import documents_pb2_grpc

from kit.admission import current
from kit.errors import FieldFault, Refused, field_invalid, invalid, not_found, required
from kit.files import PART_BYTES
from kit.journal import Act
from services.intake.domain.decisions import MESSAGE_PIECE, check_piece_expected
from services.intake.domain.moves import DocumentAction, DocumentState, move
from services.intake.domain.reasons import Reason
from services.intake.domain.records import Application, Document
from services.intake.domain.rules import Rulebook
from services.intake.domain.searching import composed
from services.intake.handlers.room import WRITERS, Part, found
from services.intake.handlers.sniffing import promised, sniffed
from services.intake.handlers.wire import document_message
from services.intake.store import applications as application_store
from services.intake.store import documents as store
from services.intake.store.calls import rulebook_of

SERVICE = "jalon.intake.v1.DocumentsService"
LATER = ("AGREEMENT", "REPORT")
MESSAGE = MESSAGE_PIECE.upper()
OF_THE_THREAD = frozenset({*WRITERS, "INSTRUCTOR", "AUDITOR"})
"""Who reads threads."""
FINAL = (Reason.DOCUMENT_TYPE_MISMATCH, Reason.DOCUMENT_DIGEST_MISMATCH)
_DIGEST = re.compile(r"[0-9a-f]{64}")
_UNREADABLE = re.compile(r"[\x00-\x1f\x7f/\\]")


class DocumentsHandlers(Part, documents_pb2_grpc.DocumentsServiceServicer):
    """Bytes go through ``kit.files``; what is known of them stays in the table."""

    async def BeginUpload(self, request: pb.BeginUploadRequest, context: Any) -> pb.Upload:
        """Announces a piece. The same announcement again resumes."""

        async def change(act: Act) -> pb.Upload:
            application = found(await application_store.lock_application(act.connection, request.application_id))
            rulebook = await rulebook_of(act.connection, application.call_id)
            _check_announced(rulebook, request, file_name=file_name)
            stage = await self._stage(act, application, rulebook, piece=request.piece)
            document = _announced(request, file_name=file_name, issued_on=issued_on, stage=stage)
            if await store.begin_upload(act.connection, document, begun_by=act.person, at=act.at):
                return _upload(document, 0)
            return await self._resumed(act, document)

        required(request, "application_id", "document_id", "piece")
        file_name, issued_on = _file_name(request.file_name), _issued_on(request.issued_on)
        return await self._room.journal.write(request, change)

    async def _stage(self, act: Act, application: Application, rulebook: Rulebook, *, piece: str) -> str:
        """The stage of a piece that may be sent now; an agent sends what goes with a message, and nothing else."""
        if piece == MESSAGE_PIECE and application.number:
            return MESSAGE
        if act.call.role not in WRITERS:
            raise field_invalid("piece", Reason.PIECE_UNKNOWN, code=piece)
        correction = await store.current_correction(act.connection, application.application_id)
        stage = check_piece_expected(rulebook, application, piece=piece, correction=correction, now=act.now)
        return stage.value.upper()

    async def _resumed(self, act: Act, document: Document) -> pb.Upload:
        present = found(
            await store.lock_document(act.connection, document.document_id, application_id=document.application_id)
        )
        if present != document:
            raise field_invalid("document_id", Reason.ID_TAKEN)
        _, held = await asyncio.to_thread(self._room.files.digest, document.document_id)
        return _upload(document, held)

    async def UploadPart(self, request: pb.UploadPartRequest, context: Any) -> pb.Upload:
        """Keeps one part at its offset; repeating a part is harmless."""

        async def change(act: Act) -> pb.Upload:
            document = found(
                await store.lock_document(act.connection, request.document_id, application_id=request.application_id)
            )
            _check_own(act, document)
            move(document.state, DocumentAction.UPLOAD_PART)
            if request.offset < 0 or request.offset + len(request.data) > document.size_bytes:
                raise field_invalid("offset", Reason.PART_OUT_OF_RANGE, size_bytes=str(document.size_bytes))
            held = await asyncio.to_thread(
                self._room.files.write_part, document.document_id, request.offset, request.data
            )
            return _upload(document, held)

        required(request, "application_id", "document_id", "data")
        if len(request.data) > PART_BYTES:
            raise field_invalid("data", Reason.PART_TOO_LARGE, max_bytes=str(PART_BYTES))
        return await self._room.journal.write(request, change)

    async def CompleteUpload(self, request: pb.CompleteUploadRequest, context: Any) -> pb.Document:
        """Checks size, digest and what the bytes are; a piece that is not what it claims is refused for good."""

        async def change(act: Act) -> pb.Document:
            found(await application_store.lock_application(act.connection, request.application_id))
            document = found(
                await store.lock_document(act.connection, request.document_id, application_id=request.application_id)
            )
            _check_own(act, document)
            if document.refusal:
                values = _mismatch(document.file_name, document.media_type) if document.media_type else {}
                raise Refused(document.refusal, values=values)
            to_state = move(document.state, DocumentAction.COMPLETE_UPLOAD)
            media_type = await asyncio.to_thread(self._checked, document)
            await store.complete_upload(
                act.connection,
                document,
                to_state,
                media_type=media_type,
                at=act.at,
                deposited=document.stage in LATER,
            )
            act.record("document_received", subject=document.application_id, facts=_facts(document, media_type))
            received = await store.get_document(
                act.connection, document.document_id, application_id=document.application_id
            )
            return document_message(found(received))

        required(request, "application_id", "document_id")
        try:
            document = await self._room.journal.write(request, change)
        except Refused as refused:
            if refused.reason in FINAL:
                await self._refuse(request, refused)
            raise
        await asyncio.to_thread(self._room.files.discard, request.document_id)
        return document

    def _checked(self, document: Document) -> str:
        """The type of the bytes held, once they are all there and are those announced; then they are whole."""
        files = self._room.files
        digest, held = files.digest(document.document_id)
        if held < document.size_bytes:
            values = {"received_bytes": str(held), "size_bytes": str(document.size_bytes)}
            raise Refused(Reason.UPLOAD_INCOMPLETE, values=values)
        if digest != document.digest:
            raise Refused(Reason.DOCUMENT_DIGEST_MISMATCH)
        kind = sniffed(files.head(document.document_id, document.size_bytes))
        if kind != promised(document.file_name):
            raise Refused(Reason.DOCUMENT_TYPE_MISMATCH, values=_mismatch(document.file_name, kind))
        files.complete(document.document_id, digest)
        return kind

    async def _refuse(self, request: pb.CompleteUploadRequest, refused: Refused) -> None:
        async with self._room.pool.acquire() as connection, connection.transaction():
            document = await store.lock_document(connection, request.document_id, application_id=request.application_id)
            if document is None or document.state is not DocumentState.UPLOADING:
                return
            to_state = move(document.state, DocumentAction.REFUSE_DOCUMENT)
            found_type = refused.values.get("found")
            await store.refuse_document(connection, document, to_state, refusal=refused.reason, media_type=found_type)
        await asyncio.to_thread(self._room.files.discard, request.document_id)

    async def ReadDocument(self, request: pb.ReadDocumentRequest, context: Any) -> pb.ReadDocumentResponse:
        """A part of a received piece; agents read those that were deposited."""
        required(request, "application_id", "document_id")
        document = found(
            await store.get_document(self._room.pool, request.document_id, application_id=request.application_id)
        )
        writes = current.get().role in WRITERS
        if document.state is not DocumentState.RECEIVED or (document.deposited_at is None and not writes):
            raise not_found()
        if document.stage == MESSAGE and current.get().role not in OF_THE_THREAD:
            raise not_found()
        if request.offset < 0:
            raise field_invalid("offset", Reason.NUMBER_TOO_SMALL, min="0")
        data = await asyncio.to_thread(self._room.files.read, document.digest, request.offset)
        return pb.ReadDocumentResponse(
            data=data, size_bytes=document.size_bytes, file_name=document.file_name, media_type=document.media_type
        )


def _check_own(act: Act, document: Document) -> None:
    """An agent writes what goes with a message; the pieces of a file are its people's."""
    if act.call.role not in WRITERS and document.stage != MESSAGE:
        raise not_found()


def _mismatch(file_name: str, kind: str) -> dict[str, str]:
    """What the name promises, and what the bytes are."""
    return {"found": kind, "expected": promised(file_name)}


def _file_name(name: str) -> str:
    """One spelling of a name (composed), free of paths and control characters; apostrophes and accents are welcome."""
    kept = composed(name)
    if not kept or len(kept) > 255 or _UNREADABLE.search(kept):
        raise field_invalid("file_name", Reason.FILE_NAME_UNREADABLE)
    return kept


def _issued_on(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise field_invalid("issued_on", Reason.DATE_UNCLEAR) from error


def _check_announced(rulebook: Rulebook, request: pb.BeginUploadRequest, *, file_name: str) -> None:
    faults = []
    limit = rulebook.upload.max_bytes
    if request.size_bytes <= 0:
        faults.append(FieldFault("size_bytes", Reason.DOCUMENT_EMPTY))
    if request.size_bytes > limit:
        values = {"max_bytes": str(limit), "size_bytes": str(request.size_bytes)}
        faults.append(FieldFault("size_bytes", Reason.DOCUMENT_TOO_LARGE, values))
    if promised(file_name) not in rulebook.upload.types:
        values = {"types": ", ".join(rulebook.upload.types)}
        faults.append(FieldFault("file_name", Reason.DOCUMENT_TYPE_NOT_ACCEPTED, values))
    if not _DIGEST.fullmatch(request.digest):
        faults.append(FieldFault("digest", Reason.DIGEST_UNREADABLE))
    if faults:
        raise invalid(*faults)


def _announced(request: pb.BeginUploadRequest, *, file_name: str, issued_on: date | None, stage: str) -> Document:
    return Document(
        document_id=request.document_id,
        application_id=request.application_id,
        piece=request.piece,
        stage=stage,
        file_name=file_name,
        media_type="",
        size_bytes=request.size_bytes,
        digest=request.digest,
        state=DocumentState.UPLOADING,
        refusal="",
        issued_on=issued_on,
        received_at=None,
        deposited_at=None,
    )


def _upload(document: Document, held: int) -> pb.Upload:
    return pb.Upload(
        document_id=document.document_id,
        received_bytes=held,
        size_bytes=document.size_bytes,
        part_bytes=PART_BYTES,
    )


def _facts(document: Document, media_type: str) -> dict[str, str | int]:
    return {
        "document_id": document.document_id,
        "piece": document.piece,
        "digest": document.digest,
        "size_bytes": document.size_bytes,
        "media_type": media_type,
        "issued_on": document.issued_on.isoformat() if document.issued_on else "",
    }
