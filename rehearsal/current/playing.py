"""Plays the living calls after the finished one, once: played again, it goes on where it stopped, for the same day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

from jalon.intake.v1 import applications_pb2, calls_pb2

from kit import clock
from kit.clock import PARIS
from kit.errors import Refused
from rehearsal.current import examining, paying, receiving
from rehearsal.current.casting import Living, editions, opens_on
from rehearsal.play import Edition
from rehearsal.schedule import Pay, Step
from rehearsal.stage import Stage
from workflows.commands import Door, Who

FIRST = "paying"
"""The call that begins first: what was imported of it says for which day everything was drawn."""
OnStage = Callable[[Edition], Stage]


async def living_calls(door: Door, like: Edition, on_stage: OnStage) -> list[Living]:
    """The living calls, those of the day they were first played for when they were. ``like``: whose staff plays."""
    today = datetime.now(UTC).astimezone(PARIS).date()
    first = editions(today, like=like)[FIRST]
    day = await _day_of(door, first) or today
    return [Living(name, on_stage(edition), day) for name, edition in editions(day, like=like).items()]


def schedule(calls: list[Living], accountant: Pay) -> list[Step]:
    """Every step of every living call, by instant."""
    by_name = {call.name: call for call in calls}
    found = [
        *paying.steps(by_name["paying"], accountant),
        *examining.steps(by_name["examining"]),
        *receiving.steps(by_name["receiving"]),
    ]
    return sorted(found, key=lambda step: step.at)


async def played(calls: list[Living]) -> bool:
    """True once the very last thing of the play is there: a draft."""
    receives = next(call for call in calls if call.name == "receiving")
    stage, draft = receives.stage, receives.file(receiving.DRAFTS[-1])
    request = applications_pb2.GetApplicationRequest(application_id=str(draft.application_id))
    try:
        await stage.door.read(stage.applicant(draft), stage.stub("intake", "applications").GetApplication, request)
    except Refused:
        return False
    return True


async def _day_of(door: Door, first: Edition) -> date | None:
    """The day the calls were drawn for; None when nothing was imported yet."""
    admin = Who(str(first.person("CALL_ADMIN").person_id), frozenset({"CALL_ADMIN"}), str(first.call_id))
    request = calls_pb2.GetCallRequest(call_id=str(first.call_id))
    try:
        call = await door.read(admin, door.services.stub("intake", "calls").GetCall, request)
    except Refused:
        return None
    return opens_on(FIRST, clock.from_timestamp(call.pre_application_opens_at))
