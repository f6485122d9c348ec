"""Payment orders: taken out before sending; then what the public accountant answers."""

from __future__ import annotations

from typing import Any

from jalon.payments.v1 import runs_pb2 as pb

from kit.errors import Refused, field_invalid, not_found, required
from kit.journal import Act
from services.payments.domain import ledger as rules
from services.payments.domain.moves import (
    BANK_DETAILS,
    INSTALLMENT,
    PAYMENT_ORDER,
    PAYMENT_RUN,
    BankDetailsAction,
    BankDetailsState,
    InstallmentAction,
    PaymentOrderAction,
    PaymentRunAction,
    move,
)
from services.payments.domain.records import Award, Installment, Order
from services.payments.domain.run import ACCOUNT_REASONS
from services.payments.handlers import messages
from services.payments.handlers.accounts import reject_account
from services.payments.handlers.base import Handlers, code
from services.payments.handlers.reports import expect_report
from services.payments.store import accounts, awards, installments, ledger, runs

REFERENCE_LENGTH = 80


class Orders(Handlers):
    """RPCs of payment orders."""

    async def _run(self, act: Act, request: Any) -> pb.PaymentRun:
        run, orders = await runs.get(act.connection, request.call_id, request.payment_run_id)
        return messages.run(run, orders, await self._reference(act.connection, request.call_id))

    async def _reference(self, connection: Any, call_id: str) -> str:
        return (await ledger.rules_of(connection, call_id)).reference

    async def RemoveOrder(self, request: pb.RemoveOrderRequest, context: Any) -> pb.PaymentRun:
        """One order leaves a run not yet sent: the installment is due again, seals fall."""
        required(request, "call_id", "payment_run_id", "order_id")
        reason = code(request.reason, "reason")

        async def change(act: Act) -> pb.PaymentRun:
            run = await runs.lock(act, request.call_id, request.payment_run_id)
            move(PAYMENT_RUN, run.state, PaymentRunAction.REMOVE_ORDER)
            order, award, item = await self._held(act, request)
            move(PAYMENT_ORDER, order.state, PaymentOrderAction.REMOVE)
            await runs.remove_order(act, order, reason)
            await _give_back(act, order, award, item)
            digest = await runs.unseal(act, run, await runs.orders_of(act.connection, [run.payment_run_id]))
            facts = {"order_id": order.order_id, "reason": reason, "digest": digest}
            act.record("order_removed", kind="payment_run", subject=run.payment_run_id, facts=facts)
            _record(act, "order_removed", order, reason=reason)
            return await self._run(act, request)

        return await self._journal.write(request, change)

    async def _held(self, act: Act, request: Any) -> tuple[Order, Award, Installment]:
        """The order, its award and its installment, kept still: the award first, as everywhere."""
        _, orders = await runs.get(act.connection, request.call_id, request.payment_run_id)
        named = next((order for order in orders if order.order_id == request.order_id), None)
        if named is None:
            raise not_found()
        award = await awards.lock(act, named.application_id)
        order = await runs.lock_order(act, request.payment_run_id, request.order_id)
        items = await installments.by_id(act.connection, request.call_id, [order.installment_id])
        return order, award, items[0]

    async def TakeOrderInCharge(self, request: pb.TakeOrderInChargeRequest, context: Any) -> pb.PaymentOrder:
        """The public accountant takes the order in charge, under a reference of hers."""
        _check(request)

        async def change(act: Act) -> pb.PaymentOrder:
            order, _, _ = await self._held(act, request)
            move(PAYMENT_ORDER, order.state, PaymentOrderAction.TAKE_IN_CHARGE)
            await runs.take_order(act, order, request.reference)
            _record(act, "order_taken_in_charge", order)
            return await self._order(act, request)

        return await self._journal.write(request, change)

    async def PayOrder(self, request: pb.PayOrderRequest, context: Any) -> pb.PaymentOrder:
        """The public accountant paid: exactly the amount ordered."""
        _check(request)

        async def change(act: Act) -> pb.PaymentOrder:
            order, award, item = await self._held(act, request)
            move(PAYMENT_ORDER, order.state, PaymentOrderAction.PAY)
            if request.amount_cents != order.amount_cents:
                told = {"ordered_cents": str(int(order.amount_cents)), "told_cents": str(request.amount_cents)}
                raise Refused("AMOUNT_DIFFERS", values=told)
            move(INSTALLMENT, item.state, InstallmentAction.PAY)
            await runs.pay_order(act, order, request.reference)
            await installments.pay(act, item)
            movement_id = ledger.movement_id(act, "pay", order.order_id)
            paid = rules.pay(movement_id, ledger.ref(award), order_id=order.order_id, amount=order.amount_cents)
            await ledger.post(act, "order_paid", paid)
            _record(act, "order_paid", order)
            await expect_report(act, award)
            return await self._order(act, request)

        return await self._journal.write(request, change)

    async def RejectOrder(self, request: pb.RejectOrderRequest, context: Any) -> pb.PaymentOrder:
        """The public accountant rejected: due again, by a new order; a wrong account is no longer verified."""
        _check(request)
        reason = code(request.reason, "reason")

        async def change(act: Act) -> pb.PaymentOrder:
            order, award, item = await self._held(act, request)
            move(PAYMENT_ORDER, order.state, PaymentOrderAction.REJECT)
            await runs.reject_order(act, order, reference=request.reference, reason=reason)
            await _give_back(act, order, award, item)
            _record(act, "order_rejected", order, reason=reason)
            if reason in ACCOUNT_REASONS:
                await _distrust(act, order, reason)
            return await self._order(act, request)

        return await self._journal.write(request, change)

    async def _order(self, act: Act, request: Any) -> pb.PaymentOrder:
        order = await runs.lock_order(act, request.payment_run_id, request.order_id)
        return messages.order(order, await self._reference(act.connection, request.call_id))


