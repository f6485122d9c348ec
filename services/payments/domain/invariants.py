"""What must be true of the money at every instant, as checks a program runs: a clean ledger gives no violation."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kit.money import Cents
from services.payments.domain.figures import award_figures, figures
from services.payments.domain.ledger import ZERO, Account, Entry, balances
from services.payments.domain.moves import PaymentOrderState

# Only what gives may go below zero: the outside world and the counts kept beside the money.
_SOURCES = frozenset({Account.ANNOUNCEMENT, Account.CREDITS, Account.FREEING})
_DEAD = frozenset({PaymentOrderState.REJECTED, PaymentOrderState.REMOVED})


@dataclass(frozen=True)
class Violation:
    """One broken invariant: its code, the id of the thing concerned, the two amounts that should agree (cents)."""

    code: str
    subject_id: str
    found: int
    expected: int


@dataclass(frozen=True)
class EnvelopeRow:
    """The guarded counters kept beside the ledger: ``used`` may never pass ``cap`` (cents)."""

    envelope_id: str
    cap: Cents
    used: Cents


@dataclass(frozen=True)
class OrderRow:
    """A payment order as stored; ``confirmed`` is the amount in the accountant's return, when there is one."""

    order_id: str
    award_id: str
    installment: int
    state: PaymentOrderState
    amount: Cents
    confirmed: Cents | None = None


def violations(
    entries: Sequence[Entry], *, envelopes: Iterable[EnvelopeRow] = (), orders: Sequence[OrderRow] | None = None
) -> list[Violation]:
    """Every invariant broken by this ledger and these rows; empty when all is well.

    ``orders``: every payment order of these entries; left out, only the ledger and the envelopes are checked.
    """
    found = [
        *unbalanced_movements(entries),
        *overspent_envelopes(entries, envelopes),
        *overpaid_awards(entries),
        *miscounted_awards(entries),
    ]
    if orders is None:
        return found
    return [*found, *doubled_orders(orders), *misordered_amounts(entries, orders), *misconfirmed_amounts(orders)]


def unbalanced_movements(entries: Iterable[Entry]) -> list[Violation]:
    """I1: the entries of each movement add up to zero, and so does the whole ledger."""
    sums: defaultdict[str, Cents] = defaultdict(lambda: ZERO)
    for entry in entries:
        sums[entry.movement_id] += entry.amount
    return [Violation("MOVEMENT_UNBALANCED", movement, total, 0) for movement, total in sums.items() if total != 0]


def overspent_envelopes(entries: Sequence[Entry], envelopes: Iterable[EnvelopeRow]) -> list[Violation]:
    """I2: used ≤ cap, used = Σ live reservations and awards, cap = credits voted."""
    found: list[Violation] = []
    for row in envelopes:
        shown = figures(e for e in entries if e.envelope_id == row.envelope_id)
        if row.used > row.cap:
            found.append(Violation("ENVELOPE_OVERSPENT", row.envelope_id, row.used, row.cap))
        if row.used != shown.used:
            found.append(Violation("ENVELOPE_COUNTER_DRIFTED", row.envelope_id, row.used, shown.used))
        if row.cap != shown.voted:
            found.append(Violation("ENVELOPE_CAP_DRIFTED", row.envelope_id, row.cap, shown.voted))
    return found


def overpaid_awards(entries: Sequence[Entry]) -> list[Violation]:
    """I3: paid + in flight ≤ committed ≤ awarded for each award, and no account gives what it does not have."""
    found = [
        Violation("ACCOUNT_OVERDRAWN", f"{account}:{subject}", amount, 0)
        for (account, subject), amount in balances(entries).items()
        if amount < 0 and account not in _SOURCES
    ]
    by_award: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.award_id:
            by_award[entry.award_id].append(entry)
    for award_id, own in by_award.items():
        shown = award_figures(own)
        if not shown.paid <= shown.ordered <= shown.committed <= shown.awarded - shown.freed:
            found.append(Violation("AWARD_OVERPAID", award_id, shown.ordered, shown.awarded - shown.freed))
    return found


def miscounted_awards(entries: Iterable[Entry]) -> list[Violation]:
    """I3: only a vote changes what is awarded, so what leaves an award without being paid is counted as freed."""
    movements: defaultdict[tuple[str, str], list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.award_id:
            movements[entry.award_id, entry.movement_id].append(entry)
    found: list[Violation] = []
    for (award_id, _), moved in movements.items():
        change = award_figures(moved)
        if change.reserved == 0 and change.awarded != 0:
            found.append(Violation("AWARD_MISCOUNTED", award_id, change.awarded, 0))
    return found


def doubled_orders(orders: Iterable[OrderRow]) -> list[Violation]:
    """I4: at most one living or paid order for each installment of an award."""
    living = Counter((o.award_id, o.installment) for o in orders if o.state not in _DEAD)
    return [
        Violation("INSTALLMENT_DOUBLED", f"{award}/{n}", count, 1) for (award, n), count in living.items() if count > 1
    ]


def misordered_amounts(entries: Iterable[Entry], orders: Iterable[OrderRow]) -> list[Violation]:
    """I4, seen from the ledger: in flight for an order = its amount until the accountant's answer, then nothing."""
    flying = {
        subject: amount for (account, subject), amount in balances(entries).items() if account is Account.IN_FLIGHT
    }
    found: list[Violation] = []
    for row in orders:
        over = row.state in _DEAD or row.state is PaymentOrderState.PAID
        expected = ZERO if over else row.amount
        amount = flying.pop(row.order_id, ZERO)
        if amount != expected:
            found.append(Violation("IN_FLIGHT_WRONG", row.order_id, amount, expected))
    return found + [
        Violation("IN_FLIGHT_WITHOUT_ORDER", order, amount, 0) for order, amount in flying.items() if amount
    ]


def misconfirmed_amounts(orders: Iterable[OrderRow]) -> list[Violation]:
    """I14: no confirmed amount differs from the ordered amount, and a paid order has one."""
    return [
        Violation("CONFIRMED_AMOUNT_WRONG", row.order_id, row.confirmed or 0, row.amount)
        for row in orders
        if (row.confirmed is None and row.state is PaymentOrderState.PAID)
        or (row.confirmed is not None and row.confirmed != row.amount)
    ]
