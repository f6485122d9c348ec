"""*Séance du jury*: presence and quorum, the ranking with its cut line, the live envelope; convoked, scored, opened,
closed. The desk finds the session of its call by its id (:func:`session_of`), or by ``?seance=``."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from jalon.intake.v1 import applications_pb2 as pb
from jalon.review.v1 import jury_pb2
from litestar import Controller, Response, get, post
from litestar.params import FromPath
from litestar.response import Template

from kit.errors import Kind, Refused
from web.acts import Acting
from web.backoffice.acts.proposing import codes
from web.backoffice.file import load
from web.backoffice.pressing import Tried, press, typed_in
from web.desk import AtDesk, Desk, present, together
from web.page import AnyRequest, page, see
from web.words import bare, t
from workflows.contract.jury import CloseSession, ConvokeSession, DeclareConflict, Mark, OpenSession, SubmitScore


@dataclass(frozen=True)
class Line:
    """A ranked file. ``name``: number and structure; empty when the visitor is recused from it."""

    file: jury_pb2.RankedFile
    name: str
    number: str
    mean: str
    cut: bool


class JuryPage(Controller):
    """``/jury``."""

    path = "/jury"

    @get("/", rpcs=("GetSession", "GetRanking"))
    async def show(self, request: AnyRequest, desk: AtDesk) -> Template:
        """The session now."""
        return await _session_page(request, desk, Tried())

    @post("/convocation", rpcs=("GetSession", "ConvokeSession"), status_code=200)
    async def convoke(self, request: AnyRequest, desk: AtDesk) -> Response[Any]:
        """Files open to the members."""
        return await _pressed(request, desk, ConvokeSession, done="jury.convoked_done")

    @post("/ouverture", rpcs=("GetSession", "OpenSession"), status_code=200)
    async def begin(self, request: AnyRequest, desk: AtDesk) -> Response[Any]:
        """Presence recorded."""
        present_ids = list(typed_in(request).all("present_ids"))
        return await _pressed(request, desk, OpenSession, done="jury.opened_done", present_ids=present_ids)

    @post("/cloture", rpcs=("GetSession", "CloseSession"), status_code=200)
    async def close(self, request: AnyRequest, desk: AtDesk) -> Response[Any]:
        """The result is frozen and reaches each file."""
        return await _pressed(request, desk, CloseSession, done="jury.closed_done")

    @post("/deport", rpcs=("GetSession", "DeclareConflict"), status_code=200)
    async def recuse(self, request: AnyRequest, desk: AtDesk) -> Response[Any]:
        """The file vanishes for the member."""
        tried = typed_in(request)
        sent = {"application_id": tried.one("application_id"), "nature": tried.one("nature")}
        return await _pressed(request, desk, DeclareConflict, done="jury.recused_done", **sent)


class ScorePage(Controller):
    """``/jury/notes/{number}``: one member's grid for one file."""

    path = "/jury/notes/{number:str}"

    @get("/", rpcs=("GetApplication", "SubmitScore"))
    async def show(self, request: AnyRequest, desk: AtDesk, number: FromPath[str]) -> Template:
        """Every criterion, its level, its reason."""
        return await _score_page(request, desk, number, Tried())

    @post("/", rpcs=("GetApplication", "SubmitScore"), status_code=200)
    async def submit(self, request: AnyRequest, desk: AtDesk, number: FromPath[str]) -> Response[Any]:
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
        sent = {**session_of(request, desk), "application_id": application.application_id, "marks": marks}
        again = await press(request, desk, SubmitScore, tried=tried, done="jury.scored_done", **sent)
        return await _score_page(request, desk, number, again) if again else see(_address(request))


def session_of(request: AnyRequest, desk: Desk) -> dict[str, Any]:
    """The session worked on: the one the address names, else the call's own, whose id derives from the call's."""
    call_id = desk.visitor.call_id
    try:
        session_id = str(UUID(request.query_params.get("seance", "")))
    except ValueError:
        session_id = str(uuid5(UUID(call_id), "jury_session")) if call_id else ""
    return {"call_id": call_id, "session_id": session_id}


def _address(request: AnyRequest) -> str:
    named = request.query_params.get("seance", "")
    return f"/jury?seance={named}" if named else "/jury"


async def _pressed(request: AnyRequest, desk: Desk, message: Any, *, done: str, **sent: Any) -> Response[Any]:
    tried = typed_in(request)
    again = await press(request, desk, message, tried=tried, done=done, **session_of(request, desk), **sent)
    return await _session_page(request, desk, again) if again else see(_address(request))


async def _session_page(request: AnyRequest, desk: Desk, tried: Tried) -> Template:
    ids = session_of(request, desk)
    shown: dict[str, Any] = {"title": t("jury.title"), "here": "jury", "tried": tried, "status": tried.status}
    try:
        session, result = await together(
            desk.read("review.jury", jury_pb2.GetSessionRequest(**ids)),
            desk.read("review.jury", jury_pb2.GetRankingRequest(**ids)),
        )
    except Refused as refused:
        if refused.kind is not Kind.NOT_FOUND:
            raise
        return page(request, "jury_none.html", **shown)
    files, names = await together(
        _files(desk, [one.application_id for one in session.files]),
        desk.people(*(member.person_id for member in session.members)),
    )
    return page(
        request,
        "jury.html",
        session=session,
        result=result,
        lines=_lines(result, files),
        files=files,
        names=names,
        present=sum(member.present for member in session.members),
        natures=codes("conflict_nature"),
        query=f"?{request.url.query}" if request.url.query else "",
        **shown,
    )


async def _files(desk: Desk, ids: list[str]) -> dict[str, tuple[str, str]]:
    """Number and name of each file the visitor may see."""
    if desk.may("ListApplications"):
        wanted = pb.ListApplicationsRequest(call_id=desk.visitor.call_id)
        rows = await desk.every("intake.applications", wanted, "rows")
        return {row.application_id: (row.number, row.organization) for row in rows}
    found = await asyncio.gather(*(_file(desk, one) for one in ids))
    return {one.application_id: (one.number, one.pre_application.applicant.name) for one in found if one.number}


async def _file(desk: Desk, application_id: str) -> pb.Application:
    request = pb.GetApplicationRequest(application_id=application_id)
    found: pb.Application = await present(desk.read("intake.applications", request), pb.Application)
    return found


def _lines(result: jury_pb2.SessionResult, files: dict[str, tuple[str, str]]) -> list[Line]:
    """The cut line is under the last file proposed; each section of the envelope may end above it."""
    proposed = [bare("review.ProposalState", file.proposal) == "PROPOSED" for file in result.files]
    last = max((place for place, kept in enumerate(proposed) if kept), default=-1)
    lines: list[Line] = []
    for place, file in enumerate(result.files):
        number, name = files.get(file.application_id, ("", ""))
        mean = f"{file.mean_numerator / file.mean_denominator:.2f}" if file.mean_denominator else ""
        lines.append(Line(file, name, number, mean.replace(".", ","), place == last + 1))
    return lines


async def _score_page(request: AnyRequest, desk: Desk, number: str, tried: Tried) -> Template:
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
        back=_address(request),
    )
