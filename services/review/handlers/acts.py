"""The assembly's acts: voted, sent to the préfet, executory, told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import asyncpg
from jalon.review.v1 import cases_pb2
from jalon.review.v1 import jury_pb2 as pb

from kit import clock
from kit.admission import current
from kit.enums import from_proto
from kit.errors import Refused, field_invalid, required
from kit.journal import Act, Journal
from kit.money import Cents
from services.review.domain import act as domain
from services.review.domain.moves import ACT, ActAction, ActState, DecisionState, JurySessionState, move
from services.review.domain.reasons import Reason
from services.review.handlers.messages import act_message
from services.review.handlers.reading import past_day
from services.review.store import acts as store
from services.review.store import calls, jury
from services.review.store.acts import Recorded
from services.review.store.calls import Rulebooks


class Acts:
    """From the vote to the notification."""

    def __init__(self, pool: asyncpg.Pool, journal: Journal, rulebooks: Rulebooks) -> None:
        self._pool = pool
        self._journal = journal
        self._rulebooks = rulebooks

    async def RecordAct(self, request: pb.RecordActRequest, context: Any) -> pb.Act:
        """The vote on what a closed session proposes, inside what the envelope still holds."""

        async def change(act: Act) -> pb.Act:
            required(request, "call_id", "act_id", "session_id")
            await store.hold_still(act.connection, request.call_id)
            held = await jury.load(act.connection, request.session_id, request.call_id, to="share")
            if held.session.state is not JurySessionState.CLOSED:
                raise Refused(Reason.SESSION_NOT_CLOSED, values={"state": held.session.state.value})
            registered = await self._rulebooks.of(act.connection, request.call_id)
            voted = _voted(act, request)
            proposals = await store.votable(act.connection, request.session_id)
            left = await self._left(act, request.call_id, registered.rules.envelopes)
            domain.check_act(voted, proposals, envelopes=left)
            await store.record(
                act.connection, request.act_id, voted, call_id=request.call_id, session_id=request.session_id
            )
            facts = {
                "act_id": request.act_id,
                "number": voted.number,
                "session_id": request.session_id,
                "session_on": voted.session_on.isoformat(),
                "rows": [_row_facts(row) for row in voted.rows],
                "rulebook_digest": registered.digest,
            }
            act.record("act_recorded", subject=request.call_id, kind="call", facts=facts)
            return await _shown(act.connection, request)

        return await self._journal.write(request, change)

    async def RecordTransmission(self, request: pb.RecordTransmissionRequest, context: Any) -> pb.Act:
        """Sent to the préfet (CGCT L3131-2)."""

        async def change(act: Act) -> pb.Act:
            found = await store.lock(act.connection, request.act_id, request.call_id)
            state = move(ACT, found.state, ActAction.TRANSMIT)
            on = past_day("transmitted_on", request.transmitted_on, act=act)
            domain.check_dates(replace(found.act, transmitted_on=on))
            await store.transmit(act.connection, found, state, transmitted_on=on)
            facts = {"act_id": found.act_id, "number": found.act.number, "transmitted_on": on.isoformat()}
            act.record("transmission_recorded", subject=found.call_id, kind="call", facts=facts)
            return await _shown(act.connection, request)

        return await self._journal.write(request, change)

    async def RecordExecutory(self, request: pb.RecordExecutoryRequest, context: Any) -> pb.Act:
        """Executory since a date (CGCT L3131-1): the gate of notification and payment."""

        async def change(act: Act) -> pb.Act:
            found = await store.lock(act.connection, request.act_id, request.call_id)
            state = move(ACT, found.state, ActAction.MAKE_EXECUTORY)
            on = past_day("executory_on", request.executory_on, act=act)
            domain.check_dates(replace(found.act, executory_on=on))
            await store.make_executory(act.connection, found, state, executory_on=on)
            facts = {"act_id": found.act_id, "number": found.act.number, "executory_on": on.isoformat()}
            act.record("executory_recorded", subject=found.call_id, kind="call", facts=facts)
            return await _shown(act.connection, request)

        return await self._journal.write(request, change)

    async def NotifyDecisions(self, request: pb.NotifyDecisionsRequest, context: Any) -> pb.Act:
        """All decisions of an executory act are told together, once each has reached its case."""

        async def change(act: Act) -> pb.Act:
            found = await store.lock(act.connection, request.act_id, request.call_id)
            if found.state is not ActState.EXECUTORY:
                raise Refused(Reason.ACT_NOT_EXECUTORY, values={"state": found.state.value})
            if found.notified_at is not None:
                raise Refused(Reason.ALREADY_NOTIFIED, values={"notified_at": clock.text(found.notified_at)})
            missing = await store.undecided(act.connection, found)
            if missing:
                raise Refused(Reason.DECISIONS_NOT_RECORDED, values={"missing": str(missing)})
            await store.notify(act.connection, found, notified_at=act.at)
            facts = {"act_id": found.act_id, "number": found.act.number, "rows": len(found.act.rows)}
            act.record("decisions_notified", subject=found.call_id, kind="call", facts=facts)
            return await _shown(act.connection, request)

        return await self._journal.write(request, change)

    async def GetAct(self, request: pb.GetActRequest, context: Any) -> pb.Act:
        """The act, without the files its reader is recused from."""
        async with self._pool.acquire() as connection:
            return await _shown(connection, request)

    async def ListActs(self, request: pb.ListActsRequest, context: Any) -> pb.ListActsResponse:
        """The acts of a call, without the files their reader is recused from."""
        required(request, "call_id")
        async with self._pool.acquire() as connection:
            hidden = await calls.recused_from(connection, current.get().actor.person, request.call_id)
            found = await store.every(connection, request.call_id)
        return pb.ListActsResponse(acts=[act_message(one, hidden=hidden) for one in found])

    async def _left(self, act: Act, call_id: str, announced: Any) -> dict[str, Cents]:
        granted = await store.granted_before(act.connection, call_id)
        return {section: cents - granted.get(section, Cents(0)) for section, cents in announced.items()}


async def _shown(connection: Any, request: Any) -> pb.Act:
    found: Recorded = await store.load(connection, request.act_id, request.call_id)
    hidden = await calls.recused_from(connection, current.get().actor.person, found.call_id)
    return act_message(found, hidden=hidden)


def _voted(act: Act, request: pb.RecordActRequest) -> domain.Act:
    rows = tuple(_row(row, index) for index, row in enumerate(request.rows))
    return domain.Act(number=request.number, session_on=past_day("session_on", request.session_on, act=act), rows=rows)


def _row(row: pb.ActRow, index: int) -> domain.ActRow:
    path = f"rows[{index}].decision"
    if not row.application_id:
        raise field_invalid(f"rows[{index}].application_id", Reason.ID_INVALID)
    decision = from_proto(cases_pb2.DecisionState, row.decision, path=path)
    if decision not in {DecisionState.GRANTED, DecisionState.WAITING, DecisionState.REFUSED}:
        raise field_invalid(path, Reason.VALUE_WRONG)
    return domain.ActRow(row.application_id, DecisionState(decision), row.section, Cents(row.granted_cents))


def _row_facts(row: domain.ActRow) -> dict[str, Any]:
    return {
        "application_id": row.application_id,
        "decision": row.decision.value,
        "granted_cents": int(row.amount_cents),
        "section": row.section,
    }
