"""``payment-run/<id>``: prepared, sealed by two people, sent, each order followed to its end."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID, uuid5

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.contract.consequences import SendPaymentRun, SettlePaymentRun
    from workflows.contract.payment_run import (
        CountersealPaymentRun,
        PayOrder,
        PreparePaymentRun,
        RejectOrder,
        RemoveOrder,
        SealPaymentRun,
        TakeOrderInCharge,
    )
    from workflows.entity import act
    from workflows.rows import Rows, RowsState
    from workflows.state import Context, Facts, Task


class Position(StrEnum):
    """Where the run stands."""

    NEW = ""
    PREPARED = "PREPARED"
    SEALED_ONCE = "SEALED_ONCE"
    SENT = "SENT"
    SETTLED = "SETTLED"


@dataclass
class Order:
    """One order as the workflow follows it."""

    order_id: str
    application_id: str
    installment_id: str
    amount_cents: int
    ended: bool = False


@dataclass
class PaymentRunState(RowsState):
    """Ids and amounts only."""

    call_id: str = ""
    payment_run_id: str = ""
    orders: list[Order] = field(default_factory=list)


@workflow.defn(name="PaymentRunWorkflow")
class PaymentRunWorkflow(Rows[PaymentRunState]):
    """One entity for a run."""

    @workflow.init
    def __init__(self, state: PaymentRunState) -> None:
        super().__init__(state)

    @workflow.run
    async def run(self, state: PaymentRunState) -> None:
        """Prepared, sealed, sealed again, sent, settled; ends when every row has its result."""
        await self.live()

    def closed(self) -> bool:
        """True once every order is at its end and told."""
        return self.state.position == Position.SETTLED and all(
            result != "waiting" for result in self.state.rows.values()
        )

    @act(at=[Position.NEW])
    async def prepare_payment_run(self, message: PreparePaymentRun) -> Facts:
        """Liquidated installments become orders; each freezes one verified account."""
        facts = await self.do("prepare_payment_run", message)
        self.state.orders = [Order(**line) for line in facts["orders"]]
        self.state.position = Position.PREPARED
        for order in self.state.orders:
            self._tell(message.context, "installment_ordered", order)
        return facts

    def _tell(self, context: Context, verb: str, order: Order, **more: object) -> None:
        row = Context(str(uuid5(UUID(context.request_id), f"{verb}/{order.order_id}")), "", context.occurred_at)
        self.tell(row, verb, order.application_id, installment_id=order.installment_id, **more)

    @act(at=[Position.PREPARED])
    async def seal_payment_run(self, message: SealPaymentRun) -> Facts:
        """First seal: finance."""
        facts = await self.do("seal_payment_run", message)
        self.state.position = Position.SEALED_ONCE
        return facts

    @act(at=[Position.SEALED_ONCE])
    async def counterseal_payment_run(self, message: CountersealPaymentRun) -> Facts:
        """Second seal: the authorising officer; the run leaves for the treasury."""
        facts = await self.do("counterseal_payment_run", message)
        self.state.position = Position.SENT
        await self.follow("send_run", message.context)
        return facts

    async def send_run(self, task: Task) -> None:
        """The run leaves for the treasury."""
        assert task.context is not None
        context = Context(str(uuid5(UUID(task.context.request_id), "send")), "", task.context.occurred_at)
        await self.do("send_payment_run", SendPaymentRun(context, self.state.call_id, self.state.payment_run_id))

    @act(at=[Position.PREPARED, Position.SEALED_ONCE])
    async def remove_order(self, message: RemoveOrder) -> Facts:
        """One order leaves; seals fall."""
        facts = await self.do("remove_order", message)
        self.state.position = Position.PREPARED
        order = self._order(message.order_id)
        order.ended = True
        self._tell(message.context, "installment_returned", order, reason=message.reason)
        self._settle_when_over(message.context)
        return facts

    def _order(self, order_id: str) -> Order:
        return next(item for item in self.state.orders if item.order_id == order_id)

    @act(at=[Position.SENT])
    async def take_order_in_charge(self, message: TakeOrderInCharge) -> Facts:
        """The public accountant took it in charge."""
        return await self.do("take_order_in_charge", message)

    @act(at=[Position.SENT])
    async def pay_order(self, message: PayOrder) -> Facts:
        """The public accountant paid."""
        facts = await self.do("pay_order", message)
        order = self._order(message.order_id)
        order.ended = True
        self._tell(message.context, "installment_paid", order, amount_cents=order.amount_cents)
        self._settle_when_over(message.context)
        return facts

    @act(at=[Position.SENT])
    async def reject_order(self, message: RejectOrder) -> Facts:
        """The public accountant rejected: the installment is due again, under a new order."""
        facts = await self.do("reject_order", message)
        order = self._order(message.order_id)
        order.ended = True
        self._tell(
            message.context,
            "installment_returned",
            order,
            reason=message.reason,
            account_refused=bool(facts["account_refused"]),
        )
        self._settle_when_over(message.context)
        return facts

    def _settle_when_over(self, context: Context) -> None:
        if all(order.ended for order in self.state.orders):
            settle = Context(str(uuid5(UUID(context.request_id), "settle")), "", context.occurred_at)
            self.then("settle_payment_run", context=settle)

    async def settle_payment_run(self, task: Task) -> None:
        """Every order is at its end."""
        assert task.context is not None
        message = SettlePaymentRun(task.context, self.state.call_id, self.state.payment_run_id)
        await self.do("settle_payment_run", message)
        self.state.position = Position.SETTLED

    async def lapse(self, name: str, context: Context) -> None:
        """A run has no deadline of its own."""
