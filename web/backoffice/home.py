"""The home page of an agent: her calls, her roles, where applications stand; and the choice of the call."""

from __future__ import annotations

from typing import Any

from jalon.intake.v1 import applications_pb2
from litestar import Controller, Response, get, post
from litestar.response import Template

from web.backoffice.view import TABS
from web.backoffice.waiting import waiting_besides
from web.desk import AtDesk, Desk, together
from web.page import AnyRequest, inside, page, see, session_of
from web.words import t


class HomePage(Controller):
    """``/`` and the choice of the call worked on."""

    @get("/", signed_in=True)
    async def home(self, request: AnyRequest, desk: AtDesk) -> Template:
        """What waits for her by date, over all her calls, then tiles that are filters."""
        (counts, tasks), besides = await together(
            together(_counts(desk), _tasks(desk, request.query_params.get("page", ""))), waiting_besides(desk)
        )
        by_stage = {count.key: count.count for count in counts.by_stage} if counts else {}
        tiles = [(tab, sum(by_stage.get(stage, 0) for stage in stages)) for tab, stages in TABS.items()]
        title = t("home.title", name=desk.visitor.name)
        return page(
            request,
            "home.html",
            title=title,
            here="home",
            counts=counts,
            tiles=tiles,
            tasks=tasks,
            besides=besides,
            references=dict(desk.visitor.calls),
        )

    @post("/appel", signed_in=True, status_code=303)
    async def choose_call(self, request: AnyRequest, desk: AtDesk) -> Response[Any]:
        """From now on the visitor works on another of her calls."""
        form = await request.form()
        chosen = str(form.get("appel", ""))
        if chosen in dict(desk.visitor.calls):
            session_of(request)["call"] = chosen
        return see(inside(str(form.get("retour", "/"))))


async def _counts(desk: Desk) -> applications_pb2.CountApplicationsResponse | None:
    if not desk.visitor.call_id or not desk.may("CountApplications"):
        return None
    asked = applications_pb2.CountApplicationsRequest(call_id=desk.visitor.call_id)
    found: applications_pb2.CountApplicationsResponse = await desk.read("intake.applications", asked)
    return found


async def _tasks(desk: Desk, token: str) -> applications_pb2.ListMyTasksResponse | None:
    if not desk.may("ListMyTasks"):
        return None
    asked = applications_pb2.ListMyTasksRequest(page_token=token)
    found: applications_pb2.ListMyTasksResponse = await desk.read("intake.applications", asked)
    return found
