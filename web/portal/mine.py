"""*Mes demandes*: what a person carries, where each stands; one application, its letters, its money."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from jalon.intake.v1 import applications_pb2 as pb
from jalon.payments.v1 import awards_pb2
from jalon.review.v1 import cases_pb2
from litestar import Controller, Response, get
from litestar.params import FromPath
from litestar.response import Stream, Template

from kit import clock
from kit.errors import not_found
from web import words
from web.act_pages import Pages, act_pages
from web.acts import rail
from web.calendars import Appointment, calendar_file
from web.desk import AtDesk, Desk, present, together
from web.page import AnyRequest, address, page
from web.portal import drafts, uploads
from web.portal.acts import ACTS, award_of
from web.portal.pieces import download
from web.portal.promises import decision_of, promised_to, promises, ticks
from web.portal.receipts import receipts_of
from web.portal.stages import writing
from web.timeline import history
from web.words import t

DEEDS = act_pages("/demandes", Pages(ACTS, drafts.read, lambda application: f"/demandes/{application.application_id}"))


INWARD = {"person_related", "case_opened", "full_application_received", "beneficiary_registered"}
"""Events of the services' own bookkeeping: the applicant reads the same fact once, in the words that concern her."""


class MinePages(Controller):
    """``/demandes`` and ``/demandes/{application_id}``."""

    path = "/demandes"

    @get("/", rpcs=("ListMyApplications",))
    async def show_all(self, request: AnyRequest, desk: AtDesk) -> Template:
        """Her applications, newest first."""
        token = request.query_params.get("page", "")
        answer = await desk.read("intake.applications", pb.ListMyApplicationsRequest(page_token=token))
        following = address(request, page=answer.next_page_token) if answer.next_page_token else ""
        return page(request, "mine.html", title=t("mine.title"), here="mine", rows=answer.rows, following=following)

    @get("/{application_id:uuid}", rpcs=("GetApplication", "ListJournal"))
    async def show(self, request: AnyRequest, desk: AtDesk, application_id: FromPath[UUID]) -> Template:
        """One application: what is next, what happened, what was deposited, its money."""
        application, found = await together(drafts.read(desk, application_id), history(desk, str(application_id)))
        rulebook, kept = await together(desk.rulebook(application.call_id), promised_to(desk, application))
        award, hearing = None, None
        if words.bare("intake.NextEvent", application.progress.next_event) == "RECORD_HEARING":
            hearing = await present(hearing_of(desk, str(application_id)), cases_pb2.Hearing)
        if application.progress.awarded_cents:
            award = await present(award_of(desk, application), awards_pb2.Award)
        return page(
            request,
            "mine_one.html",
            title=application.pre_application.title or t("stage.draft"),
            here="mine",
            application=application,
            history=replace(found, lines=[line for line in found.lines if line.event not in INWARD]),
            rulebook=rulebook,
            writing=writing(application),
            receipts=receipts_of(found),
            promises=promises(application, kept, rulebook, award=award),
            decision=decision_of(found),
            ticks=ticks,
            award=award,
            hearing=hearing,
            rail=rail(ACTS, desk, application.progress),
            reporting=words.bare("intake.NextEvent", application.progress.next_event) == "SUBMIT_REPORT",
        )

    @get("/{application_id:uuid}/audition.ics", rpcs=("GetApplication", "GetHearing"))
    async def calendar(self, desk: AtDesk, application_id: FromPath[UUID]) -> Response[bytes]:
        """The hearing, for a calendar."""
        hearing = await hearing_of(desk, str(application_id))
        if not hearing.HasField("hearing_at"):
            raise not_found()
        appointment = Appointment(
            key=f"hearing/{application_id}",
            starts_at=clock.from_timestamp(hearing.hearing_at),
            minutes=hearing.duration_minutes,
            summary=t("mine.hearing_summary"),
            place=hearing.place,
            sequence=hearing.turn - 1,
            given_up=words.bare("review.HearingState", hearing.state) == "ABSENT",
        )
        return calendar_file([appointment], name="audition.ics")

    @get("/{application_id:uuid}/convention.pdf", rpcs=("ReadAgreement",))
    async def agreement(self, desk: AtDesk, application_id: FromPath[UUID]) -> Stream:
        """The agreement, as it is signed."""

        def ask(offset: int) -> awards_pb2.ReadAgreementRequest:
            return awards_pb2.ReadAgreementRequest(application_id=str(application_id), offset=offset)

        return download(await uploads.bytes_of(desk, "payments.awards", ask), "convention.pdf")


async def hearing_of(desk: Desk, application_id: str) -> cases_pb2.Hearing:
    """When and where the applicant is heard."""
    asked = cases_pb2.GetHearingRequest(application_id=application_id)
    found: cases_pb2.Hearing = await desk.read("review.cases", asked)
    return found
