"""The jury's sessions: prepared, convoked, scored, opened, closed; read by each as she may."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import asyncpg
import rfc8785
from jalon.review.v1 import jury_pb2 as pb

from kit import clock
from kit.admission import RECUSED, current
from kit.errors import FieldFault, denied, field_invalid, invalid, not_found, required
from kit.journal import Act, Journal, plumbing
from services.review.domain.minutes import Papers, as_record, draw_up, project
from services.review.domain.moves import JURY_SESSION, JurySessionAction, JurySessionState, ScoreState, move
from services.review.domain.reasons import Reason
from services.review.domain.results import Result, result_of, with_spread, without
from services.review.domain.rulebook import check_weights, with_weights
from services.review.domain.scoring import Mark, Sheet, submit
from services.review.domain.session import (
    ConflictNature,
    MemberRole,
    Presence,
    Recusal,
    Session,
    adjourn_session,
    cancel_session,
    check_may_score,
    close_session,
    open_session,
    prepare,
    recuse,
    seat,
    tallies,
)
from services.review.domain.texts import TextRef
from services.review.domain.votes import Ballot
from services.review.handlers.messages import result_message, score_message, session_message, session_row
from services.review.handlers.minutes import minutes_message, readable
from services.review.handlers.reading import facts_of, given, once, ref, text_ref
from services.review.handlers.voting import ballot_message
from services.review.store import ballots, calls, texts
from services.review.store import jury as store
from services.review.store.calls import Registered, Rulebooks
from services.review.store.jury import Held, Sitting
from services.review.store.texts import Origin

KIND = "jury_session"
BLANK = -1
SEATED = frozenset({"JURY_MEMBER", "JURY_CHAIR"})


class Sessions:
    """From the names of the members to the frozen result."""

    def __init__(self, pool: asyncpg.Pool, journal: Journal, rulebooks: Rulebooks) -> None:
        self._pool = pool
        self._journal = journal
        self._rulebooks = rulebooks

    async def PrepareSession(self, request: pb.PrepareSessionRequest, context: Any) -> pb.Session:
        """Members, chair and files; every file is shortlisted and alive."""

        async def change(act: Act) -> pb.Session:
            required(request, "call_id", "session_id", "chair_id")
            registered = await self._rulebooks.of(act.connection, request.call_id)
            members, files = once(request.member_ids), once(request.application_ids)
            session = prepare(request.session_id, member_ids=members, chair_id=request.chair_id, application_ids=files)
            await _check_files(act, request, files)
            held_at, quorum = given("held_at", request), registered.rules.jury.quorum
            place = ref(request, "place")
            said = ""
            if place is not None:
                said = await texts.cited(act.connection, place, Origin(request.call_id, None, "PLACE"), path="place")
            await store.prepare(act.connection, session, Sitting(request.call_id, held_at, quorum, place))
            facts = {
                "call_id": request.call_id,
                "held_at": clock.text(held_at),
                "quorum": quorum,
                "members": sorted(members),
                "chair_id": request.chair_id,
                "application_ids": sorted(files),
                "rulebook_digest": registered.digest,
                **facts_of(place),
            }
            act.record("session_prepared", subject=request.session_id, kind=KIND, facts=facts, words=said)
            return await self._shown(act.connection, request)

        return await self._journal.write(request, change)

    async def ConvokeSession(self, request: pb.ConvokeSessionRequest, context: Any) -> pb.Session:
        """Convokes the members; each file opens to those not recused."""

        async def change(act: Act) -> pb.Session:
            held = await store.load(act.connection, request.session_id, request.call_id, to="move")
            state = move(JURY_SESSION, held.session.state, JurySessionAction.CONVOKE)
            await store.convoke(act.connection, held, state)
            facts = {"state": state.value, "held_at": clock.text(held.held_at)}
            act.record("session_convoked", subject=request.session_id, kind=KIND, facts=facts)
            return await self._shown(act.connection, request)

        return await self._journal.write(request, change)

    async def DeclareConflict(self, request: pb.DeclareConflictRequest, context: Any) -> pb.Session:
        """The file vanishes for the member at once, and what she said of it counts no more."""

        async def change(act: Act) -> pb.Session:
            held = await store.load(act.connection, request.session_id, request.call_id, to="move")
            nature, application_id = _nature(request.nature), request.application_id
            recuse(held.session, act.person, application_id=application_id, nature=nature, at=act.at)
            recusal = Recusal(act.person, application_id, nature, act.at)
            if await store.declare(act.connection, held, recusal):
                await plumbing.relate_person(
                    act.connection,
                    person=act.person,
                    application_id=application_id,
                    call_id=request.call_id,
                    relation=RECUSED,
                )
                facts = {"person": act.person, "nature": nature.value}
                of_case, of_session = (
                    {**facts, "session_id": request.session_id},
                    {**facts, "application_id": application_id},
                )
                act.record("conflict_declared", subject=application_id, facts=of_case)
                act.record("conflict_declared", subject=request.session_id, kind=KIND, facts=of_session)
            return await self._shown(act.connection, request)

        return await self._journal.write(request, change)

    async def SubmitScore(self, request: pb.SubmitScoreRequest, context: Any) -> pb.ScoreSheet:
        """The whole grid of the member for one file, a reason each; until the closing it replaces the one before."""

        async def change(act: Act) -> pb.ScoreSheet:
            required(request, "application_id")
            held = await store.load(act.connection, request.session_id, request.call_id, to="share")
            check_may_score(held.session, act.person, application_id=request.application_id)
            registered = await self._rulebooks.of(act.connection, held.call_id)
            draft = Sheet(request.application_id, act.person, ScoreState.DRAFT, _marks(request))
            sheet = submit(registered.rules, draft)
            await _check_reasons(act, sheet)
            await store.submit(act.connection, held, sheet, submitted_at=act.at)
            facts = {"application_id": sheet.application_id, "person": act.person, "marks": _marked(sheet)}
            act.record("score_submitted", subject=request.session_id, kind=KIND, facts=facts)
            return score_message(held, sheet, act.at)

        return await self._journal.write(request, change)

    async def OpenSession(self, request: pb.OpenSessionRequest, context: Any) -> pb.Session:
        """Presence is recorded; under quorum it does not open."""

        async def change(act: Act) -> pb.Session:
            held = await store.load(act.connection, request.session_id, request.call_id, to="move")
            _check_chair(held.session, act.person)
            registered = await self._rulebooks.of(act.connection, held.call_id)
            present = once(request.present_ids)
            opened = open_session(held.session, registered.rules, present=present, at=act.at)
            await store.open_session(act.connection, held, opened)
            facts = {
                "present": list(opened.with_presence(Presence.PRESENT)),
                "absent": list(opened.with_presence(Presence.ABSENT)),
                "quorum": held.quorum,
            }
            act.record("session_opened", subject=request.session_id, kind=KIND, facts=facts)
            return await self._shown(act.connection, request)

        return await self._journal.write(request, change)

    async def AdjournSession(self, request: pb.AdjournSessionRequest, context: Any) -> pb.Session:
        """Interrupted until another date; what was scored, declared and voted stays."""

        async def change(act: Act) -> pb.Session:
            held = await store.load(act.connection, request.session_id, request.call_id, to="move")
            _check_chair(held.session, act.person)
            resumes_at = given("resumes_at", request)
            if resumes_at <= act.at:
                raise field_invalid("resumes_at", Reason.RESUMES_IN_PAST)
            await store.adjourn(act.connection, held, adjourn_session(held.session), resumes_at=resumes_at)
            facts = {"held_at": clock.text(held.held_at), "resumes_at": clock.text(resumes_at)}
            act.record("session_adjourned", subject=request.session_id, kind=KIND, facts=facts)
            return await self._shown(act.connection, request)

        return await self._journal.write(request, change)

    async def CancelSession(self, request: pb.CancelSessionRequest, context: Any) -> pb.CancelSessionResponse:
        """Given up before any result: its files wait for another session, as they were."""

        async def change(act: Act) -> pb.CancelSessionResponse:
            held = await store.load(act.connection, request.session_id, request.call_id, to="move")
            cancelled = cancel_session(held.session)
            ended = await store.cancel(act.connection, held, cancelled)
            facts = {"state": cancelled.state.value, "files": len(cancelled.application_ids)}
            act.record("session_cancelled", subject=request.session_id, kind=KIND, facts=facts)
            return pb.CancelSessionResponse(
                state=pb.SESSION_STATE_CANCELLED,
                ended_ties=[
                    pb.EndedTie(person_id=person, application_id=application_id, relation=relation)
                    for person, application_id, relation in ended
                ],
            )

        return await self._journal.write(request, change)

    async def CloseSession(self, request: pb.CloseSessionRequest, context: Any) -> pb.SessionResult:
        """Ranks, draws the cut in the live envelope, freezes the whole result with its digest.

        The answer is whole, whoever chairs: each file's result is applied from it."""

        async def change(act: Act) -> pb.SessionResult:
            held = await store.load(act.connection, request.session_id, request.call_id, to="move")
            _check_chair(held.session, act.person)
            await store.hold_still(act.connection, held)
            registered = await self._rulebooks.of(act.connection, held.call_id)
            papers = await store.papers(act.connection, held, registered.rules.envelopes)
            closed = close_session(held.session, registered.rules, files=papers.files, sheets=papers.sheets, at=act.at)
            hands = {one.application_id: one.ballot for one in await ballots.every(act.connection, request.session_id)}
            result, record = _frozen(closed, registered, papers, votes=hands)
            cited = ref(request, "minutes")
            said = ""
            if cited is not None:
                said = await texts.cited(act.connection, cited, Origin(held.call_id, None, "MINUTES"), path="minutes")
            await store.close(act.connection, held, closed, result=result, record=record, minutes=cited)
            facts = {**_facts(result), "rulebook_digest": registered.digest, **facts_of(cited)}
            act.record("session_closed", subject=request.session_id, kind=KIND, facts=facts, words=said)
            after = await store.load(act.connection, request.session_id, request.call_id, to="read")
            return result_message(after, result)

        return await self._journal.write(request, change)

    async def GetSession(self, request: pb.GetSessionRequest, context: Any) -> pb.Session:
        """A session, as its reader may know it."""
        async with self._pool.acquire() as connection:
            return await self._shown(connection, request)

    async def ListSessions(self, request: pb.ListSessionsRequest, context: Any) -> pb.ListSessionsResponse:
        """The sessions of a call; members are told only of those they sit in."""
        required(request, "call_id")
        call = current.get()
        seated = call.actor.person if call.role in SEATED else ""
        async with self._pool.acquire() as connection:
            hidden = await calls.recused_from(connection, call.actor.person, request.call_id)
            rows = await store.rows(connection, request.call_id, seated=seated, hidden=hidden)
        return pb.ListSessionsResponse(sessions=[session_row(row) for row in rows])

    async def GetRanking(self, request: pb.GetRankingRequest, context: Any) -> pb.SessionResult:
        """The ranking now, or as closed, or with other weights; never a file its reader is recused from."""
        async with self._pool.acquire() as connection, connection.transaction(isolation="repeatable_read"):
            held = await store.load(connection, request.session_id, request.call_id, to="read")
            _check_reader(held.session)
            registered = await self._rulebooks.of(connection, held.call_id)
            rules = registered.rules
            given = [(line.criterion, line.weight) for line in request.weights]
            check_weights(rules, given)
            papers = await store.papers(connection, held, rules.envelopes)
            ranking, proposals = project(held.session, with_weights(rules, dict(given)), papers)
            if held.session.state is JurySessionState.CLOSED and not given:
                result = with_spread(await store.result(connection, held), ranking)
            else:
                result = result_of(ranking, proposals, envelopes=papers.envelopes)
            return result_message(held, without(result, await _hidden(connection, held)))

    async def _shown(self, connection: Any, request: Any) -> pb.Session:
        held = await store.load(connection, request.session_id, request.call_id, to="read")
        _check_reader(held.session)
        registered = await self._rulebooks.of(connection, held.call_id)
        papers = await store.papers(connection, held, registered.rules.envelopes)
        counted = tallies(registered.rules, seat(held.session, papers.files), papers.sheets)
        me = current.get().actor.person
        mine = {
            sheet.application_id
            for sheet in papers.sheets
            if sheet.member_id == me and sheet.state is ScoreState.SUBMITTED
        }
        hidden = await _hidden(connection, held)
        shown = session_message(held, counted, recused=hidden, submitted=mine)
        hands = await ballots.every(connection, request.session_id)
        shown.ballots.extend(ballot_message(one) for one in hands if one.application_id not in hidden)
        shown.minutes.CopyFrom(minutes_message(request.session_id, await readable(connection, held)))
        return shown


