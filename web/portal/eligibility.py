"""Whether a project may be deposited, asked before anything is written: the services' own rules answer, with the place
of each in the rulebook. The address holds the answers; nothing is kept."""

from __future__ import annotations

from typing import Any

from jalon.intake.v1 import calls_pb2
from litestar import Controller, get
from litestar.params import FromPath
from litestar.response import Template
from wtforms.validators import InputRequired

from web import words
from web.desk import AtDesk
from web.forms import AmountField, DayField, RadioField, SelectField, SiteForm, filled
from web.page import AnyRequest, page
from web.portal.call import call_of
from web.rulebooks import Words
from web.words import t

NEEDED = [InputRequired()]
ELSEWHERE = "00000"
"""No commune: what somebody says whose commune is not in the list."""
ANCHORS = {
    "tracks": "volets",
    "windows.pre_application": "dates",
    "communes": "territoire",
    "legal_families": "structures",
}
"""Article → where the page of the call shows it."""


class EligibilityForm(SiteForm):
    """Five answers."""

    track = RadioField("field:track", validators=NEEDED, choices=[])
    commune = SelectField("eligibility.commune", validators=NEEDED, choices=[])
    legal_family = RadioField("field:legal_family", validators=NEEDED, choices=[])
    esus_until = DayField("field:esus_until", description="apply.esus_hint")
    requested_cents = AmountField("field:requested_cents", description="eligibility.requested_hint", validators=NEEDED)
    total_cost_cents = AmountField("field:total_cost_cents", description="eligibility.cost_hint")


ASKED = frozenset(one.name for one in EligibilityForm())


class EligibilityPage(Controller):
    """``/appels/{reference}/eligibilite``."""

    @get("/appels/{reference:str}/eligibilite", rpcs=("GetCall", "GetRulebook", "CheckEligibility"))
    async def show(self, request: AnyRequest, desk: AtDesk, reference: FromPath[str]) -> Template:
        """The questions, and the answer once they are answered."""
        call = await call_of(desk, reference)
        rulebook = await desk.rulebook(call.call_id)
        asked = request.query_params
        values = {name: asked.getall(name) for name in asked if name in ASKED}
        form, answer = _form(values, rulebook), None
        if values and form.validate():
            answer = await desk.read("intake.calls", _asked(call.call_id, form))
        return page(
            request,
            "eligibility.html",
            status=422 if values and answer is None else 200,
            title=t("eligibility.title"),
            here="calls",
            call=call,
            form=form,
            answer=answer,
            points=[_told(point, rulebook, form) for point in answer.points] if answer else (),
        )


def _form(values: dict[str, list[str]], rulebook: Words) -> Any:
    form = filled(EligibilityForm, values or None)
    natural = [("natural_person", t("call.natural_person"))] if rulebook.content["accept_natural_person"] else []
    communes = [(one, words.code("commune", one)) for one in rulebook.content["communes"]]
    form.track.choices = rulebook.codes("tracks")
    form.commune.choices = [
        ("", t("eligibility.choose")),
        *sorted(communes, key=lambda pair: pair[1]),
        (ELSEWHERE, t("eligibility.elsewhere")),
    ]
    form.legal_family.choices = [*rulebook.codes("legal_families"), *natural, ("other", t("eligibility.other_family"))]
    return form


def _asked(call_id: str, form: Any) -> calls_pb2.CheckEligibilityRequest:
    return calls_pb2.CheckEligibilityRequest(
        call_id=call_id,
        track=form.track.data,
        communes=[form.commune.data],
        legal_family=form.legal_family.data,
        esus_until=form.esus_until.data or "",
        requested_cents=form.requested_cents.data or 0,
        total_cost_cents=form.total_cost_cents.data or 0,
    )


def _told(point: calls_pb2.EligibilityPoint, rulebook: Words, form: Any) -> dict[str, Any]:
    """A rule: its name, where it is shown, its text, and what is not met of it."""
    bases = {base["code"]: base["text"] for base in rulebook.content.get("legal_bases", ())}
    elsewhere = point.article == "communes" and form.commune.data == ELSEWHERE
    sentences = [words.say(one.reason, **one.values) for one in point.findings]
    return {
        "name": t(f"eligibility.article.{point.article}"),
        "anchor": ANCHORS.get(point.article, ""),
        "basis": bases.get(point.legal_basis, ""),
        "wrong": [t("eligibility.out_of_territory")] if elsewhere and sentences else sentences,
        "met": t(f"eligibility.met.{point.article}"),
    }
