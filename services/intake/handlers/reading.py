"""What desks and applicants read: one file, lists, counts, and whether a receipt is genuine."""

from __future__ import annotations

import dataclasses
from typing import Any

from jalon.common.v1 import rights_pb2
from jalon.intake.v1 import applications_pb2 as pb

from kit import clock, pages
from kit.admission import RECUSED, current
from kit.enums import from_proto
from kit.errors import field_invalid, not_found, required
from services.intake.domain.communes import named
from services.intake.domain.decisions import withheld
from services.intake.domain.deposit import patterns
from services.intake.domain.moves import ApplicationState
from services.intake.domain.reasons import Reason
from services.intake.domain.records import Row, Whole
from services.intake.handlers.contents import message_of
from services.intake.handlers.registers import identity_source
from services.intake.handlers.room import SYSTEM, WRITERS, Part, call_in_sight, found, moment, person, said, viewer
from services.intake.handlers.wire import application_message, row_message
from services.intake.store import applications as store
from services.intake.store import documents as document_store
from services.intake.store import lists, people

EVERYWHERE = frozenset({"AUDITOR", SYSTEM})
JUDGES = frozenset({"JURY_MEMBER", "JURY_CHAIR", "EXPERT"})


class Reading(Part):
    """Reads of ``jalon.intake.v1.ApplicationsService``."""

    async def GetApplication(self, request: pb.GetApplicationRequest, context: Any) -> pb.Application:
        """One application. Who writes it reads the newest forms; others what was deposited, and nothing before."""
        role = current.get().role
        application_id = request.application_id or await self._by_number(request)
        writes = role in WRITERS
        whole = found(await store.get_application(self._room.pool, application_id, writes=writes))
        if whole.application.state is ApplicationState.DRAFT and not writes and role != SYSTEM:
            raise not_found()
        if role in JUDGES:
            whole = dataclasses.replace(whole, pre_content=withheld(whole.pre_content))
        return application_message(await self._with_pieces(whole, deposited=not writes))

    async def _by_number(self, request: pb.GetApplicationRequest) -> str:
        """A number names a file only to agents, and only where their role reaches."""
        call, number = current.get(), said("number", request.number, longest=20)
        in_call = "" if call.role in EVERYWHERE else call.actor.call_id
        hit = found(await store.find_number(self._room.pool, number, call_id=request.call_id or in_call))
        application_id, call_id = hit
        if call.role not in EVERYWHERE and call_id != call.actor.call_id:
            raise not_found()
        if call.role != SYSTEM:
            case = await people.case_rights(self._room.pool, call.actor.person, application_id)
            if case is None or RECUSED in case.relations:
                raise not_found()
        return application_id

    async def _with_pieces(self, whole: Whole, *, deposited: bool) -> Whole:
        application_id = whole.application.application_id
        return dataclasses.replace(
            whole,
            documents=await document_store.list_documents(self._room.pool, application_id, deposited=deposited),
            corrections=await document_store.list_corrections(self._room.pool, application_id),
            source=await identity_source(self._room.pool, application_id, whole.pre_content),
        )

    async def ListApplications(self, request: pb.ListApplicationsRequest, context: Any) -> pb.ListApplicationsResponse:
        """The list every desk reads; a file the reader is recused from is not in it."""
        filters = _filters(request)
        size, scope = pages.size(request.page_size), repr(dataclasses.astuple(filters))
        key = pages.decode(request.page_token, scope=scope)
        after = lists.Place(*key) if key else lists.Place()
        found = await lists.list_applications(self._room.pool, filters, viewer=viewer(), after=after, limit=size + 1)
        token = ""
        if len(found) > size:
            token = pages.encode(list(dataclasses.astuple(found[size - 1][1])), scope=scope)
        page = _page([row for row, _ in found[:size]], token)
        if request.with_counts:
            page.counts.CopyFrom(await self._counts(_counted(request)))
        return page

    async def GetNeighbors(self, request: pb.GetNeighborsRequest, context: Any) -> pb.GetNeighborsResponse:
        """The files before and after one in a list."""
        required(request, "application_id")
        filters = _filters(request.list)
        around = await lists.get_neighbors(
            self._room.pool, filters, viewer=viewer(), application_id=request.application_id
        )
        if around is None:
            return pb.GetNeighborsResponse()
        return pb.GetNeighborsResponse(
            previous_number=around.previous,
            next_number=around.following,
            position=around.position,
            total=around.total,
        )

    async def ListAssignedApplications(
        self, request: pb.ListAssignedApplicationsRequest, context: Any
    ) -> pb.ListApplicationsResponse:
        """What a member of the jury was given to read; never a file she is recused from."""
        required(request, "call_id")
        me, size = person(), pages.size(request.page_size)
        scope = f"assigned/{request.call_id}/{me}"
        after = pages.decode(request.page_token, scope=scope) or [0, 0]
        rows = await lists.list_assigned_applications(
            self._room.pool, request.call_id, person=me, after=(after[0], after[1]), limit=size + 1
        )
        return _numbered(rows, size, scope=scope)

    async def ListMyApplications(
        self, request: pb.ListMyApplicationsRequest, context: Any
    ) -> pb.ListApplicationsResponse:
        """The caller's own applications, newest first, drafts included."""
        me, size = person(), pages.size(request.page_size)
        scope = f"mine/{me}"
        key = pages.decode(request.page_token, scope=scope)
        before = (clock.parse(key[0]), key[1]) if key else None
        rows = await lists.list_my_applications(self._room.pool, me, before=before, limit=size + 1)
        token = ""
        if len(rows) > size:
            last = rows[size - 1]
            token = pages.encode([clock.text(last.created_at), last.application_id], scope=scope)
        return _page(rows[:size], token)

    async def CountApplications(
        self, request: pb.CountApplicationsRequest, context: Any
    ) -> pb.CountApplicationsResponse:
        """Counts by stage and ending, and both deposits."""
        return await self._counts(_counted(request))

    async def _counts(self, filters: lists.Filters) -> pb.CountApplicationsResponse:
        counts = await lists.count_applications(self._room.pool, filters, viewer=viewer())
        whole = {kind: count for kind, _, count in counts if kind in ("received", "full_received", "unread")}
        return pb.CountApplicationsResponse(
            by_stage=[pb.Count(key=key, count=count) for kind, key, count in counts if kind == "stage"],
            by_ending=[pb.Count(key=key, count=count) for kind, key, count in counts if kind == "ending"],
            by_reviewer=[pb.Count(key=key, count=count) for kind, key, count in counts if kind == "reviewer"],
            received=whole["received"],
            full_received=whole["full_received"],
            unread=whole["unread"],
        )

    async def ListDeposits(self, request: pb.ListDepositsRequest, context: Any) -> pb.ListDepositsResponse:
        """The full application as each deposit left it."""
        required(request, "application_id")
        received = await store.list_deposits(self._room.pool, request.application_id)
        return pb.ListDepositsResponse(deposits=[_deposit(one) for one in received])


