"""Chains re-derived from their events, without the database's help; and what of a received span may be kept.

A link's hash is SHA-256 over its parts, each preceded by its length (8 bytes, big-endian): the words ``jalon.link/1``,
subject kind, subject id (16 bytes), sequence (8 bytes), previous hash, source, recorded_at (microseconds since 1970,
8 bytes), trace id, body. The first link's previous hash is 32 zero bytes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

SCHEMA = b"jalon.link/1"
ZEROS = bytes(32)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# Technical traces are kept a year (CNIL, recommendation on logging measures: six to twelve months).
SPAN_DAYS = 365


@dataclass(frozen=True)
class Event:
    """One stored link; hashes are 32 bytes, ``recorded_at`` is aware with microseconds."""

    subject_kind: str
    subject_id: UUID
    sequence: int
    body: bytes
    previous_hash: bytes
    hash: bytes
    source: str
    recorded_at: datetime
    trace_id: str


@dataclass(frozen=True)
class Head:
    """What a chain says of itself: how many links, and the hash of the last one (zeros when it has none)."""

    subject_kind: str
    subject_id: UUID
    length: int
    head_hash: bytes


@dataclass(frozen=True)
class Verification:
    """What re-deriving a chain found. ``broken_at``: the first sequence that does not hold, 0 when whole; ``reason``:
    SEQUENCE (a link is missing, doubled or displaced), PREVIOUS (it does not follow the one before), HASH (it is not
    what was written), HEAD (the chain's own count or last hash says otherwise), empty when whole."""

    head: Head
    links: int
    broken_at: int = 0
    reason: str = ""

    @property
    def whole(self) -> bool:
        """True when every link holds."""
        return not self.reason


def link_hash(event: Event) -> bytes:
    """The hash the event must carry."""
    parts = (
        SCHEMA,
        event.subject_kind.encode(),
        event.subject_id.bytes,
        event.sequence.to_bytes(8, "big", signed=True),
        event.previous_hash,
        event.source.encode(),
        ((event.recorded_at - _EPOCH) // timedelta(microseconds=1)).to_bytes(8, "big", signed=True),
        event.trace_id.encode(),
        event.body,
    )
    return hashlib.sha256(b"".join(len(part).to_bytes(8, "big") + part for part in parts)).digest()


class Walk:
    """Follows one chain link by link, in order of sequence, in constant memory."""

    def __init__(self, head: Head) -> None:
        self._head = head
        self._links = 0
        self._last = ZEROS
        self._broken: tuple[int, str] | None = None

    def follow(self, event: Event) -> None:
        """The next stored link."""
        self._links += 1
        if self._broken is None:
            reason = self._fault(event)
            self._broken = (self._links, reason) if reason else None
        self._last = event.hash

    def end(self) -> Verification:
        """The finding, once every link was followed."""
        head = self._head
        if self._broken is None and (self._links, self._last) != (head.length, head.head_hash):
            same_length = self._links == head.length
            self._broken = (max(self._links, 1) if same_length else min(self._links, head.length) + 1, "HEAD")
        broken_at, reason = self._broken or (0, "")
        return Verification(head, self._links, broken_at, reason)

    def _fault(self, event: Event) -> str:
        if event.sequence != self._links:
            return "SEQUENCE"
        if event.previous_hash != self._last:
            return "PREVIOUS"
        return "" if link_hash(event) == event.hash else "HASH"


def verify(events: Iterable[Event], head: Head) -> Verification:
    """Re-derives one chain. ``events``: as stored, by sequence."""
    walk = Walk(head)
    for event in events:
        walk.follow(event)
    return walk.end()


# What a span may say: identifiers, names of methods and statements, codes. Everything else is dropped.
_KEPT = re.compile(
    r"rpc\.[a-z_.]{1,60}|db\.(system|system\.name|operation|operation\.name)|temporal[A-Za-z]{1,30}ID|otel\.status_code"
)
_STATEMENTS = frozenset({"db.statement", "db.query.text"})
_PLAIN = re.compile(r"[\w./:+$-]{1,200}", re.ASCII)
_QUOTED = re.compile(r"'(?:[^']|'')*'|\$([a-z_]*)\$.*?\$\1\$", re.DOTALL)
_NUMBER = re.compile(r"(?<![\w$.])\d+(?:\.\d+)?")


def kept_attributes(attributes: Mapping[str, str]) -> dict[str, str]:
    """The attributes a stored span keeps; values that are not plain codes are dropped, statements lose theirs."""
    kept = {name: value for name, value in attributes.items() if _KEPT.fullmatch(name) and _PLAIN.fullmatch(value)}
    statements = {name: without_values(value) for name, value in attributes.items() if name in _STATEMENTS}
    application = application_of(attributes)
    return kept | statements | ({"application.id": str(application)} if application else {})


def application_of(attributes: Mapping[str, str]) -> UUID | None:
    """The application a span is about, if it says so with an identifier."""
    try:
        return UUID(attributes.get("application.id", ""))
    except ValueError:
        return None


def without_values(statement: str) -> str:
    """A statement's text without quoted words nor numbers, 1,000 characters at most."""
    return _NUMBER.sub("?", _QUOTED.sub("?", statement)).replace("\0", "")[:1000]


def plain_name(name: str) -> str:
    """A span's or a service's name: 200 characters at most, control characters gone."""
    return "".join(character for character in name if character.isprintable())[:200]
