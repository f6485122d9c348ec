"""« Avancer le temps de la démonstration »: to a date, or just past the next deadline of the file on screen; before the
button is pressed, what will happen meanwhile. One process alone moves the clock: these pages ask it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from jalon.intake.v1 import applications_pb2, calls_pb2
from jalon.rehearsal.v1 import time_pb2, time_pb2_grpc
from litestar import Controller, Response, get, post
from litestar.middleware.rate_limit import RateLimitConfig
from litestar.response import Template
from wtforms.validators import InputRequired

from kit import clock, rpc
from kit.errors import Refused
from kit.status import answer_of
from web.desk import AtDesk, Desk, answered, present, together
from web.forms import MomentField, SiteForm, filled
from web.page import AnyRequest, flash, inside, page, see
from web.visitor import every_call
from web.words import explain, t

RPC_SECONDS = 10.0
PAST = timedelta(minutes=1)
"""How far past a deadline one goes, so that it is over."""
MOST_ROWS = 25
FILE = re.compile(
    r"/(?:dossiers|demandes)/(?:(?P<application_id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})|(?P<number>[^/?#]+))"
)
WINDOWS = (
    "pre_application_opens_at",
    "pre_application_closes_at",
    "full_application_opens_at",
    "full_application_closes_at",
)
LIMIT = RateLimitConfig(rate_limit=("minute", 60), store="rate_limit")


@dataclass(frozen=True)
class OpenedMover:
    """The channel to the process that moves the clock, and its stub."""

    channel: Any
    stub: Any


@dataclass(frozen=True)
class Goal:
    """A date that is offered: its words, and the page that says what happens until then."""

    label: str
    at: datetime
    href: str


@dataclass(frozen=True)
class Foreseen:
    """What will happen before ``to_at``. ``rows``: the files the visitor may see; ``windows``: ``(instant, words)``."""

    to_at: datetime
    typed: str
    groups: list[time_pb2.DeadlineGroup]
    rows: list[applications_pb2.ApplicationRow]
    windows: list[tuple[datetime, str]]


class UntilForm(SiteForm):
    """Until when."""

    jusqu = MomentField("time.until", description="time.until_hint", validators=[InputRequired()])


class TimePages(Controller):
    """``/temps``; in a demonstration alone."""

    path = "/temps"

    @get("/", public=True)
    async def show(self, request: AnyRequest, desk: AtDesk) -> Template:
        """The clock, dates to go to, and what happens until the one chosen."""
        form = filled(UntilForm, {"jusqu": [request.query_params["jusqu"]]} if _asked(request) else None)
        chosen = form.jusqu.data if _asked(request) and form.validate() else None
        return await _page(request, desk, form=form, chosen=chosen)

    @post("/", public=True, status_code=303, middleware=[LIMIT.middleware])
    async def advance(self, request: AnyRequest, desk: AtDesk) -> Response[Any] | Template:
        """Asks the mover; the page then says how far it is."""
        typed = await request.form()
        form = filled(UntilForm, {"jusqu": [str(typed.get("jusqu", ""))]})
        back = inside(str(typed.get("retour", "/")))
        if not form.validate():
            return await _page(request, desk, form=form, status=422)
        try:
            to_at = clock.to_timestamp(form.jusqu.data.astimezone(UTC))
            await _ask(desk.site.mover.AdvanceTime, time_pb2.AdvanceTimeRequest(to_at=to_at))
        except Refused as refused:
            for sentence in explain(refused):
                flash(request, sentence, kind="blocked")
        return see(f"/temps?retour={quote(back)}")


def open_mover(address: str) -> OpenedMover:
    """The channel connects when first used."""
    channel = rpc.channel(address)
    return OpenedMover(channel, time_pb2_grpc.TimeServiceStub(channel))


def _asked(request: AnyRequest) -> bool:
    return "jusqu" in request.query_params


async def _ask(call: Any, request: Any) -> Any:
    """The mover's answer; refusals and silence as those of a service."""
    return await answered("mover", answer_of(call(request, timeout=RPC_SECONDS)))


async def _page(
    request: AnyRequest, desk: Desk, *, form: UntilForm, chosen: datetime | None = None, status: int = 200
) -> Template:
    back = inside(request.query_params.get("retour", "/"))
    advance = await _ask(desk.site.mover.GetAdvance, time_pb2.GetAdvanceRequest())
    now = clock.from_timestamp(advance.now_at)
    told = _impossible(chosen, now=now, latest=clock.from_timestamp(advance.latest_at)) if chosen else ""
    foreseen = await _foreseen(desk, now, chosen) if chosen and not told else None
    return page(
        request,
        "advance.html",
        status=422 if told else status,
        title=t("time.title"),
        advance=advance,
        now=now,
        moving=advance.state == time_pb2.ADVANCE_STATE_MOVING,
        stopped=advance.state == time_pb2.ADVANCE_STATE_STOPPED,
        part=_part(advance),
        form=form,
        told=[told] if told else [],
        foreseen=foreseen,
        goals=await _goals(desk, now=now, back=back),
        back=back,
    )


