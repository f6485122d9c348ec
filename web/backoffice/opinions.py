"""*Avis*: those of a file, for its agents; and the desk of who is asked for one, which shows what serves it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from jalon.intake.v1 import applications_pb2 as pb
from jalon.review.v1 import cases_pb2
from litestar import Controller, Response, get, post
from litestar.params import FromPath
from litestar.response import Template

from kit.errors import not_found
from web.backoffice.acts.opinion import waiting
from web.backoffice.acts.proposing import case_of
from web.backoffice.file import file_page, load
from web.backoffice.pressing import Tried, press, typed_in
from web.desk import AtDesk, Desk, present
from web.links import OpinionLink
from web.page import AnyRequest, page, see, session_of
from web.store import renew
from web.timeline import History, history
from web.words import t
from workflows.contract.application import GiveOpinion, TextRef

SITE = "backoffice"


@dataclass(frozen=True)
class Asked:
    """An opinion asked of the visitor, with its file."""

    opinion: cases_pb2.Opinion
    application: pb.Application

    @property
    def open(self) -> bool:
        """True while it may be given."""
        return self.opinion.state == cases_pb2.OPINION_STATE_REQUESTED


class FileOpinions(Controller):
    """``/dossiers/{number}/avis``."""

    @get("/dossiers/{number:str}/avis", rpcs=("GetApplication", "GetCase"))
    async def show(self, request: AnyRequest, desk: AtDesk, number: FromPath[str]) -> Template:
        """Asked, given with their words, not given, no longer wanted."""
        return await _tab(request, desk, number)

    @post(
        "/dossiers/{number:str}/avis/{opinion_id:uuid}/lien",
        rpcs=("GetApplication", "GetCase", "RequestOpinion"),
        status_code=200,
    )
    async def link(
        self, request: AnyRequest, desk: AtDesk, number: FromPath[str], *, opinion_id: FromPath[UUID]
    ) -> Template:
        """A link for who is asked and has no account here; shown once, to be sent to her."""
        application = await load(desk, number)
        case = await case_of(desk, application)
        asked = next((one for one in waiting(case) if one.opinion_id == str(opinion_id)), None)
        if asked is None or case.reviewer_id != desk.visitor.person:
            raise not_found()
        names = await desk.people(asked.expert_id)
        link = OpinionLink(
            opinion_id=asked.opinion_id,
            application_id=application.application_id,
            call_id=application.call_id,
            person_id=asked.expert_id,
            name=names.get(asked.expert_id) or t("person.unnamed"),
        )
        token = await request.app.state.opinion_links.make(link)
        return await _tab(request, desk, number, made=asked.opinion_id, url=f"{desk.site.urls[SITE]}/avis/lien/{token}")


class OpinionByLink(Controller):
    """``/avis/lien/{token}``: opening it does nothing, pressing its button uses it."""

    path = "/avis/lien/{token:str}"

    @get("/", public=True)
    async def show(self, request: AnyRequest, token: FromPath[str]) -> Template:
        """What the link is for."""
        link = await request.app.state.opinion_links.read(token)
        return page(
            request,
            "opinion_link.html",
            title=t("opinions.by_link"),
            link=link,
            token=token,
            status=200 if link else 404,
        )

    @post("/", public=True, status_code=200)
    async def enter(self, request: AnyRequest, token: FromPath[str]) -> Response[Any]:
        """From now on the visitor is who was asked, and may give that one opinion."""
        link = await request.app.state.opinion_links.use(token)
        if link is None:
            return page(request, "opinion_link.html", title=t("opinions.by_link"), link=None, token=token, status=404)
        await renew(request, request.app.state.sessions)
        language = session_of(request).get("locale")
        person = {"person": link.person_id, "name": link.name, "call": link.call_id, "means": "link"}
        about = {"only": link.application_id, "opinion": link.opinion_id}
        request.set_session({**({"locale": language} if language else {}), **person, **about})
        return see(f"/avis/{link.opinion_id}")


class OpinionDesk(Controller):
    """``/avis``: what is asked of the visitor."""

    path = "/avis"

    @get("/", rpcs=("ListMyOpinions", "GetApplication"))
    async def show(self, request: AnyRequest, desk: AtDesk) -> Response[Any]:
        """What is to give first."""
        if desk.visitor.opinion:
            return see(f"/avis/{desk.visitor.opinion}")
        return page(request, "opinions.html", title=t("opinions.title"), here="opinions", asked=await asked_of(desk))

    @get("/{opinion_id:uuid}", rpcs=("ListMyOpinions", "GetApplication"))
    async def read(self, request: AnyRequest, desk: AtDesk, opinion_id: FromPath[UUID]) -> Template:
        """The file as it was deposited, and the opinion to give."""
        return await _one(request, desk, await _find(desk, opinion_id), Tried())

    @post("/{opinion_id:uuid}", rpcs=("ListMyOpinions", "SaveText", "GiveOpinion"), status_code=200)
    async def give(self, request: AnyRequest, desk: AtDesk, opinion_id: FromPath[UUID]) -> Response[Any]:
        """The words first, then the opinion that cites them."""
        found, tried = await _find(desk, opinion_id), typed_in(request)
        body, favourable = tried.one("words").strip(), tried.one("favourable")
        if not body or favourable not in ("yes", "no"):
            again = Tried(tried.request_id, tried.values, [t("opinions.both")], 422)
            return await _one(request, desk, found, again)
        sent = {
            "application_id": found.application.application_id,
            "opinion_id": str(opinion_id),
            "favourable": favourable == "yes",
            "words": await _saved(desk, found, tried.request_id, body),
        }
        refused = await press(request, desk, GiveOpinion, tried=tried, done="opinions.given", **sent)
        return await _one(request, desk, found, refused) if refused else see("/avis")


async def _tab(request: AnyRequest, desk: Desk, number: str, *, made: str = "", url: str = "") -> Template:
    application = await load(desk, number)
    case = await case_of(desk, application)
    told = History([])
    if desk.may("ListJournal"):
        told = await history(desk, application.application_id, of=("review",))
    words = {line.facts.get("opinion_id", ""): line.words for line in told.lines if line.event == "opinion_given"}
    names = await desk.people(*(one.expert_id for one in case.opinions))
    return await file_page(
        request,
        desk,
        application,
        tab="opinions",
        case=case,
        names=names,
        words=words,
        pending=waiting(case),
        made=made,
        url=url,
    )


async def asked_of(desk: Desk) -> Sequence[Asked]:
    """The opinions asked of the visitor on files she may still read; by a link, that one."""
    if desk.visitor.only:
        one = cases_pb2.GetOpinionRequest(application_id=desk.visitor.only, opinion_id=desk.visitor.opinion)
        return [Asked(await desk.read("review.cases", one), await _file(desk, desk.visitor.only))]
    wanted = cases_pb2.ListMyOpinionsRequest(call_id=desk.visitor.call_id)
    answer = await desk.read("review.cases", wanted)
    files = await asyncio.gather(*(_file(desk, one.application_id) for one in answer.opinions))
    pairs = zip(answer.opinions, files, strict=True)
    return [Asked(opinion, file) for opinion, file in pairs if file.application_id]


async def _file(desk: Desk, application_id: str) -> pb.Application:
    wanted = pb.GetApplicationRequest(application_id=application_id)
    return await present(desk.read("intake.applications", wanted), pb.Application)


async def _find(desk: Desk, opinion_id: UUID) -> Asked:
    found = next((one for one in await asked_of(desk) if one.opinion.opinion_id == str(opinion_id)), None)
    if found is None:
        raise not_found()
    return found


async def _saved(desk: Desk, asked: Asked, request_id: str, body: str) -> TextRef:
    text_id = str(uuid5(UUID(request_id), f"text/OPINION/{body}"))
    message = cases_pb2.SaveTextRequest(
        application_id=asked.application.application_id,
        text_id=text_id,
        kind=cases_pb2.TEXT_KIND_OPINION,
        body=body,
    )
    saved = await desk.send("review.cases", message, str(uuid5(UUID(text_id), "save")))
    return TextRef(text_id, saved.version)


async def _one(request: AnyRequest, desk: Desk, asked: Asked, tried: Tried) -> Template:
    return page(
        request,
        "opinion.html",
        status=tried.status,
        title=t("opinions.one", number=asked.application.number),
        here="opinions",
        asked=asked,
        application=asked.application,
        rulebook=await desk.rulebook(asked.application.call_id),
        tried=tried,
    )
