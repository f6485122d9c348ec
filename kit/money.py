"""Amounts: whole cents of euro, their own type. No float can enter; rounding is half-up and said once."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import SupportsIndex

from babel.numbers import format_currency

MAX_CENTS = 2**63 - 1


class AmountError(ValueError):
    """A text that is not one clear amount. ``reason`` is a wording key."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Cents(int):
    """An amount in cents of euro, int64 on the wire, ``bigint`` in SQL.

    Adding and subtracting amounts gives amounts; a share of an amount goes through :func:`share`.
    """

    def __new__(cls, value: int) -> Cents:
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(f"an amount is a whole number of cents, not {type(value).__name__}")
        if abs(value) > MAX_CENTS:
            raise OverflowError("an amount fits in 64 bits")
        return super().__new__(cls, value)

    def __add__(self, other: int) -> Cents:
        return Cents(int(self) + _whole(other))

    __radd__ = __add__

    def __sub__(self, other: int) -> Cents:
        return Cents(int(self) - _whole(other))

    def __rsub__(self, other: int) -> Cents:
        return Cents(_whole(other) - int(self))

    def __neg__(self) -> Cents:
        return Cents(-int(self))

    def __mul__(self, other: SupportsIndex) -> Cents:
        return Cents(int(self) * _whole(other))

    __rmul__ = __mul__

    def __truediv__(self, other: object) -> float:
        raise TypeError("amounts are not divided: use share()")

    __rtruediv__ = __truediv__
    __floordiv__ = __truediv__  # type: ignore[assignment]
    __rfloordiv__ = __truediv__  # type: ignore[assignment]


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("amounts mix only with whole cents")
    return int(value)


def share(amount: Cents, numerator: int, denominator: int) -> Cents:
    """``amount × numerator / denominator``, exact then rounded half-up to the cent (away from zero if negative)."""
    if denominator <= 0:
        raise ValueError("a share needs a positive denominator")
    exact, whole = int(amount) * _whole(numerator), _whole(denominator)
    rounded = (2 * abs(exact) + whole) // (2 * whole)
    return Cents(rounded if exact >= 0 else -rounded)


def split(amount: Cents, basis_points: list[int]) -> list[Cents]:
    """Parts by shares in basis points (Σ = 10 000), none negative; the last absorbs rounding: Σ = amount."""
    if amount < 0 or min(basis_points, default=0) < 0 or sum(basis_points) != 10_000:
        raise ValueError("shares of a positive amount add up to 10 000 basis points")
    parts: list[Cents] = []
    rest = amount
    for points in basis_points[:-1]:
        part = min(share(amount, points, 10_000), rest)
        parts.append(part)
        rest = rest - part
    return [*parts, rest]


_PLAIN = re.compile(r"^(\d{1,3}( \d{3})+|\d+)([.,](\d{1,2}))?$")


def parse_amount(text: str) -> Cents:
    """An amount typed by a person: ``1 500,50``, ``1500.50``, ``15 000 €``.

    Refuses what is ambiguous (``1,500``, ``1.500,50``), over-precise (``10,555``), scientific or negative:
    never ×10, ×100 or /1000 by accident. Raises :class:`AmountError` with reason ``AMOUNT_UNCLEAR``.
    """
    cleaned = re.sub(r"[\s\u00a0\u202f]+", " ", text).strip().removesuffix("€").removesuffix("EUR").strip()
    found = _PLAIN.match(cleaned)
    if found is None:
        raise AmountError("AMOUNT_UNCLEAR")
    euros = int(found.group(1).replace(" ", ""))
    cents = int((found.group(4) or "").ljust(2, "0"))
    if euros > 10**12:
        raise AmountError("AMOUNT_UNCLEAR")
    return Cents(euros * 100 + cents)


def format_amount(amount: int, locale: str = "fr") -> str:
    """``15 000,00 €`` in French, ``€15,000.00`` in English."""
    return str(format_currency(Decimal(int(amount)) / 100, "EUR", locale=locale))
