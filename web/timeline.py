"""The history of one file in plain sentences, from the journals of the three services that keep one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jalon.common.v1 import plumbing_pb2

from kit import clock
from kit.errors import Kind, Refused
from web import words
from web.desk import Desk, ServiceSilent
from wording.values import PEOPLE

SOURCES = ("intake", "review", "payments")
NOBODY: Mapping[str, str] = {}
GROUNDS = ("legal_basis", "ground")


@dataclass(frozen=True)
class Line:
    """One event: when it happened and was recorded, where, what, by whom in which role, under which trace."""

    at: datetime
    recorded_at: datetime
    service: str
    journal_id: int
    event: str
    actor: str
    role: str
    trace_id: str
    words: str
    facts: Mapping[str, Any]

    @property
    def key(self) -> str:
        """What an anchor names."""
        return f"{self.service}-{self.journal_id}"

    def told(self, labels: Mapping[str, Mapping[str, str]], names: Mapping[str, str] = NOBODY) -> str:
        """Its sentence; ``labels``: those of the rulebook's codes; ``names``: of the people it is about."""
        facts = {name: _labeled(value, labels) for name, value in self.facts.items()}
        return words.event(self.event, {**facts, **{fact: names.get(one, "") for fact, one in self._about.items()}})

    @property
    def people(self) -> tuple[str, ...]:
        """Ids of who did it and of whom it is about."""
        return self.actor, *self._about.values()

    @property
    def _about(self) -> dict[str, str]:
        return {name: str(self.facts[name]) for name in PEOPLE if self.facts.get(name)}


@dataclass(frozen=True)
class History:
    """Lines, newest first, and the services that could not be read."""

    lines: Sequence[Line]
    silent: Sequence[str] = ()

    def since(self, instant: datetime) -> list[Line]:
        """What was recorded after an instant."""
        return [line for line in self.lines if line.recorded_at > instant]

    @property
    def actors(self) -> tuple[str, ...]:
        """Everybody named."""
        return tuple({person for line in self.lines for person in line.people})


async def history(desk: Desk, application_id: str, *, of: Sequence[str] = SOURCES) -> History:
    """The journals of these services, read at once. A file that a service has not received yet is no fault."""
    told = await asyncio.gather(*(_journal(desk, service, application_id) for service in of))
    lines = [line for found in told if found is not None for line in found]
    silent = [service for service, found in zip(of, told, strict=True) if found is None]
    return History(sorted(lines, key=lambda line: (line.at, line.recorded_at), reverse=True), silent)


async def _journal(desk: Desk, service: str, application_id: str) -> list[Line] | None:
    request = plumbing_pb2.ListJournalRequest(application_id=application_id)
    try:
        events = await desk.every(f"{service}.plumbing", request, "events")
    except ServiceSilent:
        return None
    except Refused as refused:
        if refused.kind is Kind.NOT_FOUND:
            return []
        raise
    return [_line(service, event) for event in events]


def _line(service: str, event: plumbing_pb2.JournalEvent) -> Line:
    return Line(
        at=clock.from_timestamp(event.occurred_at),
        recorded_at=clock.from_timestamp(event.recorded_at),
        service=service,
        journal_id=event.journal_id,
        event=event.event,
        actor=event.actor,
        role=event.role,
        trace_id=event.trace_id,
        words=event.words,
        facts=json.loads(event.facts_json or "{}"),
    )


def _labeled(value: Any, labels: Mapping[str, Mapping[str, str]]) -> Any:
    if isinstance(value, str) and value in labels:
        return labels[value].get(words.locale(), value)
    return value
