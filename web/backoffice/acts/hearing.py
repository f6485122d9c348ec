"""Audition: convoked, moved, held."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jalon.review.v1 import cases_pb2
from wtforms import IntegerField
from wtforms.validators import InputRequired, Length, NumberRange

from kit import clock
from web.acts import Act, Acting, Application, Before
from web.backoffice.acts.proposing import at_hour
from web.backoffice.letters import to_applicant
from web.desk import Desk, present
from web.forms import MomentField, RadioField, SiteForm, StringField
from web.words import t
from workflows.contract.application import RecordHearing, ScheduleHearing

SCHEDULE, RECORD = "act.schedule_hearing", "act.record_hearing"
PROPOSED_DAYS, PROPOSED_HOUR = 15, 9
USUAL_MINUTES, LEAST_MINUTES, MOST_MINUTES = 30, 5, 480


class SlotForm(SiteForm):
    """When."""

    hearing_at = MomentField("field:hearing_at", validators=[InputRequired()])
    duration_minutes = IntegerField(
        f"{SCHEDULE}.duration", validators=[InputRequired(), NumberRange(LEAST_MINUTES, MOST_MINUTES)]
    )
    place = StringField(f"{SCHEDULE}.place", description=f"{SCHEDULE}.place_hint", validators=[Length(max=300)])


async def prefill(desk: Desk, application: Application) -> Mapping[str, Any]:
    """The present slot when it is to be moved, else one in two weeks."""
    asked = cases_pb2.GetHearingRequest(application_id=application.application_id)
    hearing = await present(desk.read("review.cases", asked), cases_pb2.Hearing)
    if hearing.HasField("hearing_at"):
        at = clock.from_timestamp(hearing.hearing_at)
        return {"hearing_at": at, "duration_minutes": hearing.duration_minutes, "place": hearing.place}
    at = at_hour(await desk.now(), days=PROPOSED_DAYS, hour=PROPOSED_HOUR)
    return {"hearing_at": at, "duration_minutes": USUAL_MINUTES}


async def before_slot(desk: Desk, application: Application) -> Before:
    """The applicant is convoked."""
    proposed = (await prefill(desk, application))["hearing_at"]
    letters = [to_applicant(application, "hearing_scheduled", hearing_at=clock.text(proposed))]
    return Before(t(f"{SCHEDULE}.state"), t(f"{SCHEDULE}.undo"), letters=letters, clocks=[t(f"{SCHEDULE}.clock")])


async def build_slot(acting: Acting, form: Any) -> dict[str, Any]:
    """The message's fields."""
    return {
        "hearing_at": clock.text(form.hearing_at.data),
        "duration_minutes": form.duration_minutes.data,
        "place": await acting.save_text("PLACE", form.place.data),
    }


class PresenceForm(SiteForm):
    """Heard, or absent."""

    present = RadioField(f"{RECORD}.present", validators=[InputRequired()])


async def prepare(desk: Desk, application: Application, form: Any) -> None:
    """The two answers."""
    form.present.choices = [(value, t(f"{RECORD}.{value}")) for value in ("yes", "no")]


async def before_presence(desk: Desk, application: Application) -> Before:
    """The jury's session, or another slot."""
    return Before(t(f"{RECORD}.state"), t(f"{RECORD}.undo"))


async def build_presence(acting: Acting, form: Any) -> dict[str, Any]:
    """The message's fields."""
    return {"present": form.present.data == "yes"}


SCHEDULE_HEARING = Act(
    verb="schedule_hearing",
    message=ScheduleHearing,
    form=SlotForm,
    prefill=prefill,
    before=before_slot,
    build=build_slot,
    awaited=frozenset({"SCHEDULE_HEARING"}),
    stages=frozenset({"HEARING"}),
)
RECORD_HEARING = Act(
    verb="record_hearing",
    message=RecordHearing,
    form=PresenceForm,
    prepare=prepare,
    before=before_presence,
    build=build_presence,
    awaited=frozenset({"RECORD_HEARING"}),
)
