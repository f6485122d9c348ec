"""The assembly's acts and their rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import asyncpg

from kit.db import moved, rows_of
from kit.errors import Refused, field_invalid, not_found
from kit.money import Cents
from services.review.domain.act import Act, ActRow
from services.review.domain.moves import ActState, DecisionState, ProposalState
from services.review.domain.ranking import CutReason, Proposal
from services.review.domain.reasons import Reason
from services.review.store.queries import sql


@dataclass(frozen=True)
class Recorded:
    """An act with what its row says beside."""

    act_id: str
    call_id: str
    session_id: str
    state: ActState
    act: Act
    notified_at: datetime | None


async def votable(connection: Any, session_id: str) -> tuple[Proposal, ...]:
    """What a session proposes and no act has settled yet."""
    return tuple(_proposal(row) for row in await rows_of(sql.votable(connection, session_id=session_id)))


async def granted_before(connection: Any, call_id: str) -> dict[str, Cents]:
    """What the acts of a call granted already, by section."""
    found = await rows_of(sql.granted_before(connection, call_id=call_id))
    return {row["section"]: Cents(row["cents"]) for row in found}


async def hold_still(connection: Any, call_id: str) -> None:
    """One money decision of a call at a time, until the transaction ends."""
    await sql.lock_call(connection, call_id=call_id)


async def record(connection: Any, act_id: str, act: Act, *, call_id: str, session_id: str) -> None:
    """A new act. Refused: ``ID_TAKEN``; invalid: ``ACT_NUMBER_TAKEN``."""
    made = await sql.record_act(
        connection,
        act_id=act_id,
        call_id=call_id,
        session_id=session_id,
        number=act.number,
        session_on=act.session_on,
        application_ids=[row.application_id for row in act.rows],
        decisions=[row.decision for row in act.rows],
        cents=[row.amount_cents for row in act.rows],
        sections=[row.section for row in act.rows],
    )
    if made is None:
        if await sql.get_act(connection, act_id=act_id) is not None:
            raise Refused(Reason.ID_TAKEN)
        raise field_invalid("number", Reason.ACT_NUMBER_TAKEN)


async def load(connection: Any, act_id: str, call_id: str) -> Recorded:
    """An act of this call. Refused: ``NOT_FOUND``."""
    return await _loaded(connection, sql.get_act, act_id, call_id=call_id)


async def every(connection: Any, call_id: str) -> list[Recorded]:
    """The acts of a call, newest first."""
    found = await rows_of(sql.list_acts(connection, call_id=call_id))
    return [await _recorded(connection, row) for row in found]


async def lock(connection: Any, act_id: str, call_id: str) -> Recorded:
    """The same, about to move."""
    return await _loaded(connection, sql.lock_act, act_id, call_id=call_id)


async def row_of(connection: Any, act_id: str, application_id: str) -> ActRow | None:
    """What an act says of one file; None when it says nothing."""
    row = await sql.get_act_row(connection, act_id=act_id, application_id=application_id)
    return None if row is None else _row(row)


async def transmit(connection: Any, found: Recorded, state: ActState, *, transmitted_on: date) -> None:
    """Sent to the préfet."""
    moved(
        await sql.record_transmission(
            connection, act_id=found.act_id, from_state=found.state, to_state=state, transmitted_on=transmitted_on
        )
    )


async def make_executory(connection: Any, found: Recorded, state: ActState, *, executory_on: date) -> None:
    """Executory since."""
    moved(
        await sql.record_executory(
            connection, act_id=found.act_id, from_state=found.state, to_state=state, executory_on=executory_on
        )
    )


async def undecided(connection: Any, found: Recorded) -> int:
    """How many rows have not reached their case yet."""
    count: int = await sql.undecided_rows(connection, act_id=found.act_id)
    return count


async def notify(connection: Any, found: Recorded, *, notified_at: datetime) -> None:
    """All its decisions are told together."""
    moved(await sql.notify_decisions(connection, act_id=found.act_id, from_state=found.state, notified_at=notified_at))


async def _loaded(connection: Any, query: Any, act_id: str, *, call_id: str) -> Recorded:
    row = await query(connection, act_id=act_id) if act_id else None
    if row is None or str(row["call_id"]) != call_id:
        raise not_found()
    return await _recorded(connection, row)


async def _recorded(connection: Any, row: asyncpg.Record) -> Recorded:
    act_id = str(row["act_id"])
    found = await rows_of(sql.list_act_rows(connection, act_id=act_id))
    act = Act(
        number=row["number"],
        session_on=row["session_on"],
        rows=tuple(_row(line) for line in found),
        transmitted_on=row["transmitted_on"],
        executory_on=row["executory_on"],
    )
    return Recorded(
        act_id, str(row["call_id"]), str(row["session_id"]), ActState(row["state"]), act, row["notified_at"]
    )


def _row(row: asyncpg.Record) -> ActRow:
    decision = DecisionState(row["decision"])
    cents = Cents(row["granted_cents"])
    return ActRow(str(row["application_id"]), decision, row["section"], cents, recorded=row["recorded"])


def _proposal(row: asyncpg.Record) -> Proposal:
    amount = Cents(row["proposed_cents"])
    return Proposal(
        application_id=str(row["application_id"]),
        rank=row["rank"],
        section=row["section"],
        state=ProposalState(row["proposal"]),
        reason=CutReason.FULL,
        asked_cents=amount,
        amount_cents=amount,
        available_cents=amount,
        partial=False,
    )
