"""What every handler of intake stands on, and the little they all do with a request."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

import asyncpg

from kit import clock
from kit.admission import current
from kit.errors import Kind, Refused, field_invalid, not_found
from kit.files import FileStore
from kit.journal import Journal
from services.intake.domain.reasons import Reason
from services.intake.domain.registers import Register
from services.intake.domain.searching import composed

T = TypeVar("T")
SYSTEM = "SYSTEM"
WRITERS = ("APPLICANT", "CO_EDITOR")


@dataclass(frozen=True)
class Room:
    """The pool, the writes, the files, the register of organizations, and whether this is a demonstration."""

    pool: asyncpg.Pool
    journal: Journal
    files: FileStore
    register: Register
    demonstration: bool


class Part:
    """A part of a gRPC service, in the room."""

    def __init__(self, room: Room) -> None:
        self._room = room


def found(thing: T | None) -> T:
    """The thing, or NOT_FOUND."""
    if thing is None:
        raise not_found()
    return thing


def said(path: str, text: str, *, longest: int, required: bool = True) -> str:
    """A text typed by somebody, composed (NFC) and without blanks at its ends."""
    kept = composed(text)
    if required and not kept:
        raise field_invalid(path, Reason.TEXT_EMPTY)
    if len(kept) > longest:
        raise field_invalid(path, Reason.TEXT_TOO_LONG, max=str(longest))
    return kept


def values_object(text: str) -> str:
    """Values of a letter's or a mail's sentences: a JSON object, in one spelling; nothing is an empty one."""
    try:
        values = json.loads(text or "{}")
    except (ValueError, RecursionError) as error:
        raise field_invalid("values_json", Reason.NOT_JSON) from error
    if not isinstance(values, dict) or "\\u0000" in text:
        raise field_invalid("values_json", Reason.WRONG_TYPE, expected="object")
    return json.dumps(values, sort_keys=True)


def moment(request: Any, name: str) -> datetime | None:
    """An optional instant of a request."""
    return clock.from_timestamp(getattr(request, name)) if request.HasField(name) else None


def needed_moment(request: Any, name: str) -> datetime:
    """An instant that must be given (``FIELD_MISSING``)."""
    instant = moment(request, name)
    if instant is None:
        raise field_invalid(name, Reason.FIELD_MISSING)
    return instant


def day(path: str, text: str) -> date | None:
    """An optional date of a request (``YYYY-MM-DD``), or ``DATE_UNCLEAR``."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise field_invalid(path, Reason.DATE_UNCLEAR) from error


def viewer() -> str:
    """Who reads, when a recusal could hide something from her; empty for the program itself."""
    return "" if current.get().role == SYSTEM else person()


def person() -> str:
    """The opaque id of who calls. A door that gives another form of name proves nothing (``ASSERTION_INVALID``)."""
    name = current.get().actor.person
    try:
        return str(UUID(name))
    except ValueError as error:
        raise Refused("ASSERTION_INVALID", kind=Kind.UNPROVED) from error


def call_in_sight(call_id: str) -> str:
    """The call a list is about: the one asked, else the one the reader holds her role for (``FIELD_MISSING``)."""
    chosen = call_id or current.get().actor.call_id
    if not chosen:
        raise field_invalid("call_id", Reason.FIELD_MISSING)
    return chosen
