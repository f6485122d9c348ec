"""The public accountant: an outside process that reads what was sent, takes it in charge, then pays.

``python -m rehearsal.accountant take|pay PERSON_ID`` with the treasury's key in ``JALON_SIGNING_KEY``.
"""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Any
from uuid import UUID, uuid5

from jalon.payments.v1 import runs_pb2

from kit.settings import ClientSettings
from workflows.commands import Door, Who
from workflows.contract.payment_run import PayOrder, TakeOrderInCharge

AT_ONCE = 8
WANTED = {"take": runs_pb2.PAYMENT_ORDER_STATE_SENT, "pay": runs_pb2.PAYMENT_ORDER_STATE_TAKEN_IN_CHARGE}


async def settle(what: str, person_id: str) -> int:
    """Takes in charge, or pays, every order that waits for it; returns how many."""
    door = await Door.open(ClientSettings.from_environment())
    try:
        who = Who(person_id, frozenset({"ACCOUNTANT"}))
        orders = [order for order in await _orders(door, who) if order.state == WANTED[what]]
        room = asyncio.Semaphore(AT_ONCE)

        async def one(order: Any) -> None:
            async with room:
                await _take(door, who, order) if what == "take" else await _pay(door, who, order)

        async with asyncio.TaskGroup() as group:
            for order in orders:
                group.create_task(one(order))
        return len(orders)
    finally:
        await door.close()


async def _orders(door: Door, who: Who) -> list[Any]:
    found: list[Any] = []
    token = ""
    while True:
        request = runs_pb2.ListSentOrdersRequest(page_size=100, page_token=token)
        page = await door.read(who, door.services.stub("payments", "runs").ListSentOrders, request)
        found += page.orders
        token = page.next_page_token
        if not token:
            return found


async def _take(door: Door, who: Who, order: Any) -> None:
    await door.act_as(
        who,
        TakeOrderInCharge,
        _request_id(order, "take"),
        order.call_id,
        order.payment_run_id,
        order.order_id,
        reference=f"PEC-{order.number}",
    )


async def _pay(door: Door, who: Who, order: Any) -> None:
    await door.act_as(
        who,
        PayOrder,
        _request_id(order, "pay"),
        order.call_id,
        order.payment_run_id,
        order.order_id,
        reference=f"VIR-{order.number}",
        amount_cents=order.amount_cents,
    )


def _request_id(order: Any, what: str) -> str:
    return str(uuid5(UUID(order.order_id), what))


if __name__ == "__main__":
    asyncio.run(settle(sys.argv[1], sys.argv[2]))
    sys.stdout.flush()
    os._exit(0)  # the engine's native threads may fault at interpreter exit once all work is done
