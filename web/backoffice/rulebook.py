"""*Règlement*: the rulebook of the call, each rule with its legal basis; its check, opening, windows and close."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from jalon.intake.v1 import calls_pb2
from litestar import Controller, Response, get, post
from litestar.response import Template
from wtforms.validators import InputRequired

from kit import clock
from web.backoffice.pressing import Tried, press, typed_in
from web.desk import AtDesk, Desk
from web.forms import MomentField, RadioField, SiteForm, TextAreaField, filled
from web.page import AnyRequest, page, see, typed
from web.words import code, t
from workflows.contract.call import CloseCall, ExtendWindow, OpenCall

READING = ("GetRulebook", "GetCall")
WINDOWS = ("PRE_APPLICATION", "FULL_APPLICATION")


class ExtensionForm(SiteForm):
    """Which window, until when, and why (the public reads it)."""

    window = RadioField("rulebook.window", validators=[InputRequired()])
    closes_at = MomentField("rulebook.new_closing", validators=[InputRequired()])
    ground = TextAreaField("field:ground", description="rulebook.ground_hint", validators=[InputRequired()])


class RulebookPage(Controller):
    """``/reglement``."""

    path = "/reglement"

    @get("/", rpcs=READING)
    async def show(self, request: AnyRequest, desk: AtDesk) -> Template:
        """What applicants and services are bound by."""
        return await _page(request, desk, Tried())

    @post("/ouverture", rpcs=(*READING, "OpenCall"), status_code=200)
    async def open(self, request: AnyRequest, desk: AtDesk) -> Response[Any]:
        """The rulebook is checked, frozen and hashed."""
        return await _press(request, desk, OpenCall, done="rulebook.opened")

    @post("/prolongation", rpcs=(*READING, "ExtendWindow"), status_code=200)
    async def extend(self, request: AnyRequest, desk: AtDesk) -> Response[Any]:
        """A window closes later, for everybody."""
        form = _extension(typed(request))
        if not form.validate():
            return await _page(request, desk, Tried(typed_in(request).request_id, status=422), form=form)
        sent = {
            "window": form.window.data,
            "closes_at": clock.text(form.closes_at.data),
            "ground": form.ground.data.strip(),
        }
        return await _press(request, desk, ExtendWindow, done="rulebook.extended", form=form, **sent)

    @post("/cloture", rpcs=(*READING, "CloseCall"), status_code=200)
    async def close(self, request: AnyRequest, desk: AtDesk) -> Response[Any]:
        """The call ends, once every application is at its end."""
        return await _press(request, desk, CloseCall, done="rulebook.closed")


async def _press(
    request: AnyRequest, desk: Desk, message: Any, *, done: str, form: Any = None, **sent: Any
) -> Response[Any]:
    tried = typed_in(request)
    again = await press(request, desk, message, tried=tried, done=done, call_id=desk.visitor.call_id, **sent)
    desk.site.rulebooks.pop(desk.visitor.call_id, None)
    return await _page(request, desk, again, form=form) if again else see("/reglement")


def _extension(values: Any = None) -> Any:
    form = filled(ExtensionForm, values)
    form.window.choices = [(name, code("window", name)) for name in WINDOWS]
    return form


async def _page(request: AnyRequest, desk: Desk, tried: Tried, form: Any = None) -> Template:
    call_id = desk.visitor.call_id
    rulebook, call, findings = await asyncio.gather(
        desk.rulebook(call_id),
        desk.read("intake.calls", calls_pb2.GetCallRequest(call_id=call_id)),
        _findings(desk, call_id),
    )
    windows = [
        ("pre_application", call.pre_application_opens_at, call.pre_application_closes_at),
        ("full_application", call.full_application_opens_at, call.full_application_closes_at),
    ]
    return page(
        request,
        "rulebook.html",
        status=tried.status,
        title=t("rulebook.title", reference=call.reference),
        here="rulebook",
        rulebook=rulebook,
        call=call,
        windows=windows,
        content=rulebook.content,
        bases={one["code"]: one["text"] for one in rulebook.content["legal_bases"]},
        findings=findings,
        form=form or _extension(),
        tried=tried,
    )


async def _findings(desk: Desk, call_id: str) -> Sequence[calls_pb2.Finding]:
    """What would stop the opening, for those who may know."""
    if not desk.may("OpenCall"):
        return []
    answer = await desk.read("intake.calls", calls_pb2.CheckRulebookRequest(call_id=call_id))
    return list(answer.findings)
