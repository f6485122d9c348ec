"""What templates say: sentences, amounts, instants, enumerations, in the visitor's language.

The language and the installation's clock are settled once per request (:func:`settle`) in a context variable, so that
pieces need no argument for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from babel.dates import format_date, format_timedelta
from babel.numbers import format_decimal
from google.protobuf import descriptor_pool
from google.protobuf.descriptor import EnumDescriptor
from google.protobuf.timestamp_pb2 import Timestamp

from kit import clock
from wording import Locale, code_label, enum_label, event_sentence, field_label, label, sentence
from wording import explain as explain_refusal
from wording import values as shown
from wording.catalog import LOCALES, catalog

NONE = "—"
FINE = timedelta(weeks=4), timedelta(weeks=12)
"""Between these, weeks are told: six weeks are not « 2 mois » to whoever has a deadline."""
PACKAGES = {name: f"jalon.{name}.v1" for name in ("common", "intake", "review", "payments", "audit", "rehearsal")}


@dataclass(frozen=True)
class Showing:
    """The language of a page and the instant it is made."""

    locale: Locale
    now: datetime


_showing: ContextVar[Showing] = ContextVar("jalon_showing")


def settle(locale: Locale, now: datetime) -> None:
    """For the rest of the request."""
    _showing.set(Showing(locale, now))


def showing() -> Showing:
    """What was settled; French and the machine's clock before that (an error that came first)."""
    return _showing.get(Showing("fr", datetime.now(UTC)))


def locale() -> Locale:
    """The visitor's language."""
    return showing().locale


def chosen(accept_language: str, kept: str = "") -> Locale:
    """The language kept in the session, else the first of the browser's that we speak, else French."""
    for wanted in (kept, *(part.split(";")[0].strip()[:2].lower() for part in accept_language.split(","))):
        if wanted in LOCALES:
            return "en" if wanted == "en" else "fr"
    return "fr"


def t(key: str, **values: object) -> str:
    """The sentence of a page."""
    return label(key, locale=locale(), values=values)


def say(reason: str, **values: object) -> str:
    """The sentence of a reason."""
    return sentence(reason, locale=locale(), values=values)


def explain(refusal: Any) -> list[str]:
    """Every sentence of a refusal."""
    return explain_refusal(refusal, locale=locale())


def event(name: str, facts: Mapping[str, object]) -> str:
    """A line of history."""
    return event_sentence(name, locale=locale(), values=facts)


def field(path: str) -> str:
    """The label of a field."""
    return field_label(path, locale=locale())


def code(kind: str, value: str) -> str:
    """The words of a code; a dash for none."""
    return code_label(kind, value, locale=locale()) if value else NONE


def coded(kind: str, value: str) -> str:
    """The words of a code, or nothing when the wording has none for it."""
    return code_label(kind, value, locale=locale()) if value in catalog()["codes"].get(kind, {}) else ""


@cache
def enumeration(name: str) -> EnumDescriptor:
    """``intake.Stage``: the descriptor of an enumeration."""
    package, _, enum = name.partition(".")
    return descriptor_pool.Default().FindEnumTypeByName(f"{PACKAGES[package]}.{enum}")


def bare(name: str, value: int) -> str:
    """``intake.Stage``, 5 → ``REVIEW``; nothing said: empty."""
    descriptor = enumeration(name)
    start = descriptor.values_by_number[0].name.removesuffix("UNSPECIFIED")
    known = descriptor.values_by_number.get(value)
    return known.name.removeprefix(start) if known and value else ""


def word(name: str, value: int | str) -> str:
    """The words of an enumeration's value."""
    return enum_label(enumeration(name), bare(name, value) if isinstance(value, int) else value, locale=locale())


def amount(cents: int | None) -> str:
    """``15 000,00 €``; nothing is a dash."""
    return shown.amount(cents, locale=locale()) if cents else NONE


def signed(cents: int) -> str:
    """``+ 15 000,00 €``, ``− 700,00 €``: what a movement adds or takes off."""
    return f"{'+' if cents > 0 else '−'}\u00a0{shown.amount(abs(cents), locale=locale())}" if cents else NONE


def instant(value: Timestamp | datetime | str | None) -> datetime | None:
    """The datetime of whatever says an instant; None for nothing."""
    if isinstance(value, Timestamp):
        return clock.from_timestamp(value) if value.ByteSize() else None
    return clock.parse(value) if isinstance(value, str) and value else value or None


def mean(value: Decimal | None) -> str:
    """``3,42``; nothing is a dash."""
    return NONE if value is None else str(format_decimal(value, "0.00", locale="fr" if locale() == "fr" else "en_GB"))


def moment(value: Timestamp | datetime | str | None) -> str:
    """``12 mars 2026, 17:00``; absent is a dash."""
    at = instant(value)
    return shown.moment(at, locale=locale()) if at else NONE


def day(value: Timestamp | datetime | date | str | None) -> str:
    """``12 mars 2026``; absent is a dash."""
    if isinstance(value, str) and len(value) == 10:
        value = date.fromisoformat(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return shown.day(value, locale=locale())
    at = instant(value)
    return shown.day(clock.civil_date(at), locale=locale()) if at else NONE


def month(value: date) -> str:
    """``mars 2026``."""
    return str(format_date(value, "LLLL yyyy", locale="fr" if locale() == "fr" else "en_GB"))


def iso(value: Timestamp | datetime | str | None) -> str:
    """RFC 3339, for the ``datetime`` attribute."""
    at = instant(value)
    return clock.text(at) if at else ""


def away(value: Timestamp | datetime | str | None) -> str:
    """``dans 6 jours``, ``il y a 2 heures``."""
    at = instant(value)
    if at is None:
        return ""
    lapse = at - showing().now
    language = "fr" if locale() == "fr" else "en_GB"
    weeks = abs(lapse) > FINE[0] and abs(lapse) < FINE[1]
    return str(format_timedelta(lapse, add_direction=True, threshold=3 if weeks else 1.5, locale=language))


def late(value: Timestamp | datetime | None) -> bool:
    """True once the instant has passed."""
    at = instant(value)
    return at is not None and at < showing().now


def soon(value: Timestamp | datetime | None, days: int = 3) -> bool:
    """True within a few days."""
    at = instant(value)
    return at is not None and at - showing().now < timedelta(days=days)


FILTERS = {
    "amount": amount,
    "signed": signed,
    "mean": mean,
    "moment": moment,
    "day": day,
    "month": month,
    "iso": iso,
    "away": away,
    "instant": instant,
}
GLOBALS = {
    "t": t,
    "say": say,
    "word": word,
    "code": code,
    "coded": coded,
    "field": field,
    "event": event,
    "bare": bare,
    "locale": locale,
    "late": late,
    "soon": soon,
    "showing": showing,
}
