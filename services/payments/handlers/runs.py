"""Payment runs: prepared from what is due, sealed by two people, sent, settled; read by who seals and who pays."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from jalon.payments.v1 import runs_pb2 as pb
from jalon.payments.v1 import runs_pb2_grpc

from kit import clock, pages
from kit.errors import Refused, field_invalid, not_found, required
from kit.journal import Act
from services.payments.domain import ledger as rules
from services.payments.domain import run as content
from services.payments.domain.bank import BankDetailsVersion, freeze
from services.payments.domain.moves import (
    INSTALLMENT,
    PAYMENT_RUN,
    InstallmentAction,
    PaymentOrderState,
    PaymentRunAction,
    PaymentRunState,
    move,
)
from services.payments.domain.records import ORDER_ENDS, Account, Award, Installment, Order, Run
from services.payments.domain.separation import Duty, take_on
from services.payments.handlers import messages
from services.payments.handlers.orders import Orders
from services.payments.store import accounts, awards, installments, ledger, runs

ROWS = 200
SENT = frozenset({PaymentRunState.SENT, PaymentRunState.SETTLED})
Due = tuple[Installment, Award, Account]


class PaymentRuns(Orders, runs_pb2_grpc.PaymentRunsServiceServicer):
    """The gRPC service of runs and of what the public accountant answers."""

    async def PreparePaymentRun(self, request: pb.PreparePaymentRunRequest, context: Any) -> pb.PaymentRun:
        """Gathers liquidated installments into numbered orders, each on the account verified today."""
        required(request, "call_id", "payment_run_id")
        _check_rows(list(request.installment_ids))

        async def change(act: Act) -> pb.PaymentRun:
            if await runs.exists(act, request.payment_run_id):
                raise Refused("RUN_ALREADY_PREPARED")
            due = await _due(act, request.call_id, list(request.installment_ids))
            number, first = await ledger.take_numbers(act.connection, request.call_id, orders=len(due))
            attempts = await runs.rejected_attempts(act, [item for item, _, _ in due])
            orders = [
                _order(
                    request.payment_run_id, row, number=first + n, attempt=attempts.get(row[0].installment_id, 0) + 1
                )
                for n, row in enumerate(due)
            ]
            await runs.create(act, request.payment_run_id, request.call_id, number=number, orders=orders)
            for order, row in zip(orders, due, strict=True):
                await _issue(act, order, row)
            return await self._recorded(act, "payment_run_prepared", request)

        return await self._journal.write(request, change)

    async def SealPaymentRun(self, request: pb.SealPaymentRunRequest, context: Any) -> pb.PaymentRun:
        """First seal: finance, a person who did not prepare, verify or liquidate."""
        return await self._seal(request, PaymentRunAction.SEAL, Duty.FIRST_SEAL)

    async def CountersealPaymentRun(self, request: pb.CountersealPaymentRunRequest, context: Any) -> pb.PaymentRun:
        """Second seal: the authorising officer, another person still."""
        return await self._seal(request, PaymentRunAction.COUNTERSEAL, Duty.SECOND_SEAL)

    async def _seal(self, request: Any, action: PaymentRunAction, duty: Duty) -> pb.PaymentRun:
        required(request, "call_id", "payment_run_id", "digest")

        async def change(act: Act) -> pb.PaymentRun:
            run = await runs.lock(act, request.call_id, request.payment_run_id)
            _not_twice(run, act.person)
            after = move(PAYMENT_RUN, run.state, action)
            if request.digest != run.digest:
                raise Refused("RUN_CHANGED")
            await _may_seal(act, run, duty)
            await runs.seal(act, run, after)
            event = "payment_run_sealed" if action is PaymentRunAction.SEAL else "payment_run_countersealed"
            return await self._recorded(act, event, request)

        return await self._journal.write(request, change)

    async def SendPaymentRun(self, request: pb.SendPaymentRunRequest, context: Any) -> pb.PaymentRun:
        """The sealed bytes are kept by their digest first, then the run leaves; a second time changes nothing."""
        required(request, "call_id", "payment_run_id")
        stored = await self._keep_bytes(request.call_id, request.payment_run_id)

        async def change(act: Act) -> pb.PaymentRun:
            run = await runs.lock(act, request.call_id, request.payment_run_id)
            if run.state in SENT and run.sent_at:
                return await self._run(act, request)
            move(PAYMENT_RUN, run.state, PaymentRunAction.SEND)
            await runs.send(act, run, stored)
            return await self._recorded(act, "payment_run_sent", request)

        return await self._journal.write(request, change)

    async def _keep_bytes(self, call_id: str, payment_run_id: str) -> str:
        """Digest of the run's bytes, once they are durable; empty when there is no such run (told later)."""
        try:
            run, orders = await runs.get(self._pool, call_id, payment_run_id)
        except Refused:
            return ""
        data = content.content(run.payment_run_id, run.call_id, number=run.number, orders=orders)
        return await asyncio.to_thread(self._files.put, data)

    async def SettlePaymentRun(self, request: pb.SettlePaymentRunRequest, context: Any) -> pb.PaymentRun:
        """Every order is at its end; a second time changes nothing."""
        required(request, "call_id", "payment_run_id")

        async def change(act: Act) -> pb.PaymentRun:
            run = await runs.lock(act, request.call_id, request.payment_run_id)
            if run.state is PaymentRunState.SETTLED:
                return await self._run(act, request)
            move(PAYMENT_RUN, run.state, PaymentRunAction.SETTLE)
            waiting = [order for order in await runs.orders_of(act.connection, [run.payment_run_id]) if _waits(order)]
            if waiting:
                raise Refused("ORDERS_UNDER_WAY", values={"orders": str(len(waiting))})
            await runs.settle(act, run)
            return await self._recorded(act, "payment_run_settled", request)

        return await self._journal.write(request, change)

    async def _recorded(self, act: Act, event: str, request: Any) -> pb.PaymentRun:
        """The run as it now stands, with one line in its history."""
        message = await self._run(act, request)
        living = [order for order in message.orders if order.state != pb.PAYMENT_ORDER_STATE_REMOVED]
        facts = {"digest": message.digest, "total_cents": message.total_cents, "orders": len(living)}
        act.record(event, kind="payment_run", subject=request.payment_run_id, facts=facts)
        return message

    async def GetPaymentRun(self, request: pb.GetPaymentRunRequest, context: Any) -> pb.PaymentRun:
        """A run of the call with its orders."""
        required(request, "call_id", "payment_run_id")
        run, orders = await runs.get(self._pool, request.call_id, request.payment_run_id)
        return messages.run(run, orders, await self._reference(self._pool, request.call_id))

    async def ListPaymentRuns(self, request: pb.ListPaymentRunsRequest, context: Any) -> pb.ListPaymentRunsResponse:
        """Runs of a call, newest first."""
        required(request, "call_id")
        scope, size = f"runs/{request.call_id}", pages.size(request.page_size)
        before = pages.decode(request.page_token, scope=scope) or [2**31 - 1]
        found = await runs.page(self._pool, request.call_id, before=before[0], limit=size + 1)
        shown = found[:size]
        if not shown:
            return pb.ListPaymentRunsResponse()
        orders = await runs.orders_of(self._pool, [run.payment_run_id for run in shown])
        reference = await self._reference(self._pool, request.call_id)
        return pb.ListPaymentRunsResponse(
            runs=[
                messages.run(run, [order for order in orders if order.payment_run_id == run.payment_run_id], reference)
                for run in shown
            ],
            next_page_token=pages.encode([shown[-1].number], scope=scope) if len(found) > size else "",
        )

    async def ListSentOrders(self, request: pb.ListSentOrdersRequest, context: Any) -> pb.ListSentOrdersResponse:
        """What the public accountant has to do, in every call, oldest first."""
        size = pages.size(request.page_size)
        after = pages.decode(request.page_token, scope="sent-orders") or runs.FIRST_SENT
        found = await runs.sent_orders(
            self._pool, after_sent_at=clock.parse(after[0]), after_order=after[1], limit=size + 1
        )
        shown = found[:size]
        token = ""
        if len(found) > size:
            order, sent_at = shown[-1]
            token = pages.encode([clock.text(sent_at), order.order_id], scope="sent-orders")
        references = {order.call_id: "" for order, _ in shown}
        for call_id in references:
            references[call_id] = await self._reference(self._pool, call_id)
        return pb.ListSentOrdersResponse(
            orders=[messages.order(order, references[order.call_id]) for order, _ in shown], next_page_token=token
        )


