"""Appointments as calendar files (RFC 5545): Europe/Paris, one stable UID each, SEQUENCE rising when it is moved."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from icalendar import Calendar, Event
from litestar import Response

from kit import clock
from web.words import showing

PRODUCER = "-//Jalon//Auditions//FR"
MEDIA_TYPE = "text/calendar; charset=utf-8"


@dataclass(frozen=True)
class Appointment:
    """``key``: what it is about, the same however often it is moved (``hearing/<application id>``). ``sequence``: times
    it was moved. ``given_up``: it will not take place."""

    key: str
    starts_at: datetime
    minutes: int
    summary: str
    place: str = ""
    sequence: int = 0
    given_up: bool = False


def calendar_file(appointments: Iterable[Appointment], *, name: str) -> Response[bytes]:
    """The file, offered under a name."""
    body = written(appointments, now=showing().now)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(body, media_type=MEDIA_TYPE, headers=headers)


def written(appointments: Iterable[Appointment], *, now: datetime) -> bytes:
    """The bytes of the calendar; ``now`` stamps its events."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCER)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    for one in appointments:
        calendar.add_component(_event(one, now))
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())


def _event(one: Appointment, now: datetime) -> Event:
    starts = one.starts_at.astimezone(clock.PARIS)
    event = Event()
    event.add("uid", f"{one.key}@jalon")
    event.add("dtstamp", now)
    event.add("dtstart", starts)
    event.add("dtend", starts + timedelta(minutes=one.minutes))
    event.add("summary", one.summary)
    event.add("sequence", one.sequence)
    event.add("status", "CANCELLED" if one.given_up else "CONFIRMED")
    if one.place:
        event.add("location", one.place)
    return event
