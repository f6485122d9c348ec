"""Civil time: ends of days, months of unequal length, the two nights when the hour changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.deadlines import (
    LocalTimeError,
    Term,
    add_months,
    due,
    end_of_day,
    last_day,
    paris_day,
    paris_instant,
    rfc3339,
)
from services.intake.domain.reasons import Reason

INSTANTS = st.datetimes(
    datetime.fromisoformat("2000-01-01"), datetime.fromisoformat("2099-01-01"), timezones=st.just(UTC)
)


def test_a_day_ends_at_the_next_midnight_of_paris() -> None:
    assert end_of_day(date(2023, 3, 14)) == datetime(2023, 3, 14, 23, tzinfo=UTC)
    assert end_of_day(date(2023, 7, 14)) == datetime(2023, 7, 14, 22, tzinfo=UTC)


def test_days_of_23_and_25_hours() -> None:
    assert end_of_day(date(2023, 3, 26)) - end_of_day(date(2023, 3, 25)) == timedelta(hours=23)
    assert end_of_day(date(2023, 10, 29)) - end_of_day(date(2023, 10, 28)) == timedelta(hours=25)


@pytest.mark.parametrize(
    ("local", "reason"),
    [
        (datetime.fromisoformat("2023-03-26T02:30:00"), Reason.LOCAL_TIME_UNREAL),
        (datetime.fromisoformat("2023-10-29T02:30:00"), Reason.LOCAL_TIME_AMBIGUOUS),
    ],
)
def test_a_local_time_that_is_not_one_instant_is_refused(local: datetime, reason: Reason) -> None:
    with pytest.raises(LocalTimeError) as refused:
        paris_instant(local)
    assert refused.value.reason is reason


def test_months_keep_the_day_number_or_stop_at_the_end_of_the_month() -> None:
    assert add_months(date(2023, 12, 31), 2) == date(2024, 2, 29)
    assert add_months(date(2022, 12, 31), 2) == date(2023, 2, 28)
    assert add_months(date(2023, 4, 11), 2) == date(2023, 6, 11)
    assert add_months(date(2023, 11, 30), 3) == date(2024, 2, 29)


def test_the_day_is_the_day_of_paris() -> None:
    late = datetime(2026, 4, 8, 22, 30, tzinfo=UTC)
    assert paris_day(late) == date(2026, 4, 9)
    assert last_day(late, Term(months=2)) == date(2026, 6, 9)
    with pytest.raises(ValueError, match="offset"):
        paris_day(late.replace(tzinfo=None))


def test_a_term_may_end_at_an_hour() -> None:
    start = datetime(2023, 4, 1, 8, tzinfo=UTC)
    assert due(start, Term(days=10, ends_at=time(17))) == datetime(2023, 4, 11, 15, tzinfo=UTC)
    assert due(start, Term(days=10)) == datetime(2023, 4, 11, 22, tzinfo=UTC)


@given(INSTANTS, st.integers(0, 60), st.integers(0, 24))
def test_a_term_ends_after_it_starts_and_grows_with_its_length(start: datetime, days: int, months: int) -> None:
    end = due(start, Term(days=days, months=months))
    assert end > start
    assert due(start, Term(days=days + 1, months=months)) > end
    assert paris_day(end - timedelta(microseconds=1)) == last_day(start, Term(days=days, months=months))


@given(INSTANTS)
def test_machine_dates_read_back(instant: datetime) -> None:
    read = datetime.fromisoformat(rfc3339(instant))
    assert abs(read - instant) < timedelta(milliseconds=1)
