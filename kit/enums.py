"""Enum values between the wire (``CALL_STATE_OPEN``) and everything else (``OPEN``)."""

from __future__ import annotations

import re
from typing import Any

from kit.errors import field_invalid

UNSPECIFIED = "UNSPECIFIED"


def to_proto(enum: Any, name: str | None) -> Any:
    """The wire value of a bare name; nothing said (None, empty) is the unspecified value.

    ``enum`` is a generated wrapper (``calls_pb2.CallState``). An unknown name is the program's fault: ``ValueError``.
    """
    return enum.Value(prefix(enum) + (name or UNSPECIFIED))


def from_proto(enum: Any, value: int, *, path: str = "") -> str:
    """The bare name of a wire value; empty when unspecified. A value of no known name is refused, at ``path``."""
    try:
        name = str(enum.Name(value)).removeprefix(prefix(enum))
    except ValueError as error:
        raise field_invalid(path or enum.DESCRIPTOR.name, "CHOICE_UNKNOWN", choices=", ".join(names(enum))) from error
    return "" if name == UNSPECIFIED else name


def names(enum: Any) -> tuple[str, ...]:
    """Every bare name but the unspecified one, in order of number."""
    start = prefix(enum)
    bare = (str(value.name).removeprefix(start) for value in enum.DESCRIPTOR.values)
    return tuple(name for name in bare if name != UNSPECIFIED)


def prefix(enum: Any) -> str:
    """What every value of the enum begins with: its own name in capitals (``NextEvent`` → ``NEXT_EVENT_``)."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", enum.DESCRIPTOR.name).upper() + "_"
