"""Receipts as their holders know them: a number and a digest, a document, or what was deposited."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.intake.store import queries


@dataclass(frozen=True)
class Issued:
    """What is told to whoever holds a receipt. ``held``: ``receipt`` or ``deposit`` when a file was shown."""

    number: str
    kind: str
    received_at: datetime
    held: str = ""


@dataclass(frozen=True)
class Paper:
    """A receipt with what its document names. ``body``: what was received, byte for byte."""

    receipt_id: int
    call_id: str
    number: str
    kind: str
    received_at: datetime
    digest: str
    body: bytes
    organization: str
    title: str
    fictitious: bool


async def verify_receipt(connection: Any, number: str, digest: str) -> Issued | None:
    """What was received under this number with this digest, and when."""
    row = await queries.verify_receipt(connection, number=number, digest=digest)
    return Issued(row["number"], row["kind"], row["received_at"]) if row else None


async def verify_file(connection: Any, digest: str) -> Issued | None:
    """The receipt that a file of this digest is, or was given for."""
    row = await queries.verify_file(connection, digest=digest)
    return Issued(row["number"], row["kind"], row["received_at"], row["held"]) if row else None


async def get_receipt(connection: Any, application_id: str, *, kind: str, digest: str) -> Paper | None:
    """One receipt of an application."""
    row = await queries.get_receipt(connection, application_id=UUID(application_id), kind=kind, digest=digest)
    if row is None:
        return None
    return Paper(
        receipt_id=row["receipt_id"],
        call_id=str(row["call_id"]),
        number=row["number"],
        kind=row["kind"],
        received_at=row["received_at"],
        digest=row["digest"],
        body=bytes(row["body"]),
        organization=row["organization_name"],
        title=row["title"],
        fictitious=row["fictitious"],
    )


async def paper_digest(connection: Any, receipt_id: int, language: str) -> str | None:
    """The digest of a receipt's document, once made."""
    found: str | None = await queries.get_receipt_paper(connection, receipt_id=receipt_id, language=language)
    return found


async def keep_paper(connection: Any, receipt_id: int, language: str, *, digest: str) -> str:
    """Keeps a document made; the digest of the one that counts, should two have been made at once."""
    await queries.keep_receipt_paper(connection, receipt_id=receipt_id, language=language, digest=digest)
    return await paper_digest(connection, receipt_id, language) or digest
