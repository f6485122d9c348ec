"""Calls and their rulebooks."""

from __future__ import annotations

import dataclasses
from typing import Any

from jalon.intake.v1 import calls_pb2 as pb
from jalon.intake.v1 import calls_pb2_grpc

from kit import clock, db, pages
from kit.admission import current
from kit.enums import from_proto
from kit.errors import Refused, field_invalid, not_found, required
from kit.journal import Act
from kit.money import Cents
from services.intake.domain import rulebook as rulebooks
from services.intake.domain.deadlines import rfc3339
from services.intake.domain.moves import CallAction, CallState, move
from services.intake.domain.opening import Finding, check
from services.intake.domain.reading import canonical, load
from services.intake.domain.reasons import Reason
from services.intake.domain.records import Call
from services.intake.domain.rules import Rulebook
from services.intake.domain.selfcheck import Answers, check_answers
from services.intake.handlers.people import People
from services.intake.handlers.room import Room, day, found, needed_moment, said
from services.intake.handlers.wire import call_message, finding_message, point_message
from services.intake.store import calls as store

SERVICE = "jalon.intake.v1.CallsService"
ASKED = ("application", "call", "jury", "payment-run", "bulk")
"""Kinds of entities that hold refused work."""
MOST_COMMUNES = 100
PREPARERS = frozenset({"CALL_ADMIN", "AUDITOR", "SYSTEM"})


