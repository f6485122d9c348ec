"""*Délibération*: the vote recorded, sent to the prefecture, executory, then told to everybody at once."""

from __future__ import annotations

from typing import Any

from jalon.intake.v1 import applications_pb2 as pb
from jalon.review.v1 import cases_pb2, jury_pb2
from litestar import Controller, Response, get, post
from litestar.response import Template

from web.backoffice.jury import session_of
from web.backoffice.pressing import Tried, press, typed_in
from web.desk import AtDesk, Desk
from web.forms import DayField, SiteForm, filled
from web.page import AnyRequest, page, see
from web.words import bare, t
from workflows.contract.call import ActRow, NotifyDecisions, RecordAct, RecordExecutory, RecordTransmission

DECISIONS = {"PROPOSED": "GRANTED", "WAITING_LIST": "WAITING", "DECLINED": "REFUSED"}
VOTED = (pb.STAGE_NOTIFICATION, pb.STAGE_LEGAL_ENTITY, pb.STAGE_AGREEMENT, pb.STAGE_PAYMENT, pb.STAGE_REPORT)


class DayForm(SiteForm):
    """The one day each step asks."""

    on = DayField("deliberation.on")


class DeliberationPage(Controller):
    """``/deliberation``."""

    path = "/deliberation"

    @get("/", rpcs=("GetAct", "GetCase"))
    async def show(self, request: AnyRequest, desk: AtDesk) -> Template:
        """The act of the call, or what the assembly is to vote."""
        return await _page(request, desk, Tried())

    @post("/vote", rpcs=("GetAct", "RecordAct", "ListCases"), status_code=200)
    async def record(self, request: AnyRequest, desk: AtDesk) -> Response[Any]:
        """The vote, on the proposals as they are."""
        tried = typed_in(request)
        sent = {
            "call_id": desk.visitor.call_id,
            "act_id": tried.request_id,
            "session_id": session_of(request, desk)["session_id"],
            "number": tried.one("number").strip(),
            "session_on": _day(tried),
            "rows": [_row(case) for case in await _proposed(desk)],
        }
        return await _done(request, desk, RecordAct, tried=tried, done="deliberation.recorded_done", **sent)

    @post("/transmission", rpcs=("GetAct", "GetCase", "RecordTransmission"), status_code=200)
    async def transmit(self, request: AnyRequest, desk: AtDesk) -> Response[Any]:
        """Sent to the prefecture on a day."""
        tried = typed_in(request)
        sent = {**_ids(desk, tried), "transmitted_on": _day(tried)}
        return await _done(request, desk, RecordTransmission, tried=tried, done="deliberation.transmitted_done", **sent)

    @post("/executoire", rpcs=("GetAct", "GetCase", "RecordExecutory"), status_code=200)
    async def execute(self, request: AnyRequest, desk: AtDesk) -> Response[Any]:
        """Executory since a day."""
        tried = typed_in(request)
        sent = {**_ids(desk, tried), "executory_on": _day(tried)}
        return await _done(request, desk, RecordExecutory, tried=tried, done="deliberation.executory_done", **sent)

    @post("/notification", rpcs=("GetAct", "GetCase", "NotifyDecisions"), status_code=200)
    async def notify(self, request: AnyRequest, desk: AtDesk) -> Response[Any]:
        """Everybody is told at once."""
        tried = typed_in(request)
        sent = _ids(desk, tried)
        return await _done(request, desk, NotifyDecisions, tried=tried, done="deliberation.notified_done", **sent)


def _day(tried: Tried) -> str:
    form = filled(DayForm, {"on": [tried.one("on")]})
    return str(form.on.data) if form.validate() else ""


def _ids(desk: Desk, tried: Tried) -> dict[str, str]:
    return {"call_id": desk.visitor.call_id, "act_id": tried.one("act_id")}


def _row(case: cases_pb2.Case) -> ActRow:
    decision = DECISIONS[bare("review.ProposalState", case.proposal)]
    granted = decision == "GRANTED"
    return ActRow(case.application_id, decision, case.proposed_cents if granted else 0, case.section if granted else "")


async def _done(
    request: AnyRequest, desk: Desk, message: Any, *, tried: Tried, done: str, **sent: Any
) -> Response[Any]:
    again = await press(request, desk, message, tried=tried, done=done, **sent)
    return await _page(request, desk, again) if again else see("/deliberation")


async def _page(request: AnyRequest, desk: Desk, tried: Tried) -> Template:
    act = await _act(desk)
    proposed = await _proposed(desk) if act is None and desk.may("ListCases") else []
    wanted = pb.ListApplicationsRequest(call_id=desk.visitor.call_id)
    rows = await desk.every("intake.applications", wanted, "rows") if desk.may("ListApplications") else []
    return page(
        request,
        "deliberation.html",
        status=tried.status,
        title=t("deliberation.title"),
        here="deliberation",
        act=act,
        proposed=proposed,
        files={row.application_id: (row.number, row.organization) for row in rows},
        query=f"?{request.url.query}" if request.url.query else "",
        tried=tried,
    )


async def _proposed(desk: Desk) -> list[cases_pb2.Case]:
    """The files the jury spoke about, that the assembly has not voted on."""
    wanted = cases_pb2.ListCasesRequest(call_id=desk.visitor.call_id)
    cases = await desk.every("review.cases", wanted, "cases")
    spoken = [case for case in cases if bare("review.ProposalState", case.proposal) in DECISIONS and not case.act_id]
    return sorted(spoken, key=lambda case: case.rank)


async def _act(desk: Desk) -> jury_pb2.Act | None:
    """The act of the call, named by any file it decided."""
    act_id = await _act_id(desk)
    if not act_id:
        return None
    wanted = jury_pb2.GetActRequest(call_id=desk.visitor.call_id, act_id=act_id)
    found: jury_pb2.Act = await desk.read("review.jury", wanted)
    return found


async def _act_id(desk: Desk) -> str:
    call_id = desk.visitor.call_id
    if desk.may("ListCases"):
        cases = await desk.every("review.cases", cases_pb2.ListCasesRequest(call_id=call_id), "cases")
        return next((case.act_id for case in cases if case.act_id), "")
    wanted = pb.ListApplicationsRequest(call_id=call_id, stages=VOTED, page_size=1)
    rows = (await desk.read("intake.applications", wanted)).rows
    if not rows:
        return ""
    case = await desk.read("review.cases", cases_pb2.GetCaseRequest(application_id=rows[0].application_id))
    return str(case.act_id)
