"""Installments: planned, liquidated, ordered, paid or cancelled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from kit.db import moved, rows_of
from kit.journal import Act
from kit.money import Cents
from services.payments.domain import conditions, plan
from services.payments.domain.moves import InstallmentState
from services.payments.domain.records import Installment
from services.payments.store.awards import facts_of
from services.payments.store.rows import fill, queries

FIRST = ("", "00000000-0000-0000-0000-000000000000", 0)


async def plan_all(act: Act, application_id: str, lines: Sequence[plan.Installment]) -> None:
    """The payment plan of an award."""
    await queries.plan_installments(
        act.connection,
        application_id=application_id,
        ids=[str(uuid5(UUID(application_id), f"installment/{line.number}")) for line in lines],
        numbers=[line.number for line in lines],
        kinds=[line.kind.value for line in lines],
        amounts=[int(line.amount) for line in lines],
        conditions=[" ".join(code.value for code in line.conditions) for line in lines],
    )


async def of_award(connection: Any, application_id: str) -> list[Installment]:
    """The installments of an award, by number."""
    rows = await rows_of(queries.list_award_installments(connection, application_id=application_id))
    return [fill(Installment, row) for row in rows]


async def by_id(connection: Any, call_id: str, installment_ids: list[str]) -> list[Installment]:
    """Some installments of a call, in the order of its files."""
    rows = await rows_of(queries.list_installments_by_id(connection, call_id=call_id, installment_ids=installment_ids))
    return [fill(Installment, row) for row in rows]


async def page(
    connection: Any, call_id: str, viewer: str, *, state: str, after: Sequence[Any], limit: int, now: datetime
) -> list[tuple[Installment, conditions.Facts, datetime | None]]:
    """A page of a call's queue, each with what its conditions are judged on and when the report that its file
    owes is due, without the files ``viewer`` is recused from. ``state`` empty: every state."""
    number, application, installment = after
    rows = await rows_of(
        queries.list_installments(
            connection,
            call_id=call_id,
            viewer=viewer or None,
            state=state,
            after_number=number,
            after_application=application,
            after_installment=installment,
            limit=limit,
        )
    )
    return [(fill(Installment, row), facts_of(row, now), row["report_due_at"]) for row in rows]


async def move(act: Act, installment: Installment, to_state: InstallmentState) -> None:
    """The next state, when it needs nothing else."""
    moved(
        await queries.move_installment(
            act.connection,
            installment_id=installment.installment_id,
            from_state=installment.state.value,
            to_state=to_state.value,
        )
    )


async def liquidate(act: Act, installment: Installment) -> None:
    """Due, by the person who acts."""
    moved(
        await queries.liquidate_installment(
            act.connection,
            installment_id=installment.installment_id,
            from_state=installment.state.value,
            liquidated_at=act.at,
            liquidated_by=act.person,
        )
    )


async def pay(act: Act, installment: Installment) -> None:
    """Paid."""
    moved(
        await queries.pay_installment(
            act.connection,
            installment_id=installment.installment_id,
            from_state=installment.state.value,
            paid_at=act.at,
        )
    )


async def set_balance(act: Act, installment: Installment, to_state: InstallmentState, *, amount: Cents) -> None:
    """What remains due of an installment, or nothing."""
    moved(
        await queries.set_balance(
            act.connection,
            installment_id=installment.installment_id,
            from_state=installment.state.value,
            to_state=to_state.value,
            amount_cents=int(amount),
        )
    )
