"""Hearings: convoked, moved, held or missed; read by those who go."""

from __future__ import annotations

from typing import Any

from jalon.review.v1 import cases_pb2 as pb

from kit import clock
from kit.admission import current
from kit.enums import to_proto
from kit.errors import field_invalid, required
from kit.journal import Act
from services.review.domain.case import check_held, check_shortlisted
from services.review.domain.moves import HEARING, HearingAction, move
from services.review.domain.reasons import Reason
from services.review.handlers.desk import Desk
from services.review.handlers.reading import facts_of, given, ref, words
from services.review.store import calls, cases
from services.review.store import hearings as store
from services.review.store.hearings import Hearing, Slot

USUAL_MINUTES = 30
LEAST_MINUTES, MOST_MINUTES = 5, 480


class Hearings(Desk):
    """From the convocation to the presence."""

    async def ScheduleHearing(self, request: pb.ScheduleHearingRequest, context: Any) -> pb.Case:
        """Convokes to a hearing; again, moves it."""

        async def change(act: Act) -> pb.Case:
            case = await cases.lock(act.connection, request.application_id)
            check_shortlisted(case)
            state = move(HEARING, case.hearing, HearingAction.SCHEDULE)
            hearing_at, minutes = given("hearing_at", request), request.duration_minutes or USUAL_MINUTES
            if not LEAST_MINUTES <= minutes <= MOST_MINUTES:
                raise field_invalid("duration_minutes", Reason.VALUE_WRONG)
            place = ref(request, "place")
            said = await words(act, case, place, kind="PLACE", path="place")
            await cases.schedule_hearing(act.connection, case, state, hearing_at=hearing_at)
            await store.give(act.connection, case.application_id, Slot(hearing_at, minutes, place))
            facts = {
                "hearing": state.value,
                "hearing_at": clock.text(hearing_at),
                "duration_minutes": minutes,
                **facts_of(place),
            }
            act.record("hearing_scheduled", subject=case.application_id, facts=facts, words=said)
            return await self.shown(act.connection, case.application_id)

        return await self._journal.write(request, change)

    async def RecordHearing(self, request: pb.RecordHearingRequest, context: Any) -> pb.Case:
        """Heard means presence recorded, on the day of the hearing or later."""

        async def change(act: Act) -> pb.Case:
            case = await cases.lock(act.connection, request.application_id)
            check_shortlisted(case)
            action = HearingAction.RECORD_PRESENCE if request.present else HearingAction.RECORD_ABSENCE
            state = move(HEARING, case.hearing, action)
            on = None if case.hearing_at is None else clock.civil_date(case.hearing_at)
            check_held(on, today=clock.civil_date(act.at))
            await cases.record_hearing(act.connection, case, state)
            act.record(
                "hearing_recorded",
                subject=case.application_id,
                facts={"present": request.present, "hearing": state.value},
            )
            return await self.shown(act.connection, case.application_id)

        return await self._journal.write(request, change)

    async def GetHearing(self, request: pb.GetHearingRequest, context: Any) -> pb.Hearing:
        """The hearing of one file."""
        required(request, "application_id")
        async with self._pool.acquire() as connection:
            return _message(await store.read(connection, request.application_id))

    async def ListHearings(self, request: pb.ListHearingsRequest, context: Any) -> pb.ListHearingsResponse:
        """The hearings of a call, without the files the reader is recused from."""
        required(request, "call_id")
        async with self._pool.acquire() as connection:
            hidden = await calls.recused_from(connection, current.get().actor.person, request.call_id)
            found = await store.every(connection, request.call_id, hidden=hidden)
        return pb.ListHearingsResponse(hearings=[_message(one) for one in found])


def _message(found: Hearing) -> pb.Hearing:
    return pb.Hearing(
        application_id=found.application_id,
        state=to_proto(pb.HearingState, found.state),
        hearing_at=clock.to_timestamp(found.hearing_at),
        duration_minutes=found.duration_minutes,
        place=found.place,
        turn=found.turn,
    )
