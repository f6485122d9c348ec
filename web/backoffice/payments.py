"""*Versements*: what is planned with its conditions, what is due and waits for a run, the runs and their seals."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from jalon.payments.v1 import awards_pb2, runs_pb2
from litestar import Controller, Response, get, post
from litestar.params import FromPath
from litestar.response import Template

from web.backoffice.acts.proposing import codes
from web.backoffice.agreements import files_of
from web.backoffice.pressing import Tried, press, typed_in
from web.desk import AtDesk, Desk, together
from web.page import AnyRequest, page, see
from web.words import bare, instant, showing, t
from workflows.contract.payment_run import CountersealPaymentRun, PreparePaymentRun, RemoveOrder, SealPaymentRun

STATES, ANSWERS = "payments.PaymentOrderState", ("REJECTED", "SENT", "TAKEN_IN_CHARGE")
MOST_ANSWERS = 100
REMOVAL_REASONS = ("MISSING_PIECE", "HOLDER_DIFFERENT", "AC01", "AC04", "WITHDRAWN")


class PaymentsPage(Controller):
    """``/versements``."""

    path = "/versements"

    @get("/", rpcs=("ListInstallments",))
    async def show(self, request: AnyRequest, desk: AtDesk) -> Template:
        """The queues and the runs."""
        return await _queue(request, desk, Tried())

    @post("/", rpcs=("ListInstallments", "PreparePaymentRun"), status_code=200)
    async def prepare(self, request: AnyRequest, desk: AtDesk) -> Response[Any]:
        """Gathers what was ticked into a run."""
        tried = typed_in(request)
        run_id = str(uuid5(UUID(tried.request_id), "payment_run"))
        sent = {
            "call_id": desk.visitor.call_id,
            "payment_run_id": run_id,
            "installment_ids": list(tried.all("installment_ids")),
        }
        again = await press(request, desk, PreparePaymentRun, tried=tried, done="run.prepared_done", **sent)
        return await _queue(request, desk, again) if again else see(f"/bordereaux/{run_id}")


class RunPage(Controller):
    """``/bordereaux/{run_id}``."""

    path = "/bordereaux/{run_id:uuid}"

    @get("/", rpcs=("GetPaymentRun",))
    async def show(self, request: AnyRequest, desk: AtDesk, run_id: FromPath[UUID]) -> Template:
        """Orders, total, digest, seals."""
        return await _run(request, desk, str(run_id), Tried())

    @post("/visa", rpcs=("GetPaymentRun", "SealPaymentRun"), status_code=200)
    async def seal(self, request: AnyRequest, desk: AtDesk, run_id: FromPath[UUID]) -> Response[Any]:
        """First seal, on the digest that was read."""
        return await _seal(request, desk, str(run_id), SealPaymentRun)

    @post("/second-visa", rpcs=("GetPaymentRun", "CountersealPaymentRun"), status_code=200)
    async def counterseal(self, request: AnyRequest, desk: AtDesk, run_id: FromPath[UUID]) -> Response[Any]:
        """Second seal: the run leaves."""
        return await _seal(request, desk, str(run_id), CountersealPaymentRun)

    @post("/retrait", rpcs=("GetPaymentRun", "RemoveOrder"), status_code=200)
    async def remove(self, request: AnyRequest, desk: AtDesk, run_id: FromPath[UUID]) -> Response[Any]:
        """Takes one order out; seals fall."""
        tried = typed_in(request)
        sent = {**_names(desk, str(run_id)), "order_id": tried.one("order_id"), "reason": tried.one("reason")}
        again = await press(request, desk, RemoveOrder, tried=tried, done="run.removed_done", **sent)
        return await _run(request, desk, str(run_id), again) if again else see(f"/bordereaux/{run_id}")


async def _queue(request: AnyRequest, desk: Desk, tried: Tried) -> Template:
    call_id = desk.visitor.call_id
    states = (awards_pb2.INSTALLMENT_STATE_PLANNED, awards_pb2.INSTALLMENT_STATE_LIQUIDATED)
    planned, due, runs = await asyncio.gather(*(installments_of(desk, state) for state in states), _runs(desk, call_id))
    return page(
        request,
        "payments.html",
        status=tried.status,
        title=t("payments.title"),
        here="payments",
        planned=sorted(planned, key=lambda item: (not all(one.met for one in item.conditions), item.number)),
        due=due,
        runs=runs,
        answers=await answers_of(desk, runs),
        tried=tried,
    )


@dataclass(frozen=True)
class Answered:
    """An order that left and what the accountant says of it. ``since``: of the answer, else of its leaving."""

    order: runs_pb2.PaymentOrder
    run: runs_pb2.PaymentRun
    file: Any
    kind: str
    since: Any


async def answers_of(desk: Desk, runs: Sequence[runs_pb2.PaymentRun]) -> list[Answered]:
    """What was refused first, newest first; then what waits for an answer, oldest first. Paid orders need nobody."""
    gone = [(run, order) for run in runs for order in run.orders if bare(STATES, order.state) in ANSWERS]
    files = await files_of(desk, [order.application_id for _, order in gone][:MOST_ANSWERS])
    found = [
        Answered(
            order,
            run,
            files.get(order.application_id),
            bare(STATES, order.state),
            instant(order.settled_at) or instant(run.sent_at) or showing().now,
        )
        for run, order in gone[:MOST_ANSWERS]
    ]
    refused = [one for one in found if one.kind == "REJECTED"]
    waiting = [one for one in found if one.kind != "REJECTED"]
    return sorted(refused, key=lambda one: one.since, reverse=True) + sorted(waiting, key=lambda one: one.since)


async def installments_of(desk: Desk, state: Any = None) -> list[Any]:
    """The installments of the call, of one state or of all."""
    wanted = awards_pb2.ListInstallmentsRequest(call_id=desk.visitor.call_id, state=state)
    return await desk.every("payments.awards", wanted, "installments")


async def _runs(desk: Desk, call_id: str) -> list[Any]:
    if not desk.may("ListPaymentRuns"):
        return []
    return await desk.every("payments.runs", runs_pb2.ListPaymentRunsRequest(call_id=call_id), "runs")


async def _run(request: AnyRequest, desk: Desk, run_id: str, tried: Tried) -> Template:
    wanted = runs_pb2.GetPaymentRunRequest(call_id=desk.visitor.call_id, payment_run_id=run_id)
    run, installments = await together(desk.read("payments.runs", wanted), installments_of(desk))
    names = await desk.people(run.prepared_by, run.first_seal.person_id, run.second_seal.person_id)
    return page(
        request,
        "run.html",
        status=tried.status,
        title=t("run.title", number=run.number),
        here="payments",
        run=run,
        files={item.installment_id: item.application_number for item in installments},
        seals=[
            (t("run.first_seal"), _who(names, run.first_seal.person_id), run.first_seal.sealed_at),
            (t("run.second_seal"), _who(names, run.second_seal.person_id), run.second_seal.sealed_at),
        ],
        prepared_by=_who(names, run.prepared_by),
        reasons=codes("return_reason", *REMOVAL_REASONS),
        tried=tried,
    )


def _who(names: dict[str, str], person_id: str) -> str:
    return names.get(person_id, "") or (t("person.unnamed") if person_id else "")


async def _seal(request: AnyRequest, desk: Desk, run_id: str, message: Any) -> Response[Any]:
    tried = typed_in(request)
    sent = {**_names(desk, run_id), "digest": tried.one("digest")}
    again = await press(request, desk, message, tried=tried, done="run.sealed_done", **sent)
    return await _run(request, desk, run_id, again) if again else see(f"/bordereaux/{run_id}")


def _names(desk: Desk, run_id: str) -> dict[str, str]:
    return {"call_id": desk.visitor.call_id, "payment_run_id": run_id}
