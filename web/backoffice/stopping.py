"""A jury session adjourned to another date, or given up before any result: said first, file by file, then done."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from litestar.response import Template
from wtforms.validators import InputRequired

from kit import clock
from web.acts import Before
from web.backoffice.acts.proposing import at_hour
from web.backoffice.pressing import Tried, press, typed_in
from web.backoffice.seen import named
from web.backoffice.session import READS, sitting
from web.desk import AtDesk, Desk
from web.forms import MomentField, SiteForm, filled
from web.page import AnyRequest, page, see, typed_before
from web.words import t
from workflows.contract.jury import AdjournSession, CancelSession

DAYS, HOUR = 15, 9


class AdjournForm(SiteForm):
    """When the session goes on."""

    resumes_at = MomentField("field:resumes_at", validators=[InputRequired()])


class StoppingPages(Controller):
    """``/jury/{session_id}/ajournement`` and ``/annulation``."""

    path = "/jury/{session_id:uuid}"

    @get("/ajournement", rpcs=(*READS, "AdjournSession"))
    async def ask_date(self, request: AnyRequest, desk: AtDesk, session_id: FromPath[UUID]) -> Template:
        """The date it goes on, and what stays."""
        form = filled(AdjournForm, typed_before(request), resumes_at=at_hour(await desk.now(), days=DAYS, hour=HOUR))
        return await _page(request, desk, session_id, stop="adjourn", form=form, tried=Tried())

    @post("/ajournement", rpcs=(*READS, "AdjournSession"), status_code=200)
    async def adjourn(self, request: AnyRequest, desk: AtDesk, session_id: FromPath[UUID]) -> Response[Any]:
        """Interrupted."""
        tried = typed_in(request)
        form = filled(AdjournForm, {name: list(values) for name, values in tried.values.items()})
        if not form.validate():
            again: Tried | None = replace(tried, status=422)
        else:
            sent = {**_ids(desk, session_id), "resumes_at": clock.text(form.resumes_at.data)}
            again = await press(request, desk, AdjournSession, tried=tried, done="jury.adjourned_done", **sent)
        if again is None:
            return see(f"/jury/{session_id}")
        return await _page(request, desk, session_id, stop="adjourn", form=form, tried=again)

    @get("/annulation", rpcs=(*READS, "CancelSession"))
    async def ask(self, request: AnyRequest, desk: AtDesk, session_id: FromPath[UUID]) -> Template:
        """What giving it up does to each file."""
        return await _page(request, desk, session_id, stop="cancel", form=None, tried=Tried())

    @post("/annulation", rpcs=(*READS, "CancelSession"), status_code=200)
    async def cancel(self, request: AnyRequest, desk: AtDesk, session_id: FromPath[UUID]) -> Response[Any]:
        """Given up."""
        sent = _ids(desk, session_id)
        tried = typed_in(request)
        again = await press(request, desk, CancelSession, tried=tried, done="jury.cancelled_done", **sent)
        if again is None:
            return see(f"/jury/{session_id}")
        return await _page(request, desk, session_id, stop="cancel", form=None, tried=again)


def _ids(desk: Desk, session_id: UUID) -> dict[str, str]:
    return {"call_id": desk.visitor.call_id, "session_id": str(session_id)}


async def _page(request: AnyRequest, desk: Desk, session_id: UUID, *, stop: str, form: Any, tried: Tried) -> Template:
    found = await sitting(desk, session_id)
    return page(
        request,
        "session_stop.html",
        status=tried.status,
        title=t(f"jury.{stop}"),
        here="jury",
        sitting=found,
        stop=stop,
        form=form,
        place=f"/jury/{session_id}",
        before=Before(t(f"jury.{stop}_state"), t(f"jury.{stop}_undo")),
        tried=replace(tried, told=named(tried.told, found.files)),
    )
