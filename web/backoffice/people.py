"""*Personnes*: who has which role for the call, who is invited, who acts in whose place. Days are whole, in Paris."""

from __future__ import annotations

import logging
from datetime import date, datetime, time, timedelta
from typing import Any

from jalon.common.v1 import rights_pb2
from jalon.intake.v1 import calls_pb2, people_pb2
from litestar import Controller, Response, get, post
from litestar.response import Template

from kit import clock
from kit.errors import Refused
from web.backoffice.pressing import Tried, typed_in
from web.desk import AtDesk, Desk, ServiceSilent, together
from web.mails import send_mail
from web.page import AnyRequest, flash, page, see
from web.words import explain, locale, t

log = logging.getLogger(__name__)
GIVEN = (
    *("INSTRUCTOR", "JURY_MEMBER", "JURY_CHAIR", "JURY_SECRETARY", "ASSEMBLY_OFFICE", "AUTHORISING_OFFICER"),
    *("FINANCE", "AUDITOR", "CALL_ADMIN", "EXPERT"),
)
"""Roles that this page offers, in the order a call needs them."""
PLACE = "/personnes"
READING = ("ListMembers", "ListStandIns", "GetCall")


class UnclearDay(Exception):
    """A day that does not read."""


class PeoplePages(Controller):
    """``/personnes``."""

    path = PLACE

    @get("/", rpcs=READING)
    async def show(self, request: AnyRequest, desk: AtDesk) -> Template:
        """Roles by person, then stand-ins under way and to come."""
        return await _page(request, desk, Tried())

    @post("/inviter", rpcs=(*READING, "InvitePerson"), status_code=200)
    async def invite(self, request: AnyRequest, desk: AtDesk) -> Response[Any]:
        """Gives a role to whoever owns a mailbox, and writes to her where to enter."""
        tried = typed_in(request)
        message = people_pb2.InvitePersonRequest(
            call_id=desk.visitor.call_id,
            email=tried.one("email").strip(),
            display_name=tried.one("display_name").strip(),
            role=_role(tried),
        )
        answer = await _send(request, desk, "intake.people", message, tried=tried, done="people.invited")
        if not answer.told:
            await _write_to(request, desk, message.email, tried.request_id)
        return await _after(request, desk, answer)

    @post("/role", rpcs=(*READING, "GrantRole"), status_code=200)
    async def change_end(self, request: AnyRequest, desk: AtDesk) -> Response[Any]:
        """Ends a role: today at once when no day is given, else after that day."""
        tried = typed_in(request)
        message = calls_pb2.GrantRoleRequest(
            call_id=desk.visitor.call_id, person_id=tried.one("person_id"), role=_role(tried)
        )
        begins = _begins_later(tried)
        if begins:
            message.from_at.FromDatetime(begins)
        if not tried.one("last_on"):
            message.to_at.FromDatetime(begins or await desk.now())
        answer = await _send(request, desk, "intake.calls", message, tried=tried, done="people.ended")
        return await _after(request, desk, answer)

    @post("/remplacements", rpcs=(*READING, "RecordStandIn"), status_code=200)
    async def stand_in(self, request: AnyRequest, desk: AtDesk) -> Response[Any]:
        """Says who acts in whose place."""
        tried = typed_in(request)
        message = people_pb2.RecordStandInRequest(
            call_id=desk.visitor.call_id, absent_id=tried.one("absent_id"), deputy_id=tried.one("deputy_id")
        )
        answer = await _send(request, desk, "intake.people", message, tried=tried, done="people.stands_in")
        return await _after(request, desk, answer)

    @post("/remplacements/fin", rpcs=(*READING, "EndStandIn"), status_code=200)
    async def end_stand_in(self, request: AnyRequest, desk: AtDesk) -> Response[Any]:
        """Ends a stand-in now, or takes it back."""
        tried = typed_in(request)
        message = people_pb2.EndStandInRequest(call_id=desk.visitor.call_id, stand_in_id=tried.one("stand_in_id"))
        answer = await _send(request, desk, "intake.people", message, tried=tried, done="people.stand_in_ended")
        return await _after(request, desk, answer)