def _check_reader(session: Session) -> None:
    """Members read the sessions they sit in. Refused: ``NOT_FOUND``."""
    call = current.get()
    if call.role in SEATED and call.actor.person not in session.member_ids:
        raise not_found()


def _check_chair(session: Session, person: str) -> None:
    """Refused: ``NOT_FOUND`` to who does not sit, ``NOT_ALLOWED`` to a member who does not chair."""
    seats = {member.member_id: member.role for member in session.members}
    if person not in seats:
        raise not_found()
    if seats[person] is not MemberRole.CHAIR:
        raise denied()


async def _hidden(connection: Any, held: Held) -> frozenset[str]:
    """The files that do not exist for the reader."""
    person = current.get().actor.person
    mine = {found.application_id for found in held.session.recusals if found.member_id == person}
    return frozenset(mine) | await calls.recused_from(connection, person, held.call_id)


async def _check_files(act: Act, request: pb.PrepareSessionRequest, files: list[str]) -> None:
    ready = await store.shortlisted(act.connection, request.call_id, files)
    faults = [FieldFault(f"applications.{found}", Reason.SHORTLIST_FIRST) for found in sorted(set(files) - ready)]
    if faults:
        raise invalid(*faults)


def _nature(text: str) -> ConflictNature:
    try:
        return ConflictNature(text)
    except ValueError as unknown:
        raise field_invalid("nature", Reason.NATURE_UNKNOWN) from unknown


