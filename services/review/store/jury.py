"""Sessions of the jury: members, files, recusals, sheets, the frozen result."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

import asyncpg

from kit.db import moved, rows_of
from kit.errors import Refused, not_found
from kit.money import Cents
from services.review.domain.minutes import Papers
from services.review.domain.moves import CaseState, HearingState, JurySessionState, ProposalState, ScoreState
from services.review.domain.ranking import Contender, CutReason
from services.review.domain.reasons import Reason
from services.review.domain.results import Line, Result, Use
from services.review.domain.scoring import Mark, Sheet
from services.review.domain.session import ConflictNature, Member, MemberRole, Presence, Recusal, Session
from services.review.domain.texts import TextRef
from services.review.store.queries import sql

_LOADS = {"read": sql.get_session, "share": sql.share_session, "move": sql.lock_session}


@dataclass(frozen=True)
class Held:
    """A session with what its row says beside: its call, when it is held, the quorum asked, the digest once closed."""

    session: Session
    call_id: str
    held_at: datetime
    quorum: int
    digest: str
    place: str = ""


@dataclass(frozen=True)
class Row:
    """A session in a list. ``files`` counts those its reader may see; ``unrecorded``, those its result has not reached
    yet."""

    session_id: str
    state: JurySessionState
    held_at: datetime
    place: str
    quorum: int
    members: int
    files: int
    unrecorded: int
    minutes_version: int


@dataclass(frozen=True)
class Sitting:
    """What a session is prepared with, beside its members and files. ``place``: the words that say where."""

    call_id: str
    held_at: datetime
    quorum: int
    place: TextRef | None


async def prepare(connection: Any, session: Session, sitting: Sitting) -> None:
    """A new session. Refused: ``ID_TAKEN``."""
    chair = next(member.member_id for member in session.members if member.role is MemberRole.CHAIR)
    made = await sql.prepare_session(
        connection,
        session_id=session.session_id,
        call_id=sitting.call_id,
        quorum=sitting.quorum,
        held_at=sitting.held_at,
        place_id=sitting.place and sitting.place.text_id,
        place_version=sitting.place and sitting.place.version,
        member_ids=sorted(session.member_ids),
        chair_id=chair,
        application_ids=sorted(session.application_ids),
    )
    if made is None:
        raise Refused(Reason.ID_TAKEN)


async def shortlisted(connection: Any, call_id: str, application_ids: list[str]) -> frozenset[str]:
    """Which of these files a session of the call may sit on."""
    found = await rows_of(sql.shortlisted(connection, call_id=call_id, application_ids=application_ids))
    return frozenset(str(row["application_id"]) for row in found)


async def load(connection: Any, session_id: str, call_id: str, *, to: str) -> Held:
    """A session of this call, ``to`` be read, shared with others who score, or moved. Refused: ``NOT_FOUND``."""
    row = await _LOADS[to](connection, session_id=session_id) if session_id else None
    if row is None or str(row["call_id"]) != call_id:
        raise not_found()
    members = await rows_of(sql.list_members(connection, session_id=session_id))
    files = await rows_of(sql.list_files(connection, session_id=session_id))
    recusals = await rows_of(sql.list_recusals(connection, session_id=session_id))
    session = Session(
        session_id=session_id,
        state=JurySessionState(row["state"]),
        members=tuple(
            Member(str(found["person_id"]), MemberRole(found["role"]), Presence(found["presence"])) for found in members
        ),
        application_ids=frozenset(str(found["application_id"]) for found in files),
        recusals=tuple(_recusal(found) for found in recusals),
        opened_at=row["opened_at"],
        closed_at=row["closed_at"],
    )
    return Held(session, call_id, row["held_at"], row["quorum"], row["result_digest"] or "", row["place"] or "")


async def rows(connection: Any, call_id: str, *, seated: str, hidden: Collection[str]) -> list[Row]:
    """The sessions of a call, or those ``seated`` sits in when she is named."""
    found = sql.list_sessions(connection, call_id=call_id, person_id=seated or None, hidden=sorted(hidden))
    return [
        Row(
            session_id=str(row["session_id"]),
            state=JurySessionState(row["state"]),
            held_at=row["held_at"],
            place=row["place"] or "",
            quorum=row["quorum"],
            members=row["members"],
            files=row["files"],
            unrecorded=row["unrecorded"],
            minutes_version=row["minutes_version"],
        )
        for row in await rows_of(found)
    ]


async def sheets(connection: Any, session_id: str) -> tuple[Sheet, ...]:
    """Every sheet of a session, voided ones included."""
    found = await rows_of(sql.list_sheets(connection, session_id=session_id))
    return tuple(_sheet(row) for row in found)


async def papers(connection: Any, held: Held, announced: Mapping[str, Cents]) -> Papers:
    """What the session has on its table: its live files (once it is closed, those that ended since as well), its
    sheets, the envelope left by other sessions."""
    session_id = held.session.session_id
    closed = held.session.state is JurySessionState.CLOSED
    there = {CaseState.OPEN, CaseState.CLOSED} if closed else {CaseState.OPEN}
    files = await rows_of(sql.list_files(connection, session_id=session_id))
    spent = await rows_of(sql.spent_elsewhere(connection, call_id=held.call_id, session_id=session_id))
    used = {row["section"]: row["cents"] for row in spent}
    return Papers(
        files=tuple(_contender(row) for row in files if row["state"] in there),
        sheets=await sheets(connection, session_id),
        envelopes={section: Cents(max(cents - used.get(section, 0), 0)) for section, cents in announced.items()},
    )


async def hold_still(connection: Any, held: Held) -> None:
    """Nobody moves the call's money, nor the files of the session, until the transaction ends."""
    await sql.lock_call(connection, call_id=held.call_id)
    await rows_of(sql.lock_files(connection, session_id=held.session.session_id))


