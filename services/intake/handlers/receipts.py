"""Receipts: read as a document by those of the file, verified by anybody who holds one."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from jalon.intake.v1 import applications_pb2 as pb

from kit import clock
from kit.errors import field_invalid, required
from kit.files import PART_BYTES
from kit.pdf import render_in_thread
from services.intake.domain.deadlines import rfc3339
from services.intake.domain.reasons import Reason
from services.intake.domain.receipt import Kind, receipt
from services.intake.domain.rules import Rulebook
from services.intake.handlers.room import Part, found, said
from services.intake.store import receipts as store
from services.intake.store.calls import rulebook_of
from services.intake.store.receipts import Paper
from wording import Locale, code_label, label

TEMPLATE = Path(__file__).parents[1] / "templates" / "receipt.typ"
LANGUAGES: dict[str, Locale] = {"fr": "fr", "en": "en"}


class Receipts(Part):
    """Documents of receipts, and whether one is genuine."""

    async def ReadReceipt(self, request: pb.ReadReceiptRequest, context: Any) -> pb.ReadReceiptResponse:
        """A part of the document, made at the first reading and kept; or of what was deposited."""
        required(request, "application_id", "kind", "digest")
        if request.offset < 0:
            raise field_invalid("offset", Reason.NUMBER_TOO_SMALL, min="0")
        language = LANGUAGES.get(request.language or "fr")
        if language is None:
            raise field_invalid("language", Reason.CHOICE_UNKNOWN, choices=", ".join(LANGUAGES))
        issued = found(
            await store.get_receipt(
                self._room.pool, request.application_id, kind=request.kind, digest=request.digest.lower()
            )
        )
        if request.content:
            data = issued.body[request.offset : request.offset + PART_BYTES]
            return pb.ReadReceiptResponse(data=data, size_bytes=len(issued.body), digest=issued.digest)
        digest = await store.paper_digest(self._room.pool, issued.receipt_id, language)
        if digest is None:
            digest = await self._make(issued, language)
        files = self._room.files
        data = await asyncio.to_thread(files.read, digest, request.offset, PART_BYTES)
        size = await asyncio.to_thread(files.size, digest)
        return pb.ReadReceiptResponse(data=data, size_bytes=size, digest=digest)

    async def _make(self, issued: Paper, language: Locale) -> str:
        rulebook = await rulebook_of(self._room.pool, issued.call_id)
        document = await render_in_thread(TEMPLATE, _content(issued, rulebook, language), timestamp=issued.received_at)
        digest = await asyncio.to_thread(self._room.files.put, document)
        return await store.keep_paper(self._room.pool, issued.receipt_id, language, digest=digest)

    async def VerifyReceipt(self, request: pb.VerifyReceiptRequest, context: Any) -> pb.VerifyReceiptResponse:
        """Whether a receipt was issued, and when; nothing else."""
        if request.file_digest:
            file_digest = said("file_digest", request.file_digest, longest=64)
            issued = await store.verify_file(self._room.pool, file_digest.lower())
        else:
            required(request, "number", "digest")
            number, digest = said("number", request.number, longest=20), said("digest", request.digest, longest=64)
            issued = await store.verify_receipt(self._room.pool, number, digest.lower())
        if issued is None:
            return pb.VerifyReceiptResponse(genuine=False)
        return pb.VerifyReceiptResponse(
            genuine=True,
            kind=issued.kind,
            received_at=clock.to_timestamp(issued.received_at),
            number=issued.number,
            held=issued.held,
        )


def _content(issued: Paper, rulebook: Rulebook, language: Locale) -> dict[str, object]:
    """What the template says, in words."""

    def t(key: str, **values: object) -> str:
        return label(key, locale=language, values=values)

    given = receipt(
        rulebook,
        number=issued.number,
        kind=Kind(issued.kind),
        received_at=issued.received_at,
        digest=issued.digest,
    )
    contact = given.service
    rows = [
        (t("receipt.what"), t(f"receipt.kind.{issued.kind}")),
        (t("receipt.number"), issued.number),
        (t("receipt.structure"), issued.organization),
        (t("receipt.project"), issued.title),
        (t("receipt.received"), t("receipt.instant", at=rfc3339(issued.received_at))),
        (t("receipt.service"), ", ".join(part for part in (contact.service, contact.address, contact.phone) if part)),
    ]
    tacit = given.tacit_refusal_on
    return {
        "language": language,
        "title": f"{t('receipt.title')} {issued.number}",
        "marking": t("receipt.marking") if issued.fictitious else "",
        "call": f"{rulebook.title.fr if language == 'fr' else rulebook.title.en} · {rulebook.reference}",
        "lead": t("receipt.lead_paper"),
        "rows": [list(row) for row in rows],
        "digest": [t("receipt.digest"), issued.digest],
        "silence": [t("receipt.silence"), t("receipt.tacit", on=tacit.isoformat())] if tacit else [],
        "remedies": [t("receipt.remedies", months=given.appeal_months)] if tacit else [],
        "ways": [code_label("remedy", one.value, locale=language) for one in given.remedies],
        "verify": [t("receipt.verify"), t("receipt.verify_paper")],
    }
