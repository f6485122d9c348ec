"""The receipt of a deposit (accusé de réception): final as soon as the deposit is kept, the same for ever."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from services.intake.domain.deadlines import last_day, rfc3339
from services.intake.domain.reading import canonical
from services.intake.domain.rules import Contact, Rulebook, Stage


class Remedy(StrEnum):
    """Ways of appeal a receipt must name, both open for the rulebook's ``appeal`` term from the refusal."""

    GRACIOUS_APPEAL = "gracious_appeal"
    ADMINISTRATIVE_COURT = "administrative_court"


@dataclass(frozen=True)
class Receipt:
    """Source: code of relations between the public and the administration, L112-3 and R112-5.

    ``digest``: SHA-256 of what was deposited. ``refused_on``: the day on which silence becomes a refusal.
    ``appeal_months``: how long the remedies stay open after it.
    """

    number: str
    stage: Stage
    received_at: datetime
    digest: str
    rulebook_digest: str
    service: Contact
    refused_on: date
    remedies: tuple[Remedy, ...]
    appeal_months: int


def application_number(year: int, sequence: int) -> str:
    """What people call an application: ``2023-014``; the sequence starts at one in each call."""
    if sequence < 1:
        raise ValueError("numbers start at one")
    return f"{year:04d}-{sequence:03d}"


def receipt(
    rulebook: Rulebook, *, number: str, stage: Stage, received_at: datetime, digest: str, rulebook_digest: str
) -> Receipt:
    """The receipt of what was received at this instant under this rulebook."""
    return Receipt(
        number=number,
        stage=stage,
        received_at=received_at,
        digest=digest,
        rulebook_digest=rulebook_digest,
        service=rulebook.contact,
        refused_on=last_day(received_at, rulebook.deadline("silence_is_refusal").term),
        remedies=tuple(Remedy),
        appeal_months=rulebook.deadline("appeal").term.months,
    )


def receipt_bytes(issued: Receipt) -> bytes:
    """The canonical form (RFC 8785) of a receipt: what a signature or a stamp would cover."""
    return canonical(
        {
            "schema": "jalon.receipt/1",
            "number": issued.number,
            "stage": issued.stage.value,
            "received_at": rfc3339(issued.received_at),
            "digest": issued.digest,
            "rulebook_digest": issued.rulebook_digest,
            "service": issued.service.service,
            "refused_on": issued.refused_on.isoformat(),
            "remedies": [remedy.value for remedy in issued.remedies],
            "appeal_months": issued.appeal_months,
        }
    )
