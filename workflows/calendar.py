"""Civil-date arithmetic for deadlines (Europe/Paris): computed once, then stored as instants in the state."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")


def after_days(start: datetime, days: int) -> datetime:
    """The end of the civil day ``days`` after ``start`` (the next midnight in Paris, excluded), in UTC."""
    return _end_of_day(start.astimezone(PARIS) + timedelta(days=days))


def after_months(start: datetime, months: int) -> datetime:
    """The end of the same civil day ``months`` later, or of that month's last day, in UTC."""
    local = start.astimezone(PARIS)
    index = local.year * 12 + local.month - 1 + months
    year, month = divmod(index, 12)
    day = min(local.day, calendar.monthrange(year, month + 1)[1])
    return _end_of_day(local.replace(year=year, month=month + 1, day=day))


def start_of_day(day: date) -> datetime:
    """Midnight in Paris, in UTC."""
    return datetime.combine(day, time(), tzinfo=PARIS).astimezone(UTC)


def _end_of_day(local: datetime) -> datetime:
    return start_of_day(local.date() + timedelta(days=1))
