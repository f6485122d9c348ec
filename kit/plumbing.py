"""What every service serves beside its own: outbox, journal, relations, stored answers, the clock."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from typing import Any
from uuid import UUID

import asyncpg
from jalon.common.v1 import plumbing_pb2 as pb
from jalon.common.v1 import plumbing_pb2_grpc

from kit import clock, pages
from kit.admission import RECUSED, current
from kit.db import rows_of
from kit.errors import Kind, Refused, denied, required
from kit.journal import Act, Journal, plumbing

SERVICE = "jalon.common.v1.PlumbingService"
POLL_SECONDS = 1.0
MAX_ID = 2**63 - 1
_RELATION = re.compile(r"[a-z_]+")
_SUBJECT_KIND = re.compile(r"[a-z][a-z_]{0,39}")


class Plumbing(plumbing_pb2_grpc.PlumbingServiceServicer):
    """The common service on one service's own tables."""

    def __init__(self, pool: asyncpg.Pool, journal: Journal, *, demonstration: bool) -> None:
        self._pool = pool
        self._journal = journal
        self._demonstration = demonstration

    async def PullOutbox(self, request: pb.PullOutboxRequest, context: Any) -> pb.PullOutboxResponse:
        """Waits (``wait_ms``) for facts; wakes at once for those written by this process."""
        limit = min(max(request.limit, 1), 200)
        deadline = asyncio.get_running_loop().time() + min(request.wait_ms, 20_000) / 1000
        while True:
            self._journal.woken.clear()
            rows = await rows_of(plumbing.pull_outbox(self._pool, held=list(request.held_subject_ids), limit=limit))
            left = deadline - asyncio.get_running_loop().time()
            if rows or left <= 0:
                age = await plumbing.outbox_age(self._pool)
                return _pulled(rows, age)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._journal.woken.wait(), min(left, POLL_SECONDS))

    async def GetOutboxAge(self, request: pb.GetOutboxAgeRequest, context: Any) -> pb.GetOutboxAgeResponse:
        """How much waits for the relay, and since when."""
        age = await plumbing.outbox_age(self._pool)
        return pb.GetOutboxAgeResponse(
            waiting=age["waiting"],
            oldest_at=clock.to_timestamp(age["oldest_at"]),
            now=clock.to_timestamp(age["now"]),
            oldest_fact=age["oldest_fact"] or "",
        )

    async def AckOutbox(self, request: pb.AckOutboxRequest, context: Any) -> pb.AckOutboxResponse:
        """Marks facts as relayed."""
        await plumbing.ack_outbox(self._pool, outbox_ids=list(request.outbox_ids))
        return pb.AckOutboxResponse()

    async def LeaveFact(self, request: pb.LeaveFactRequest, context: Any) -> pb.LeaveFactResponse:
        """A fact of an entity that is over: no longer relayed, and told in its history."""

        async def change(act: Act) -> pb.LeaveFactResponse:
            left = await plumbing.leave_fact(act.connection, outbox_id=request.outbox_id)
            if left is not None:
                facts, subject = {"fact": left["fact"]}, str(left["subject_id"])
                act.record("fact_left", subject=subject, kind=request.subject_kind, facts=facts)
            return pb.LeaveFactResponse()

        required(request, "outbox_id", "subject_kind")
        if not _SUBJECT_KIND.fullmatch(request.subject_kind):
            raise Refused("MALFORMED", kind=Kind.INVALID)
        return await self._journal.write(request, change)

    async def GetAnswer(self, request: pb.GetAnswerRequest, context: Any) -> pb.GetAnswerResponse:
        """The stored answer, for its author or the worker."""
        required(request, "request_id")
        stored = await plumbing.answer_of(self._pool, request_id=UUID(request.request_id))
        if stored is None:
            return pb.GetAnswerResponse(done=False)
        call = current.get()
        if call.role != "SYSTEM" and stored["person"] != call.actor.person:
            raise denied()
        recorded_at = clock.to_timestamp(stored["recorded_at"])
        return pb.GetAnswerResponse(done=True, verb=stored["verb"], answer=stored["answer"], recorded_at=recorded_at)

    async def ListJournal(self, request: pb.ListJournalRequest, context: Any) -> pb.ListJournalResponse:
        """History of an application in this service, newest first."""
        required(request, "application_id")
        size = pages.size(request.page_size)
        before = pages.decode(request.page_token, scope=f"journal/{request.application_id}") or [MAX_ID]
        rows = await rows_of(
            plumbing.list_journal(
                self._pool, application_id=UUID(request.application_id), before=before[0], limit=size + 1
            )
        )
        events = [_event(row) for row in rows[:size]]
        token = ""
        if len(rows) > size:
            token = pages.encode([rows[size - 1]["journal_id"]], scope=f"journal/{request.application_id}")
        return pb.ListJournalResponse(events=events, next_page_token=token)

    async def RelatePerson(self, request: pb.RelatePersonRequest, context: Any) -> pb.RelatePersonResponse:
        """Ties, unties or recuses a person; recorded like any other change."""

        async def change(act: Act) -> pb.RelatePersonResponse:
            tie = {"person": UUID(request.person_id), "application_id": UUID(request.application_id)}
            relation = RECUSED if request.recused else request.relation
            if request.ended:
                await plumbing.end_relation(act.connection, **tie, relation=relation)
            else:
                await plumbing.relate_person(act.connection, **tie, call_id=UUID(request.call_id), relation=relation)
            facts = {"person": request.person_id, "relation": relation, "ended": request.ended}
            act.record("person_related", subject=request.application_id, facts=facts)
            return pb.RelatePersonResponse()

        required(request, "application_id", "person_id", *(() if request.ended else ("call_id",)))
        if not request.recused and not _RELATION.fullmatch(request.relation):
            raise Refused("MALFORMED", kind=Kind.INVALID)
        return await self._journal.write(request, change)

    async def GetNow(self, request: pb.GetNowRequest, context: Any) -> pb.GetNowResponse:
        """The installation's clock."""
        now = await self._pool.fetchval("SELECT clock.now()")
        return pb.GetNowResponse(now=clock.to_timestamp(now), demonstration=self._demonstration)


def _pulled(rows: list[asyncpg.Record], age: asyncpg.Record) -> pb.PullOutboxResponse:
    return pb.PullOutboxResponse(
        rows=[
            pb.OutboxRow(
                outbox_id=row["outbox_id"],
                fact=row["fact"],
                subject_id=str(row["subject_id"]),
                request_id=str(row["request_id"]),
                occurred_at=clock.to_timestamp(row["occurred_at"]),
                facts_json=row["facts"],
                traceparent=row["traceparent"],
            )
            for row in rows
        ],
        now=clock.to_timestamp(age["now"]),
        waiting=age["waiting"],
        oldest_at=clock.to_timestamp(age["oldest_at"]),
    )


def _event(row: asyncpg.Record) -> pb.JournalEvent:
    return pb.JournalEvent(
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
