"""The conditions of a payment: each is a fact with the instant since which it holds; liquidation needs them all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kit.errors import Refused
from kit.money import Cents
from services.payments.domain.law import LegalAmount


class Condition(StrEnum):
    """Codes a rulebook may put on an installment."""

    ACT_EXECUTORY = "act_executory"
    DECISION_NOTIFIED = "decision_notified"
    AGREEMENT_SIGNED = "agreement_signed"
    BANK_DETAILS_VERIFIED = "bank_details_verified"
    REPORT_ACCEPTED = "report_accepted"
    ANNUAL_CUMUL_HAS_AGREEMENT = "annual_cumul_has_agreement"


# CGCT L3131-1 (executory act), CRPA L221-8 (notified decision), loi 2000-321 art. 10 (agreement above the threshold):
# the law asks these of every payment, whatever the rulebook lists.
ALWAYS = (
    Condition.ACT_EXECUTORY,
    Condition.DECISION_NOTIFIED,
    Condition.BANK_DETAILS_VERIFIED,
    Condition.ANNUAL_CUMUL_HAS_AGREEMENT,
)


@dataclass(frozen=True)
class Facts:
    """What is known of an award: instants (UTC), ``None`` when it has not happened (or no longer holds).

    ``annual_cumul``: grants of the département to this beneficiary in the year, this award included, in cents.
    """

    act_executory_at: datetime | None
    decision_notified_at: datetime | None
    agreement_signed_at: datetime | None
    bank_details_verified_at: datetime | None
    report_accepted_at: datetime | None
    annual_cumul: Cents
    agreement_threshold: LegalAmount


@dataclass(frozen=True)
class Tick:
    """A condition, whether it is met, and since when (``None``: not met, or met because it does not apply)."""

    code: Condition
    met: bool
    since: datetime | None


def evaluate(codes: Iterable[Condition], facts: Facts) -> tuple[Tick, ...]:
    """One tick for each condition the law always asks and each one of the installment, in their declared order."""
    wanted = {*ALWAYS, *codes}
    return tuple(_tick(code, facts) for code in Condition if code in wanted)


def _tick(code: Condition, facts: Facts) -> Tick:
    if code is Condition.ANNUAL_CUMUL_HAS_AGREEMENT and facts.annual_cumul <= facts.agreement_threshold.amount:
        return Tick(code, met=True, since=None)
    since = {
        Condition.ACT_EXECUTORY: facts.act_executory_at,
        Condition.DECISION_NOTIFIED: facts.decision_notified_at,
        Condition.AGREEMENT_SIGNED: facts.agreement_signed_at,
        Condition.BANK_DETAILS_VERIFIED: facts.bank_details_verified_at,
        Condition.REPORT_ACCEPTED: facts.report_accepted_at,
        Condition.ANNUAL_CUMUL_HAS_AGREEMENT: facts.agreement_signed_at,
    }[code]
    return Tick(code, met=since is not None, since=since)


def met_since(ticks: Iterable[Tick]) -> datetime | None:
    """When the last condition was met; None while one is not."""
    found = tuple(ticks)
    known = [tick.since for tick in found if tick.since is not None]
    return max(known) if known and all(tick.met for tick in found) else None


def require_met(ticks: Iterable[Tick]) -> None:
    """Refuse to liquidate while a condition is unmet; the refusal names each one."""
    unmet = [tick.code.value for tick in ticks if not tick.met]
    if unmet:
        raise Refused("CONDITIONS_UNMET", values={"conditions": ",".join(unmet)})
