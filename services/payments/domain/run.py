"""A payment run: its canonical content, which two people seal, and what a rejection by the accountant means."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import rfc8785

from kit.money import Cents
from services.payments.domain.moves import PaymentOrderState
from services.payments.domain.records import Order, Run

# Rejections that say the account is wrong (ISO 20022 external status reasons): the verification falls.
ACCOUNT_REASONS = frozenset(
    {"AC01", "AC02", "AC03", "AC04", "AC06", "AG01", "BE01", "BE04", "BE05", "MD07", "RC01", "RC03", "RC04", "RC07"}
)


def living(orders: Sequence[Order]) -> list[Order]:
    """The orders still in the run, by number."""
    kept = [order for order in orders if order.state is not PaymentOrderState.REMOVED]
    return sorted(kept, key=lambda order: order.number)


def total(orders: Sequence[Order]) -> Cents:
    """What the run pays, in cents."""
    return sum((order.amount_cents for order in living(orders)), Cents(0))


def content(run_id: str, call_id: str, *, number: int, orders: Sequence[Order]) -> bytes:
    """The run's canonical bytes (RFC 8785, ``jalon.payment-run/1``): the same for ever, whatever becomes of its orders.

    An account is named by its version and its fingerprint, never by its number.
    """
    return rfc8785.dumps(
        {
            "schema": "jalon.payment-run/1",
            "payment_run_id": run_id,
            "call_id": call_id,
            "number": number,
            "total_cents": int(total(orders)),
            "orders": [_line(order) for order in living(orders)],
        }
    )


def _line(order: Order) -> dict[str, str | int]:
    return {
        "number": order.number,
        "order_id": order.order_id,
        "application_id": order.application_id,
        "installment_id": order.installment_id,
        "installment": order.installment,
        "attempt": order.attempt,
        "amount_cents": int(order.amount_cents),
        "bank_version": order.bank_version,
        "account": order.account,
    }


def digest(run: Run, orders: Sequence[Order]) -> str:
    """SHA-256 (hex) of the run's canonical bytes."""
    return sha256(content(run.payment_run_id, run.call_id, number=run.number, orders=orders))


def sha256(data: bytes) -> str:
    """SHA-256, hex."""
    return hashlib.sha256(data).hexdigest()
