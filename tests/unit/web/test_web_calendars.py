"""Calendar files as other programs read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from icalendar import Calendar

from web.calendars import Appointment, written

NOW = datetime(2023, 5, 2, 8, tzinfo=UTC)
SLOT = Appointment("hearing/1", datetime(2023, 5, 23, 7, 30, tzinfo=UTC), 45, "Audition · 2023-004", place="Salle 12")


def events(*appointments: Appointment) -> list[object]:
    """What a calendar program finds."""
    return list(Calendar.from_ical(written(appointments, now=NOW)).walk("VEVENT"))


def test_an_appointment_is_in_paris_time_with_its_place_and_its_end() -> None:
    (event,) = events(SLOT)
    start, end = event.decoded("dtstart"), event.decoded("dtend")  # type: ignore[attr-defined]
    assert (start.isoformat(), str(start.tzinfo)) == ("2023-05-23T09:30:00+02:00", "Europe/Paris")
    assert end - start == timedelta(minutes=45)
    assert str(event["location"]) == "Salle 12"  # type: ignore[index]
    assert b"BEGIN:VTIMEZONE" in written([SLOT], now=NOW)


def test_a_moved_appointment_keeps_its_id_and_raises_its_sequence() -> None:
    moved = Appointment(SLOT.key, SLOT.starts_at + timedelta(days=1), 45, SLOT.summary, sequence=1)
    absent = Appointment(SLOT.key, SLOT.starts_at, 45, SLOT.summary, sequence=2, given_up=True)
    found = [(str(event["uid"]), int(event["sequence"]), str(event["status"])) for event in events(SLOT, moved, absent)]  # type: ignore[index]
    assert found == [
        ("hearing/1@jalon", 0, "CONFIRMED"),
        ("hearing/1@jalon", 1, "CONFIRMED"),
        ("hearing/1@jalon", 2, "CANCELLED"),
    ]
