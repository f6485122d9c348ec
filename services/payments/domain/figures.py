"""The figures people read, each a sum of ledger entries, and the two questions asked before money moves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kit.errors import Refused
from kit.money import Cents
from services.payments.domain.ledger import Account, Entry, totals


@dataclass(frozen=True)
class EnvelopeFigures:
    """An envelope at one instant, in cents. ``paid + freed + remaining = awarded``.

    ``announced`` by the call; ``voted``: credits of the assembly; ``reserved``: proposals not yet voted; ``awarded``:
    voted to beneficiaries; ``committed``, ``ordered`` and ``paid`` each contain the next; ``freed``: awarded, never to
    be paid, back in the envelope; ``remaining``: awarded, still to pay; ``available``: what new proposals may take.
    """

    announced: Cents
    voted: Cents
    reserved: Cents
    awarded: Cents
    committed: Cents
    ordered: Cents
    paid: Cents
    freed: Cents
    remaining: Cents
    available: Cents

    @property
    def used(self) -> Cents:
        """Live reservations and awards: what the guarded counter of the envelope must equal."""
        return self.reserved + self.awarded - self.freed


@dataclass(frozen=True)
class AwardFigures:
    """An award at one instant, in cents. ``orderable``: committed and not yet ordered."""

    reserved: Cents
    awarded: Cents
    committed: Cents
    ordered: Cents
    paid: Cents
    freed: Cents
    remaining: Cents
    orderable: Cents


_ORDERED = (Account.IN_FLIGHT, Account.PAID)
_LIVE = (Account.VOTED, Account.COMMITTED, *_ORDERED)
ACCOUNTS: dict[str, tuple[Account, ...]] = {
    "ANNOUNCED": (Account.ANNOUNCED,),
    "RESERVED": (Account.RESERVED,),
    "VOTED": (*_LIVE, Account.FREED),
    "COMMITTED": (Account.COMMITTED, *_ORDERED),
    "ORDERED": _ORDERED,
    "PAID": (Account.PAID,),
    "FREED": (Account.FREED,),
    "REMAINING": (Account.AVAILABLE,),
}
"""The accounts that each figure people read is the sum of (``VOTED``: awarded; ``REMAINING``: available)."""


def figures(entries: Iterable[Entry]) -> EnvelopeFigures:
    """Figures of one envelope, or of several together, from all their entries."""
    sums = totals(entries)
    award = _award_figures(sums)
    return EnvelopeFigures(
        announced=sums[Account.ANNOUNCED],
        voted=-sums[Account.CREDITS],
        reserved=award.reserved,
        awarded=award.awarded,
        committed=award.committed,
        ordered=award.ordered,
        paid=award.paid,
        freed=award.freed,
        remaining=award.remaining,
        available=sums[Account.AVAILABLE],
    )


def award_figures(entries: Iterable[Entry]) -> AwardFigures:
    """Figures of one award, from the entries that name it."""
    return _award_figures(totals(entries))


def _award_figures(sums: dict[Account, Cents]) -> AwardFigures:
    ordered = sums[Account.IN_FLIGHT] + sums[Account.PAID]
    committed = sums[Account.COMMITTED] + ordered
    live = sums[Account.VOTED] + committed
    return AwardFigures(
        reserved=sums[Account.RESERVED],
        awarded=live + sums[Account.FREED],
        committed=committed,
        ordered=ordered,
        paid=sums[Account.PAID],
        freed=sums[Account.FREED],
        remaining=live - sums[Account.PAID],
        orderable=sums[Account.COMMITTED],
    )


def require_available(available: Cents, amount: Cents) -> None:
    """Refuse a proposal that the envelope cannot bear; the sentence says what remains."""
    if amount > available:
        raise Refused("ENVELOPE_EXCEEDED", values=_cents(asked=amount, remaining=available))


def require_orderable(award: AwardFigures, amount: Cents) -> None:
    """Refuse to liquidate or order more than what is committed and not yet ordered."""
    if amount > award.orderable:
        raise Refused("AWARD_EXCEEDED", values=_cents(asked=amount, remaining=award.orderable))


def _cents(**amounts: Cents) -> dict[str, str]:
    return {f"{name}_cents": str(int(amount)) for name, amount in amounts.items()}
