"""*Mes demandes*: what a person carries, where each stands, and one application as it was deposited."""

from __future__ import annotations

from uuid import UUID

from jalon.intake.v1 import applications_pb2 as pb
from litestar import Controller, get
from litestar.response import Template

from web.desk import Desk, together
from web.page import AnyRequest, address, page
from web.portal.receipts import receipts_of
from web.portal.stages import writing
from web.timeline import history
from web.words import t


class MinePages(Controller):
    """``/demandes`` and ``/demandes/{application_id}``."""

    path = "/demandes"

    @get("/", rpcs=("ListMyApplications",))
    async def show_all(self, request: AnyRequest, desk: Desk) -> Template:
        """Her applications, newest first."""
        token = request.query_params.get("page", "")
        answer = await desk.read("intake.applications", pb.ListMyApplicationsRequest(page_token=token))
        following = address(request, page=answer.next_page_token) if answer.next_page_token else ""
        return page(request, "mine.html", title=t("mine.title"), here="mine", rows=answer.rows, following=following)

    @get("/{application_id:uuid}", rpcs=("GetApplication", "ListJournal"))
    async def show(self, request: AnyRequest, desk: Desk, application_id: UUID) -> Template:
        """One application: what is next, what happened, what was deposited."""
        asked = pb.GetApplicationRequest(application_id=str(application_id))
        application, found = await together(desk.read("intake.applications", asked), history(desk, str(application_id)))
        rulebook = await desk.rulebook(application.call_id)
        title = application.pre_application.title or t("stage.draft")
        return page(
            request,
            "mine_one.html",
            title=title,
            here="mine",
            application=application,
            history=found,
            rulebook=rulebook,
            writing=writing(application),
            receipts=receipts_of(found),
        )
