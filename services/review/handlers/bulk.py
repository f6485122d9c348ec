"""One act on many files: what stands in the way, asked, stopped, resumed, finished, read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import asyncpg
from jalon.review.v1 import bulk_pb2 as pb
from jalon.review.v1 import bulk_pb2_grpc, cases_pb2

from kit import clock, db, pages
from kit.admission import current
from kit.contract import methods, role_name
from kit.enums import from_proto, to_proto
from kit.errors import denied, field_invalid, not_found, required
from kit.journal import Act, Journal
from services.review.domain.bulk import (
    BULK,
    DONE,
    Asked,
    Bulk,
    BulkAct,
    BulkAction,
    BulkFile,
    BulkState,
    check_asked,
    obstacle,
)
from services.review.domain.completeness import check_items
from services.review.domain.moves import move
from services.review.domain.reasons import Reason
from services.review.handlers.reading import once
from services.review.store import bulk as store
from services.review.store.calls import Rulebooks

ADMINISTRATOR = "CALL_ADMIN"
ROLES = {
    method.verb: frozenset(role_name(grant.role) for grant in method.rights.grants)
    for method in methods(("jalon.review.v1.CasesService",)).values()
}


class BulkService(bulk_pb2_grpc.BulkServiceServicer):
    """Bulk acts of a call."""

    def __init__(self, pool: asyncpg.Pool, journal: Journal, rulebooks: Rulebooks) -> None:
        self._pool = pool
        self._journal = journal
        self._rulebooks = rulebooks

    async def CheckBulk(self, request: pb.CheckBulkRequest, context: Any) -> pb.CheckBulkResponse:
        """What each file's own RPC would refuse it for, as things stand now."""
        required(request, "call_id")
        act, ids = _act(request), _ids("application_ids", request.application_ids)
        if len(ids) > pages.LARGEST:
            raise field_invalid("application_ids", Reason.FILES_TOO_MANY, max=str(pages.LARGEST))
        async with self._pool.acquire() as connection:
            now = await db.now(connection)
            found = await store.chosen(
                connection,
                request.call_id,
                ids,
                person=current.get().actor.person,
                reviewer_id=request.reviewer_id,
            )
        return pb.CheckBulkResponse(
            obstacles=[
                pb.Obstacle(application_id=one.case.application_id, reason=obstacle(act, one, now=now)) for one in found
            ]
        )

    async def StartBulk(self, request: pb.StartBulkRequest, context: Any) -> pb.Bulk:
        """Keeps what is asked, of files that exist for whoever asks. The rights of each row are asked again there."""

        async def change(act: Act) -> pb.Bulk:
            required(request, "call_id", "bulk_id")
            asked, ids = _asked(request), _ids("files", (file.application_id for file in request.files))
            check_asked(asked, files=len(ids), now=act.at)
            if asked.act is BulkAct.REQUEST_CORRECTION:
                registered = await self._rulebooks.of(act.connection, request.call_id)
                check_items(registered.rules, [{"field": "", **item} for item in asked.items])
            known = await store.chosen(
                act.connection, request.call_id, ids, person=act.person, reviewer_id=asked.reviewer_id
            )
            if len(known) != len(ids):
                raise not_found()
            bulk = Bulk(
                bulk_id=request.bulk_id,
                call_id=request.call_id,
                person=act.person,
                state=BulkState.RUNNING,
                asked=asked,
                started_at=act.at,
                total=len(ids),
                files=[BulkFile(application_id) for application_id in ids],
            )
            await store.start_bulk(act.connection, bulk)
            facts = {**_named(bulk), "application_ids": ids, **_facts(asked)}
            act.record("bulk_started", subject=bulk.call_id, kind="call", facts=facts)
            return _message(bulk)

        return await self._journal.write(request, change)

    async def StopBulk(self, request: pb.StopBulkRequest, context: Any) -> pb.Bulk:
        """No row begins any more."""

        async def change(act: Act) -> pb.Bulk:
            bulk = await _move(act, request, BulkAction.STOP_BULK)
            act.record("bulk_stopped", subject=bulk.call_id, kind="call", facts=_named(bulk))
            return _message(bulk)

        return await self._journal.write(request, change)

    async def ResumeBulk(self, request: pb.ResumeBulkRequest, context: Any) -> pb.Bulk:
        """The rows left go on."""

        async def change(act: Act) -> pb.Bulk:
            bulk = await _move(act, request, BulkAction.RESUME_BULK)
            act.record("bulk_resumed", subject=bulk.call_id, kind="call", facts=_named(bulk))
            return _message(bulk)

        return await self._journal.write(request, change)

    async def FinishBulk(self, request: pb.FinishBulkRequest, context: Any) -> pb.Bulk:
        """Every row has its result."""

        async def change(act: Act) -> pb.Bulk:
            required(request, "call_id", "bulk_id")
            files = [BulkFile(file.application_id, file.result) for file in request.files]
            _ids("files", (file.application_id for file in files))
            bulk = await store.lock_bulk(act.connection, request.bulk_id, request.call_id)
            state = move(BULK, bulk.state, BulkAction.FINISH_BULK)
            await store.finish_bulk(act.connection, bulk, files)
            await store.move_bulk(act.connection, bulk, state, finished_at=act.at)
            done = sum(file.result == DONE for file in files)
            facts = {**_named(bulk), "done": done, "total": len(files)}
            act.record("bulk_finished", subject=bulk.call_id, kind="call", facts=facts)
            return _message(replace(bulk, state=state, finished_at=act.at, total=len(files), done=done, files=files))

        return await self._journal.write(request, change)

    async def GetBulk(self, request: pb.GetBulkRequest, context: Any) -> pb.Bulk:
        """One bulk act; somebody else's does not exist, but for the administrator."""
        required(request, "call_id", "bulk_id")
        actor = current.get().actor
        async with self._pool.acquire() as connection:
            bulk = await store.get_bulk(connection, request.bulk_id, request.call_id, reader=actor.person)
        if bulk.person != actor.person and ADMINISTRATOR not in actor.roles:
            raise not_found()
        return _message(bulk)

    async def ListBulks(self, request: pb.ListBulksRequest, context: Any) -> pb.ListBulksResponse:
        """One's own, newest first; the administrator's list holds everybody's."""
        required(request, "call_id")
        actor = current.get().actor
        person = "" if ADMINISTRATOR in actor.roles else actor.person
        size, scope = pages.size(request.page_size), f"bulks/{request.call_id}/{person}"
        key = pages.decode(request.page_token, scope=scope)
        before = None if key is None else (clock.parse(key[0]), str(key[1]))
        async with self._pool.acquire() as connection:
            found = await store.list_bulks(connection, request.call_id, person=person, before=before, limit=size + 1)
        shown, token = found[:size], ""
        if len(found) > size:
            token = pages.encode([clock.text(shown[-1].started_at), shown[-1].bulk_id], scope=scope)
        return pb.ListBulksResponse(bulks=[_message(bulk) for bulk in shown], next_page_token=token)


