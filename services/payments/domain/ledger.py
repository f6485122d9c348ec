"""Double entry, append-only: every euro sits in exactly one account, and every figure shown is a sum of entries.

A movement is balanced (Σ entries = 0) and is never changed: it is corrected by :func:`reverse`. Money of an award
walks ``AVAILABLE → RESERVED → VOTED → COMMITTED → IN_FLIGHT → PAID``; what is freed goes back to ``AVAILABLE``.
Positive = the account received. Each entry names its envelope and, when it has one, its award, so that the same
sums serve an envelope and an award.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from kit.errors import Refused
from kit.money import Cents

ZERO = Cents(0)


class Account(StrEnum):
    """Kinds of account. The subject is an envelope, an award (``RESERVED``…) or a payment order (``IN_FLIGHT``)."""

    ANNOUNCEMENT = "ANNOUNCEMENT"  # what the call promises to distribute: counterpart of ANNOUNCED
    ANNOUNCED = "ANNOUNCED"
    CREDITS = "CREDITS"  # the assembly's vote of credits: source of AVAILABLE
    AVAILABLE = "AVAILABLE"
    RESERVED = "RESERVED"
    VOTED = "VOTED"
    COMMITTED = "COMMITTED"
    IN_FLIGHT = "IN_FLIGHT"
    PAID = "PAID"
    FREED = "FREED"  # a count kept beside the money: what was awarded and will not be paid
    FREEING = "FREEING"  # counterpart of FREED


@dataclass(frozen=True)
class Entry:
    """One line of the ledger: ``amount`` received (positive) or given (negative) by (account, subject)."""

    movement_id: str
    account: Account
    subject_id: str
    amount: Cents
    envelope_id: str
    award_id: str = ""


@dataclass(frozen=True)
class AwardRef:
    """The award a movement is about, and the envelope (one call, one budget section) that bears it."""

    envelope_id: str
    award_id: str


Movement = tuple[Entry, ...]


def announce(movement_id: str, envelope_id: str, *, amount: Cents) -> Movement:
    """The call announces an envelope."""
    return _transfer(
        movement_id,
        AwardRef(envelope_id, ""),
        source=(Account.ANNOUNCEMENT, envelope_id),
        target=(Account.ANNOUNCED, envelope_id),
        amount=amount,
    )


def vote_envelope(movement_id: str, envelope_id: str, *, amount: Cents) -> Movement:
    """The assembly votes credits for an envelope (or adds to them): they become available to awards."""
    return _transfer(
        movement_id,
        AwardRef(envelope_id, ""),
        source=(Account.CREDITS, envelope_id),
        target=(Account.AVAILABLE, envelope_id),
        amount=amount,
    )


def reserve(movement_id: str, award: AwardRef, *, amount: Cents) -> Movement:
    """The jury proposes an amount: it is set aside."""
    return _transfer(
        movement_id,
        award,
        source=(Account.AVAILABLE, award.envelope_id),
        target=(Account.RESERVED, award.award_id),
        amount=amount,
    )


def release(movement_id: str, award: AwardRef, *, amount: Cents) -> Movement:
    """A reservation falls before the vote: the money is available again, nothing was awarded."""
    return reverse(movement_id, reserve(movement_id, award, amount=amount))


def vote_award(movement_id: str, award: AwardRef, *, reserved: Cents, voted: Cents) -> Movement:
    """The assembly votes an award. A vote under the reservation gives the rest back; above it is refused."""
    if voted > reserved:
        raise Refused("OVER_RESERVATION", values={"reserved_cents": str(int(reserved)), "asked_cents": str(int(voted))})
    moved = _transfer(
        movement_id,
        award,
        source=(Account.RESERVED, award.award_id),
        target=(Account.VOTED, award.award_id),
        amount=voted,
    )
    return moved if voted == reserved else moved + release(movement_id, award, amount=reserved - voted)


def commit(movement_id: str, award: AwardRef, *, amount: Cents) -> Movement:
    """The signed agreement (or the notified act alone) commits the award."""
    return _transfer(
        movement_id,
        award,
        source=(Account.VOTED, award.award_id),
        target=(Account.COMMITTED, award.award_id),
        amount=amount,
    )


def order(movement_id: str, award: AwardRef, *, order_id: str, amount: Cents) -> Movement:
    """A payment order is issued: its money is in flight until the accountant's answer."""
    return _transfer(
        movement_id,
        award,
        source=(Account.COMMITTED, award.award_id),
        target=(Account.IN_FLIGHT, order_id),
        amount=amount,
    )


def reject_order(movement_id: str, award: AwardRef, *, order_id: str, amount: Cents) -> Movement:
    """An order is rejected by the accountant, or leaves its run: due again. Not a new award, not a new commitment."""
    return reverse(movement_id, order(movement_id, award, order_id=order_id, amount=amount))


def pay(movement_id: str, award: AwardRef, *, order_id: str, amount: Cents) -> Movement:
    """The accountant confirms the payment."""
    return _transfer(
        movement_id,
        award,
        source=(Account.IN_FLIGHT, order_id),
        target=(Account.PAID, award.award_id),
        amount=amount,
    )


def free(movement_id: str, award: AwardRef, *, amount: Cents, stage: Account) -> Movement:
    """What was awarded and will never be paid (unspent, unsigned, withdrawn) goes back to the envelope.

    ``stage``: where the money sits, ``VOTED`` (before the agreement) or ``COMMITTED`` (after it).
    """
    if stage not in (Account.VOTED, Account.COMMITTED):
        raise ValueError(f"money is freed from VOTED or COMMITTED, not from {stage}")
    back = _transfer(
        movement_id,
        award,
        source=(stage, award.award_id),
        target=(Account.AVAILABLE, award.envelope_id),
        amount=amount,
    )
    counted = _transfer(
        movement_id,
        award,
        source=(Account.FREEING, award.award_id),
        target=(Account.FREED, award.award_id),
        amount=amount,
    )
    return back + counted


def reverse(movement_id: str, movement: Movement) -> Movement:
    """The opposite movement: how a mistake is corrected."""
    return tuple(Entry(movement_id, e.account, e.subject_id, -e.amount, e.envelope_id, e.award_id) for e in movement)


def _transfer(
    movement_id: str,
    award: AwardRef,
    *,
    source: tuple[Account, str],
    target: tuple[Account, str],
    amount: Cents,
) -> Movement:
    if amount <= 0:
        raise ValueError("a movement carries a positive amount")
    return (
        Entry(movement_id, *source, -amount, award.envelope_id, award.award_id),
        Entry(movement_id, *target, amount, award.envelope_id, award.award_id),
    )


def balances(entries: Iterable[Entry]) -> dict[tuple[Account, str], Cents]:
    """Balance of each (account, subject)."""
    sums: defaultdict[tuple[Account, str], Cents] = defaultdict(lambda: ZERO)
    for entry in entries:
        sums[entry.account, entry.subject_id] += entry.amount
    return dict(sums)


def totals(entries: Iterable[Entry]) -> dict[Account, Cents]:
    """Balance of each kind of account, every kind present."""
    sums = dict.fromkeys(Account, ZERO)
    for entry in entries:
        sums[entry.account] += entry.amount
    return sums