def _check(request: Any) -> None:
    required(request, "call_id", "payment_run_id", "order_id", "reference")
    if len(request.reference) > REFERENCE_LENGTH:
        raise field_invalid("reference", "REFERENCE_TOO_LONG", max=str(REFERENCE_LENGTH))


async def _give_back(act: Act, order: Order, award: Award, item: Installment) -> None:
    """The installment is due again; its money is committed again, no new award, no new commitment."""
    await installments.move(act, item, move(INSTALLMENT, item.state, InstallmentAction.GIVE_BACK))
    movement_id = ledger.movement_id(act, "give_back", order.order_id)
    back = rules.reject_order(movement_id, ledger.ref(award), order_id=order.order_id, amount=order.amount_cents)
    await ledger.post(act, "order_given_back", back)


async def _distrust(act: Act, order: Order, reason: str) -> None:
    """The account the order froze, if it is still the verified one, is rejected with the same code."""
    for account in await accounts.versions(act, order.application_id):
        if account.bank_version == order.bank_version and account.bank_state is BankDetailsState.VERIFIED:
            after = move(BANK_DETAILS, account.bank_state, BankDetailsAction.REJECT)
            await reject_account(act, order.application_id, account, after=after, reason=reason)


def _record(act: Act, event: str, order: Order, *, reason: str = "") -> None:
    """One line in the history of the application, and, from the accountant on, one in the run's."""
    facts: dict[str, str | int] = {
        "payment_run_id": order.payment_run_id,
        "order_id": order.order_id,
        "installment_id": order.installment_id,
        "attempt": order.attempt,
        "amount_cents": int(order.amount_cents),
    }
    if reason:
        facts["reason"] = reason
    act.record(event, subject=order.application_id, facts=facts)
    if event != "order_removed":
        act.record(event, kind="payment_run", subject=order.payment_run_id, facts=facts)
