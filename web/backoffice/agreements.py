"""*Conventions*: those to be signed first, the soonest to expire before; what each of the others waits for."""

from __future__ import annotations

from urllib.parse import quote

from jalon.intake.v1 import applications_pb2
from jalon.payments.v1 import awards_pb2
from litestar import Controller, get
from litestar.response import Template

from web.desk import AtDesk, Desk
from web.page import AnyRequest, page
from web.words import bare, late, soon, t

PLACE = "/conventions"
KINDS = {
    "SENT": "waiting",
    "SIGNED_BY_BENEFICIARY": "progress",
    "DRAFTED": "waiting",
    "EXPIRED": "blocked",
    "SIGNED": "done",
    "CANCELLED": "closed",
}
SOON_DAYS = 15


class AgreementsPage(Controller):
    """``/conventions``."""

    @get(PLACE, rpcs=("ListAgreements",))
    async def show(self, request: AnyRequest, desk: AtDesk) -> Template:
        """A page of them."""
        token = request.query_params.get("page", "")
        wanted = awards_pb2.ListAgreementsRequest(call_id=desk.visitor.call_id, page_token=token, page_size=50)
        answer = await desk.read("payments.awards", wanted)
        return page(
            request,
            "agreements.html",
            title=t("agreements.title"),
            here="payments",
            rows=[(row, *_shown(row)) for row in answer.agreements],
            files=await files_of(desk, [row.application_id for row in answer.agreements]),
            first=PLACE if token else "",
            following=f"{PLACE}?page={quote(answer.next_page_token)}" if answer.next_page_token else "",
        )


def _shown(row: awards_pb2.AgreementRow) -> tuple[str, str]:
    """Its bare state, and how it is drawn: about to expire reads as blocked."""
    state = bare("payments.AgreementState", row.state)
    pressing = state == "SENT" and (late(row.closes_at) or soon(row.closes_at, SOON_DAYS))
    return state, "blocked" if pressing else KINDS.get(state, "waiting")


async def files_of(desk: Desk, ids: list[str]) -> dict[str, applications_pb2.ApplicationRow]:
    """Some files by id, for those who may list them."""
    wanted = sorted({one for one in ids if one})
    if not wanted or not desk.may("ListApplications"):
        return {}
    asked = applications_pb2.ListApplicationsRequest(
        call_id=desk.visitor.call_id, application_ids=wanted, page_size=len(wanted)
    )
    return {row.application_id: row for row in (await desk.read("intake.applications", asked)).rows}
