"""Reading one JSON document strictly: every wrong field is told at once, with its path; nothing unknown passes."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from typing import TypeVar

import rfc8785

from kit.errors import FieldFault, invalid
from services.intake.domain.reasons import Reason

MAX_TEXT = 10_000
T = TypeVar("T")
M = TypeVar("M", date, datetime, time)


class Faults:
    """The wrong fields found so far."""

    def __init__(self) -> None:
        self.found: list[FieldFault] = []

    def add(self, path: str, reason: Reason, **values: str) -> None:
        """Keep one wrong field."""
        self.found.append(FieldFault(path, reason, values))

    def raise_if_any(self) -> None:
        """Raise ``FIELDS_INVALID`` with all of them."""
        if self.found:
            raise invalid(*self.found)


class Fields:
    """One object of the document. Each reader returns a neutral value after a fault, so that reading goes on."""

    def __init__(self, value: object, path: str, *, faults: Faults) -> None:
        self.path = path
        self._faults = faults
        self._seen: set[str] = set()
        self._values: dict[str, object] = {}
        if isinstance(value, dict):
            self._values = value
        else:
            faults.add(path, Reason.WRONG_TYPE, expected="object")

    def at(self, key: str) -> str:
        """The path of one of this object's fields."""
        return f"{self.path}.{key}" if self.path else key

    def has(self, key: str) -> bool:
        """The field is there and is not null. Asking counts as reading."""
        self._seen.add(key)
        return self._values.get(key) is not None

    def text(self, key: str, *, max_length: int = MAX_TEXT) -> str:
        """A text that says something; empty after a fault."""
        value = self._get(key, str, expected="text")
        if value is None:
            return ""
        if not value.strip():
            self._faults.add(self.at(key), Reason.TEXT_EMPTY)
        if len(value) > max_length:
            self._faults.add(self.at(key), Reason.TEXT_TOO_LONG, max=str(max_length))
        return value

    def optional_text(self, key: str, *, max_length: int = MAX_TEXT) -> str | None:
        """A text, or None when the field is not there."""
        return self.text(key, max_length=max_length) if self.has(key) else None

    def choice(self, key: str, choices: Sequence[str], *, default: str) -> str:
        """One of the choices; ``default`` after a fault."""
        value = self.text(key)
        if value in choices:
            return value
        if value:
            self._faults.add(self.at(key), Reason.CHOICE_UNKNOWN, choices=", ".join(choices))
        return default

    def whole(self, key: str, *, low: int = -(2**53) + 1, high: int = 2**53 - 1) -> int:
        """A whole number between two bounds; 0 after a fault."""
        value = self._get(key, int, expected="whole number")
        if value is None:
            return 0
        if value < low:
            self._faults.add(self.at(key), Reason.NUMBER_TOO_SMALL, min=str(low))
        if value > high:
            self._faults.add(self.at(key), Reason.NUMBER_TOO_LARGE, max=str(high))
        return value

    def optional_whole(self, key: str, *, low: int = 0) -> int | None:
        """A whole number, or None when the field is not there."""
        return self.whole(key, low=low) if self.has(key) else None

    def flag(self, key: str) -> bool:
        """True or false; False after a fault."""
        return bool(self._get(key, bool, expected="true or false"))

    def day(self, key: str) -> date:
        """A date (``YYYY-MM-DD``); the first one there is after a fault."""
        return self._moment(key, date.fromisoformat) or date.min

    def optional_day(self, key: str) -> date | None:
        """A date, or None when the field is not there."""
        return self.day(key) if self.has(key) else None

    def local(self, key: str) -> datetime | None:
        """A wall-clock time without offset; None after a fault."""
        value = self._moment(key, datetime.fromisoformat)
        if value is not None and value.tzinfo is not None:
            self._faults.add(self.at(key), Reason.DATE_UNCLEAR)
            return None
        return value

    def optional_hour(self, key: str) -> time | None:
        """An hour (``HH:MM``), or None when the field is not there."""
        return self._moment(key, time.fromisoformat) if self.has(key) else None

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts that each say something."""
        kept: list[str] = []
        for index, value in enumerate(self._list(key)):
            if isinstance(value, str) and value.strip():
                kept.append(value)
            else:
                self._faults.add(f"{self.at(key)}[{index}]", Reason.WRONG_TYPE, expected="text")
        return tuple(kept)

    def child(self, key: str) -> Fields:
        """The object under a key."""
        value = self._get(key, dict, expected="object")
        return Fields({} if value is None else value, self.at(key), faults=self._faults)

    def children(self, key: str) -> list[Fields]:
        """The objects of the list under a key."""
        return [
            Fields(value, f"{self.at(key)}[{index}]", faults=self._faults)
            for index, value in enumerate(self._list(key))
        ]

    def keys(self) -> tuple[str, ...]:
        """The names of the fields that are there."""
        return tuple(self._values)

    def close(self) -> None:
        """Tell every field that nobody read: a mistyped name must not pass for an absent rule."""
        for key in self._values:
            if key not in self._seen:
                self._faults.add(self.at(key), Reason.FIELD_UNKNOWN)

    def _get(self, key: str, kind: type[T], *, expected: str) -> T | None:
        self._seen.add(key)
        value = self._values.get(key)
        if value is None:
            self._faults.add(self.at(key), Reason.FIELD_MISSING)
        elif isinstance(value, kind) and isinstance(value, bool) == (kind is bool):
            return value
        else:
            self._faults.add(self.at(key), Reason.WRONG_TYPE, expected=expected)
        return None

    def _list(self, key: str) -> list[object]:
        value = self._get(key, list, expected="list")
        return [] if value is None else value

    def _moment(self, key: str, parse: Callable[[str], M]) -> M | None:
        value = self._get(key, str, expected="date")
        if value is None:
            return None
        try:
            return parse(value)
        except ValueError:
            self._faults.add(self.at(key), Reason.DATE_UNCLEAR)
            return None


def canonical(value: object) -> bytes:
    """RFC 8785 bytes of a JSON value: what is hashed does not depend on spaces or order of keys.

    Raises ``FIELDS_INVALID`` (``NOT_JSON``) for a number that JSON cannot carry exactly.
    """
    try:
        return rfc8785.dumps(value)  # type: ignore[arg-type]  # any JSON value; the library's alias is not exported
    except (rfc8785.CanonicalizationError, UnicodeEncodeError, RecursionError) as error:
        raise invalid(FieldFault("", Reason.NOT_JSON)) from error


def load(data: bytes) -> object:
    """The value of a JSON document in UTF-8. A key given twice, NaN and an endless nesting are refused.

    Raises ``FIELDS_INVALID`` with reason ``NOT_JSON``.
    """
    try:
        value: object = json.loads(data, object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise invalid(FieldFault("", Reason.NOT_JSON)) from error
    return value


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is given twice")
    return found


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")
