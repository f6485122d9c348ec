"""Every state of every thing that payments keeps, and the moves allowed between them.

One state per thing (an award, an agreement, an installment…), never one giant enum. A table is the whole truth:
a pair that is not in it is refused. A later thing (a recovery) adds its own two enums and its own table.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from kit.errors import Refused

S = TypeVar("S", bound=StrEnum)
A = TypeVar("A", bound=StrEnum)


def move(table: Mapping[tuple[S, A], S], state: S, action: A) -> S:
    """The state after ``action``. Raises ``NOT_IN_THIS_STATE`` with both, when the table has no such move."""
    if (state, action) not in table:
        raise Refused("NOT_IN_THIS_STATE", values={"state": state.value, "action": action.value})
    return table[state, action]


class AwardState(StrEnum):
    """An award: money reserved by the jury's proposal, voted, committed by the signed agreement, closed."""

    RESERVED = "RESERVED"
    VOTED = "VOTED"
    COMMITTED = "COMMITTED"
    CLOSED = "CLOSED"
    RELEASED = "RELEASED"


class AwardAction(StrEnum):
    """What may be done to an award. ``RESERVE``: proposed again after a reservation that fell before any vote."""

    RESERVE = "RESERVE"
    VOTE = "VOTE"
    COMMIT = "COMMIT"
    CLOSE = "CLOSE"
    RELEASE = "RELEASE"


AWARD = {
    (AwardState.RESERVED, AwardAction.VOTE): AwardState.VOTED,
    (AwardState.RESERVED, AwardAction.RELEASE): AwardState.RELEASED,
    (AwardState.VOTED, AwardAction.COMMIT): AwardState.COMMITTED,
    (AwardState.VOTED, AwardAction.RELEASE): AwardState.RELEASED,
    (AwardState.COMMITTED, AwardAction.CLOSE): AwardState.CLOSED,
    (AwardState.COMMITTED, AwardAction.RELEASE): AwardState.RELEASED,  # nothing was paid: all of it goes back
    (AwardState.RELEASED, AwardAction.RESERVE): AwardState.RESERVED,
}


class AgreementState(StrEnum):
    """An agreement: drafted from the rulebook's terms, sent, signed by the beneficiary, then by the département."""

    DRAFTED = "DRAFTED"
    SENT = "SENT"
    SIGNED_BY_BENEFICIARY = "SIGNED_BY_BENEFICIARY"
    SIGNED = "SIGNED"
    EXPIRED = "EXPIRED"
    CANCELLED = "CANCELLED"


class AgreementAction(StrEnum):
    """What may be done to an agreement. Nobody can refuse what he has signed: giving up is a withdrawal."""

    SEND = "SEND"
    SIGN = "SIGN"
    COUNTERSIGN = "COUNTERSIGN"
    LAPSE = "LAPSE"
    CANCEL = "CANCEL"


AGREEMENT = {
    (AgreementState.DRAFTED, AgreementAction.SEND): AgreementState.SENT,
    (AgreementState.DRAFTED, AgreementAction.CANCEL): AgreementState.CANCELLED,
    (AgreementState.SENT, AgreementAction.SIGN): AgreementState.SIGNED_BY_BENEFICIARY,
    (AgreementState.SENT, AgreementAction.LAPSE): AgreementState.EXPIRED,
    (AgreementState.SENT, AgreementAction.CANCEL): AgreementState.CANCELLED,
    (AgreementState.SIGNED_BY_BENEFICIARY, AgreementAction.COUNTERSIGN): AgreementState.SIGNED,
    (AgreementState.SIGNED_BY_BENEFICIARY, AgreementAction.CANCEL): AgreementState.CANCELLED,
}


class BankDetailsState(StrEnum):
    """One version of bank details. A new version supersedes the one before as soon as it is declared."""

    DECLARED = "DECLARED"
    VERIFIED = "VERIFIED"
    REJECTED = "REJECTED"
    SUPERSEDED = "SUPERSEDED"


class BankDetailsAction(StrEnum):
    """What may be done to one version of bank details: never edited."""

    VERIFY = "VERIFY"
    REJECT = "REJECT"
    SUPERSEDE = "SUPERSEDE"


BANK_DETAILS = {
    (BankDetailsState.DECLARED, BankDetailsAction.VERIFY): BankDetailsState.VERIFIED,
    (BankDetailsState.DECLARED, BankDetailsAction.REJECT): BankDetailsState.REJECTED,
    (BankDetailsState.DECLARED, BankDetailsAction.SUPERSEDE): BankDetailsState.SUPERSEDED,
    (BankDetailsState.VERIFIED, BankDetailsAction.REJECT): BankDetailsState.REJECTED,  # the bank refused it later
    (BankDetailsState.VERIFIED, BankDetailsAction.SUPERSEDE): BankDetailsState.SUPERSEDED,
}


class InstallmentState(StrEnum):
    """An installment of the payment plan."""

    PLANNED = "PLANNED"
    LIQUIDATED = "LIQUIDATED"
    ORDERED = "ORDERED"
    PAID = "PAID"
    CANCELLED = "CANCELLED"