def _impossible(chosen: datetime, *, now: datetime, latest: datetime) -> str:
    if chosen <= now:
        return t("time.past", now=clock.text(now))
    return t("time.too_far", latest=clock.text(latest)) if chosen > latest else ""


def _part(advance: time_pb2.Advance) -> int:
    """How much of the way is done, in percent."""
    if not advance.HasField("to_at"):
        return 0
    start, end, now = (clock.from_timestamp(one) for one in (advance.from_at, advance.to_at, advance.now_at))
    return max(0, min(100, int(100 * (now - start) / (end - start))))


async def _goals(desk: Desk, *, now: datetime, back: str) -> list[Goal]:
    """The next deadline of the file on screen first; then a day, a week, a month."""
    found: list[tuple[str, datetime]] = []
    progress = await _on_screen(desk, back)
    if progress is not None and progress.HasField("next_event_at"):
        due = clock.from_timestamp(progress.next_event_at)
        if due > now:
            found.append((t("time.to_deadline"), due + PAST))
    found += [
        (t(f"time.in_{name}"), now + timedelta(days=days)) for name, days in (("day", 1), ("week", 7), ("month", 30))
    ]
    return [
        Goal(label, at, f"/temps?{urlencode({'retour': back, 'jusqu': _typed(at)})}")
        for label, at in ((label, _whole(at)) for label, at in found)
    ]


async def _on_screen(desk: Desk, back: str) -> applications_pb2.Progress | None:
    """Where the file one came from stands; None elsewhere, and for what the visitor may not see."""
    found = FILE.match(back)
    if found is None or not desk.visitor.signed_in:
        return None
    number, application_id = found["number"] or "", found["application_id"] or ""
    asked = applications_pb2.GetApplicationRequest(
        number=number, application_id=application_id, call_id=desk.visitor.call_id if number else ""
    )
    try:
        application = await present(desk.read("intake.applications", asked), applications_pb2.Application)
    except Refused:
        return None
    progress: applications_pb2.Progress = application.progress
    return progress


async def _foreseen(desk: Desk, now: datetime, to_at: datetime) -> Foreseen:
    asked = time_pb2.ListDeadlinesRequest(to_at=clock.to_timestamp(to_at))
    answer, calls = await together(_ask(desk.site.mover.ListDeadlines, asked), every_call(desk.site.door))
    rows = [row for row in await _rows(desk, to_at) if clock.from_timestamp(row.progress.next_event_at) >= now]
    return Foreseen(to_at, _typed(to_at), list(answer.groups), rows[:MOST_ROWS], _windows(calls, now, to_at))


async def _rows(desk: Desk, to_at: datetime) -> list[applications_pb2.ApplicationRow]:
    """The files due before ``to_at`` that the visitor's own rights show."""
    if desk.site.name == "portal":
        rows = []
        if desk.visitor.signed_in:
            rows = await desk.every("intake.applications", applications_pb2.ListMyApplicationsRequest(), "rows")
        dated = [row for row in rows if row.progress.HasField("next_event_at")]
        return [row for row in dated if clock.from_timestamp(row.progress.next_event_at) < to_at]
    if not desk.visitor.call_id or not desk.may("ListApplications"):
        return []
    asked = applications_pb2.ListApplicationsRequest(
        call_id=desk.visitor.call_id,
        next_event_before=clock.to_timestamp(to_at),
        order=applications_pb2.LIST_ORDER_NEXT_EVENT,
    )
    return await desk.every("intake.applications", asked, "rows")


def _windows(calls: list[calls_pb2.Call], now: datetime, to_at: datetime) -> list[tuple[datetime, str]]:
    """Receptions of calls that open or close meanwhile."""
    instants = [
        (clock.from_timestamp(at), t(f"time.{field.name}", reference=call.reference))
        for call in calls
        for field, at in call.ListFields()
        if field.name in WINDOWS
    ]
    return sorted((at, words) for at, words in instants if now <= at < to_at)


def _whole(at: datetime) -> datetime:
    """The whole minute at ``at``, or just after."""
    minute = at.replace(second=0, microsecond=0)
    return minute if minute == at else minute + timedelta(minutes=1)


def _typed(at: datetime) -> str:
    """As the browser's own field writes it."""
    return at.astimezone(clock.PARIS).strftime("%Y-%m-%dT%H:%M")
