"""One clock per installation: the database's, which a demonstration may have moved forward.

Services read it in SQL (``clock.now()``, with the row they write); doors and the worker ask a service for it.
Civil dates are those of Europe/Paris.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from google.protobuf.timestamp_pb2 import Timestamp

PARIS = ZoneInfo("Europe/Paris")


def to_timestamp(instant: datetime | None) -> Timestamp | None:
    """A protobuf instant; None stays None (an absent field)."""
    if instant is None:
        return None
    stamp = Timestamp()
    stamp.FromDatetime(instant)
    return stamp


def from_timestamp(stamp: Timestamp) -> datetime:
    """An aware UTC datetime, microseconds kept."""
    return stamp.ToDatetime(tzinfo=UTC)


def text(instant: datetime) -> str:
    """RFC 3339 in UTC with microseconds: the form in histories, assertions and audit events."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def parse(instant: str) -> datetime:
    """The datetime of an RFC 3339 text."""
    return datetime.fromisoformat(instant).astimezone(UTC)


def civil_date(instant: datetime) -> date:
    """The day people read, in Europe/Paris."""
    return instant.astimezone(PARIS).date()
