"""*Auditions*: the slots of each day, who is convoked, who came; a whole series given at once; calendar file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from jalon.review.v1 import cases_pb2
from litestar import Controller, Response, get, post
from litestar.params import FromPath
from litestar.response import Template
from wtforms import IntegerField
from wtforms.validators import InputRequired, Length, NumberRange

from kit import clock
from kit.errors import Refused
from web.acts import Before, Letter, save_words
from web.backoffice.acts.hearing import LEAST_MINUTES, MOST_MINUTES, PROPOSED_DAYS, PROPOSED_HOUR, USUAL_MINUTES
from web.backoffice.acts.proposing import at_hour
from web.backoffice.pressing import Tried, press, typed_in
from web.backoffice.seen import SeenFile, seen_files
from web.calendars import Appointment, calendar_file
from web.desk import AtDesk, Desk, together
from web.forms import CheckField, MomentField, SiteForm, StringField, filled
from web.page import AnyRequest, flash, page, see
from web.words import bare, explain, locale, say, showing, t
from wording import letter
from workflows.commands import NotYetRecorded
from workflows.contract.application import RecordHearing, ScheduleHearing

SCHEDULE = "act.schedule_hearing"


class SeriesForm(SiteForm):
    """Slots one after the other, in the order of the files."""

    hearing_at = MomentField("hearings.first", validators=[InputRequired()])
    duration_minutes = IntegerField(
        f"{SCHEDULE}.duration", validators=[InputRequired(), NumberRange(LEAST_MINUTES, MOST_MINUTES)]
    )
    place = StringField(f"{SCHEDULE}.place", description=f"{SCHEDULE}.place_hint", validators=[Length(max=300)])
    application_ids = CheckField("jury.files_of", validators=[InputRequired()])


@dataclass(frozen=True)
class Slot:
    """A hearing as the page shows it."""

    hearing: cases_pb2.Hearing
    seen: SeenFile

    @property
    def state(self) -> str:
        """Its bare state."""
        return bare("review.HearingState", self.hearing.state)

    @property
    def starts(self) -> datetime:
        """In Paris; asked only of a hearing that has a slot."""
        return clock.from_timestamp(self.hearing.hearing_at).astimezone(clock.PARIS)

    @property
    def hours(self) -> str:
        """``09:30 – 10:15``."""
        ends = self.starts + timedelta(minutes=self.hearing.duration_minutes)
        return f"{self.starts:%H:%M} – {ends:%H:%M}"

    @property
    def due(self) -> bool:
        """True from the day of the hearing on: presence may be told."""
        return self.starts.date() <= clock.civil_date(showing().now)


class HearingsPage(Controller):
    """``/auditions``."""

    path = "/auditions"

    @get("/", rpcs=("ListHearings",))
    async def show(self, request: AnyRequest, desk: AtDesk) -> Template:
        """Every slot by day, what waits for one first."""
        return await _page(request, desk, Tried())

    @get("/agenda.ics", rpcs=("ListHearings",))
    async def calendar(self, desk: AtDesk) -> Response[bytes]:
        """Every slot, for a calendar."""
        return calendar_file((_appointment(one) for one in await _slots(desk) if _given(one)), name="auditions.ics")

    @post("/{application_id:uuid}/presence", rpcs=("ListHearings", "RecordHearing"), status_code=200)
    async def record(self, request: AnyRequest, desk: AtDesk, application_id: FromPath[UUID]) -> Response[Any]:
        """Heard, or absent."""
        tried = typed_in(request)
        present = tried.one("present") == "yes"
        sent = {"application_id": str(application_id), "present": present}
        done = "hearings.heard_done" if present else "hearings.absent_done"
        again = await press(request, desk, RecordHearing, tried=tried, done=done, **sent)
        return await _page(request, desk, again) if again else see("/auditions")

    @get("/convoquer", rpcs=("ListHearings", "ScheduleHearing"))
    async def ask(self, request: AnyRequest, desk: AtDesk) -> Template:
        """The form of a series, those without a slot ticked."""
        at = at_hour(await desk.now(), days=PROPOSED_DAYS, hour=PROPOSED_HOUR)
        form = filled(SeriesForm, hearing_at=at, duration_minutes=USUAL_MINUTES)
        return await _series_page(request, desk, form, Tried())

    @post("/convoquer", rpcs=("ListHearings", "ScheduleHearing"), status_code=200)
    async def schedule(self, request: AnyRequest, desk: AtDesk) -> Response[Any]:
        """Each file receives its slot; what is refused is told, file by file."""
        tried = typed_in(request)
        form = filled(SeriesForm, {name: list(values) for name, values in tried.values.items()})
        slots = {one.hearing.application_id: one for one in await _slots(desk)}
        form.application_ids.choices = _choices(slots.values())
        if not form.validate():
            return await _series_page(request, desk, form, Tried(tried.request_id, tried.values, status=422))
        told = await _give_slots(desk, tried, form, slots=slots)
        given = len(form.application_ids.data) - len(told)
        if told:
            again = Tried(tried.request_id, tried.values, [t("hearings.given", count=given), *told], 409)
            return await _series_page(request, desk, form, again)
        flash(request, t("hearings.given", count=given))
        return see("/auditions")


async def _give_slots(desk: Desk, tried: Tried, form: Any, *, slots: Mapping[str, Slot]) -> list[str]:
    """One act a file, each under its own request id, so that a second press gives nothing twice; what went wrong."""
    told: list[str] = []
    at = form.hearing_at.data
    for application_id in form.application_ids.data:
        request_id = str(uuid5(UUID(tried.request_id), application_id))
        try:
            place = await save_words(desk, request_id, "PLACE", body=form.place.data, application_id=application_id)
            sent = {"hearing_at": clock.text(at), "place": place, "duration_minutes": form.duration_minutes.data}
            await desk.site.door.act_as(desk.visitor.who, ScheduleHearing, request_id, application_id, **sent)
        except NotYetRecorded:
            told.append(f"{slots[application_id].seen.told} : {say('NOT_YET_RECORDED')}")
        except Refused as refused:
            told.append(f"{slots[application_id].seen.told} : {' '.join(explain(refused))}")
        at += timedelta(minutes=form.duration_minutes.data)
    return told


async def _slots(desk: Desk) -> list[Slot]:
    wanted = cases_pb2.ListHearingsRequest(call_id=desk.visitor.call_id)
    found, files = await together(desk.read("review.cases", wanted), seen_files(desk))
    return [Slot(one, files[one.application_id]) for one in found.hearings if one.application_id in files]


def _given(one: Slot) -> bool:
    return one.hearing.HasField("hearing_at")


def _appointment(one: Slot) -> Appointment:
    return Appointment(
        key=f"hearing/{one.hearing.application_id}",
        starts_at=one.starts,
        minutes=one.hearing.duration_minutes,
        summary=t("hearings.summary", file=one.seen.told),
        place=one.hearing.place,
        sequence=one.hearing.turn - 1,
        given_up=one.state == "ABSENT",
    )


async def _page(request: AnyRequest, desk: Desk, tried: Tried) -> Template:
    slots = await _slots(desk)
    days: dict[date, list[Slot]] = {}
    for one in filter(_given, slots):
        days.setdefault(one.starts.date(), []).append(one)
    return page(
        request,
        "hearings.html",
        status=tried.status,
        title=t("hearings.title"),
        here="hearings",
        days=days,
        without=[one for one in slots if not _given(one)],
        next_day=min(
            (day for day, held in days.items() if any(one.state == "SCHEDULED" for one in held)), default=None
        ),
        tried=tried,
    )


def _choices(slots: Any) -> Sequence[tuple[str, str]]:
    waiting = [one for one in slots if one.state in ("NOT_SCHEDULED", "ABSENT")]
    return [(one.hearing.application_id, one.seen.told) for one in sorted(waiting, key=lambda one: one.seen.number)]


async def _series_page(request: AnyRequest, desk: Desk, form: Any, tried: Tried) -> Template:
    if not form.application_ids.choices:
        form.application_ids.choices = _choices(await _slots(desk))
    if form.application_ids.data is None:
        form.application_ids.data = [str(one.value) for one in form.application_ids.choices]
    first = form.hearing_at.data
    subject, body = letter(
        "hearing_scheduled", locale=locale(), values={"hearing_at": clock.text(first) if first else ""}
    )
    return page(
        request,
        "hearings_series.html",
        status=tried.status,
        title=t("hearings.series"),
        here="hearings",
        form=form,
        before=Before(
            t("hearings.series_state"),
            t(f"{SCHEDULE}.undo"),
            letters=[Letter(t("letter.to_applicant"), subject, body)],
            clocks=[t(f"{SCHEDULE}.clock")],
        ),
        tried=tried,
    )
