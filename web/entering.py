"""How people sign in. In a demonstration: « Entrer en tant que… », a card per role and person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from jalon.intake.v1 import calls_pb2
from litestar import Controller, Response, get, post
from litestar.middleware.rate_limit import RateLimitConfig
from litestar.params import FromQuery
from litestar.response import Template

from kit.clock import from_timestamp
from kit.contract import role_name
from kit.errors import not_found
from web.awaiting import counted
from web.desk import AtDesk, Desk
from web.page import AnyRequest, inside, page, see, session_of
from web.signing import KEPT, device, doors, offered
from web.store import renew
from web.visitor import every_call
from web.words import t
from workflows.commands import Who

ORDER = (
    *("CALL_ADMIN", "INSTRUCTOR", "EXPERT", "JURY_SECRETARY", "JURY_MEMBER", "JURY_CHAIR", "ASSEMBLY_OFFICE"),
    *("AUTHORISING_OFFICER", "FINANCE", "AUDITOR", "ORGANISER", "ADVISER", "FUNDER", "APPLICANT"),
)
"""Roles in the order a call needs them."""

LIMIT = RateLimitConfig(rate_limit=("minute", 120), store="rate_limit")
"""Of one machine's tries to sign in."""


class Demonstration(Controller):
    """Anybody enters as anybody; this controller exists in a demonstration installation alone."""

    path = "/entrer"

    @get("/", public=True)
    async def show(
        self, request: AnyRequest, desk: AtDesk, *, appel: FromQuery[str] = "", retour: FromQuery[str] = "/"
    ) -> Template:
        """The people of a call, those of this site."""
        calls = await every_call(desk.site.door)
        named = [one for one in calls if one.reference == appel]
        call, people = await self._chosen(desk, named or in_course(calls, await desk.now()))
        people = await counted(desk.site, call.call_id, people) if call else []
        groups = [(role, held) for role in ORDER if (held := [one for one in people if role_name(one.role) == role])]
        return page(
            request,
            "enter.html",
            title=t("enter.title"),
            calls=calls,
            call=call,
            groups=groups,
            back=inside(retour),
            **offered(request),
        )

    @post("/", public=True, status_code=303, middleware=[LIMIT.middleware])
    async def enter(self, request: AnyRequest, desk: AtDesk) -> Response[Any]:
        """Signs in as one of them."""
        form = await request.form()
        call_id, person_id = str(form.get("call_id", "")), str(form.get("person_id", ""))
        people = await self._people(desk, call_id)
        found = next((one for one in people if one.person_id == person_id), None)
        if found is None:
            raise not_found()
        await renew(request, request.app.state.sessions)
        kept = {name: value for name, value in session_of(request).items() if name in KEPT}
        who = {"person": found.person_id, "name": found.display_name, "call": call_id}
        at = {"means": "demonstration", "device": device(request.headers.get("user-agent", ""))}
        request.set_session({**kept, **who, **at})
        return see(inside(str(form.get("retour", "/"))))

    async def _chosen(
        self, desk: Desk, calls: list[calls_pb2.Call]
    ) -> tuple[calls_pb2.Call | None, list[calls_pb2.FictitiousPerson]]:
        """The first call that has people for this site; the first one when none has."""
        for call in calls:
            people = await self._people(desk, call.call_id)
            if people:
                return call, people
        return (calls[0] if calls else None), []

    async def _people(self, desk: Desk, call_id: str) -> list[calls_pb2.FictitiousPerson]:
        stub = desk.site.door.services.stub("intake", "calls")
        request = calls_pb2.ListFictitiousPeopleRequest(call_id=call_id)
        answer = await desk.site.door.read(Who("", frozenset()), stub.ListFictitiousPeople, request)
        porters = desk.site.name == "portal"
        return [one for one in answer.people if (role_name(one.role) == "APPLICANT") == porters]


def in_course(calls: Sequence[calls_pb2.Call], now: datetime) -> list[calls_pb2.Call]:
    """The call people work on first: of those open, the one whose reception ended last, else the oldest (a call just
    opened, where everything is to come, is not it); then the others, in their order."""
    alive = [call for call in calls if call.state == calls_pb2.CALL_STATE_OPEN]
    over = [call for call in alive if from_timestamp(call.full_application_closes_at) <= now]
    first = sorted(over, key=lambda call: from_timestamp(call.full_application_closes_at), reverse=True)
    first += sorted(alive, key=lambda call: from_timestamp(call.opened_at))
    known = {call.call_id: call for call in [*first, *calls]}
    return list(known.values())


@get("/entrer", public=True)
async def sign_in(request: AnyRequest, *, retour: FromQuery[str] = "/") -> Template:
    """How one signs in to a real installation."""
    return doors(request, back=inside(retour))


@post("/sortir", public=True, status_code=303)
async def leave(request: AnyRequest) -> Response[Any]:
    """Ends the session, for ever and everywhere it was."""
    language = session_of(request).get("locale")
    await renew(request, request.app.state.sessions)
    request.set_session({"locale": language} if language else {})
    return see("/")
