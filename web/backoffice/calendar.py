"""*Versements*, month by month: what was paid, what is to be paid, what a missing condition holds back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from jalon.payments.v1 import awards_pb2
from litestar import Controller, get
from litestar.response import Template

from kit import clock
from web.backoffice.payments import installments_of
from web.desk import AtDesk
from web.page import AnyRequest, page
from web.words import amount, bare, instant, showing, t

LIVE = ("PLANNED", "LIQUIDATED", "ORDERED")


@dataclass
class Month:
    """The installments of a civil month (its first day; None: without a date), and their sums in cents. ``late``: it
    is over, and something of it is still to be paid."""

    first: date | None
    items: list[awards_pb2.Installment] = field(default_factory=list)

    def sum(self, *, paid: bool, due: bool = True) -> int:
        """Paid; or still to pay, ``due`` or held back by a condition."""
        found = [item for item in self.items if (state_of(item) == "PAID") is paid]
        return sum(item.amount_cents for item in found if paid or (item.HasField("due_at") is due))

    @property
    def late(self) -> int:
        """How many should have been paid before now."""
        return sum(is_late(item) for item in self.items)

    @property
    def over(self) -> bool:
        """Nothing of it is left to do."""
        return all(state_of(item) == "PAID" for item in self.items)


class CalendarPage(Controller):
    """``/versements/calendrier``."""

    @get("/versements/calendrier", rpcs=("ListInstallments",))
    async def show(self, request: AnyRequest, desk: AtDesk) -> Template:
        """What is left to do first, by month; then the months that are over."""
        found = months(await installments_of(desk))
        return page(
            request,
            "calendar.html",
            title=t("calendar.title"),
            here="payments",
            months=[month for month in found if not month.over],
            over=[month for month in reversed(found) if month.over],
            totals=[
                (t("calendar.paid"), amount(sum(month.sum(paid=True) for month in found))),
                (t("calendar.to_pay"), amount(sum(month.sum(paid=False) for month in found))),
                (t("calendar.held"), amount(sum(month.sum(paid=False, due=False) for month in found))),
            ],
            is_late=is_late,
        )


def state_of(item: awards_pb2.Installment) -> str:
    """Its bare state."""
    return bare("payments.InstallmentState", item.state)


def is_late(item: awards_pb2.Installment) -> bool:
    """To be paid before an instant that has passed."""
    return item.HasField("due_at") and clock.from_timestamp(item.due_at) <= showing().now


def months(installments: Iterable[awards_pb2.Installment]) -> list[Month]:
    """By civil month, oldest first, those without a date at the end; what was cancelled is left out."""
    found: dict[date | None, Month] = {}
    for item in installments:
        if state_of(item) in (*LIVE, "PAID"):
            first = _month_of(item)
            found.setdefault(first, Month(first)).items.append(item)
    return sorted(found.values(), key=lambda month: (month.first is None, month.first or date.min))


def _month_of(item: awards_pb2.Installment) -> date | None:
    at: Any = None
    for name in ("paid_at", "due_at", "report_due_at"):
        at = at or (instant(getattr(item, name)) if item.HasField(name) else None)
    return clock.civil_date(at).replace(day=1) if at else None
