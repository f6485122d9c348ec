"""*Noter*: one member's grid for one file."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from litestar.response import Template

from web.acts import Acting
from web.backoffice.file import load
from web.backoffice.pressing import Tried, press, typed_in
from web.desk import AtDesk, Desk
from web.page import AnyRequest, page, see
from web.words import t
from workflows.contract.jury import Mark, SubmitScore


class ScorePage(Controller):
    """``/jury/{session_id}/notes/{number}``."""

    path = "/jury/{session_id:uuid}/notes/{number:str}"

    @get("/", rpcs=("GetApplication", "SubmitScore"))
    async def show(
        self, request: AnyRequest, desk: AtDesk, *, session_id: FromPath[UUID], number: FromPath[str]
    ) -> Template:
        """Every criterion, its level, its reason."""
        return await _score_page(request, desk, session_id, number=number, tried=Tried())

    @post("/", rpcs=("GetApplication", "SubmitScore"), status_code=200)
    async def submit(
        self, request: AnyRequest, desk: AtDesk, *, session_id: FromPath[UUID], number: FromPath[str]
    ) -> Response[Any]:
        """Reasons first, then the grid that cites them."""
        tried = typed_in(request)
        application, rulebook = await load(desk, number), await desk.rulebook()
        acting = Acting(desk, application, tried.request_id, application.progress.version)
        marks = [
            Mark(
                criterion=one["code"],
                value=int(tried.one(f"value-{one['code']}", "-1")),
                reason=await acting.save_text("SCORE", tried.one(f"reason-{one['code']}")),
            )
            for one in rulebook.content["grid"]
        ]
        ids = {"call_id": desk.visitor.call_id, "session_id": str(session_id)}
        sent = {**ids, "application_id": application.application_id, "marks": marks}
        again = await press(request, desk, SubmitScore, tried=tried, done="jury.scored_done", **sent)
        if again:
            return await _score_page(request, desk, session_id, number=number, tried=again)
        return see(f"/jury/{session_id}")


async def _score_page(request: AnyRequest, desk: Desk, session_id: UUID, *, number: str, tried: Tried) -> Template:
    application, rulebook = await load(desk, number), await desk.rulebook()
    return page(
        request,
        "score.html",
        status=tried.status,
        title=t("jury.score_title", number=application.number),
        here="jury",
        application=application,
        rulebook=rulebook,
        grid=rulebook.content["grid"],
        tried=tried,
        back=f"/jury/{session_id}",
    )
