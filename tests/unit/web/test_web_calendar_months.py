"""Installments by month: what was paid, what is to be paid, what waits, each counted once."""

from __future__ import annotations

from datetime import UTC, date, datetime

from google.protobuf.timestamp_pb2 import Timestamp
from jalon.payments.v1 import awards_pb2 as pb

from web import words
from web.backoffice.calendar import is_late, months

NOW = datetime(2024, 3, 15, 12, tzinfo=UTC)


def stamp(text: str) -> Timestamp:
    made = Timestamp()
    made.FromDatetime(datetime.fromisoformat(text).replace(tzinfo=UTC))
    return made


def test_each_installment_is_in_the_month_of_its_nearest_date() -> None:
    words.settle("fr", NOW)
    items = [
        pb.Installment(number=1, amount_cents=700, state=pb.INSTALLMENT_STATE_PAID, paid_at=stamp("2023-12-07T10:00")),
        pb.Installment(number=2, amount_cents=50, state=pb.INSTALLMENT_STATE_LIQUIDATED, due_at=stamp("2024-03-01")),
        pb.Installment(
            number=3, amount_cents=300, state=pb.INSTALLMENT_STATE_PLANNED, report_due_at=stamp("2024-07-01T10:00")
        ),
        pb.Installment(number=4, amount_cents=20, state=pb.INSTALLMENT_STATE_PLANNED),
        pb.Installment(number=5, amount_cents=9, state=pb.INSTALLMENT_STATE_CANCELLED, due_at=stamp("2024-03-01")),
    ]
    found = months(items)
    assert [month.first for month in found] == [date(2023, 12, 1), date(2024, 3, 1), date(2024, 7, 1), None]
    assert [[item.number for item in month.items] for month in found] == [[1], [2], [3], [4]]
    assert [month.over for month in found] == [True, False, False, False]
    sums = [(month.sum(paid=True), month.sum(paid=False), month.sum(paid=False, due=False)) for month in found]
    assert sums == [(700, 0, 0), (0, 50, 0), (0, 0, 300), (0, 0, 20)]


def test_what_should_have_been_paid_is_late_and_what_has_no_date_is_not() -> None:
    words.settle("fr", NOW)
    assert is_late(pb.Installment(due_at=stamp("2024-03-15T12:00")))
    assert not is_late(pb.Installment(due_at=stamp("2024-03-15T12:01")))
    assert not is_late(pb.Installment(report_due_at=stamp("2024-01-01")))
