"""Messages of ``payment-run/<id>``: prepared, sealed twice, sent, each order followed to its end."""

from __future__ import annotations

from dataclasses import dataclass

from workflows.state import Context


@dataclass(frozen=True)
class PreparePaymentRun:
    context: Context
    call_id: str
    payment_run_id: str
    installment_ids: list[str]


@dataclass(frozen=True)
class SealPaymentRun:
    context: Context
    call_id: str
    payment_run_id: str
    digest: str


@dataclass(frozen=True)
class CountersealPaymentRun:
    context: Context
    call_id: str
    payment_run_id: str
    digest: str


@dataclass(frozen=True)
class RemoveOrder:
    context: Context
    call_id: str
    payment_run_id: str
    order_id: str
    reason: str


@dataclass(frozen=True)
class TakeOrderInCharge:
    context: Context
    call_id: str
    payment_run_id: str
    order_id: str
    reference: str


@dataclass(frozen=True)
class PayOrder:
    context: Context
    call_id: str
    payment_run_id: str
    order_id: str
    reference: str
    amount_cents: int


@dataclass(frozen=True)
class RejectOrder:
    context: Context
    call_id: str
    payment_run_id: str
    order_id: str
    reference: str
    reason: str
