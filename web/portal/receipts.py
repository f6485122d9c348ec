"""Receipts: each thing received, its instant and its digest; kept by the services, printed, verified by anybody."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from jalon.common.v1 import plumbing_pb2
from jalon.intake.v1 import applications_pb2 as pb
from litestar import Controller, get
from litestar.params import FromPath
from litestar.response import Stream, Template

from kit.errors import not_found
from web.desk import AtDesk, Desk, together
from web.page import AnyRequest, page
from web.portal import drafts, uploads
from web.portal.pieces import download
from web.timeline import History, Line, history
from web.words import locale, t

RECEIVED = (
    *("application_submitted", "full_application_submitted", "correction_submitted"),
    *("application_withdrawn", "legal_entity_declared"),
)
"""Facts that a receipt is given for."""


READING = ("GetApplication", "ListJournal", "ReadReceipt")


class ReceiptPage(Controller):
    """``/demandes/{application_id}/recus/{key}``: ``key`` is a fact (its latest), or a line of the journal."""

    path = "/demandes/{application_id:uuid}/recus/{key:str}"

    @get("/", rpcs=("GetApplication", "ListJournal"))
    async def show(
        self, request: AnyRequest, desk: AtDesk, application_id: FromPath[UUID], *, key: FromPath[str]
    ) -> Template:
        """The receipt, to print."""
        application, found = await together(drafts.read(desk, application_id), history(desk, str(application_id)))
        line = _line(found, key)
        if line is None:
            raise not_found()
        rulebook = await desk.rulebook(application.call_id)
        digest = str(line.facts.get("digest", ""))
        address = f"/verifier?{urlencode({'numero': application.number, 'empreinte': digest})}"
        return page(
            request,
            "receipt.html",
            title=t("receipt.title"),
            here="mine",
            application=application,
            line=line,
            received_at=line.facts.get("received_at") or line.at,
            digest=digest,
            receipt=await _answer(desk, str(application_id), line),
            contact=rulebook.content.get("contact", {}),
            base=f"/demandes/{application_id}/recus/{key}",
            verify=desk.site.urls["portal"] + address,
        )

    @get("/accuse.pdf", rpcs=READING)
    async def paper(self, desk: AtDesk, application_id: FromPath[UUID], *, key: FromPath[str]) -> Stream:
        """The receipt as a document: the same bytes each time, which anybody may have verified."""
        line = _line(await history(desk, str(application_id)), key)
        return await _file(desk, str(application_id), line, name="accuse-de-reception.pdf", content=False)

    @get("/contenu.json", rpcs=READING)
    async def content(self, desk: AtDesk, application_id: FromPath[UUID], *, key: FromPath[str]) -> Stream:
        """What was received, byte for byte: its digest is the receipt's."""
        line = _line(await history(desk, str(application_id)), key)
        return await _file(desk, str(application_id), line, name="contenu-recu.json", content=True)


async def _file(desk: Desk, application_id: str, line: Line | None, *, name: str, content: bool) -> Stream:
    if line is None:
        raise not_found()
    kind, digest = line.event, str(line.facts.get("digest", ""))

    def ask(offset: int) -> pb.ReadReceiptRequest:
        return pb.ReadReceiptRequest(
            application_id=application_id,
            kind=kind,
            digest=digest,
            language=locale(),
            content=content,
            offset=offset,
        )

    return download(await uploads.bytes_of(desk, "intake.applications", ask), name)


def receipts_of(found: History) -> list[Line]:
    """What was received, newest first."""
    return [line for line in found.lines if line.event in RECEIVED]


def _line(found: History, key: str) -> Line | None:
    return next((line for line in receipts_of(found) if key in (line.event, line.key)), None)


async def _answer(desk: Desk, application_id: str, line: Line) -> pb.Receipt | None:
    """The receipt as it was issued here; None for what was received through another door."""
    request_id = drafts.one_time(application_id, line.event + str(line.facts.get("correction_id", "")))
    asked = plumbing_pb2.GetAnswerRequest(request_id=request_id)
    answer: Any = await desk.read("intake.plumbing", asked)
    return pb.Receipt.FromString(answer.answer) if answer.done else None
