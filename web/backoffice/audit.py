"""*Contrôle*: every chain verified at once, or the chain of one file, link by link."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jalon.audit.v1 import chains_pb2
from litestar import Controller, get, post
from litestar.params import FromQuery
from litestar.response import Template

from kit.errors import Kind, Refused
from web import words
from web.backoffice.file import load
from web.desk import AtDesk, together
from web.page import AnyRequest, page
from web.words import t


@dataclass(frozen=True)
class Link:
    """A link of a chain and what it says."""

    event: chains_pb2.Event
    name: str
    actor: str


class AuditPage(Controller):
    """``/controle``."""

    path = "/controle"

    @get("/", rpcs=("ListEvents", "VerifySubject"))
    async def show(self, request: AnyRequest, desk: AtDesk, *, dossier: FromQuery[str] = "") -> Template:
        """The search, and the chain of the file found."""
        if not dossier.strip():
            return _page(request, asked="")
        try:
            application = await load(desk, dossier.strip())
        except Refused as refused:
            if refused.kind is not Kind.NOT_FOUND:
                raise
            return _page(request, asked=dossier, missing=True)
        subject = application.application_id
        events, verification = await together(
            desk.every("audit.chains", chains_pb2.ListEventsRequest(subject_id=subject), "events"),
            desk.read("audit.chains", chains_pb2.VerifySubjectRequest(subject_id=subject)),
        )
        labels = (await desk.rulebook(application.call_id)).labels
        links = [_link(event, labels) for event in events]
        names = await desk.people(*(link.actor for link in links))
        return _page(
            request, asked=dossier, application=application, links=links, names=names, verification=verification
        )

    @post("/verifier", rpcs=("VerifyAll",), status_code=200)
    async def verify(self, request: AnyRequest, desk: AtDesk) -> Template:
        """Every chain, recomputed now."""
        return _page(request, asked="", whole=await desk.read("audit.chains", chains_pb2.VerifyAllRequest()))


def _page(request: AnyRequest, **found: Any) -> Template:
    nothing: dict[str, Any] = {
        "missing": False,
        "application": None,
        "links": [],
        "names": {},
        "verification": None,
        "whole": None,
    }
    return page(request, "audit.html", title=t("audit.title"), here="audit", **{**nothing, **found})


def _link(event: chains_pb2.Event, labels: Mapping[str, Mapping[str, str]]) -> Link:
    """``labels``: the rulebook's, for the codes facts hold."""
    body = json.loads(event.body)
    facts = {
        name: labels[value].get(words.locale(), value) if isinstance(value, str) and value in labels else value
        for name, value in body["facts"].items()
    }
    return Link(event, words.event(body["event"], facts), str(body["actor"]))
