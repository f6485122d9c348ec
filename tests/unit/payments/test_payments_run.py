"""Runs: canonical bytes, who may take a duty on; civil months; the report that comes next; account numbers at rest."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from kit.errors import Refused
from kit.keyring import KeyRing, RingError
from kit.money import Cents
from services.payments.domain import run
from services.payments.domain.calendar import months_after
from services.payments.domain.conditions import Condition
from services.payments.domain.moves import InstallmentState, PaymentOrderState
from services.payments.domain.records import Installment, Order, report_is_next
from services.payments.domain.separation import Duty, take_on
from services.payments.handlers import vault

ORDER = Order(
    order_id="o1",
    payment_run_id="r",
    call_id="c",
    application_id="a",
    installment_id="i",
    installment=1,
    number=2,
    attempt=1,
    amount_cents=Cents(70_000),
    bank_version=1,
    account="ab" * 32,
    state=PaymentOrderState.PREPARED,
    reason="",
    settled_at=None,
)
INSTALLMENT = Installment(
    installment_id="i",
    application_id="a",
    call_id="c",
    number=1,
    kind="advance",
    amount_cents=Cents(70_000),
    state=InstallmentState.PLANNED,
    conditions=(Condition.AGREEMENT_SIGNED,),
    liquidated_at=None,
    liquidated_by=None,
    paid_at=None,
    order_id=None,
    application_number="2023-014",
)
BALANCE = replace(INSTALLMENT, number=2, conditions=(Condition.REPORT_ACCEPTED,))


def test_a_run_has_the_same_bytes_whatever_becomes_of_its_orders() -> None:
    first = replace(ORDER, order_id="o0", number=1)
    before = run.content("r", "c", number=1, orders=[ORDER, first])
    paid = [replace(order, state=PaymentOrderState.PAID, settled_at=datetime.now(UTC)) for order in (first, ORDER)]
    assert run.content("r", "c", number=1, orders=paid) == before
    assert [order["number"] for order in json.loads(before)["orders"]] == [1, 2]
    assert json.loads(before)["total_cents"] == 140_000


@pytest.mark.parametrize(
    "changed",
    [
        replace(ORDER, amount_cents=Cents(70_001)),
        replace(ORDER, bank_version=2),
        replace(ORDER, account="cd" * 32),
        replace(ORDER, attempt=2),
        replace(ORDER, state=PaymentOrderState.REMOVED),
    ],
)
def test_one_change_changes_the_bytes(changed: Order) -> None:
    assert run.content("r", "c", number=1, orders=[changed]) != run.content("r", "c", number=1, orders=[ORDER])


def test_a_duty_is_refused_to_who_holds_a_forbidden_one() -> None:
    held = {Duty.LIQUIDATOR: ["ana"], Duty.ACCOUNT_VERIFIER: ["ben"], Duty.PREPARER: ["cid"]}
    for person in ("ana", "ben", "cid"):
        with pytest.raises(Refused) as refused:
            take_on(Duty.FIRST_SEAL, person, held)
        assert refused.value.values["second"] == "first_seal"
    take_on(Duty.FIRST_SEAL, "dan", held)
    take_on(Duty.LIQUIDATOR, "cid", held)
    take_on(Duty.LIQUIDATOR, "ana", held)


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2023-10-10T09:00:00+00:00", 6, "2024-04-10T22:00:00+00:00"),
        ("2023-08-31T09:00:00+00:00", 6, "2024-02-29T23:00:00+00:00"),
        ("2023-12-31T23:30:00+00:00", 6, "2024-07-01T22:00:00+00:00"),
        ("2023-06-30T21:59:59+00:00", 18, "2024-12-30T23:00:00+00:00"),
    ],
)
def test_a_delay_in_months_ends_with_its_last_day_in_paris(start: str, months: int, end: str) -> None:
    assert months_after(datetime.fromisoformat(start), months) == datetime.fromisoformat(end)


def test_the_report_is_next_when_the_first_installment_left_waits_for_it() -> None:
    paid = replace(INSTALLMENT, state=InstallmentState.PAID)
    assert not report_is_next([INSTALLMENT, BALANCE])
    assert report_is_next([paid, BALANCE])
    assert not report_is_next([paid, replace(BALANCE, state=InstallmentState.CANCELLED)])
    assert report_is_next([BALANCE])


def test_an_account_opens_with_its_key_for_its_owner_only() -> None:
    ring = KeyRing("k1", {"k1": b"1" * 32})
    details = vault.Details("FR7630001007941234567890185", "", "Les Ateliers Imaginaires")
    key_id, sealed = vault.seal(ring, details, application_id="a", version=1)
    assert vault.unseal(ring, key_id, sealed, application_id="a", version=1) == details
    assert b"4123456789" not in sealed
    assert "4123456789" not in repr(details)
    for application_id, version in (("b", 1), ("a", 2)):
        with pytest.raises(RingError):
            vault.unseal(ring, key_id, sealed, application_id=application_id, version=version)


def test_an_account_is_recognised_after_its_key_was_rotated() -> None:
    before, after = KeyRing("k1", {"k1": b"1" * 32}), KeyRing("k2", {"k1": b"1" * 32, "k2": b"2" * 32})
    [mark] = vault.fingerprints(before, "FR76")
    newest, *older = vault.fingerprints(after, "FR76")
    assert mark in older
    assert newest != mark
    assert vault.fingerprints(before, "FR77") != [mark]
