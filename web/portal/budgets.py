"""The figures of a budget as it is typed: its two totals, what is asked of the eligible base. The service decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from web.rulebooks import Words


@dataclass(frozen=True)
class Figures:
    """Cents, and the track's own limits: ``rate_basis_points`` (7000 = 70 %) of the eligible base, ``ceiling_cents``.
    ``asked_basis_points``: the amount requested over the eligible base, rounded; None without a base."""

    charges_cents: int
    products_cents: int
    eligible_cents: int
    requested_cents: int
    rate_basis_points: int
    ceiling_cents: int

    @property
    def gap_cents(self) -> int:
        """How far the totals are from each other."""
        return abs(self.charges_cents - self.products_cents)

    @property
    def asked_basis_points(self) -> int | None:
        """The share that is asked."""
        base = self.eligible_cents
        return (10_000 * self.requested_cents + base // 2) // base if base else None


def figures(form: Any, rulebook: Words, track: str, *, requested_cents: int) -> Figures | None:
    """Those of a form, typed or saved; None where the budget is not on it. ``requested_cents``: what is saved, for a
    form that does not ask it."""
    if "budget" not in form:
        return None
    rule: Mapping[str, Any] = next((one for one in rulebook.content["tracks"] if one["code"] == track), {})
    lines = [(entry.form.side.data, entry.form) for entry in form.budget.entries]
    charges = [line for side, line in lines if side == "CHARGE"]
    if "requested_cents" in form:
        requested_cents = int(form.requested_cents.data or 0)
    return Figures(
        charges_cents=_sum(charges),
        products_cents=_sum([line for side, line in lines if side == "PRODUCT"]),
        eligible_cents=_sum([line for line in charges if line.eligible.data]),
        requested_cents=requested_cents,
        rate_basis_points=rule.get("rate_basis_points", 0),
        ceiling_cents=rule.get("max_amount_cents", 0),
    )


def _sum(lines: list[Any]) -> int:
    return sum(int(line.amount_cents.data or 0) for line in lines)