class InstallmentAction(StrEnum):
    """What may happen to an installment. ``GIVE_BACK``: its order was rejected, or left the run before sending."""

    LIQUIDATE = "LIQUIDATE"
    ORDER = "ORDER"
    GIVE_BACK = "GIVE_BACK"
    PAY = "PAY"
    CANCEL = "CANCEL"


INSTALLMENT = {
    (InstallmentState.PLANNED, InstallmentAction.LIQUIDATE): InstallmentState.LIQUIDATED,
    (InstallmentState.PLANNED, InstallmentAction.CANCEL): InstallmentState.CANCELLED,
    (InstallmentState.LIQUIDATED, InstallmentAction.ORDER): InstallmentState.ORDERED,
    (InstallmentState.LIQUIDATED, InstallmentAction.CANCEL): InstallmentState.CANCELLED,
    (InstallmentState.ORDERED, InstallmentAction.GIVE_BACK): InstallmentState.LIQUIDATED,
    (InstallmentState.ORDERED, InstallmentAction.PAY): InstallmentState.PAID,
}


class PaymentOrderState(StrEnum):
    """A payment order (mandat). A rejected one is never sent again: a new attempt is a new order."""

    PREPARED = "PREPARED"
    SENT = "SENT"
    TAKEN_IN_CHARGE = "TAKEN_IN_CHARGE"
    PAID = "PAID"
    REJECTED = "REJECTED"
    REMOVED = "REMOVED"


class PaymentOrderAction(StrEnum):
    """What may happen to a payment order; from ``SENT`` on, only the public accountant acts."""

    SEND = "SEND"
    REMOVE = "REMOVE"
    TAKE_IN_CHARGE = "TAKE_IN_CHARGE"
    PAY = "PAY"
    REJECT = "REJECT"


PAYMENT_ORDER = {
    (PaymentOrderState.PREPARED, PaymentOrderAction.SEND): PaymentOrderState.SENT,
    (PaymentOrderState.PREPARED, PaymentOrderAction.REMOVE): PaymentOrderState.REMOVED,
    (PaymentOrderState.SENT, PaymentOrderAction.TAKE_IN_CHARGE): PaymentOrderState.TAKEN_IN_CHARGE,
    (PaymentOrderState.SENT, PaymentOrderAction.REJECT): PaymentOrderState.REJECTED,
    (PaymentOrderState.TAKEN_IN_CHARGE, PaymentOrderAction.PAY): PaymentOrderState.PAID,
    (PaymentOrderState.TAKEN_IN_CHARGE, PaymentOrderAction.REJECT): PaymentOrderState.REJECTED,
}


class PaymentRunState(StrEnum):
    """A payment run (bordereau): sealed by two different people, sent, settled when each order has its end."""

    PREPARED = "PREPARED"
    SEALED_ONCE = "SEALED_ONCE"
    SEALED = "SEALED"
    SENT = "SENT"
    SETTLED = "SETTLED"


class PaymentRunAction(StrEnum):
    """What may be done to a run. Taking an order out breaks every seal already set."""

    SEAL = "SEAL"
    COUNTERSEAL = "COUNTERSEAL"
    REMOVE_ORDER = "REMOVE_ORDER"
    SEND = "SEND"
    SETTLE = "SETTLE"


PAYMENT_RUN = {
    (PaymentRunState.PREPARED, PaymentRunAction.SEAL): PaymentRunState.SEALED_ONCE,
    (PaymentRunState.PREPARED, PaymentRunAction.REMOVE_ORDER): PaymentRunState.PREPARED,
    (PaymentRunState.PREPARED, PaymentRunAction.SETTLE): PaymentRunState.SETTLED,  # every order was taken out
    (PaymentRunState.SEALED_ONCE, PaymentRunAction.COUNTERSEAL): PaymentRunState.SEALED,
    (PaymentRunState.SEALED_ONCE, PaymentRunAction.REMOVE_ORDER): PaymentRunState.PREPARED,
    (PaymentRunState.SEALED, PaymentRunAction.REMOVE_ORDER): PaymentRunState.PREPARED,
    (PaymentRunState.SEALED, PaymentRunAction.SEND): PaymentRunState.SENT,
    (PaymentRunState.SENT, PaymentRunAction.SETTLE): PaymentRunState.SETTLED,
}


class FinancialReportState(StrEnum):
    """A financial report (compte rendu financier)."""

    EXPECTED = "EXPECTED"
    SUBMITTED = "SUBMITTED"
    ACCEPTED = "ACCEPTED"
    RETURNED = "RETURNED"


class FinancialReportAction(StrEnum):
    """What may be done to a financial report. ``RETURN``: sent back to the beneficiary with what is missing."""

    SUBMIT = "SUBMIT"
    ACCEPT = "ACCEPT"
    RETURN = "RETURN"


FINANCIAL_REPORT = {
    (FinancialReportState.EXPECTED, FinancialReportAction.SUBMIT): FinancialReportState.SUBMITTED,
    (FinancialReportState.SUBMITTED, FinancialReportAction.ACCEPT): FinancialReportState.ACCEPTED,
    (FinancialReportState.SUBMITTED, FinancialReportAction.RETURN): FinancialReportState.RETURNED,
    (FinancialReportState.RETURNED, FinancialReportAction.SUBMIT): FinancialReportState.SUBMITTED,
}
