"""*Jury*: the sessions of the call; one prepared: when, where, who sits, on which files."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from jalon.intake.v1 import calls_pb2
from jalon.review.v1 import cases_pb2, jury_pb2
from litestar import Controller, Response, get, post
from litestar.response import Template
from wtforms.validators import InputRequired, Length

from kit import clock
from web.acts import Before, save_words
from web.backoffice.acts.proposing import at_hour
from web.backoffice.pressing import Tried, press, typed_in
from web.backoffice.seen import named, seen_files
from web.calendars import Appointment, calendar_file
from web.desk import AtDesk, Desk, together
from web.forms import CheckField, MomentField, RadioField, SiteForm, StringField, filled
from web.page import AnyRequest, page, see, typed_before
from web.words import bare, t, word
from workflows.contract.jury import PrepareSession

PROPOSED_DAYS, PROPOSED_HOUR = 15, 9
LONGEST_PLACE = 300
SESSION_MINUTES = 240
SEATS = ("JURY_MEMBER", "JURY_CHAIR")


class PrepareForm(SiteForm):
    """A session to be."""

    held_at = MomentField("field:held_at", validators=[InputRequired()])
    place = StringField("jury.place", description="jury.place_hint", validators=[Length(max=LONGEST_PLACE)])
    member_ids = CheckField("jury.members", validators=[InputRequired()])
    chair_id = RadioField("jury.chair", validators=[InputRequired()])
    application_ids = CheckField("jury.files_of", validators=[InputRequired()])


class JuryPage(Controller):
    """``/jury``."""

    path = "/jury"

    @get("/", rpcs=("ListSessions",))
    async def show(self, request: AnyRequest, desk: AtDesk) -> Template:
        """The sessions of the call, soonest first."""
        wanted = jury_pb2.ListSessionsRequest(call_id=desk.visitor.call_id)
        sessions = (await desk.read("review.jury", wanted)).sessions if desk.visitor.call_id else []
        return page(request, "jury.html", title=t("jury.list_title"), here="jury", sessions=sessions)

    @get("/agenda.ics", rpcs=("ListSessions",))
    async def calendar(self, desk: AtDesk) -> Response[bytes]:
        """The sessions of the call, for a calendar: half a day each, since nobody says when one ends."""
        wanted = jury_pb2.ListSessionsRequest(call_id=desk.visitor.call_id)
        sessions = (await desk.read("review.jury", wanted)).sessions
        kept = (one for one in sessions if one.state != jury_pb2.SESSION_STATE_CANCELLED)
        return calendar_file((_appointment(one) for one in kept), name="jury.ics")

    @get("/preparer", rpcs=("PrepareSession", "ListJury", "ListCases"))
    async def ask(self, request: AnyRequest, desk: AtDesk) -> Template:
        """The form, the members of the jury and the files that wait for it all ticked."""
        form = filled(PrepareForm, typed_before(request), held_at=await _proposed(desk))
        await _offer(desk, form)
        return await _form_page(request, desk, form, Tried())

    @post("/preparer", rpcs=("PrepareSession", "ListJury", "ListCases"), status_code=200)
    async def prepare(self, request: AnyRequest, desk: AtDesk) -> Response[Any]:
        """Members and files are named."""
        tried = typed_in(request)
        form = filled(PrepareForm, {name: list(values) for name, values in tried.values.items()})
        await _offer(desk, form)
        if not form.validate():
            return await _form_page(request, desk, form, Tried(tried.request_id, tried.values, status=422))
        sent = {
            "call_id": desk.visitor.call_id,
            "session_id": tried.request_id,
            "held_at": clock.text(form.held_at.data),
            "member_ids": sorted({*form.member_ids.data, form.chair_id.data}),
            "chair_id": form.chair_id.data,
            "application_ids": form.application_ids.data,
            "place": await save_words(desk, tried.request_id, "PLACE", body=form.place.data),
        }
        again = await press(request, desk, PrepareSession, tried=tried, done="jury.prepared_done", **sent)
        if again is None:
            return see(f"/jury/{tried.request_id}")
        again = replace(again, told=named(again.told, await seen_files(desk)))
        return await _form_page(request, desk, form, again)


def _appointment(session: jury_pb2.SessionRow) -> Appointment:
    return Appointment(
        key=f"jury/{session.session_id}",
        starts_at=clock.from_timestamp(session.held_at),
        minutes=SESSION_MINUTES,
        summary=t("jury.title"),
        place=session.place,
    )


async def jury_of(desk: Desk) -> list[calls_pb2.Juror]:
    """Who sits, or keeps the minutes, by name."""
    answer = await desk.read("intake.calls", calls_pb2.ListJuryRequest(call_id=desk.visitor.call_id))
    return list(answer.jurors)


async def waiting_cases(desk: Desk) -> list[cases_pb2.Case]:
    """The cases a session may sit on: shortlisted, alive, without a result."""
    wanted = cases_pb2.ListCasesRequest(call_id=desk.visitor.call_id)
    return [case for case in await desk.every("review.cases", wanted, "cases") if _waits(case)]


def _waits(case: cases_pb2.Case) -> bool:
    return (
        case.state == cases_pb2.CASE_STATE_OPEN
        and case.shortlist == cases_pb2.SHORTLIST_STATE_SHORTLISTED
        and case.proposal == cases_pb2.PROPOSAL_STATE_NONE
    )


async def _proposed(desk: Desk) -> datetime:
    return at_hour(await desk.now(), days=PROPOSED_DAYS, hour=PROPOSED_HOUR)


async def _offer(desk: Desk, form: Any) -> None:
    """Gives the form its choices; a form not filled in yet begins with everybody and every file."""
    jurors, cases = await together(jury_of(desk), waiting_cases(desk))
    files = await seen_files(desk)
    seated = [one for one in jurors if one.in_force and bare("common.Role", one.role) in SEATS]
    people = {one.person_id: one.display_name for one in seated}
    chairs = {one.person_id for one in seated if bare("common.Role", one.role) == "JURY_CHAIR"}
    form.member_ids.choices = list(people.items())
    form.chair_id.choices = [(one, people[one]) for one in people if one in chairs] or list(people.items())
    form.application_ids.choices = [
        (case.application_id, f"{files[case.application_id].told} · {word('review.HearingState', case.hearing)}")
        for case in sorted(
            cases, key=lambda case: files[case.application_id].number if case.application_id in files else ""
        )
        if case.application_id in files
    ]
    if form.member_ids.data is None:
        form.member_ids.data = list(people)
    if form.application_ids.data is None:
        form.application_ids.data = [str(one.value) for one in form.application_ids.choices]
    if not form.chair_id.data and len(chairs) == 1:
        form.chair_id.data = next(iter(chairs))


async def _form_page(request: AnyRequest, desk: Desk, form: Any, tried: Tried) -> Template:
    rulebook = await desk.rulebook()
    return page(
        request,
        "jury_prepare.html",
        status=tried.status,
        title=t("jury.prepare"),
        here="jury",
        form=form,
        tried=tried,
        quorum=rulebook.content["jury"]["quorum"],
        before=Before(t("jury.prepare_state"), t("jury.prepare_undo")),
    )
