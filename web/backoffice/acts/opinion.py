"""Avis: asked of somebody until a date, or no longer wanted. Giving one has its page (``web.backoffice.opinions``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid5

from jalon.common.v1 import rights_pb2
from jalon.intake.v1 import calls_pb2
from jalon.review.v1 import cases_pb2
from wtforms.validators import InputRequired, ValidationError

from kit import clock
from web.acts import Act, Acting, Application, Before
from web.backoffice.acts.proposing import at_hour, case_of, derived, holders
from web.desk import Desk
from web.forms import MomentField, RadioField, SiteForm, StringField
from web.words import moment, t
from workflows.contract.application import CancelOpinion, RequestOpinion

REQUEST, CANCEL = "act.request_opinion", "act.cancel_opinion"
PROPOSED_DAYS, PROPOSED_HOUR = 15, 17
OUTSIDE = "outside"
STAGES = frozenset({"COMPLETENESS", "REVIEW"})


class RequestForm(SiteForm):
    """Of whom, until when."""

    expert_id = RadioField(f"{REQUEST}.expert_id", description=f"{REQUEST}.expert_hint", validators=[InputRequired()])
    outsider_name = StringField(f"{REQUEST}.outsider_name")
    outsider_mail = StringField(f"{REQUEST}.outsider_mail", render_kw={"autocomplete": "off"})
    closes_at = MomentField("field:closes_at", validators=[InputRequired()])

    paths: Mapping[str, str] = {"display_name": "outsider_name", "email": "outsider_mail"}

    def validate_outsider_name(self, field: Any) -> None:
        """Somebody outside has a name."""
        if self.expert_id.data == OUTSIDE and not (field.data or "").strip():
            raise ValidationError(t(f"{REQUEST}.outsider_missing"))

    def validate_outsider_mail(self, field: Any) -> None:
        """And an address, by which she is known the next time."""
        if self.expert_id.data == OUTSIDE and "@" not in (field.data or ""):
            raise ValidationError(t(f"{REQUEST}.outsider_missing"))


async def prefill(desk: Desk, application: Application) -> Mapping[str, Any]:
    """Two weeks."""
    return {"closes_at": at_hour(await desk.now(), days=PROPOSED_DAYS, hour=PROPOSED_HOUR)}


async def prepare(desk: Desk, application: Application, form: Any) -> None:
    """The experts of the call who are not asked already."""
    case = await case_of(desk, application)
    asked = {one.expert_id for one in waiting(case)}
    experts = await holders(desk, application.call_id, rights_pb2.ROLE_EXPERT)
    known = [(person, name) for person, name in experts if person not in asked]
    form.expert_id.choices = [*known, (OUTSIDE, t(f"{REQUEST}.outside"))]


def waiting(case: cases_pb2.Case) -> list[cases_pb2.Opinion]:
    """The opinions asked and not given yet."""
    return [one for one in case.opinions if one.state == cases_pb2.OPINION_STATE_REQUESTED]


async def before(desk: Desk, application: Application) -> Before:
    """The file opens to who is asked, until a date."""
    closes_at = at_hour(await desk.now(), days=PROPOSED_DAYS, hour=PROPOSED_HOUR)
    clocks = [t(f"{REQUEST}.clock", closes_at=moment(closes_at))]
    return Before(t(f"{REQUEST}.state"), t(f"{REQUEST}.undo"), clocks=clocks)


async def build(acting: Acting, form: Any) -> dict[str, Any]:
    """Somebody outside is recorded first, then asked."""
    expert_id = form.expert_id.data
    if expert_id == OUTSIDE:
        expert_id = await _outsider(acting, form.outsider_name.data.strip(), form.outsider_mail.data.strip())
    return {
        "opinion_id": derived(acting, "opinion"),
        "expert_id": expert_id,
        "closes_at": clock.text(form.closes_at.data),
    }


async def _outsider(acting: Acting, name: str, mail: str) -> str:
    """Her id: the same for the same address in this call."""
    call_id = acting.application.call_id
    person_id = str(uuid5(UUID(call_id), f"outsider/{mail.lower()}"))
    message = calls_pb2.RegisterOutsiderRequest(call_id=call_id, person_id=person_id, display_name=name, email=mail)
    await acting.desk.send("intake.calls", message, derived(acting, "outsider"))
    return person_id


class CancelForm(SiteForm):
    """Which one."""

    opinion_id = RadioField(f"{CANCEL}.opinion_id", validators=[InputRequired()])


async def prepare_cancel(desk: Desk, application: Application, form: Any) -> None:
    """The opinions that are still awaited."""
    case = await case_of(desk, application)
    names = await desk.people(*(one.expert_id for one in waiting(case)))
    form.opinion_id.choices = [
        (one.opinion_id, t(f"{CANCEL}.one", name=names.get(one.expert_id, ""), closes_at=moment(one.closes_at)))
        for one in waiting(case)
    ]


async def before_cancel(desk: Desk, application: Application) -> Before:
    """The file closes to who was asked."""
    return Before(t(f"{CANCEL}.state"), t(f"{CANCEL}.undo"))


async def build_cancel(acting: Acting, form: Any) -> dict[str, Any]:
    """The opinion, and of whom it was asked."""
    case = await case_of(acting.desk, acting.application)
    expert_id = next((one.expert_id for one in case.opinions if one.opinion_id == form.opinion_id.data), "")
    return {"opinion_id": form.opinion_id.data, "expert_id": expert_id}


REQUEST_OPINION = Act(
    verb="request_opinion",
    message=RequestOpinion,
    form=RequestForm,
    prefill=prefill,
    prepare=prepare,
    before=before,
    build=build,
    stages=STAGES,
)
CANCEL_OPINION = Act(
    verb="cancel_opinion",
    message=CancelOpinion,
    form=CancelForm,
    prepare=prepare_cancel,
    before=before_cancel,
    build=build_cancel,
)
