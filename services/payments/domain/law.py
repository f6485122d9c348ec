"""Amounts fixed by law, each with the day it takes effect and its text: a change is a new line, never an edit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from kit.money import Cents


@dataclass(frozen=True)
class LegalAmount:
    """An amount in cents, in force from ``effective_on`` until the next line of its table."""

    effective_on: date
    amount: Cents
    legal_basis: str


# Above this yearly sum of grants to one beneficiary, an agreement is compulsory (loi 2000-321, art. 10).
AGREEMENT_THRESHOLDS = (LegalAmount(date(2001, 6, 10), Cents(2_300_000), "décret n° 2001-495 du 6 juin 2001, art. 1"),)


def in_force(table: tuple[LegalAmount, ...], day: date) -> LegalAmount:
    """The line of ``table`` (in order of effect) in force on ``day``. ``LookupError`` before the first."""
    lines = [line for line in table if line.effective_on <= day]
    if not lines:
        raise LookupError(f"no amount in force on {day.isoformat()}")
    return lines[-1]
