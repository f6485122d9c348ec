"""Reads the ledger, its limits and every order in one snapshot, and re-derives what must be true of the money."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kit.db import rows_of
from kit.money import Cents
from services.payments.domain import run as runs
from services.payments.domain.invariants import EnvelopeRow, OrderRow, Violation, violations
from services.payments.domain.ledger import Account, Entry
from services.payments.domain.moves import PaymentOrderState
from services.payments.domain.records import Order, Run
from services.payments.store.rows import fill, queries

CODES = {
    "I1": ("MOVEMENT_UNBALANCED",),
    "I2": ("ENVELOPE_OVERSPENT", "ENVELOPE_COUNTER_DRIFTED", "ENVELOPE_CAP_DRIFTED"),
    "I3": ("ACCOUNT_OVERDRAWN", "AWARD_OVERPAID", "AWARD_MISCOUNTED", "AWARD_DRIFTED", "INSTALLMENTS_MISCOUNTED"),
    "I4": ("INSTALLMENT_DOUBLED", "IN_FLIGHT_WRONG", "IN_FLIGHT_WITHOUT_ORDER", "INSTALLMENT_STATE_WRONG"),
    "I5": ("ACCOUNT_NOT_VERIFIED",),
    "I6": ("DUTIES_NOT_SEPARATE",),
    "I7": ("RUN_CONTENT_CHANGED", "RUN_FILE_MISSING"),
    "I10": ("PAID_TOO_EARLY",),
    "I14": ("CONFIRMED_AMOUNT_WRONG",),
    "I18": ("NUMBERS_NOT_DENSE",),
}
"""Codes of what can be wrong, by invariant."""


@dataclass(frozen=True)
class Found:
    """What one check of the tables found, and the digests of the runs sent (their bytes must be kept)."""

    violations: list[Violation]
    sent: list[tuple[str, str]]


async def check(connection: Any, call_id: str) -> Found:
    """Every invariant of a call, or of all when ``call_id`` is empty. Reads only, several times: give it a snapshot."""
    scope = call_id or None
    entries = [_entry(row) for row in await rows_of(queries.check_entries(connection, call_id=scope))]
    envelopes = [
        EnvelopeRow(str(row["envelope_id"]), Cents(row["cap_cents"]), Cents(row["used_cents"]))
        for row in await rows_of(queries.check_envelopes(connection, call_id=scope))
    ]
    orders = [_order(row) for row in await rows_of(queries.check_orders(connection, call_id=scope))]
    found = violations(entries, envelopes=envelopes, orders=orders)
    for query in TABLE_CHECKS:
        rows = await rows_of(getattr(queries, query)(connection, call_id=scope))
        found += [Violation(row["code"], row["subject"], int(row["found"]), int(row["expected"])) for row in rows]
    changed, sent = await _runs(connection, scope)
    return Found([*found, *changed], sent)


TABLE_CHECKS = (
    "check_award_amounts",
    "check_award_installments",
    "check_installment_states",
    "check_accounts",
    "check_duties",
    "check_order_instants",
    "check_numbers",
)


def _entry(row: Any) -> Entry:
    return Entry(
        str(row["movement_id"]),
        Account(row["account"]),
        str(row["subject_id"]),
        Cents(row["amount_cents"]),
        str(row["envelope_id"]),
        str(row["award_id"] or ""),
    )


def _order(row: Any) -> OrderRow:
    return OrderRow(
        order_id=str(row["order_id"]),
        award_id=str(row["application_id"]),
        installment=row["installment"],
        state=PaymentOrderState(row["state"]),
        amount=Cents(row["amount_cents"]),
        confirmed=None if row["confirmed_cents"] is None else Cents(row["confirmed_cents"]),
    )


async def _runs(connection: Any, scope: str | None) -> tuple[list[Violation], list[tuple[str, str]]]:
    rows = [fill(Run, row) for row in await rows_of(queries.check_runs(connection, call_id=scope))]
    orders = [
        fill(Order, row)
        for row in await rows_of(queries.list_orders(connection, payment_run_ids=[run.payment_run_id for run in rows]))
    ]
    changed = []
    for run in rows:
        own = [order for order in orders if order.payment_run_id == run.payment_run_id]
        if runs.digest(run, own) != run.digest or runs.total(own) != run.total_cents:
            changed.append(Violation("RUN_CONTENT_CHANGED", run.payment_run_id, runs.total(own), run.total_cents))
    return changed, [(run.payment_run_id, run.digest) for run in rows if run.sent_at is not None]
