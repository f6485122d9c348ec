"""The history of one file in plain sentences, from the journals of the three services that keep one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import grpc
from jalon.common.v1 import plumbing_pb2, rights_pb2

from cli.errors import reason_of
from cli.finding import every
from cli.session import Session
from kit import clock
from kit.errors import Refused
from wording import Locale, enum_label, event_sentence
from wording.values import moment

SOURCES = ("intake", "review", "payments")


@dataclass(frozen=True)
class Line:
    """One event: when it happened and was recorded, in which service, what, in which role, under which trace."""

    at: datetime
    recorded_at: datetime
    service: str
    event: str
    role: str
    actor: str
    trace_id: str
    facts: dict[str, Any]

    def told(self, locale: Locale, words: Mapping[str, str]) -> str:
        """Its sentence; ``words``: those of the rulebook's codes."""
        values = {
            name: words.get(value, value) if isinstance(value, str) else value for name, value in self.facts.items()
        }
        return event_sentence(self.event, locale=locale, values=values)

    def as_json(self) -> dict[str, Any]:
        """Everything but words."""
        return {**vars(self), "at": clock.text(self.at), "recorded_at": clock.text(self.recorded_at)}


async def timeline(session: Session, application_id: str) -> tuple[list[Line], dict[str, str]]:
    """Every line, newest first; and the services that could not be read, with the reason."""
    told = await asyncio.gather(*(_journal(session, service, application_id) for service in SOURCES))
    lines = [line for found in told if isinstance(found, list) for line in found]
    silent = {service: found for service, found in zip(SOURCES, told, strict=True) if isinstance(found, str)}
    return sorted(lines, key=lambda line: (line.at, line.recorded_at), reverse=True), silent


async def _journal(session: Session, service: str, application_id: str) -> list[Line] | str:
    request = plumbing_pb2.ListJournalRequest(application_id=application_id)
    try:
        events = await every(session, f"{service}.plumbing", "ListJournal", request=request, rows="events")
    except (Refused, grpc.aio.AioRpcError) as error:
        # A file that never reached a service is not known there, which is not a fault.
        return [] if reason_of(error) == "NOT_FOUND" else reason_of(error)
    return [line_of(service, event) for event in events]


def line_of(service: str, event: plumbing_pb2.JournalEvent) -> Line:
    """A line of a journal; its words are left where they are."""
    return Line(
        at=clock.from_timestamp(event.occurred_at),
        recorded_at=clock.from_timestamp(event.recorded_at),
        service=service,
        event=event.event,
        role=event.role,
        actor=event.actor,
        trace_id=event.trace_id,
        facts=json.loads(event.facts_json or "{}"),
    )


def draw_timeline(session: Session, lines: list[Line], *, words: Mapping[str, str]) -> None:
    """Newest first: when, what, by whom."""
    locale = session.locale
    rows = [
        [
            moment(line.at, locale=locale),
            line.told(locale, words),
            enum_label(rights_pb2.Role.DESCRIPTOR, line.role, locale=locale),
        ]
        for line in lines
    ]
    session.out.table(["column.when", "column.what", "column.by"], rows, title="show.timeline")
