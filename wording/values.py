"""Values inside sentences: amounts, instants, dates, shares, sizes and codes, as people of a language write them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal, format_percent

from wording.catalog import Locale, catalog

PARIS = ZoneInfo("Europe/Paris")
ROLES = ("held_role", "asked_role")
"""Values that are roles of the contract."""
UNSTATED = {"fr": "non précisé", "en": "not stated"}
_NOBODY = {"fr": "une personne", "en": "a person"}
_BABEL = {"fr": "fr", "en": "en_GB"}
_BRACES = re.compile(r"\{(\w+)\}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T[\d:.]+(Z|[+-]\d{2}:\d{2})")
PEOPLE = ("person", "reviewer_id", "expert_id", "in_place_of")
"""Facts that name a person: by her name where the reader may know it, else nobody's id is shown."""
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SMALL = 104_858
"""Bytes under which a size is said in thousands: a tenth of a million."""
_WHOLE = re.compile(r"-?\d+")
_CODES = {
    "condition": "condition",
    "conditions": "condition",
    "first": "duty",
    "second": "duty",
    "section": "section",
    "reason": "return_reason",
    "reasons": "inadmissibility",
    "bound": "bound",
    "window": "window",
    "kind": "installment_kind",
    "method": "verification_method",
    "ending": "ending",
    "relation": "relation",
    "decision": "decision",
    "proposal": "proposal",
    "nature": "conflict_nature",
    "section_code": "section",
    "family": "legal_family",
    "legal_family": "legal_family",
}
"""Values that are codes: name in the sentence → kind of code. A list of codes is separated by commas."""


def filled(template: str, values: Mapping[str, object], *, locale: Locale) -> str:
    """The template with its ``{names}`` replaced once: braces inside a value are printed as typed.

    ``*_cents``: whole cents of euro. ``*_basis_points``: a share. ``*_bytes``: a size. Instants (RFC 3339) and dates
    (``YYYY-MM-DD``) are known by their shape. Absent or empty: said to be not stated.
    """
    return _BRACES.sub(lambda found: shown(found.group(1), values.get(found.group(1)), locale=locale), template)


def shown(name: str, value: object, *, locale: Locale) -> str:
    """One value as people read it."""
    if isinstance(value, list | tuple):
        value = ",".join(str(item) for item in value)
    if name in PEOPLE and (not value or _ID.fullmatch(str(value))):
        return _NOBODY[locale]
    if value is None or value == "":
        return UNSTATED[locale]
    if isinstance(value, bool):
        return {"fr": "oui" if value else "non", "en": "yes" if value else "no"}[locale]
    text = str(value)
    if _WHOLE.fullmatch(text):
        return _number(name, int(text), locale)
    if _DATE.fullmatch(text):
        return day(date.fromisoformat(text), locale=locale)
    if _INSTANT.fullmatch(text):
        return moment(datetime.fromisoformat(text), locale=locale)
    if name in ROLES:
        return _role(text, locale)
    return ", ".join(_code(name, part.strip(), locale) for part in text.split(",")) if name in _CODES else text


def amount(cents: int, *, locale: Locale) -> str:
    """``15 000,00 €``, ``€15,000.00``."""
    return str(format_currency(Decimal(cents) / 100, "EUR", locale=_BABEL[locale]))


def day(date_: date, *, locale: Locale) -> str:
    """``1er mars 2026``, ``1 March 2026``."""
    return _first(str(format_date(date_, "d MMMM y", locale=_BABEL[locale])), locale)


def moment(instant: datetime, *, locale: Locale) -> str:
    """``12 mars 2026, 17:00`` in Europe/Paris. ``instant`` is aware."""
    text = format_datetime(instant, "d MMMM y, HH:mm", tzinfo=PARIS, locale=_BABEL[locale])
    return _first(str(text), locale)


def _first(text: str, locale: Locale) -> str:
    return f"1er {text[2:]}" if locale == "fr" and text.startswith("1 ") else text


def _number(name: str, number: int, locale: Locale) -> str:
    if name.endswith("_cents"):
        return amount(number, locale=locale)
    if name.endswith("basis_points"):
        return str(format_percent(Decimal(number) / 10_000, "#,##0.## %", locale=_BABEL[locale]))
    if name.endswith("_bytes"):
        small = number < _SMALL
        unit = ("ko" if small else "Mo") if locale == "fr" else ("kB" if small else "MB")
        size = format_decimal(
            Decimal(max(number, 1)) / (1024 if small else 1_048_576), "#,##0.#", locale=_BABEL[locale]
        )
        return f"{size}\u00a0{unit}"
    return str(number)


def _role(code: str, locale: Locale) -> str:
    entry: Mapping[str, str] = catalog()["enums"]["jalon.common.v1.Role"].get(code, {})
    return entry.get(locale, code)


def _code(name: str, code: str, locale: Locale) -> str:
    entry: Mapping[str, str] = catalog()["codes"].get(_CODES[name], {}).get(code, {})
    return entry.get(locale, code)