class CallsHandlers(People, calls_pb2_grpc.CallsServiceServicer):
    """``jalon.intake.v1.CallsService``."""

    def __init__(self, room: Room) -> None:
        super().__init__(room)

    async def ImportCall(self, request: pb.ImportCallRequest, context: Any) -> pb.Call:
        """Creates a draft call, or gives it a new version of its rulebook; the same content again changes nothing."""

        async def change(act: Act) -> pb.Call:
            present = await store.lock_call(act.connection, request.call_id)
            if present is not None:
                move(present.state, CallAction.SAVE_RULEBOOK)
                if (present.rulebook_digest, present.fictitious) == (digest, request.fictitious):
                    return call_message(present)
            version = present.rulebook_version + 1 if present else 1
            call = _drafted(rulebook, request, version=version, digest=digest)
            await store.import_call(act.connection, call, body, saved_by=act.person)
            facts = {"version": version, "digest": digest, "fictitious": request.fictitious}
            act.record("call_imported", kind="call", subject=call.call_id, facts=facts)
            return call_message(call)

        required(request, "call_id", "rulebook_json")
        self._check_kind(fictitious=request.fictitious)
        rulebook = rulebooks.parse(request.rulebook_json)
        body, digest = canonical(load(request.rulebook_json)), rulebooks.digest(request.rulebook_json)
        return await self._room.journal.write(request, change)

    def _check_kind(self, *, fictitious: bool) -> None:
        if fictitious and not self._room.demonstration:
            raise Refused(Reason.FICTITIOUS_CALL_IN_REAL_INSTALLATION)
        if self._room.demonstration and not fictitious:
            raise Refused(Reason.REAL_CALL_IN_DEMONSTRATION)

    async def CheckRulebook(self, request: pb.CheckRulebookRequest, context: Any) -> pb.CheckRulebookResponse:
        """What would stop opening: wrong fields first, then what is badly set."""
        body = request.rulebook_json
        if not body:
            required(request, "call_id")
            body = found(await store.rulebook_bytes(self._room.pool, request.call_id))[2]
        now = await db.now(self._room.pool)
        try:
            findings = check(rulebooks.parse(body), now)
        except Refused as refused:
            findings = tuple(Finding(f.path, Reason(f.reason), dict(f.values)) for f in refused.fields)
        return pb.CheckRulebookResponse(findings=[finding_message(finding) for finding in findings])

    async def OpenCall(self, request: pb.OpenCallRequest, context: Any) -> pb.Call:
        """Checks, freezes and hashes the rulebook; from then on it never changes."""

        async def change(act: Act) -> pb.Call:
            call = found(await store.lock_call(act.connection, request.call_id))
            to_state = move(call.state, CallAction.OPEN_CALL)
            self._check_kind(fictitious=call.fictitious)
            findings = check(await store.rulebook_of(act.connection, call.call_id), act.at)
            if findings:
                raise Refused(Reason.RULEBOOK_BLOCKED, values={"count": str(len(findings))})
            await store.open_call(act.connection, call, to_state, at=act.at)
            opened = dataclasses.replace(call, state=to_state, opened_at=act.at)
            act.record("call_opened", kind="call", subject=call.call_id, facts=_opening_facts(opened))
            act.emit("call_opened", subject=call.call_id, facts=_opening_facts(opened))
            return call_message(opened)

        required(request, "call_id")
        return await self._room.journal.write(request, change)

    async def ExtendWindow(self, request: pb.ExtendWindowRequest, context: Any) -> pb.Call:
        """Moves a closing instant later for everybody; never earlier, and its ground is kept."""

        async def change(act: Act) -> pb.Call:
            call = found(await store.lock_call(act.connection, request.call_id))
            move(call.state, CallAction.EXTEND_WINDOW)
            present = call.pre_closes_at if window == "PRE_APPLICATION" else call.full_closes_at
            later = closes_at > act.at and await store.extend_window(
                act.connection, call.call_id, window, closes_at=closes_at, ground=ground, person=act.person, at=act.at
            )
            if not later:
                raise Refused(Reason.EXTENSION_NOT_LATER, values={"closes_at": rfc3339(present)})
            facts = {"window": window, "closed_at": clock.text(present), "closes_at": clock.text(closes_at)}
            act.record("window_extended", kind="call", subject=call.call_id, facts=facts, words=ground)
            return call_message(found(await store.get_call(act.connection, call_id=call.call_id)))

        required(request, "call_id", "window")
        window = from_proto(pb.Window, request.window, path="window")
        ground = said("ground", request.ground, longest=2000)
        closes_at = needed_moment(request, "closes_at")
        return await self._room.journal.write(request, change)

    async def CloseCall(self, request: pb.CloseCallRequest, context: Any) -> pb.Call:
        """Ends the call once its windows are over and every application is at its end."""

        async def change(act: Act) -> pb.Call:
            call = found(await store.lock_call(act.connection, request.call_id))
            to_state = move(call.state, CallAction.CLOSE_CALL)
            last = max(call.pre_closes_at, call.full_closes_at)
            if act.at < last:
                values = {"closes_at": rfc3339(last), "now": rfc3339(act.at)}
                raise Refused(Reason.TOO_EARLY, values=values)
            under_way = await store.count_under_way(act.connection, call.call_id)
            if under_way:
                raise Refused(Reason.APPLICATIONS_UNDER_WAY, values={"count": str(under_way)})
            await store.close_call(act.connection, call, to_state, at=act.at)
            act.record("call_closed", kind="call", subject=call.call_id, facts={"state": to_state.value})
            return call_message(dataclasses.replace(call, state=to_state))

        required(request, "call_id")
        return await self._room.journal.write(request, change)

    async def AskAgain(self, request: pb.AskAgainRequest, context: Any) -> pb.AskAgainResponse:
        """Keeps who had refused work asked again. A file of another call does not exist."""

        async def change(act: Act) -> pb.AskAgainResponse:
            kind, subject = request.subject_kind, request.subject_id
            if not await store.may_ask_again(act.connection, request.call_id, kind=kind, subject_id=subject):
                raise not_found()
            facts = {"subject_kind": kind, "subject": subject}
            act.record("work_asked_again", kind="call", subject=request.call_id, facts=facts)
            return pb.AskAgainResponse()

        required(request, "call_id", "subject_kind", "subject_id")
        if request.subject_kind not in ASKED:
            raise field_invalid("subject_kind", Reason.CHOICE_UNKNOWN, choices=", ".join(ASKED))
        return await self._room.journal.write(request, change)

    async def GetCall(self, request: pb.GetCallRequest, context: Any) -> pb.Call:
        """One call; a draft is shown to those who prepare it."""
        call = await store.get_call(self._room.pool, call_id=request.call_id, reference=request.reference)
        return call_message(_visible(call))

    async def ListCalls(self, request: pb.ListCallsRequest, context: Any) -> pb.ListCallsResponse:
        """Calls, newest first."""
        drafts, size = _prepares(), pages.size(request.page_size)
        scope = f"calls/{drafts}"
        key = pages.decode(request.page_token, scope=scope)
        before = (clock.parse(key[0]), key[1]) if key else None
        rows = await store.list_calls(self._room.pool, drafts=drafts, before=before, limit=size + 1)
        token = ""
        if len(rows) > size:
            call, created_at = rows[size - 1]
            token = pages.encode([clock.text(created_at), call.call_id], scope=scope)
        return pb.ListCallsResponse(calls=[call_message(call) for call, _ in rows[:size]], next_page_token=token)

    async def CheckEligibility(self, request: pb.CheckEligibilityRequest, context: Any) -> pb.CheckEligibilityResponse:
        """What a deposit of such a project would be told now."""
        required(request, "call_id")
        answers = _answers(request)
        call = _visible(await store.get_call(self._room.pool, call_id=request.call_id))
        rulebook = await store.rulebook_of(self._room.pool, call.call_id)
        now = await db.now(self._room.pool)
        points = check_answers(rulebook, answers, now=now, extended_to=call.pre_closes_at)
        met = call.state is CallState.OPEN and not any(point.findings for point in points)
        return pb.CheckEligibilityResponse(eligible=met, points=[point_message(point) for point in points])

    async def GetRulebook(self, request: pb.GetRulebookRequest, context: Any) -> pb.Rulebook:
        """The rulebook in force, byte for byte."""
        required(request, "call_id")
        version, digest, body, state = found(await store.rulebook_bytes(self._room.pool, request.call_id))
        if state is CallState.DRAFT and not _prepares():
            raise not_found()
        return pb.Rulebook(
            call_id=request.call_id,
            version=version,
            digest=digest,
            rulebook_json=body,
            frozen=state is not CallState.DRAFT,
        )


