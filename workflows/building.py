"""Contract messages from plain values: what the relay receives as JSON, what an entity kept of a fact it must take
again."""

from __future__ import annotations

import types
import typing
from dataclasses import fields, is_dataclass
from typing import Any


def build(message_type: Any, values: dict[str, Any]) -> Any:
    """A contract message from plain values; unknown ones are left out, nested dataclasses are built."""
    hints = typing.get_type_hints(message_type)
    known = {item.name for item in fields(message_type)}
    return message_type(**{name: _value(hints[name], value) for name, value in values.items() if name in known})


def _value(hint: Any, value: Any) -> Any:
    if typing.get_origin(hint) is list:
        inner = typing.get_args(hint)[0]
        return [build(inner, item) if is_dataclass(inner) and isinstance(item, dict) else item for item in value]
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        inner = next((part for part in typing.get_args(hint) if is_dataclass(part)), None)
        return build(inner, value) if inner and isinstance(value, dict) else value
    if is_dataclass(hint) and isinstance(value, dict):
        return build(hint, value)
    return value
