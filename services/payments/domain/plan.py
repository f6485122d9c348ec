"""The installments of an award, from the payment plan of its budget section."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from kit.money import Cents, split
from services.payments.domain.conditions import Condition


class InstallmentKind(StrEnum):
    """Codes of a payment plan: the whole at once, an advance, an interim payment, the balance."""

    SINGLE = "single"
    ADVANCE = "advance"
    INTERIM = "interim"
    BALANCE = "balance"


@dataclass(frozen=True)
class PlanLine:
    """One line of a section's payment plan; the lines of a section add up to 10 000 basis points."""

    kind: InstallmentKind
    basis_points: int
    conditions: tuple[Condition, ...]


@dataclass(frozen=True)
class Installment:
    """One payment to come: number from 1, amount in cents, the conditions of its plan line."""

    number: int
    kind: InstallmentKind
    amount: Cents
    conditions: tuple[Condition, ...]


def installments(award: Cents, plan: Sequence[PlanLine]) -> tuple[Installment, ...]:
    """The installments of ``award``: Σ amounts = award to the cent, the last absorbs the rounding.

    A line whose share rounds to nothing gives no installment, since no order of zero can be issued.
    """
    if award <= 0:
        raise ValueError("an award is a positive amount")
    parts = zip(plan, split(award, [line.basis_points for line in plan]), strict=True)
    due = [(line, amount) for line, amount in parts if amount > 0]
    return tuple(Installment(n, line.kind, amount, line.conditions) for n, (line, amount) in enumerate(due, start=1))
