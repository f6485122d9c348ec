"""Pieces and corrections."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from kit.db import rows_of
from services.intake.domain.moves import CorrectionState, DocumentState
from services.intake.domain.records import Attachment, Correction, Document, Item
from services.intake.store import changed, queries


async def begin_upload(connection: Any, document: Document, *, begun_by: str, at: datetime) -> bool:
    """Announces a piece; False when the id is taken."""
    row = await queries.begin_upload(
        connection,
        document_id=UUID(document.document_id),
        application_id=UUID(document.application_id),
        piece=document.piece,
        stage=document.stage,
        file_name=document.file_name,
        size_bytes=document.size_bytes,
        digest=document.digest,
        issued_on=document.issued_on,
        begun_by=begun_by,
        begun_at=at,
    )
    return row is not None


async def lock_document(connection: Any, document_id: str, *, application_id: str) -> Document | None:
    """A piece of this application, kept still."""
    row = await queries.lock_document(connection, document_id=UUID(document_id), application_id=UUID(application_id))
    return _document(row) if row else None


async def get_document(connection: Any, document_id: str, *, application_id: str) -> Document | None:
    """A piece of this application."""
    row = await queries.get_document(connection, document_id=UUID(document_id), application_id=UUID(application_id))
    return _document(row) if row else None


async def list_documents(connection: Any, application_id: str, *, deposited: bool) -> tuple[Document, ...]:
    """Pieces by code and age; only those deposited, or all."""
    found = queries.list_documents(connection, application_id=UUID(application_id), deposited=deposited)
    return tuple(_document(row) for row in await rows_of(found))


async def list_attachments(connection: Any, document_ids: Iterable[str]) -> dict[str, Attachment]:
    """What goes with messages, by id."""
    ids = [UUID(one) for one in document_ids]
    found = await rows_of(queries.list_attachments(connection, document_ids=ids)) if ids else []
    return {
        str(row["document_id"]): Attachment(
            str(row["document_id"]), row["file_name"], row["media_type"] or "", row["size_bytes"]
        )
        for row in found
    }


async def complete_upload(
    connection: Any, document: Document, to_state: DocumentState, *, media_type: str, at: datetime, deposited: bool
) -> None:
    """The piece is whole and is what it claims."""
    status = await queries.complete_upload(
        connection,
        document_id=UUID(document.document_id),
        from_state=document.state.value,
        to_state=to_state.value,
        media_type=media_type,
        received_at=at,
        deposited_at=at if deposited else None,
    )
    changed(status)


async def refuse_document(
    connection: Any, document: Document, to_state: DocumentState, *, refusal: str, media_type: str | None
) -> None:
    """The piece is not what it claims; ``media_type``: what its bytes are, when they say so."""
    await queries.refuse_document(
        connection,
        document_id=UUID(document.document_id),
        from_state=document.state.value,
        to_state=to_state.value,
        refusal=refusal,
        media_type=media_type,
    )


async def deposit_documents(connection: Any, documents: tuple[Document, ...], *, at: datetime) -> None:
    """Pieces deposited with their stage or their correction."""
    ids = [UUID(document.document_id) for document in documents]
    await queries.deposit_documents(connection, document_ids=ids, deposited_at=at)


async def open_correction(connection: Any, correction: Correction) -> None:
    """Asks the applicant to correct or complete."""
    await queries.open_correction(
        connection,
        correction_id=UUID(correction.correction_id),
        application_id=UUID(correction.application_id),
        items=json.dumps([asdict(item) for item in correction.items]),
        opened_at=correction.opened_at,
        closes_at=correction.closes_at,
    )


async def get_correction(connection: Any, correction_id: str, *, application_id: str) -> Correction | None:
    """A correction of this application."""
    row = await queries.get_correction(
        connection, correction_id=UUID(correction_id), application_id=UUID(application_id)
    )
    return _correction(row) if row else None


async def current_correction(connection: Any, application_id: str) -> Correction | None:
    """The correction still open, if any."""
    row = await queries.current_correction(connection, application_id=UUID(application_id))
    return _correction(row) if row else None


async def list_corrections(connection: Any, application_id: str) -> tuple[Correction, ...]:
    """Every correction of an application, oldest first."""
    found = queries.list_corrections(connection, application_id=UUID(application_id))
    return tuple(_correction(row) for row in await rows_of(found))


async def submit_correction(
    connection: Any, correction: Correction, to_state: CorrectionState, *, at: datetime, digest: str
) -> None:
    """The answer arrived."""
    status = await queries.submit_correction(
        connection,
        correction_id=UUID(correction.correction_id),
        from_state=correction.state.value,
        to_state=to_state.value,
        submitted_at=at,
        digest=digest,
    )
    changed(status)


async def move_correction(connection: Any, correction: Correction, to_state: CorrectionState) -> None:
    """The answer never arrived."""
    status = await queries.move_correction(
        connection,
        correction_id=UUID(correction.correction_id),
        from_state=correction.state.value,
        to_state=to_state.value,
    )
    changed(status)


def _document(row: Any) -> Document:
    return Document(
        document_id=str(row["document_id"]),
        application_id=str(row["application_id"]),
        piece=row["piece"],
        stage=row["stage"],
        file_name=row["file_name"],
        media_type=row["media_type"] or "",
        size_bytes=row["size_bytes"],
        digest=row["digest"],
        state=DocumentState(row["state"]),
        refusal=row["refusal"] or "",
        issued_on=row["issued_on"],
        received_at=row["received_at"],
        deposited_at=row["deposited_at"],
    )


def _correction(row: Any) -> Correction:
    return Correction(
        correction_id=str(row["correction_id"]),
        application_id=str(row["application_id"]),
        state=CorrectionState(row["state"]),
        items=tuple(Item(**item) for item in json.loads(row["items"])),
        opened_at=row["opened_at"],
        closes_at=row["closes_at"],
        submitted_at=row["submitted_at"],
    )