async def _move(act: Act, request: pb.StopBulkRequest | pb.ResumeBulkRequest, action: BulkAction) -> Bulk:
    """By whoever asked for it, or the administrator of its call; to others it does not exist."""
    required(request, "call_id", "bulk_id")
    bulk = await store.lock_bulk(act.connection, request.bulk_id, request.call_id)
    if bulk.person != act.person and ADMINISTRATOR not in act.call.actor.roles:
        raise not_found()
    state = move(BULK, bulk.state, action)
    await store.move_bulk(act.connection, bulk, state)
    return replace(bulk, state=state)


def _named(bulk: Bulk) -> dict[str, Any]:
    return {"bulk_id": bulk.bulk_id, "act": bulk.asked.act.value}


def _act(request: pb.CheckBulkRequest | pb.StartBulkRequest) -> BulkAct:
    """The act asked, for those whose roles open it. Refused: ``NOT_ALLOWED``; invalid: ``FIELD_MISSING``."""
    name = from_proto(pb.BulkAct, request.act, path="act")
    if not name:
        raise field_invalid("act", Reason.FIELD_MISSING)
    act = BulkAct(name)
    if not current.get().actor.roles & ROLES[act.rpc]:
        raise denied()
    return act


def _ids(path: str, given: Iterable[str]) -> list[str]:
    """The files named, each once. Invalid: ``FIELD_MISSING`` for one that is not."""
    ids = once(given)
    if not all(ids):
        raise field_invalid(path, Reason.FIELD_MISSING)
    return ids


def _asked(request: pb.StartBulkRequest) -> Asked:
    act = _act(request)
    return Asked(
        act=act,
        reviewer_id=request.reviewer_id if act is BulkAct.ASSIGN_REVIEWER else "",
        items=_items(request.items) if act is BulkAct.REQUEST_CORRECTION else (),
        closes_at=clock.from_timestamp(request.closes_at) if act is BulkAct.REQUEST_CORRECTION else None,
    )


def _items(items: Iterable[cases_pb2.CorrectionItem]) -> list[dict[str, str]]:
    return [{"piece": item.piece, "reason": item.reason} for item in items]


def _facts(asked: Asked) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    if asked.reviewer_id:
        facts["reviewer_id"] = asked.reviewer_id
    if asked.closes_at:
        facts["items"], facts["closes_at"] = list(asked.items), clock.text(asked.closes_at)
    return facts


def _message(bulk: Bulk) -> pb.Bulk:
    return pb.Bulk(
        bulk_id=bulk.bulk_id,
        call_id=bulk.call_id,
        act=to_proto(pb.BulkAct, bulk.asked.act),
        state=to_proto(pb.BulkState, bulk.state),
        person_id=bulk.person,
        started_at=clock.to_timestamp(bulk.started_at),
        finished_at=clock.to_timestamp(bulk.finished_at),
        files=[pb.BulkFile(application_id=file.application_id, result=file.result) for file in bulk.files],
        total=bulk.total,
        done=bulk.done,
        reviewer_id=bulk.asked.reviewer_id,
        items=[cases_pb2.CorrectionItem(piece=item["piece"], reason=item["reason"]) for item in bulk.asked.items],
        closes_at=clock.to_timestamp(bulk.asked.closes_at),
    )
