"""Cases as desks read them, and the history an applicant may read of her own."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import asyncpg
from jalon.common.v1 import plumbing_pb2
from jalon.review.v1 import cases_pb2 as pb

from kit import clock, pages
from kit.admission import current
from kit.errors import required
from kit.plumbing import MAX_ID, Plumbing
from services.review.handlers.desk import Desk
from services.review.handlers.messages import case_message, promises_message
from services.review.store import cases

OWN = frozenset({"APPLICANT", "CO_EDITOR"})


class Reading(Desk):
    """One case, or those of a call."""

    async def GetCase(self, request: pb.GetCaseRequest, context: Any) -> pb.Case:
        """One case."""
        async with self._pool.acquire() as connection:
            return await self.shown(connection, request.application_id)

    async def GetPromises(self, request: pb.GetPromisesRequest, context: Any) -> pb.Promises:
        """What an applicant was promised: dates alone."""
        required(request, "application_id")
        async with self._pool.acquire() as connection:
            sheet = await cases.read(connection, request.application_id)
            registered = await self._rulebooks.of(connection, sheet.case.call_id)
        return promises_message(sheet, registered.rules)

    async def ListCases(self, request: pb.ListCasesRequest, context: Any) -> pb.ListCasesResponse:
        """The cases of a call by reception, without those the reader is recused from."""
        required(request, "call_id")
        size, scope = pages.size(request.page_size), f"cases/{request.call_id}"
        key = pages.decode(request.page_token, scope=scope)
        after = None if key is None else (clock.parse(key[0]), str(key[1]))
        person = current.get().actor.person
        async with self._pool.acquire() as connection:
            registered = await self._rulebooks.of(connection, request.call_id)
            found = await cases.page(connection, request.call_id, person=person, after=after, limit=size + 1)
        shown = found[:size]
        token = ""
        if len(found) > size:
            last = shown[-1].case
            token = pages.encode([clock.text(last.received_at), last.application_id], scope=scope)
        messages = [case_message(sheet, registered.rules) for sheet in shown]
        return pb.ListCasesResponse(cases=messages, next_page_token=token)


class ReviewPlumbing(Plumbing):
    """The common service; an applicant reads of her case what has been told to her, not what is being decided."""

    def __init__(self, pool: asyncpg.Pool, journal: Any, *, demonstration: bool) -> None:
        super().__init__(pool, journal, demonstration=demonstration)
        self._own_pool = pool

    async def ListJournal(
        self, request: plumbing_pb2.ListJournalRequest, context: Any
    ) -> plumbing_pb2.ListJournalResponse:
        """History of a case, newest first."""
        if current.get().role not in OWN:
            return await super().ListJournal(request, context)
        size, scope = pages.size(request.page_size), f"told/{request.application_id}"
        before = pages.decode(request.page_token, scope=scope) or [MAX_ID]
        found = await cases.told(self._own_pool, UUID(request.application_id), before=before[0], limit=size + 1)
        token = pages.encode([found[size - 1]["journal_id"]], scope=scope) if len(found) > size else ""
        return plumbing_pb2.ListJournalResponse(events=[_event(row) for row in found[:size]], next_page_token=token)


def _event(row: asyncpg.Record) -> plumbing_pb2.JournalEvent:
    return plumbing_pb2.JournalEvent(
        journal_id=row["journal_id"],
        event=row["event"],
        application_id=str(row["subject_id"]),
        actor=row["actor"],
        role=row["role"],
        issuer=row["issuer"],
        occurred_at=clock.to_timestamp(row["occurred_at"]),
        recorded_at=clock.to_timestamp(row["recorded_at"]),
        request_id=str(row["request_id"]),
        trace_id=row["trace_id"],
        facts_json=json.dumps(json.loads(row["facts"]), sort_keys=True),
        words=row["words"],
    )
