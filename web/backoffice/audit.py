"""*Contrôle*: one search box, every chain verified at once or one by one, and the walk of a euro back to the rule."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Any
from uuid import UUID

from jalon.audit.v1 import chains_pb2
from jalon.intake.v1 import applications_pb2 as pb
from jalon.intake.v1 import calls_pb2
from litestar import Controller, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from kit.errors import Kind, Refused, not_found
from web.backoffice.acts.proposing import award_of
from web.backoffice.chains import APPLICATION, Link, chain_of, link_of, names_in
from web.backoffice.file import load
from web.backoffice.seeking import Sought, sought
from web.backoffice.walk import walk_of
from web.desk import AtDesk, Desk
from web.page import AnyRequest, address, page
from web.words import t

CHAINED = ("ListEvents", "VerifySubject")


class AuditPage(Controller):
    """``/controle``."""

    path = "/controle"

    @get("/", rpcs=CHAINED)
    async def show(
        self,
        request: AnyRequest,
        desk: AtDesk,
        *,
        q: FromQuery[str] = "",
        dossier: FromQuery[str] = "",
        personne: FromQuery[str] = "",
    ) -> Template:
        """The search, and what it found."""
        asked = (q or dossier).strip()
        if personne and desk.may("ListMatchingEvents"):
            wanted = chains_pb2.ListMatchingEventsRequest(person_id=personne)
            return await _events(request, desk, Sought("person", wanted), asked=asked)
        if not asked:
            return _page(request)
        what = Sought("file", file=asked) if dossier else sought(asked)
        if what.request is not None and desk.may("ListMatchingEvents"):
            return await _events(request, desk, what, asked=asked)
        if what.names and desk.may("ListPeople"):
            return await _names(request, desk, what, asked=asked)
        return await _file(request, desk, asked)

    @post("/verifier", rpcs=("VerifyAll",), status_code=200)
    async def verify(self, request: AnyRequest, desk: AtDesk) -> Template:
        """Every chain, recomputed now."""
        return _page(request, whole=await _every_chain(desk))

    @get("/chaines/{kind:str}/{subject_id:uuid}", rpcs=CHAINED)
    async def chain(
        self, request: AnyRequest, desk: AtDesk, kind: FromPath[str], *, subject_id: FromPath[UUID]
    ) -> Template:
        """The chain of anything, link by link."""
        found = await chain_of(desk, kind, str(subject_id))
        labels = (await desk.rulebook()).labels if desk.visitor.call_id else {}
        return page(
            request,
            "chain.html",
            title=t(f"audit.chain_of.{kind}"),
            here="audit",
            kind=kind,
            links=found.links,
            labels=labels,
            names=await names_in(desk, found.links),
            verification=found.verification,
        )

    @get("/euro/{number:str}/{installment_id:uuid}", rpcs=("ListMatchingEvents", "GetApplication", "GetAward"))
    async def euro(
        self, request: AnyRequest, desk: AtDesk, number: FromPath[str], *, installment_id: FromPath[UUID]
    ) -> Template:
        """From the paid line to the rule, each step with its proof."""
        application = await load(desk, number)
        award = await award_of(desk, application)
        installment = next((one for one in award.installments if one.installment_id == str(installment_id)), None)
        if installment is None:
            raise not_found()
        walk = await walk_of(desk, application, str(installment_id))
        links, rulebook = [link for step in walk.steps for link in step.links], await desk.rulebook(application.call_id)
        return page(
            request,
            "walk.html",
            title=t("walk.title", number=application.number, installment=installment.number),
            here="audit",
            application=application,
            installment=installment,
            installments=award.installments,
            walk=walk,
            bare_section=(award.section or "OPERATING").lower(),
            bases={one["code"]: one["text"] for one in rulebook.content["legal_bases"]},
            names=await names_in(desk, links),
            rulebook=rulebook,
        )


async def _every_chain(desk: Desk) -> chains_pb2.VerifyAllResponse:
    """Every chain, part by part."""
    whole, asked = chains_pb2.VerifyAllResponse(), chains_pb2.VerifyAllRequest()
    while True:
        part = await desk.read("audit.chains", asked)
        whole.subjects += part.subjects
        whole.events += part.events
        whole.broken.extend(part.broken)
        if not part.next_page_token:
            return whole
        asked.page_token = part.next_page_token


async def _file(request: AnyRequest, desk: Desk, asked: str) -> Template:
    """The chain of the file of a number (or an id), and the way to each of its payments."""
    try:
        application = await load(desk, asked)
    except Refused as refused:
        if refused.kind is not Kind.NOT_FOUND:
            raise
        return _page(request, asked=asked, missing=True)
    found = await chain_of(desk, APPLICATION, application.application_id)
    awarded = application.progress.awarded_cents and desk.may("GetAward")
    return _page(
        request,
        asked=asked,
        application=application,
        links=found.links,
        labels=(await desk.rulebook(application.call_id)).labels,
        names=await names_in(desk, found.links),
        verification=found.verification,
        installments=(await award_of(desk, application)).installments if awarded else [],
    )


async def _events(request: AnyRequest, desk: Desk, what: Sought, *, asked: str) -> Template:
    """The events of every chain that fit, newest first."""
    assert what.request is not None
    what.request.page_token = request.query_params.get("page", "")
    answer = await desk.read("audit.chains", what.request)
    links = [link_of(event) for event in answer.events]
    files, names = await asyncio.gather(_files(desk, links), names_in(desk, links))
    labels = (await desk.rulebook()).labels if desk.visitor.call_id else {}
    following = address(request, page=answer.next_page_token) if answer.next_page_token else ""
    person = (await desk.people(what.request.person_id)).get(what.request.person_id, "")
    return _page(
        request,
        asked=asked,
        kind=what.kind,
        found=links,
        files=files,
        names=names,
        labels=labels,
        following=following,
        person=person,
        trace_id=what.request.trace_id,
    )


async def _files(desk: Desk, links: Sequence[Link]) -> dict[str, str]:
    """Numbers of the files these links are about."""
    ids = sorted({link.event.subject_id for link in links if link.event.subject_kind == APPLICATION})
    wanted = [pb.GetApplicationRequest(application_id=one) for one in ids]
    found = await asyncio.gather(*(desk.read("intake.applications", one) for one in wanted))
    return {one.application_id: one.number for one in found}


async def _names(request: AnyRequest, desk: Desk, what: Sought, *, asked: str) -> Template:
    """People and structures of a name."""
    people, rows = await asyncio.gather(
        _or_nothing(desk.read("intake.calls", calls_pb2.ListPeopleRequest(query=what.names)), "people"),
        _or_nothing(desk.read("intake.applications", pb.ListApplicationsRequest(query=what.names)), "rows"),
    )
    return _page(request, asked=asked, kind=what.kind, people=people, rows=rows, missing=not people and not rows)


async def _or_nothing(answer: Awaitable[Any], rows: str) -> list[Any]:
    """The rows of an answer; none when these words cannot be looked for."""
    try:
        return list(getattr(await answer, rows))
    except Refused as refused:
        if refused.kind is not Kind.INVALID:
            raise
        return []


def _page(request: AnyRequest, **found: Any) -> Template:
    nothing: dict[str, Any] = {
        "asked": "",
        "kind": "",
        "missing": False,
        "application": None,
        "links": [],
        "found": None,
        "labels": {},
        "names": {},
        "verification": None,
        "whole": None,
        "installments": [],
        "people": [],
        "rows": [],
    }
    return page(request, "audit.html", title=t("audit.title"), here="audit", **{**nothing, **found})