def period(message: Any, first: str, last: str) -> None:
    """Writes the days typed into ``from_at`` (the beginning of the first) and ``to_at`` (the end of the last). Raises
    :class:`UnclearDay`."""
    if first:
        message.from_at.FromDatetime(_midnight(first))
    if last:
        message.to_at.FromDatetime(_midnight(last, after_days=1))


def _midnight(day: str, *, after_days: int = 0) -> datetime:
    for shape in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            found = datetime.strptime(day.strip(), shape).date()  # noqa: DTZ007 (a civil date)
        except ValueError:
            continue
        return _begins(found + timedelta(days=after_days))
    raise UnclearDay


def _begins(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=clock.PARIS)


def _begins_later(tried: Tried) -> datetime | None:
    """The beginning of a role that has not begun, as the page gave it: it is that very one whose end changes."""
    try:
        return clock.parse(tried.one("begins")) if tried.one("begins") else None
    except ValueError:
        return None


def _role(tried: Tried) -> Any:
    known = rights_pb2.Role.DESCRIPTOR.values_by_name.get(f"ROLE_{tried.one('role')}")
    return known.number if known else rights_pb2.ROLE_UNSPECIFIED


async def _send(request: AnyRequest, desk: Desk, stub: str, message: Any, *, tried: Tried, done: str) -> Tried:
    """Sends it; what comes back has nothing told when it is recorded."""
    try:
        if "from_at" in message.DESCRIPTOR.fields_by_name:
            period(message, tried.one("first_on"), tried.one("last_on"))
        await desk.send(stub, message, tried.request_id)
    except UnclearDay:
        return Tried(values=tried.values, told=[t("form.date_unclear")], status=422)
    except Refused as refused:
        return Tried(values=tried.values, told=explain(refused), status=409)
    flash(request, t(done))
    return Tried()


async def _after(request: AnyRequest, desk: Desk, answer: Tried) -> Response[Any]:
    return await _page(request, desk, answer) if answer.told else see(PLACE)


async def _write_to(request: AnyRequest, desk: Desk, email: str, request_id: str) -> None:
    """The role is given whatever becomes of the mail."""
    call_id = desk.visitor.call_id
    call = await desk.read("intake.calls", calls_pb2.GetCallRequest(call_id=call_id))
    title = call.title_en if locale() == "en" else call.title_fr
    try:
        await send_mail(desk.site, "invitation", email=email, path="/entrer", values={"call": title}, call_id=call_id)
    except (Refused, ServiceSilent):
        log.warning("an invitation could not be queued (request %s)", request_id)
        flash(request, t("people.not_written"), kind="waiting")


async def _page(request: AnyRequest, desk: Desk, tried: Tried) -> Template:
    call_id = desk.visitor.call_id
    members, stand_ins = await together(
        desk.every("intake.people", people_pb2.ListMembersRequest(call_id=call_id), "members"),
        desk.read("intake.people", people_pb2.ListStandInsRequest(call_id=call_id)),
    )
    now = await desk.now()
    live = [one for one in members if not one.HasField("to_at") or clock.from_timestamp(one.to_at) > now]
    return page(
        request,
        "people.html",
        title=t("people.title"),
        here="people",
        status=tried.status,
        live=live,
        over=[one for one in members if one not in live],
        people={one.person_id: one.display_name for one in live},
        stand_ins=stand_ins.stand_ins,
        roles=GIVEN,
        tried=tried,
        last_of=last_of,
        later=[one.from_at.ToJsonString() if clock.from_timestamp(one.from_at) > now else "" for one in live],
    )


def last_of(stamp: Any) -> datetime:
    """The last instant of a period whose end is excluded."""
    return clock.from_timestamp(stamp) - timedelta(seconds=1)
