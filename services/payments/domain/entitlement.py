"""What a beneficiary is finally owed, once expenditure is justified: computed, and explained line by line.

With S the award, B the approved eligible budget, D the justified eligible expenditure, F the other public funds
acquired and A what is already paid:

    R = min(S, D × S / B, D − F)      final entitlement, never negative, rounded half-up to the cent
    P = R − A  when R ≥ A             balance to pay
    T = A − R  when A > R             overpaid: to recover after hearing the beneficiary

Of T the beneficiary keeps the share its agreement allows (loi 2000-321, art. 10: non-profit bodies only).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kit.money import Cents, share

ZERO = Cents(0)
_PRO_RATA = "D × S / B"
_UNCOVERED = "D − F"
_ENTITLEMENT = "R = min(S, D × S / B, D − F)"


@dataclass(frozen=True)
class Facts:
    """The amounts of the formula, in cents, and the share of an overpayment that may be kept (0 for a company)."""

    award: Cents
    eligible_budget: Cents
    justified: Cents
    paid: Cents
    other_funds: Cents = ZERO
    unspent_kept_basis_points: int = 0

    def __post_init__(self) -> None:
        if self.award <= 0 or self.eligible_budget <= 0:
            raise ValueError("the award and the eligible budget are positive")
        if min(self.justified, self.paid, self.other_funds) < 0 or self.paid > self.award:
            raise ValueError("expenditure, funds and payments are not negative, payments stay within the award")
        if not 0 <= self.unspent_kept_basis_points <= 10_000:
            raise ValueError("a share is between 0 and 10 000 basis points")


@dataclass(frozen=True)
class Line:
    """One line of the explanation: a code (its sentence is in the wording), values for it, the amount, its rule."""

    code: str
    amount: Cents
    rule: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Entitlement:
    """R, P, T, what may be kept of T, what is to recover, what of the award is freed; and the explanation.

    ``paid already + balance + freed = award`` and ``kept + recovery = overpaid``.
    """

    entitlement: Cents
    balance: Cents
    overpaid: Cents
    kept: Cents
    recovery: Cents
    freed: Cents
    lines: tuple[Line, ...]


def compute(facts: Facts) -> Entitlement:
    """The final entitlement of an award, explained."""
    pro_rata = share(facts.justified, facts.award, facts.eligible_budget)
    uncovered = max(ZERO, facts.justified - facts.other_funds)
    due = min(facts.award, pro_rata, uncovered)
    balance = max(ZERO, due - facts.paid)
    overpaid = max(ZERO, facts.paid - due)
    kept = share(overpaid, facts.unspent_kept_basis_points, 10_000)
    result = Entitlement(
        entitlement=due,
        balance=balance,
        overpaid=overpaid,
        kept=kept,
        recovery=overpaid - kept,
        freed=facts.award - facts.paid - balance,
        lines=(),
    )
    lines = (*_basis(facts, pro_rata, uncovered), *_outcome(facts, result, bound=_bound(due, facts.award, pro_rata)))
    return Entitlement(**{**vars(result), "lines": lines})


def _bound(due: Cents, award: Cents, pro_rata: Cents) -> str:
    if due == award:
        return "award"
    return "pro_rata" if due == pro_rata else "uncovered"


def _basis(facts: Facts, pro_rata: Cents, uncovered: Cents) -> tuple[Line, ...]:
    rate = share(Cents(10_000), facts.award, facts.eligible_budget)
    return (
        Line("AWARD", facts.award, "S"),
        Line("ELIGIBLE_BUDGET", facts.eligible_budget, "B", {"rate_basis_points": str(int(rate))}),
        Line("JUSTIFIED", facts.justified, "D"),
        Line("OTHER_FUNDS", facts.other_funds, "F"),
        Line("PRO_RATA", pro_rata, _PRO_RATA, {"rate_basis_points": str(int(rate))}),
        Line("UNCOVERED", uncovered, _UNCOVERED),
    )


def _outcome(facts: Facts, result: Entitlement, *, bound: str) -> tuple[Line, ...]:
    lines = [
        Line("ENTITLEMENT", result.entitlement, _ENTITLEMENT, {"bound": bound}),
        Line("ALREADY_PAID", facts.paid, "A"),
    ]
    if result.overpaid == 0:
        lines.append(Line("BALANCE", result.balance, "P = R − A"))
    else:
        points = str(facts.unspent_kept_basis_points)
        lines += [
            Line("OVERPAID", result.overpaid, "T = A − R"),
            Line("KEPT", result.kept, "X = T × k", {"kept_basis_points": points}),
            Line("RECOVERY", result.recovery, "T − X"),
        ]
    return (*lines, Line("FREED", result.freed, "S − A − P"))
