"""Payment runs and their orders."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from kit.db import moved, rows_of
from kit.errors import Refused, not_found
from kit.journal import Act
from services.payments.domain import run as rules
from services.payments.domain.moves import PaymentRunState
from services.payments.domain.records import Account, Installment, Order, Run
from services.payments.store.rows import fill, queries

FIRST_SENT = ("1970-01-01T00:00:00.000000Z", "00000000-0000-0000-0000-000000000000")


async def exists(act: Act, payment_run_id: str) -> bool:
    """Whether a run of this id was prepared."""
    return bool(await queries.run_exists(act.connection, payment_run_id=payment_run_id))


async def rejected_attempts(act: Act, installments: Sequence[Installment]) -> dict[str, int]:
    """How many orders of each installment the accountant rejected."""
    ids = [item.installment_id for item in installments]
    rows = await rows_of(queries.rejected_attempts(act.connection, installment_ids=ids))
    return {str(row["installment_id"]): row["rejected"] for row in rows}


async def create(act: Act, payment_run_id: str, call_id: str, *, number: int, orders: Sequence[Order]) -> None:
    """A prepared run, sealed by nobody yet; its orders follow (:func:`create_order`)."""
    content = rules.content(payment_run_id, call_id, number=number, orders=orders)
    made = await queries.prepare_payment_run(
        act.connection,
        payment_run_id=payment_run_id,
        call_id=call_id,
        number=number,
        digest=rules.sha256(content),
        total_cents=int(rules.total(orders)),
        prepared_by=act.person,
        prepared_at=act.at,
    )
    if made is None:
        raise Refused("RUN_ALREADY_PREPARED")


async def create_order(act: Act, order: Order, installment: Installment, *, account: Account) -> None:
    """An order on one verified account."""
    await queries.create_order(
        act.connection,
        order_id=order.order_id,
        payment_run_id=order.payment_run_id,
        call_id=order.call_id,
        application_id=order.application_id,
        installment_id=order.installment_id,
        number=order.number,
        attempt=order.attempt,
        amount_cents=int(order.amount_cents),
        bank_version=order.bank_version,
        account=order.account,
        liquidated_by=installment.liquidated_by,
        verified_by=account.verified_by,
        ordered_at=act.at,
    )


async def get(connection: Any, call_id: str, payment_run_id: str) -> tuple[Run, list[Order]]:
    """A run of this call with its orders; NOT_FOUND when there is none."""
    row = await queries.get_run(connection, call_id=call_id, payment_run_id=payment_run_id)
    if row is None:
        raise not_found()
    return fill(Run, row), await orders_of(connection, [payment_run_id])


async def lock(act: Act, call_id: str, payment_run_id: str) -> Run:
    """A run of this call, kept still; NOT_FOUND when there is none."""
    row = await queries.lock_run(act.connection, call_id=call_id, payment_run_id=payment_run_id)
    if row is None:
        raise not_found()
    return fill(Run, row)


async def orders_of(connection: Any, payment_run_ids: Sequence[str]) -> list[Order]:
    """The orders of some runs, by number."""
    rows = await rows_of(queries.list_orders(connection, payment_run_ids=list(payment_run_ids)))
    return [fill(Order, row) for row in rows]


async def lock_order(act: Act, payment_run_id: str, order_id: str) -> Order:
    """An order of this run, kept still; NOT_FOUND when there is none."""
    row = await queries.lock_order(act.connection, payment_run_id=payment_run_id, order_id=order_id)
    if row is None:
        raise not_found()
    return fill(Order, row)


async def page(connection: Any, call_id: str, *, before: int, limit: int) -> list[Run]:
    """Runs of a call, newest first."""
    rows = await rows_of(queries.list_runs(connection, call_id=call_id, before=before, limit=limit))
    return [fill(Run, row) for row in rows]


async def sent_orders(
    connection: Any, *, after_sent_at: datetime, after_order: str, limit: int
) -> list[tuple[Order, datetime]]:
    """What the accountant has to do, oldest first, with the instant each was sent."""
    rows = await rows_of(
        queries.list_sent_orders(connection, after_sent_at=after_sent_at, after_order=after_order, limit=limit)
    )
    return [(fill(Order, row), row["sent_at"]) for row in rows]


async def stale_accounts(act: Act, payment_run_id: str) -> list[int]:
    """Numbers of the orders whose account is no longer the beneficiary's verified one."""
    return [
        row["number"] for row in await rows_of(queries.stale_accounts(act.connection, payment_run_id=payment_run_id))
    ]


async def seal(act: Act, run: Run, to_state: PaymentRunState) -> None:
    """Sets the first or the second seal (``to_state``: SEALED_ONCE or SEALED) on the run's digest."""
    first = to_state is PaymentRunState.SEALED_ONCE
    setting = queries.seal_payment_run if first else queries.counterseal_payment_run
    moved(
        await setting(
            act.connection,
            payment_run_id=run.payment_run_id,
            from_state=run.state.value,
            person=act.person,
            sealed_at=act.at,
            digest=run.digest,
        )
    )


async def unseal(act: Act, run: Run, orders: Sequence[Order]) -> str:
    """The content changed: seals fall. Returns the new digest."""
    digest = rules.digest(run, orders)
    moved(
        await queries.unseal_run(
            act.connection,
            payment_run_id=run.payment_run_id,
            from_state=run.state.value,
            digest=digest,
            total_cents=int(rules.total(orders)),
        )
    )
    return digest


async def send(act: Act, run: Run, digest: str) -> None:
    """The run whose stored bytes have this digest leaves, its orders with it."""
    moved(
        await queries.send_payment_run(
            act.connection,
            payment_run_id=run.payment_run_id,
            from_state=run.state.value,
            sent_at=act.at,
            digest=digest,
        )
    )


async def settle(act: Act, run: Run) -> None:
    """Every order is at its end."""
    moved(
        await queries.settle_payment_run(
            act.connection, payment_run_id=run.payment_run_id, from_state=run.state.value, settled_at=act.at
        )
    )


async def remove_order(act: Act, order: Order, reason: str) -> None:
    """Taken out before sending."""
    moved(
        await queries.remove_order(act.connection, order_id=order.order_id, from_state=order.state.value, reason=reason)
    )


async def take_order(act: Act, order: Order, reference: str) -> None:
    """Taken in charge."""
    moved(
        await queries.take_order_in_charge(
            act.connection,
            order_id=order.order_id,
            from_state=order.state.value,
            reference=reference,
            taken_at=act.at,
        )
    )


async def pay_order(act: Act, order: Order, reference: str) -> None:
    """Paid, for its amount."""
    moved(
        await queries.pay_order(
            act.connection,
            order_id=order.order_id,
            from_state=order.state.value,
            reference=reference,
            confirmed_cents=int(order.amount_cents),
            settled_at=act.at,
        )
    )


async def reject_order(act: Act, order: Order, *, reference: str, reason: str) -> None:
    """Rejected."""
    moved(
        await queries.reject_order(
            act.connection,
            order_id=order.order_id,
            from_state=order.state.value,
            reference=reference,
            reason=reason,
            settled_at=act.at,
        )
    )