def _marks(request: pb.SubmitScoreRequest) -> tuple[Mark, ...]:
    return tuple(
        Mark(
            mark.criterion,
            None if mark.value == BLANK else mark.value,
            text_ref(mark.reason, path=f"marks.{mark.criterion}.reason") if mark.HasField("reason") else None,
        )
        for mark in request.marks
    )


async def _check_reasons(act: Act, sheet: Sheet) -> None:
    cited = {mark.criterion: mark.reason or TextRef("", 0) for mark in sheet.marks}
    known = await texts.known_reasons(
        act.connection, cited.values(), author=act.person, application_id=sheet.application_id
    )
    faults = [
        FieldFault(f"marks.{criterion}.reason", Reason.TEXT_UNKNOWN)
        for criterion, reason in cited.items()
        if reason not in known
    ]
    if faults:
        raise invalid(*faults)


def _marked(sheet: Sheet) -> list[dict[str, Any]]:
    return [{"criterion": mark.criterion, "value": mark.value, **facts_of(mark.reason)} for mark in sheet.marks]


def _frozen(
    closed: Session, registered: Registered, papers: Papers, *, votes: Mapping[str, Ballot]
) -> tuple[Result, bytes]:
    """The result and the canonical record it can be derived from again."""
    minutes = draw_up(closed, registered.rules, rulebook_digest=registered.digest, papers=papers, votes=votes)
    record = rfc8785.dumps(as_record(minutes))  # type: ignore[arg-type]
    live = result_of(minutes.ranking, minutes.proposals, envelopes=papers.envelopes)
    return Result(live.lines, live.uses, sha256(record).hexdigest()), record


def _facts(result: Result) -> dict[str, Any]:
    return {
        "digest": result.digest,
        "sections": [
            {
                "section": use.section,
                "envelope_cents": int(use.envelope_cents),
                "proposed_cents": int(use.proposed_cents),
            }
            for use in result.uses
        ],
        "files": [
            {
                "application_id": line.application_id,
                "rank": line.rank,
                "proposal": line.proposal.value,
                "proposed_cents": int(line.proposed_cents),
                "section": line.section,
                "explanation": line.explanation.value,
            }
            for line in result.lines
        ],
    }
