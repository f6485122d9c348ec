"""Civil time of the law, in Europe/Paris: days that end at midnight, months of unequal length, a given hour.

Instants are aware datetimes in UTC; days are dates. A deadline is exclusive: what arrives at that very instant is late.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.intake.domain.reasons import Reason

PARIS = ZoneInfo("Europe/Paris")


class LocalTimeError(ValueError):
    """A local time that does not exist or exists twice. ``reason`` is a :class:`Reason`."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Term:
    """A length of civil time: days or months, never both; ``ends_at`` when the last day stops at an hour."""

    days: int = 0
    months: int = 0
    ends_at: time | None = None


def paris_instant(local: datetime) -> datetime:
    """The UTC instant of a wall-clock time in Paris. Raises :class:`LocalTimeError` at the two changes of hour."""
    first = local.replace(tzinfo=PARIS, fold=0)
    second = local.replace(tzinfo=PARIS, fold=1)
    instant = first.astimezone(UTC)
    if instant.astimezone(PARIS).replace(tzinfo=None) != local:
        raise LocalTimeError(Reason.LOCAL_TIME_UNREAL)
    if second.astimezone(UTC) != instant:
        raise LocalTimeError(Reason.LOCAL_TIME_AMBIGUOUS)
    return instant


def paris_day(instant: datetime) -> date:
    """The day people in Paris call today at this instant. Refuses a naive datetime (``ValueError``)."""
    if instant.tzinfo is None:
        raise ValueError("an instant says its offset")
    return instant.astimezone(PARIS).date()


def end_of_day(day: date) -> datetime:
    """The instant a day is over: the following midnight in Paris, exclusive (its last second is 23:59:59)."""
    return paris_instant(datetime.combine(day + timedelta(days=1), time()))


def add_months(day: date, months: int) -> date:
    """Same day number some months later; the last day of the month where that number does not exist.

    Source: months are counted from day number to day number (code of civil procedure, art. 641).
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def last_day(start: datetime, term: Term) -> date:
    """The last civil day of a term that starts at an instant; the day of the start does not count."""
    return add_months(paris_day(start), term.months) + timedelta(days=term.days)


def due(start: datetime, term: Term) -> datetime:
    """The instant a term is over (UTC, exclusive): the end of its last day, or the hour the term gives."""
    day = last_day(start, term)
    return end_of_day(day) if term.ends_at is None else paris_instant(datetime.combine(day, term.ends_at))


def rfc3339(instant: datetime) -> str:
    """An instant for machines: UTC, milliseconds kept when there are some (``2023-04-11T15:00:00Z``)."""
    moment = instant.astimezone(UTC)
    spec = "milliseconds" if moment.microsecond else "seconds"
    return moment.replace(tzinfo=None).isoformat(timespec=spec) + "Z"
