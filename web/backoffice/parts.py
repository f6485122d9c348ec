"""The tabs of a file that other services fill: pieces, review, decision, agreement, payments, messages."""

from __future__ import annotations

from typing import Any

from jalon.intake.v1 import applications_pb2 as pb
from jalon.intake.v1 import documents_pb2
from jalon.payments.v1 import awards_pb2
from jalon.review.v1 import jury_pb2
from litestar import Controller, get
from litestar.params import FromPath
from litestar.response import Stream, Template

from kit.errors import not_found
from web import words
from web.backoffice.acts.proposing import award_of, case_of
from web.backoffice.diff import answers_of
from web.backoffice.file import file_page, load
from web.backoffice.pieces import asked_of
from web.desk import AtDesk, Desk, together
from web.downloads import attachment
from web.page import AnyRequest
from web.rulebooks import Words
from web.timeline import History, history

PDF = "application/pdf"


class FileParts(Controller):
    """``/dossiers/{number}/…``"""

    path = "/dossiers/{number:str}"

    @get("/pieces", rpcs=("GetApplication",))
    async def pieces_tab(self, request: AnyRequest, desk: AtDesk, number: FromPath[str]) -> Template:
        """What was asked, what came."""
        application = await load(desk, number)
        rulebook = await desk.rulebook(application.call_id)
        corrections = [(one, [_asked(item, rulebook) for item in one.items]) for one in application.corrections]
        deposits: list[pb.Deposit] = []
        if any(one.HasField("submitted_at") for one in application.corrections) and desk.may("ListDeposits"):
            wanted = pb.ListDepositsRequest(application_id=application.application_id)
            deposits = list((await desk.read("intake.applications", wanted)).deposits)
        names = await desk.people(application.applicant_id)
        return await file_page(
            request,
            desk,
            application,
            tab="pieces",
            pieces=asked_of(application, rulebook),
            corrections=corrections[::-1],
            answers={one.received_at: one for one in answers_of(deposits, application, rulebook)},
            answered_by=names.get(application.applicant_id, ""),
        )

    @get("/pieces/{document_id:str}", rpcs=("GetApplication", "ReadDocument"))
    async def piece(self, desk: AtDesk, number: FromPath[str], document_id: FromPath[str]) -> Stream:
        """One document."""
        application = await load(desk, number)
        document = next((one for one in application.documents if one.document_id == document_id), None)
        if document is None:
            raise not_found()

        async def part(offset: int) -> Any:
            wanted = documents_pb2.ReadDocumentRequest(
                application_id=application.application_id, document_id=document_id, offset=offset
            )
            return await desk.read("intake.documents", wanted)

        return await attachment(part, name=document.file_name, media_type=document.media_type)

    @get("/instruction", rpcs=("GetApplication", "GetCase"))
    async def review_tab(self, request: AnyRequest, desk: AtDesk, number: FromPath[str]) -> Template:
        """The case, and the words saved with its acts."""
        application = await load(desk, number)
        case, said = await together(case_of(desk, application), _reviewed(desk, application))
        written = [line for line in said.lines if line.words]
        names = await desk.people(case.reviewer_id, *(person for line in written for person in line.people))
        rulebook = await desk.rulebook(application.call_id)
        return await file_page(
            request, desk, application, tab="review", case=case, written=written, names=names, labels=rulebook.labels
        )

    @get("/decision", rpcs=("GetApplication", "GetCase"))
    async def decision_tab(self, request: AnyRequest, desk: AtDesk, number: FromPath[str]) -> Template:
        """The jury's result, the vote, the act."""
        application = await load(desk, number)
        case = await case_of(desk, application)
        act = None
        if case.act_id and desk.may("GetAct"):
            wanted = jury_pb2.GetActRequest(call_id=case.call_id, act_id=case.act_id)
            act = await desk.read("review.jury", wanted)
        return await file_page(request, desk, application, tab="decision", case=case, act=act)

    @get("/convention", rpcs=("GetApplication", "GetAward"))
    async def agreement_tab(self, request: AnyRequest, desk: AtDesk, number: FromPath[str]) -> Template:
        """The agreement and the account."""
        application = await load(desk, number)
        award = await award_of(desk, application)
        return await file_page(request, desk, application, tab="agreement", award=award)

    @get("/convention/pdf", rpcs=("GetApplication", "ReadAgreement"))
    async def agreement(self, desk: AtDesk, number: FromPath[str]) -> Stream:
        """The agreement itself."""
        application = await load(desk, number)

        async def part(offset: int) -> Any:
            wanted = awards_pb2.ReadAgreementRequest(application_id=application.application_id, offset=offset)
            return await desk.read("payments.awards", wanted)

        return await attachment(part, name=f"convention-{application.number}.pdf", media_type=PDF)

    @get("/versements", rpcs=("GetApplication", "GetAward"))
    async def payments_tab(self, request: AnyRequest, desk: AtDesk, number: FromPath[str]) -> Template:
        """Installments with their conditions, the report, the entitlement line by line."""
        application = await load(desk, number)
        award = await award_of(desk, application)
        return await file_page(request, desk, application, tab="payments", award=award)


async def _reviewed(desk: Desk, application: pb.Application) -> History:
    if not desk.may("ListJournal"):
        return History([])
    return await history(desk, application.application_id, of=("review",))


def _asked(item: pb.CorrectionItem, rulebook: Words) -> tuple[str, str]:
    """What is asked, and why."""
    what = rulebook.of(item.piece) if item.piece else words.field(item.field)
    return what, words.coded("correction_reason", item.reason)