async def convoke(connection: Any, held: Held, state: JurySessionState) -> None:
    """Convoked: the files open to the members."""
    session = held.session
    moved(
        await sql.convoke_session(connection, session_id=session.session_id, from_state=session.state, to_state=state)
    )
    await sql.relate_members(connection, session_id=session.session_id)


async def declare(connection: Any, held: Held, recusal: Recusal) -> bool:
    """Saves a recusal; False when it was declared already."""
    declared = await sql.declare_conflict(
        connection,
        session_id=held.session.session_id,
        person_id=recusal.member_id,
        application_id=recusal.application_id,
        nature=recusal.nature,
        declared_at=recusal.declared_at,
    )
    return declared is not None


async def submit(connection: Any, held: Held, sheet: Sheet, *, submitted_at: datetime) -> None:
    """A member's whole grid for a file."""
    refs = [mark.reason or TextRef("", 0) for mark in sheet.marks]
    await sql.submit_score(
        connection,
        session_id=held.session.session_id,
        application_id=sheet.application_id,
        person_id=sheet.member_id,
        submitted_at=submitted_at,
        criteria=[mark.criterion for mark in sheet.marks],
        values=[mark.value for mark in sheet.marks],
        reason_ids=[ref.text_id for ref in refs],
        reason_versions=[ref.version for ref in refs],
    )


async def open_session(connection: Any, held: Held, opened: Session) -> None:
    """In session, with those present."""
    moved(
        await sql.open_session(
            connection,
            session_id=opened.session_id,
            from_state=held.session.state,
            to_state=opened.state,
            opened_at=opened.opened_at,
            present_ids=list(opened.with_presence(Presence.PRESENT)),
        )
    )


async def adjourn(connection: Any, held: Held, adjourned: Session, *, resumes_at: datetime) -> None:
    """Interrupted until another date; everybody is expected again."""
    moved(
        await sql.adjourn_session(
            connection,
            session_id=adjourned.session_id,
            from_state=held.session.state,
            to_state=adjourned.state,
            held_at=resumes_at,
        )
    )


async def cancel(connection: Any, held: Held, cancelled: Session) -> list[tuple[str, str, str]]:
    """Given up. The ties that nothing else needs end: (person, application, relation)."""
    session_id = cancelled.session_id
    moved(
        await sql.cancel_session(
            connection, session_id=session_id, from_state=held.session.state, to_state=cancelled.state
        )
    )
    rows = await rows_of(sql.end_member_relations(connection, session_id=session_id))
    return sorted((str(row["person"]), str(row["application_id"]), row["relation"]) for row in rows)


