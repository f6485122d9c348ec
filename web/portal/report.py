"""The financial report: what was planned, taken from the budget deposited, and what was spent."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from jalon.intake.v1 import applications_pb2 as pb
from jalon.payments.v1 import awards_pb2
from litestar import Controller, Response, get, post
from litestar.params import FromPath
from litestar.response import Template
from wtforms import BooleanField, FieldList, FormField, HiddenField, TextAreaField
from wtforms.validators import InputRequired

from kit.errors import Refused
from web.acts import Before, new_request, request_of
from web.desk import AtDesk
from web.forms import AmountField, SiteForm, filled
from web.page import AnyRequest, flash, page, see, typed, typed_before
from web.portal import drafts
from web.portal.drafts import WholeField
from web.portal.questions import family
from web.words import explain, t


class SpentForm(SiteForm):
    """One account family: planned, spent."""

    code = HiddenField("field:code")
    eligible = BooleanField("field:eligible")
    planned_cents = AmountField("field:planned_cents")
    spent_cents = AmountField("field:spent_cents")

    @property
    def family(self) -> str:
        """The words of its account family."""
        return family("CHARGE", self.code.data)


class ReportForm(SiteForm):
    """The report."""

    lines = FieldList(FormField(SpentForm), "field:lines")
    other_public_cents = AmountField("field:other_public_cents", description="report.other_hint")
    jobs_actual = WholeField("field:jobs_actual", validators=[InputRequired()])
    comments = TextAreaField("field:comments", description="report.comments_hint")


class ReportPage(Controller):
    """``/demandes/{application_id}/bilan``."""

    path = "/demandes/{application_id:uuid}/bilan"

    @get("/", rpcs=("GetApplication", "SubmitReport"))
    async def show(self, request: AnyRequest, desk: AtDesk, application_id: FromPath[UUID]) -> Template:
        """Planned amounts filled in; spent ones to give."""
        application = await drafts.read(desk, application_id)
        form = filled(ReportForm, typed_before(request), lines=_planned(application.full_application))
        return _page(request, application, form, request_id=new_request())

    @post("/", rpcs=("GetApplication", "SubmitReport"), status_code=200)
    async def send(self, request: AnyRequest, desk: AtDesk, application_id: FromPath[UUID]) -> Response[Any]:
        """Deposits it; the same press twice deposits one."""
        application, values = await drafts.read(desk, application_id), typed(request)
        form, request_id = filled(ReportForm, values), request_of(values)
        for one in form:
            one.errors = list(one.process_errors)
        unclear = drafts.unclear(form)
        if unclear or "recalculer" in values:
            return _page(request, application, form, request_id=request_id, status=422 if unclear else 200)
        try:
            await desk.send("payments.awards", _message(application, form), request_id)
        except Refused as refused:
            told = [] if refused.fields else explain(refused)
            told += form.refuse(refused.fields)
            return _page(request, application, form, request_id=new_request(), status=409, told=told)
        flash(request, t("report.done"))
        return see(f"/demandes/{application_id}")


def _planned(content: pb.FullApplication) -> list[dict[str, Any]]:
    """The expenses of the budget, one line an account family and eligibility."""
    sums: dict[tuple[str, bool], int] = {}
    for line in content.budget:
        if line.side == pb.BUDGET_SIDE_CHARGE:
            key = (line.code, line.eligible)
            sums[key] = sums.get(key, 0) + line.amount_cents
    return [
        {"code": code, "eligible": eligible, "planned_cents": cents, "spent_cents": None}
        for (code, eligible), cents in sums.items()
    ]


def _message(application: pb.Application, form: Any) -> awards_pb2.SubmitReportRequest:
    """What is planned comes from the budget deposited, whatever the form says."""
    spent = [entry.form for entry in form.lines.entries]
    lines = [
        awards_pb2.ReportLine(
            code=planned["code"],
            planned_cents=planned["planned_cents"],
            spent_cents=int(given.spent_cents.data or 0),
            eligible=planned["eligible"],
        )
        for planned, given in zip(_planned(application.full_application), spent, strict=False)
    ]
    return awards_pb2.SubmitReportRequest(
        application_id=application.application_id,
        lines=lines,
        other_public_cents=int(form.other_public_cents.data or 0),
        jobs_actual=int(form.jobs_actual.data or 0),
        comments=(form.comments.data or "").strip(),
    )


def _page(
    request: AnyRequest,
    application: pb.Application,
    form: Any,
    *,
    request_id: str,
    status: int = 200,
    told: list[str] | None = None,
) -> Template:
    return page(
        request,
        "report.html",
        status=status,
        title=t("report.title"),
        here="mine",
        application=application,
        form=form,
        request_id=request_id,
        told=told or [],
        before=Before(t("report.state"), t("report.undo"), clocks=[t("report.clock")]),
    )
