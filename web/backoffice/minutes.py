"""*Procès-verbal*: drawn up by the secretary from what is frozen, read as a PDF by those who sat."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from jalon.intake.v1 import calls_pb2
from jalon.review.v1 import jury_pb2
from litestar import Controller, Response, get, post
from litestar.params import FromPath
from litestar.response import Stream, Template

from kit.errors import Refused
from web.acts import Before
from web.backoffice.pressing import Tried, typed_in
from web.backoffice.session import Sitting, sitting
from web.desk import AtDesk, Desk
from web.downloads import attachment
from web.page import AnyRequest, flash, page, see
from web.words import explain, t

READS = ("GetSession", "GetRanking")
PDF = "application/pdf"


class MinutesPage(Controller):
    """``/jury/{session_id}/proces-verbal``."""

    path = "/jury/{session_id:uuid}/proces-verbal"

    @get("/", rpcs=(*READS, "DrawUpMinutes"))
    async def ask(self, request: AnyRequest, desk: AtDesk, session_id: FromPath[UUID]) -> Template:
        """What the secretary may add, and what the button does."""
        return await _page(request, desk, session_id, Tried())

    @post("/", rpcs=(*READS, "DrawUpMinutes"), status_code=200)
    async def draw_up(self, request: AnyRequest, desk: AtDesk, session_id: FromPath[UUID]) -> Response[Any]:
        """One more version, with the names as they are known today."""
        tried = typed_in(request)
        found = await sitting(desk, session_id)
        call = await desk.read("intake.calls", calls_pb2.GetCallRequest(call_id=desk.visitor.call_id))
        message = jury_pb2.DrawUpMinutesRequest(
            call_id=call.call_id,
            session_id=str(session_id),
            call_title=call.title_fr,
            names=[jury_pb2.SaidName(subject_id=one, name=name) for one, name in _names(found).items()],
            observations=tried.one("observations").strip(),
            fictitious=call.fictitious,
        )
        try:
            await desk.send("review.jury", message, tried.request_id)
        except Refused as refused:
            return await _page(request, desk, session_id, Tried(values=tried.values, told=explain(refused), status=409))
        flash(request, t("minutes.done"))
        return see(f"/jury/{session_id}")

    @get("/pdf", rpcs=("ReadMinutes",))
    async def read(self, desk: AtDesk, session_id: FromPath[UUID]) -> Stream:
        """The latest version."""

        async def part(offset: int) -> Any:
            wanted = jury_pb2.ReadMinutesRequest(
                call_id=desk.visitor.call_id, session_id=str(session_id), offset=offset
            )
            return await desk.read("review.jury", wanted)

        return await attachment(part, name="proces-verbal-jury.pdf", media_type=PDF)


def _names(found: Sitting) -> dict[str, str]:
    files = {one: seen.told for one, seen in found.files.items()}
    mine = {one.application_id for one in found.session.files}
    seated = {member.person_id for member in found.session.members}
    return {one: name for one, name in {**found.names, **files}.items() if one in mine | seated}


async def _page(request: AnyRequest, desk: Desk, session_id: UUID, tried: Tried) -> Template:
    found = await sitting(desk, session_id)
    return page(
        request,
        "minutes.html",
        status=tried.status,
        title=t("minutes.draw_up"),
        here="jury",
        sitting=found,
        place=f"/jury/{session_id}",
        before=Before(t("minutes.state"), t("minutes.undo")),
        tried=tried,
    )
