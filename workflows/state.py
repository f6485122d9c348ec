"""What an entity carries and answers: plain dataclasses, JSON in the engine, light enough for any door to import."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from temporalio.exceptions import ApplicationError

DONE, UNDER_WAY = "done", "under_way"
"""What an answer says: everything was carried out; or the act is recorded, and something it asked for is parked."""
Facts = dict[str, Any]
"""What an act answers: ids, states, amounts, dates, digests; plain JSON."""


@dataclass(frozen=True)
class Context:
    """Who, which request, when. ``occurred_at``: RFC 3339, UTC. ``row``: set when derived from a bulk act.

    ``assertion`` is empty for a timer's act: the activity signs it as SYSTEM.
    """

    request_id: str
    assertion: str
    occurred_at: str
    row: str = ""


@dataclass(frozen=True)
class Answer:
    """What the caller of an act gets, and gets again if it asks again.

    ``status``: :data:`DONE` or :data:`UNDER_WAY`. ``version``: the last progress written. ``asked``: the digest of the
    request answered (:func:`digest_of`). Within one run the engine itself answers a known update id, without looking at
    what is asked: whoever sent the request compares ``asked``, and tells another request under the same id that it is
    refused (``REQUEST_REUSED``).
    """

    status: str = DONE
    facts: Facts = field(default_factory=dict)
    version: int = 0
    asked: str = ""


@dataclass(frozen=True)
class Done:
    """One processed request and its answer."""

    request_id: str
    answer: Answer


@dataclass(frozen=True)
class Task:
    """Work of the main loop: the method ``name`` of the entity receives this task."""

    name: str
    argument: str = ""
    context: Context | None = None

    def lapses(self, deadline: str) -> bool:
        """True for the question a passed ``deadline`` asks."""
        return self.name == "lapse" and self.argument == deadline


@dataclass(frozen=True)
class Parked:
    """A task that a service refused unexpectedly; asked again after the next act or fact, or when an operator says.
    ``since``: when it was refused (RFC 3339, business time)."""

    task: Task
    reason: str
    since: str = ""


@dataclass
class EntityState:
    """All that survives continue-as-new. Instants are RFC 3339 texts in UTC, in business time.

    ``business_start``: the installation's clock when the entity was started, given by who starts it.
    ``suspended``: seconds left of each stopped clock. ``origin``, ``cause``: traceparents to link later work to.
    """

    business_start: str
    engine_start: str = ""
    position: str = ""
    version: int = 0
    ring: list[Done] = field(default_factory=list)
    deadlines: dict[str, str] = field(default_factory=dict)
    suspended: dict[str, float] = field(default_factory=dict)
    tasks: list[Task] = field(default_factory=list)
    parked: list[Parked] = field(default_factory=list)
    origin: str = ""
    cause: str = ""


@dataclass(frozen=True)
class Standing:
    """Where an entity stands, for operators and for the clock of demonstrations."""

    position: str
    version: int
    business_start: str
    engine_start: str
    deadlines: dict[str, str]
    parked: list[Parked]


def refuse(reason: str, *details: Any) -> ApplicationError:
    """A refusal: never retried, its type is the wording key."""
    return ApplicationError(reason, *details, type=reason, non_retryable=True)


ADDED = {"added": True}
"""Metadata of a field (with a default) that a message did not have at first."""


def digest_of(verb: str, message: Any) -> str:
    """A digest of what a message (a dataclass) asks, without who asks and when. A field :data:`ADDED` to its message
    counts once it says something: what was asked before it existed keeps its digest."""
    unsaid = {
        one.name for one in fields(message) if one.metadata.get("added") and getattr(message, one.name) == one.default
    }
    asked = {name: value for name, value in asdict(message).items() if name not in unsaid}
    body = {**asked, "verb": verb, "context": None}
    return hashlib.sha256(json.dumps(body, sort_keys=True, default=str).encode()).hexdigest()[:32]


def instant(text: str) -> datetime:
    """The aware datetime of an RFC 3339 text."""
    return datetime.fromisoformat(text)


def derived(parent: Context, row: str) -> Context:
    """The context of one row of a bulk act: its own request id, its parent's assertion and date."""
    return Context(str(uuid5(UUID(parent.request_id), row)), parent.assertion, parent.occurred_at, row)


def text(moment: datetime) -> str:
    """An aware datetime as everything keeps it: RFC 3339, UTC, microseconds."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
