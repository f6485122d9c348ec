"""Messages of the contracts as words and as plain JSON."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from jalon.common.v1 import rights_pb2
from jalon.intake.v1 import applications_pb2

from kit import clock, enums, money
from wording import Locale, enum_label, label
from wording.values import day, moment

NONE = "—"
UNITS = ((86_400, "unit.days"), (3_600, "unit.hours"), (60, "unit.minutes"), (1, "unit.seconds"))


def amount(cents: int, *, locale: Locale) -> str:
    """``15 000,00 €``; nothing is a dash."""
    return money.format_amount(cents, locale) if cents else NONE


def instant(stamp: Timestamp, *, locale: Locale) -> str:
    """``12 mars 2026, 17:00``; absent is a dash."""
    return moment(clock.from_timestamp(stamp), locale=locale) if stamp.ByteSize() else NONE


def date(stamp: Timestamp, *, locale: Locale) -> str:
    """``12 mars 2026``; absent is a dash."""
    return day(clock.civil_date(clock.from_timestamp(stamp)), locale=locale) if stamp.ByteSize() else NONE


def word(enum: Any, value: int, *, locale: Locale) -> str:
    """The label of a value of an enumeration."""
    return enum_label(enum, enums.from_proto(enum, value), locale=locale)


def lapse(length: timedelta, *, locale: Locale) -> str:
    """A length of time in its greatest unit: ``3 j``, ``5 h``, ``12 min``, ``8 s``."""
    seconds = abs(int(length.total_seconds()))
    size, key = next(((size, key) for size, key in UNITS if seconds >= size), UNITS[-1])
    return f"{seconds // size} {label(key, locale=locale)}"


def next_line(progress: applications_pb2.Progress, *, now: datetime, locale: Locale) -> str:
    """What is awaited, from whom, by when (``dans 6 j``, or since when it is late)."""
    event = word(applications_pb2.NextEvent, progress.next_event, locale=locale)
    if progress.next_event == applications_pb2.NEXT_EVENT_NOTHING or not progress.HasField("next_event_at"):
        return event
    at = clock.from_timestamp(progress.next_event_at)
    values = {"event": event, "at": at.isoformat(), "left": lapse(at - now, locale=locale)}
    return label("cli.next_late" if at < now else "cli.next_by", locale=locale, values=values)


def blocker(progress: applications_pb2.Progress, *, locale: Locale) -> str:
    """Who must act."""
    return word(rights_pb2.Role, progress.blocking_role, locale=locale)


def plain(message: Message) -> dict[str, Any]:
    """A message as JSON values: bare enumeration names, RFC 3339 instants, whole numbers, hexadecimal bytes."""
    found: dict[str, Any] = {}
    for field in message.DESCRIPTOR.fields:
        value = getattr(message, field.name)
        if field.message_type and field.message_type.GetOptions().map_entry:
            found[field.name] = dict(value)
        elif field.is_repeated:
            found[field.name] = [_value(field, item) for item in value]
        elif field.message_type and not message.HasField(field.name):
            found[field.name] = None
        else:
            found[field.name] = _value(field, value)
    return found


def _value(field: Any, value: Any) -> Any:
    if isinstance(value, Timestamp):
        return clock.text(clock.from_timestamp(value))
    if isinstance(value, Message):
        return plain(value)
    if field.enum_type:
        return _bare(field, value)
    if field.name.endswith("_json"):
        return json.loads(value or "{}")
    if isinstance(value, bytes):
        return value.hex()
    return value


def _bare(field: Any, value: int) -> str:
    enum = field.enum_type
    start = enum.values_by_number[0].name.removesuffix(enums.UNSPECIFIED)
    name = enum.values_by_number[value].name.removeprefix(start)
    return "" if name == enums.UNSPECIFIED else str(name)
