"""Civil months of the law, in Europe/Paris: a delay ends with its last day, at the following midnight, excluded."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_PARIS = ZoneInfo("Europe/Paris")


def months_after(start: datetime, months: int) -> datetime:
    """The end of the same civil day ``months`` later, or of that month's last day, in UTC."""
    day = start.astimezone(_PARIS).date()
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = monthrange(year, month + 1)[1]
    end = day.replace(year=year, month=month + 1, day=min(day.day, last)) + timedelta(days=1)
    return datetime.combine(end, time(), tzinfo=_PARIS).astimezone(UTC)


def days_after(start: datetime, days: int) -> datetime:
    """The end of the civil day ``days`` later, in UTC."""
    end = start.astimezone(_PARIS).date() + timedelta(days=days + 1)
    return datetime.combine(end, time(), tzinfo=_PARIS).astimezone(UTC)


def report_due(paid_at: datetime, months: int, *, project_ends_on: date | None) -> datetime:
    """So many months after the end of the financial (civil) year in which the project ends, else of the payment."""
    year = project_ends_on.year if project_ends_on else paid_at.astimezone(_PARIS).year
    return months_after(datetime.combine(date(year, 12, 31), time(12), tzinfo=_PARIS), months)
