"""What an auditor typed in the one search box: a file, an act's number, an amount, a date, a trace, a name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from jalon.audit.v1 import chains_pb2

from kit import clock
from kit.money import AmountError, parse_amount

_FILE = re.compile(r"\d{4}-\d{3,}")
_TRACE = re.compile(r"[0-9a-f]{32}")
_AMOUNT = re.compile(r"[\d\s\u00a0\u202f.]*\d(,\d{1,2})?\s*€|\d[\d\s\u00a0\u202f]*,\d{2}|\d[\d ]{0,8}")
_CODE = re.compile(r"[0-9A-Z]+([_-][0-9A-Z]+)+")
_DATES = ("%d/%m/%Y", "%Y-%m-%d")


@dataclass(frozen=True)
class Sought:
    """What the words are taken for. ``file``: a number; ``names``: words of a person's or a structure's name;
    ``request``: what to look for in the chains; ``kind``: how that is said to the reader."""

    kind: str
    request: chains_pb2.ListMatchingEventsRequest | None = None
    file: str = ""
    names: str = ""


def sought(text: str) -> Sought:
    """Reads the box."""
    typed = " ".join(text.split())
    if _FILE.fullmatch(typed):
        return Sought("file", file=typed)
    if _TRACE.fullmatch(typed.lower()):
        return Sought("trace", chains_pb2.ListMatchingEventsRequest(trace_id=typed.lower()))
    on = _day(typed)
    if on:
        return Sought("date", _during(on))
    cents = _cents(typed)
    if cents:
        return Sought("amount", chains_pb2.ListMatchingEventsRequest(amount_cents=cents))
    if _CODE.fullmatch(typed.upper()) and any(character.isdigit() for character in typed):
        return Sought("value", chains_pb2.ListMatchingEventsRequest(value=typed.upper()))
    return Sought("names", names=typed)


def _day(text: str) -> date | None:
    for shape in _DATES:
        try:
            return datetime.strptime(text, shape).date()  # noqa: DTZ007 (a civil date of Paris)
        except ValueError:
            continue
    return None


def _during(on: date) -> chains_pb2.ListMatchingEventsRequest:
    begins, ends = (datetime.combine(one, time(), tzinfo=clock.PARIS) for one in (on, on + timedelta(days=1)))
    return chains_pb2.ListMatchingEventsRequest(from_at=clock.to_timestamp(begins), to_at=clock.to_timestamp(ends))


def _cents(text: str) -> int:
    if not _AMOUNT.fullmatch(text):
        return 0
    try:
        return int(parse_amount(text.replace("€", "").replace(".", "").strip()))
    except AmountError:
        return 0
