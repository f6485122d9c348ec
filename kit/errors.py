"""The closed family of errors that cross gRPC: a kind (how to react), a reason (what to say), fields (where).

*Refused* kinds are never retried: the request itself is wrong. Anything else that goes wrong is retried with bounds.
The sentence for each reason lives in ``wording``; nothing here is shown to a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """The gRPC status a refusal travels as (``kit.status`` does the crossing)."""

    INVALID = "INVALID_ARGUMENT"
    NOT_FOUND = "NOT_FOUND"
    PRECONDITION = "FAILED_PRECONDITION"
    DENIED = "PERMISSION_DENIED"
    REUSED = "ALREADY_EXISTS"
    UNPROVED = "UNAUTHENTICATED"


@dataclass(frozen=True)
class FieldFault:
    """One wrong field: its path in the message (``budget[2].amount_cents``), a reason, values for the sentence."""

    path: str
    reason: str
    values: Mapping[str, str] = field(default_factory=dict)


class Refused(Exception):
    """A request that must not be retried as it is.

    ``values`` fill the sentence (amounts, dates, limits); never a person's data.
    """

    def __init__(
        self,
        reason: str,
        *,
        kind: Kind = Kind.PRECONDITION,
        values: Mapping[str, str] | None = None,
        fields: tuple[FieldFault, ...] = (),
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.kind = kind
        self.values = dict(values or {})
        self.fields = fields

    def __reduce__(self) -> str | tuple[object, ...]:
        return (_rebuild, (self.reason, self.kind, self.values, self.fields))


def _rebuild(reason: str, kind: Kind, values: dict[str, str], fields: tuple[FieldFault, ...]) -> Refused:
    return Refused(reason, kind=kind, values=values, fields=fields)


def invalid(*fields: FieldFault) -> Refused:
    """A request whose fields are wrong; every wrong field is told at once."""
    return Refused("FIELDS_INVALID", kind=Kind.INVALID, fields=fields)


def field_invalid(path: str, reason: str, **values: str) -> Refused:
    """One wrong field."""
    return invalid(FieldFault(path, reason, values))


def required(request: object, *names: str) -> None:
    """Fields of a request that must be given (``REQUIRED``, all told at once)."""
    faults = tuple(FieldFault(name, "REQUIRED") for name in names if not getattr(request, name))
    if faults:
        raise invalid(*faults)


def not_found() -> Refused:
    """Not there, or not for this person: both read the same."""
    return Refused("NOT_FOUND", kind=Kind.NOT_FOUND)


def denied() -> Refused:
    """Related to the case, but not in a role that may do this."""
    return Refused("NOT_ALLOWED", kind=Kind.DENIED)
