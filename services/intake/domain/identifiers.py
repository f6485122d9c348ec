"""SIREN, SIRET and RNA: one normal form each, refused when the key is wrong.

Nothing here says that a number exists or is active: registers do.
"""

from __future__ import annotations

import re

from stdnum import luhn

from services.intake.domain.reasons import Reason

LA_POSTE = "356000000"
_RNA = re.compile(r"^W[0-9][A-Z0-9][0-9]{7}$")


class IdentifierError(ValueError):
    """A number whose form or key is wrong. ``reason`` is a :class:`Reason`."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


def siren(text: str) -> str:
    """Nine digits, Luhn key; spaces tolerated."""
    number = _compact(text)
    if not _digits(number, 9) or number == "0" * 9 or not luhn.is_valid(number):
        raise IdentifierError(Reason.SIREN_INVALID)
    return number


def siret(text: str) -> str:
    """Fourteen digits: a true SIREN and an establishment number; spaces tolerated.

    Both keys are Luhn's, except for La Poste, whose establishments pass by Luhn **or** by a sum of digits that is a
    multiple of five.
    """
    number = _compact(text)
    if not _digits(number, 14) or not _true_siren(number[:9]):
        raise IdentifierError(Reason.SIRET_INVALID)
    by_sum = number.startswith(LA_POSTE) and sum(map(int, number)) % 5 == 0
    if not by_sum and not luhn.is_valid(number):
        raise IdentifierError(Reason.SIRET_INVALID)
    return number


def rna(text: str) -> str:
    """``W`` and nine characters, the second possibly a letter (Corsica, overseas); no key exists."""
    number = _compact(text).upper()
    if _RNA.match(number) is None:
        raise IdentifierError(Reason.RNA_INVALID)
    return number


def _compact(text: str) -> str:
    return "".join(text.split())


def _digits(number: str, length: int) -> bool:
    return len(number) == length and number.isascii() and number.isdigit()


def _true_siren(number: str) -> bool:
    return number != "0" * 9 and luhn.is_valid(number)