async def close(
    connection: Any, held: Held, closed: Session, *, result: Result, record: bytes, minutes: TextRef | None
) -> None:
    """Closed; the result is frozen."""
    moved(
        await sql.close_session(
            connection,
            session_id=closed.session_id,
            from_state=held.session.state,
            to_state=closed.state,
            closed_at=closed.closed_at,
            record=record,
            digest=result.digest,
            minutes_id=minutes and minutes.text_id,
            minutes_version=minutes and minutes.version,
        )
    )
    await _keep(connection, closed.session_id, result)


async def result(connection: Any, held: Held) -> Result:
    """The frozen result of a closed session."""
    session_id = held.session.session_id
    lines = await rows_of(sql.list_results(connection, session_id=session_id))
    uses = await rows_of(sql.list_uses(connection, session_id=session_id))
    return Result(
        lines=tuple(_line(row) for row in lines),
        uses=tuple(Use(row["section"], Cents(row["envelope_cents"]), Cents(row["proposed_cents"])) for row in uses),
        digest=held.digest,
    )


async def result_of(connection: Any, session_id: str, application_id: str) -> Line | None:
    """The frozen result of one file; None when there is none."""
    row = await sql.get_result(connection, session_id=session_id, application_id=application_id)
    return None if row is None else _line(row)


async def _keep(connection: Any, session_id: str, result: Result) -> None:
    lines, uses = result.lines, result.uses
    means = [line.mean for line in lines]
    await sql.keep_results(
        connection,
        session_id=session_id,
        application_ids=[line.application_id for line in lines],
        ranks=[line.rank for line in lines],
        numerators=[0 if mean is None else mean.numerator for mean in means],
        denominators=[0 if mean is None else mean.denominator for mean in means],
        proposals=[line.proposal for line in lines],
        cents=[line.proposed_cents for line in lines],
        sections=[line.section for line in lines],
        explanations=[line.explanation for line in lines],
        ties=[line.tie_broken_by for line in lines],
    )
    await sql.keep_uses(
        connection,
        session_id=session_id,
        sections=[use.section for use in uses],
        envelopes=[use.envelope_cents for use in uses],
        proposed=[use.proposed_cents for use in uses],
    )


def _contender(row: asyncpg.Record) -> Contender:
    return Contender(
        application_id=str(row["application_id"]),
        track=row["track"],
        section=row["section"],
        asked_cents=Cents(row["instructed_cents"]),
        deposited_at=row["received_at"],
        heard=row["hearing"] == HearingState.HEARD,
        scorers=frozenset(),
        absent=row["hearing"] == HearingState.ABSENT,
    )


def _recusal(row: asyncpg.Record) -> Recusal:
    nature = ConflictNature(row["nature"])
    return Recusal(str(row["person_id"]), str(row["application_id"]), nature, row["declared_at"])


def _sheet(row: asyncpg.Record) -> Sheet:
    refs = zip(row["reason_ids"], row["reason_versions"], strict=True)
    marks = zip(row["criteria"], row["values"], refs, strict=True)
    return Sheet(
        application_id=str(row["application_id"]),
        member_id=str(row["person_id"]),
        state=ScoreState(row["state"]),
        marks=tuple(Mark(criterion, value, TextRef(str(ref[0]), ref[1])) for criterion, value, ref in marks),
    )


def _line(row: asyncpg.Record) -> Line:
    denominator = row["mean_denominator"]
    return Line(
        application_id=str(row["application_id"]),
        rank=row["rank"],
        mean=Fraction(row["mean_numerator"], denominator) if denominator else None,
        proposal=ProposalState(row["proposal"]),
        proposed_cents=Cents(row["proposed_cents"]),
        section=row["section"],
        explanation=CutReason(row["explanation"]),
        tie_broken_by=row["tie_broken_by"],
        recorded=row["recorded"],
        instructed_cents=Cents(row["instructed_cents"]),
    )
