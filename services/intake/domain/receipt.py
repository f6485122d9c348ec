"""The receipt of a deposit (accusé de réception): final as soon as the deposit is kept, the same for ever."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from services.intake.domain.deadlines import last_day, rfc3339
from services.intake.domain.reading import canonical
from services.intake.domain.rules import Contact, Rulebook


class Kind(StrEnum):
    """What was received: the fact's name, past tense of the verb."""

    APPLICATION_SUBMITTED = "application_submitted"
    FULL_APPLICATION_SUBMITTED = "full_application_submitted"
    CORRECTION_SUBMITTED = "correction_submitted"
    APPLICATION_WITHDRAWN = "application_withdrawn"
    LEGAL_ENTITY_DECLARED = "legal_entity_declared"


class Remedy(StrEnum):
    """Ways of appeal a receipt must name, both open for the rulebook's ``appeal`` term from the refusal."""

    GRACIOUS_APPEAL = "gracious_appeal"
    ADMINISTRATIVE_COURT = "administrative_court"


_REQUESTS = (Kind.APPLICATION_SUBMITTED,)
"""Silence counts from the first deposit; a correction stops and moves that day, which is review's to say."""


@dataclass(frozen=True)
class Receipt:
    """Source: code of relations between the public and the administration, L112-3 and R112-5.

    ``digest``: SHA-256 of what was received. ``tacit_refusal_on``: the day on which silence becomes a refusal, None
    for what is not a request (the day a correction moves it to is review's to compute). ``appeal_months``: how long
    the remedies stay open after it.
    """

    number: str
    kind: Kind
    received_at: datetime
    digest: str
    service: Contact
    tacit_refusal_on: date | None
    remedies: tuple[Remedy, ...]
    appeal_months: int


def application_number(year: int, sequence: int) -> str:
    """What people call an application: ``2023-014``; the sequence starts at one in each call."""
    if sequence < 1:
        raise ValueError("numbers start at one")
    return f"{year:04d}-{sequence:03d}"


def receipt(rulebook: Rulebook, *, number: str, kind: Kind, received_at: datetime, digest: str) -> Receipt:
    """The receipt of what was received at this instant under this rulebook."""
    silence = rulebook.deadline("silence_is_refusal").term
    return Receipt(
        number=number,
        kind=kind,
        received_at=received_at,
        digest=digest,
        service=rulebook.contact,
        tacit_refusal_on=last_day(received_at, silence) if kind in _REQUESTS else None,
        remedies=tuple(Remedy) if kind in _REQUESTS else (),
        appeal_months=rulebook.deadline("appeal").term.months,
    )


def receipt_bytes(issued: Receipt) -> bytes:
    """The canonical form (RFC 8785) of a receipt: what a signature or a stamp would cover."""
    return canonical(
        {
            "schema": "jalon.receipt/1",
            "number": issued.number,
            "kind": issued.kind.value,
            "received_at": rfc3339(issued.received_at),
            "digest": issued.digest,
            "service": issued.service.service,
            "tacit_refusal_on": issued.tacit_refusal_on.isoformat() if issued.tacit_refusal_on else None,
            "remedies": [remedy.value for remedy in issued.remedies],
            "appeal_months": issued.appeal_months,
        }
    )