def _answers(request: pb.CheckEligibilityRequest) -> Answers:
    if len(request.communes) > MOST_COMMUNES:
        raise field_invalid("communes", Reason.NUMBER_TOO_LARGE, max=str(MOST_COMMUNES))
    return Answers(
        track=said("track", request.track, longest=40),
        communes=tuple(said("communes", one, longest=5) for one in request.communes),
        legal_family=said("legal_family", request.legal_family, longest=40),
        esus_until=day("esus_until", request.esus_until),
        requested_cents=Cents(max(request.requested_cents, 0)),
        total_cost_cents=Cents(max(request.total_cost_cents, 0)),
    )


def _drafted(rulebook: Rulebook, request: pb.ImportCallRequest, *, version: int, digest: str) -> Call:
    return Call(
        call_id=request.call_id,
        reference=rulebook.reference,
        edition=rulebook.edition,
        title_fr=rulebook.title.fr,
        title_en=rulebook.title.en,
        state=CallState.DRAFT,
        rulebook_version=version,
        rulebook_digest=digest,
        pre_opens_at=rulebook.pre_application.opens_at,
        pre_closes_at=rulebook.pre_application.closes_at,
        full_opens_at=rulebook.full_application.opens_at,
        full_closes_at=rulebook.full_application.closes_at,
        opened_at=None,
        fictitious=request.fictitious,
    )


def _opening_facts(call: Call) -> dict[str, str]:
    return {
        "digest": call.rulebook_digest,
        "pre_application_opens_at": clock.text(call.pre_opens_at),
        "pre_application_closes_at": clock.text(call.pre_closes_at),
        "full_application_opens_at": clock.text(call.full_opens_at),
        "full_application_closes_at": clock.text(call.full_closes_at),
    }


def _prepares() -> bool:
    return bool(current.get().actor.roles & PREPARERS)


def _visible(call: Call | None) -> Call:
    if call is None or (call.state is CallState.DRAFT and not _prepares()):
        raise not_found()
    return call
