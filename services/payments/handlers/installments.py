"""Installments: liquidated on proof, listed as queues."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from jalon.payments.v1 import awards_pb2 as pb

from kit import db, pages
from kit.enums import from_proto
from kit.errors import Refused, not_found, required
from kit.journal import Act
from services.payments.domain.calendar import days_after
from services.payments.domain.conditions import Condition, Facts, evaluate, met_since, require_met
from services.payments.domain.figures import require_orderable
from services.payments.domain.moves import INSTALLMENT, AwardState, InstallmentAction, InstallmentState, move
from services.payments.domain.records import Installment
from services.payments.domain.separation import Duty, take_on
from services.payments.handlers import messages
from services.payments.handlers.base import Handlers, viewer
from services.payments.store import accounts, awards, installments, ledger


class Installments(Handlers):
    """RPCs of installments."""

    async def LiquidateInstallment(self, request: pb.LiquidateInstallmentRequest, context: Any) -> pb.Installment:
        """Due: every condition is met, or refused with those unmet; never by who verified the account or seals."""
        required(request, "application_id", "installment_id")

        async def change(act: Act) -> pb.Installment:
            award = await awards.lock(act, request.application_id)
            money = await awards.get(act.connection, request.application_id, act.now)
            item = _named(money, request.installment_id)
            move(INSTALLMENT, item.state, InstallmentAction.LIQUIDATE)
            if award.state is not AwardState.COMMITTED:
                raise Refused(
                    "NOT_IN_THIS_STATE",
                    values={"state": award.state.value, "action": InstallmentAction.LIQUIDATE.value},
                )
            require_met(evaluate(item.conditions, money.facts))
            due = [other.amount_cents for other in money.installments if other.state is InstallmentState.LIQUIDATED]
            require_orderable(award.figures, sum(due, item.amount_cents))
            take_on(Duty.LIQUIDATOR, act.person, await accounts.duties(act, [request.application_id]))
            await installments.liquidate(act, item)
            facts = {
                "installment_id": item.installment_id,
                "number": item.number,
                "amount_cents": int(item.amount_cents),
            }
            act.record("installment_liquidated", subject=request.application_id, facts=facts)
            after = await awards.get(act.connection, request.application_id, act.now)
            return messages.installment(_named(after, item.installment_id), after.facts)

        return await self._journal.write(request, change)

    async def ListInstallments(self, request: pb.ListInstallmentsRequest, context: Any) -> pb.ListInstallmentsResponse:
        """A call's queue, by number of the file, with the conditions of each installment."""
        required(request, "call_id")
        state = from_proto(pb.InstallmentState, request.state, path="state")
        scope, size = f"installments/{request.call_id}/{state}", pages.size(request.page_size)
        after = pages.decode(request.page_token, scope=scope) or installments.FIRST
        now = await db.now(self._pool)
        rows = await installments.page(
            self._pool, request.call_id, viewer(), state=state, after=after, limit=size + 1, now=now
        )
        shown = rows[:size]
        days = (await ledger.rules_of(self._pool, request.call_id)).payment_days if shown else 0
        return pb.ListInstallmentsResponse(
            installments=[_dated(*row, payment_days=days) for row in shown],
            next_page_token=pages.encode(_key(shown[-1][0]), scope=scope) if len(rows) > size else "",
        )


def _named(money: awards.Money, installment_id: str) -> Installment:
    found = next((item for item in money.installments if item.installment_id == installment_id), None)
    if found is None:
        raise not_found()
    return found


def _dated(item: Installment, facts: Facts, report_due_at: datetime | None, *, payment_days: int) -> pb.Installment:
    """An installment of a list, with the dates it waits for."""
    shown = messages.installment(item, facts)
    if item.state in (InstallmentState.PAID, InstallmentState.CANCELLED):
        return shown
    ticks = evaluate(item.conditions, facts)
    since = met_since(ticks)
    if since is not None:
        shown.due_at.FromDatetime(days_after(since, payment_days))
    waits = any(tick.code is Condition.REPORT_ACCEPTED and not tick.met for tick in ticks)
    if waits and report_due_at is not None:
        shown.report_due_at.FromDatetime(report_due_at)
    return shown


def _key(item: Installment) -> list[str | int]:
    return [item.application_number, item.application_id, item.number]
