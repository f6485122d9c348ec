"""*Noter*: one member's grid for one file, kept as it is written."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from jalon.review.v1 import jury_pb2
from litestar import Controller, Response, get, post
from litestar.params import FromPath
from litestar.response import Template

from kit.errors import Refused
from web.acts import Acting, Application
from web.backoffice.file import load
from web.backoffice.grids import BLANK
from web.backoffice.pressing import Tried, press, typed_in
from web.desk import AtDesk, Desk, ServiceSilent, together
from web.page import AnyRequest, flash, page, see
from web.rulebooks import Words
from web.words import explain, iso, say, t
from workflows.contract.jury import Mark, SubmitScore

RPCS = ("GetApplication", "SubmitScore", "SaveScoreDraft", "GetScoreDraft")


class ScorePage(Controller):
    """``/jury/{session_id}/notes/{number}``."""

    path = "/jury/{session_id:uuid}/notes/{number:str}"

    @get("/", rpcs=RPCS)
    async def show(
        self, request: AnyRequest, desk: AtDesk, *, session_id: FromPath[UUID], number: FromPath[str]
    ) -> Template:
        """Every criterion, its level, its reason; what was written before."""
        application = await load(desk, number)
        return await _score_page(request, desk, session_id, application=application, tried=Tried())

    @post("/", rpcs=RPCS, status_code=200)
    async def submit(
        self, request: AnyRequest, desk: AtDesk, *, session_id: FromPath[UUID], number: FromPath[str]
    ) -> Response[Any]:
        """Reasons first, then the grid that cites them. Whatever comes of it, what was typed is kept."""
        tried = typed_in(request)
        application, rulebook = await load(desk, number), await desk.rulebook()
        await _save(desk, session_id, application, marks=_typed(tried, rulebook))
        acting = Acting(desk, application, tried.request_id, application.progress.version)
        marks = [
            Mark(mark.criterion, mark.value, await acting.save_text("SCORE", mark.reason))
            for mark in _typed(tried, rulebook)
        ]
        sent = {**_ids(desk, session_id, application), "marks": marks}
        again = await press(request, desk, SubmitScore, tried=tried, done="jury.scored_done", **sent)
        if again:
            again = replace(again, told=[_named(line, rulebook) for line in again.told])
            return await _score_page(request, desk, session_id, application=application, tried=again)
        return see(f"/jury/{session_id}?dossier={application.number}")

    @post("/brouillon", rpcs=RPCS, status_code=200)
    async def save(
        self, request: AnyRequest, desk: AtDesk, *, session_id: FromPath[UUID], number: FromPath[str]
    ) -> Response[Any]:
        """What is written so far, kept: a script asks it at each pause, a button without one."""
        tried = typed_in(request)
        application, rulebook = await load(desk, number), await desk.rulebook()
        scripted = "application/json" in request.headers.get("accept", "")
        try:
            saved = await _save(desk, session_id, application, marks=_typed(tried, rulebook))
        except (Refused, ServiceSilent) as fault:
            said = explain(fault) if isinstance(fault, Refused) else [say("UNAVAILABLE")]
            told = [_named(line, rulebook) for line in said]
            if scripted:
                return Response({"sentence": " ".join(told)}, status_code=409)
            again = Tried(tried.request_id, tried.values, told, 409)
            return await _score_page(request, desk, session_id, application=application, tried=again)
        sentence = t("jury.draft_saved", at=iso(saved.saved_at))
        if scripted:
            return Response({"sentence": sentence})
        flash(request, sentence)
        return see(request.url.path.removesuffix("/brouillon"))


def _named(sentence: str, rulebook: Words) -> str:
    """A refusal names criteria by their code; people know them by their words."""
    for code, words in rulebook.codes("grid"):
        sentence = sentence.replace(f"marks.{code}.reason", words).replace(f"marks.{code}", words)
    return sentence


def _ids(desk: Desk, session_id: UUID, application: Application) -> dict[str, Any]:
    return {
        "call_id": desk.visitor.call_id,
        "session_id": str(session_id),
        "application_id": application.application_id,
    }


def _typed(tried: Tried, rulebook: Words) -> list[jury_pb2.DraftMark]:
    """What the form holds of each criterion."""
    found = []
    for one in rulebook.content["grid"]:
        value = tried.one(f"value-{one['code']}")
        number = int(value) if value.isdigit() else BLANK
        found.append(jury_pb2.DraftMark(criterion=one["code"], value=number, reason=tried.one(f"reason-{one['code']}")))
    return found


async def _save(
    desk: Desk, session_id: UUID, application: Application, *, marks: list[jury_pb2.DraftMark]
) -> jury_pb2.ScoreDraft:
    request = jury_pb2.SaveScoreDraftRequest(**_ids(desk, session_id, application), marks=marks)
    saved: jury_pb2.ScoreDraft = await desk.send("review.jury", request)
    return saved


async def _score_page(
    request: AnyRequest, desk: Desk, session_id: UUID, *, application: Application, tried: Tried
) -> Template:
    wanted = jury_pb2.GetScoreDraftRequest(**_ids(desk, session_id, application))
    draft, rulebook = await together(desk.read("review.jury", wanted), desk.rulebook())
    marks = _typed(tried, rulebook) if tried.values else draft.marks
    return page(
        request,
        "score.html",
        status=tried.status,
        title=t("jury.score_title", number=application.number),
        here="jury",
        application=application,
        rulebook=rulebook,
        grid=rulebook.content["grid"],
        written={mark.criterion: mark for mark in marks},
        draft=draft,
        tried=tried,
        place=f"/jury/{session_id}",
    )