def _check_rows(ids: list[str]) -> None:
    if not 0 < len(ids) <= ROWS:
        raise field_invalid("installment_ids", "ROWS_OUT_OF_BOUNDS", max=str(ROWS))
    if len(set(ids)) != len(ids):
        raise field_invalid("installment_ids", "INSTALLMENT_TWICE")


async def _due(act: Act, call_id: str, ids: list[str]) -> list[Due]:
    """Each installment with its award, kept still, and the account that pays it."""
    asked = await installments.by_id(act.connection, call_id, ids)
    if len(asked) != len(ids):
        raise not_found()
    held: dict[str, tuple[Award, Account]] = {}
    for application_id in sorted({item.application_id for item in asked}):
        award = await awards.lock(act, application_id)
        held[application_id] = (award, await _verified(act, application_id))
    found = await installments.by_id(act.connection, call_id, ids)
    for item in found:
        move(INSTALLMENT, item.state, InstallmentAction.ORDER)
    return [(item, *held[item.application_id]) for item in found]


async def _verified(act: Act, application_id: str) -> Account:
    versions = {item.bank_version: item for item in await accounts.versions(act, application_id)}
    chosen = freeze(
        [BankDetailsVersion(str(item.bank_version), item.bank_version, item.bank_state) for item in versions.values()]
    )
    return versions[chosen.version]