def _deposit(received: store.Received) -> pb.Deposit:
    return pb.Deposit(
        kind=received.kind,
        received_at=clock.to_timestamp(received.received_at),
        digest=received.digest,
        full_application=message_of(received.body["content"], pb.FullApplication),
        document_ids=sorted(received.body["pieces"]),
    )


def _filters(request: pb.ListApplicationsRequest) -> lists.Filters:
    if len(request.application_ids) > pages.LARGEST:
        raise field_invalid("application_ids", Reason.NUMBER_TOO_LARGE, max=str(pages.LARGEST))
    return dataclasses.replace(
        _counted(request),
        stages=tuple(name for stage in request.stages if (name := from_proto(pb.Stage, stage, path="stages"))),
        ending=from_proto(pb.Ending, request.ending, path="ending"),
        application_ids=tuple(one for one in request.application_ids if one),
        order=from_proto(pb.ListOrder, request.order, path="order"),
    )


def _counted(request: pb.ListApplicationsRequest | pb.CountApplicationsRequest) -> lists.Filters:
    query = said("query", request.query, longest=200, required=False)
    return lists.Filters(
        call_id=call_in_sight(request.call_id),
        track=said("track", request.track, longest=40, required=False),
        commune=said("commune", request.commune, longest=5, required=False),
        reviewer_id=request.reviewer_id,
        blocking_role=from_proto(rights_pb2.Role, request.blocking_role, path="blocking_role"),
        next_event=from_proto(pb.NextEvent, request.next_event, path="next_event"),
        due_before=moment(request, "next_event_before"),
        unread=request.unread,
        patterns=patterns(query),
        named_communes=named(query),
    )


def _numbered(rows: list[Row], size: int, *, scope: str) -> pb.ListApplicationsResponse:
    """A page of a list by number; one row too many says that there is a next one."""
    token = ""
    if len(rows) > size:
        last = rows[size - 1]
        token = pages.encode([last.number_year, last.number_sequence], scope=scope)
    return _page(rows[:size], token)


def _page(rows: list[Row], token: str) -> pb.ListApplicationsResponse:
    return pb.ListApplicationsResponse(rows=[row_message(row) for row in rows], next_page_token=token)
