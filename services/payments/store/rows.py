"""Rows become records by their field names and types; named queries are loaded once."""

from __future__ import annotations

import functools
import types
import typing
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from kit.db import load_queries
from kit.money import Cents

T = TypeVar("T")
queries = load_queries(*sorted((Path(__file__).parents[1] / "queries").glob("*.sql")))


def fill(record: type[T], row: Mapping[str, Any]) -> T:
    """The record whose fields are columns of ``row``."""
    fields: list[tuple[str, Any]] = _fields(record)  # type: ignore[arg-type]  # a class is hashable
    return record(**{name: _value(kind, row[name]) for name, kind in fields})


def fill_some(record: type[T], row: Mapping[str, Any] | None, *, present: str) -> T | None:
    """The record, or None when the row is absent or its column ``present`` is null (an outer join found nothing)."""
    return None if row is None or row[present] is None else fill(record, row)


@functools.cache
def _fields(record: type[Any]) -> list[tuple[str, Any]]:
    return [(name, _bare(hint)) for name, hint in typing.get_type_hints(record).items()]


def _bare(hint: Any) -> Any:
    """``datetime | None`` → ``datetime``."""
    if isinstance(hint, types.UnionType):
        return next(kind for kind in typing.get_args(hint) if kind is not type(None))
    return hint


def _value(kind: Any, value: Any) -> Any:
    if value is None:
        return None
    if typing.get_origin(kind) is tuple:
        return tuple(_value(typing.get_args(kind)[0], item) for item in value)
    if kind in (str, Cents) or (isinstance(kind, type) and issubclass(kind, StrEnum)):
        return kind(value)
    return value