def _order(payment_run_id: str, row: Due, *, number: int, attempt: int) -> Order:
    item, _, account = row
    return Order(
        order_id=str(uuid5(UUID(payment_run_id), f"{item.installment_id}/{attempt}")),
        payment_run_id=payment_run_id,
        call_id=item.call_id,
        application_id=item.application_id,
        installment_id=item.installment_id,
        installment=item.number,
        number=number,
        attempt=attempt,
        amount_cents=item.amount_cents,
        bank_version=account.bank_version,
        account=account.fingerprint.hex(),
        state=PaymentOrderState.PREPARED,
        reason="",
        settled_at=None,
    )


async def _issue(act: Act, order: Order, row: Due) -> None:
    item, award, account = row
    await runs.create_order(act, order, item, account=account)
    await installments.move(act, item, move(INSTALLMENT, item.state, InstallmentAction.ORDER))
    movement_id = ledger.movement_id(act, "order", order.order_id)
    amount = order.amount_cents
    movement = rules.order(movement_id, ledger.ref(award), order_id=order.order_id, amount=amount)
    await ledger.post(act, "order_issued", movement)
    facts = {
        "payment_run_id": order.payment_run_id,
        "order_id": order.order_id,
        "installment_id": order.installment_id,
        "attempt": order.attempt,
        "amount_cents": int(amount),
        "bank_version": order.bank_version,
    }
    act.record("installment_ordered", subject=order.application_id, facts=facts)


def _not_twice(run: Run, person: str) -> None:
    seals: tuple[tuple[str | None, datetime | None], ...] = (
        (run.first_seal_by, run.first_seal_at),
        (run.second_seal_by, run.second_seal_at),
    )
    for by, at in seals:
        if by == person and at is not None:
            raise Refused("ALREADY_SEALED", values={"sealed_at": clock.text(at)})


async def _may_seal(act: Act, run: Run, duty: Duty) -> None:
    orders = content.living(await runs.orders_of(act.connection, [run.payment_run_id]))
    if not orders:
        raise Refused("RUN_EMPTY")
    cases = sorted({order.application_id for order in orders})
    for application_id in cases:
        await awards.lock(act, application_id)
    stale = await runs.stale_accounts(act, run.payment_run_id)
    if stale:
        raise Refused("BANK_DETAILS_NOT_VERIFIED", values={"orders": ", ".join(map(str, stale))})
    held = await accounts.duties(act, cases)
    on_cases = {on_case: held[on_case] for on_case in (Duty.INSTRUCTOR, Duty.ACCOUNT_VERIFIER, Duty.LIQUIDATOR)}
    on_run = {Duty.PREPARER: [run.prepared_by], Duty.FIRST_SEAL: [run.first_seal_by or ""]}
    take_on(duty, act.person, {**on_cases, **on_run})


def _waits(order: Order) -> bool:
    return order.state not in ORDER_ENDS
