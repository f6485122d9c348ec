"""Recevabilité. This module is the model of an act's."""

from __future__ import annotations

from typing import Any

from wtforms.validators import InputRequired, ValidationError

from web.acts import Act, Acting, Application, Before, Letter
from web.backoffice.letters import to_applicant
from web.desk import Desk
from web.forms import CheckField, RadioField, SiteForm, TextAreaField
from web.words import code, moment, t
from wording.catalog import catalog
from workflows.contract.application import DecideAdmissibility

KEY = "act.decide_admissibility"


class AdmissibilityForm(SiteForm):
    """Admissible or not, why, and the words kept with the decision."""

    admissible = RadioField(f"{KEY}.admissible", validators=[InputRequired()])
    reasons = CheckField(f"{KEY}.reasons", description=f"{KEY}.reasons_hint")
    ground = TextAreaField(f"{KEY}.ground", description=f"{KEY}.ground_hint")

    def validate_reasons(self, field: Any) -> None:
        """Reasons go with a refusal."""
        if self.admissible.data == "no" and not field.data:
            raise ValidationError(t(f"{KEY}.reasons_missing"))


async def prepare(desk: Desk, application: Application, form: Any) -> None:
    """The two answers, the reasons of the wording."""
    form.admissible.choices = [(value, t(f"{KEY}.{value}")) for value in ("yes", "no")]
    form.reasons.choices = [(name, code("inadmissibility", name)) for name in catalog()["codes"]["inadmissibility"]]


async def before(desk: Desk, application: Application) -> Before:
    """What the decision changes, who is written to."""
    rulebook = await desk.rulebook(application.call_id)
    closes_at = rulebook.closes_at("full_application")
    letters: list[Letter] = [
        to_applicant(application, "admissible", when="letter.if_admissible", closes_at=closes_at),
        to_applicant(application, "inadmissible", when="letter.if_confirmed"),
    ]
    clock = t(f"{KEY}.clock", closes_at=moment(closes_at))
    return Before(t(f"{KEY}.state"), t(f"{KEY}.undo"), letters=letters, clocks=[clock])


async def build(acting: Acting, form: Any) -> dict[str, Any]:
    """The message's fields: words first, then the decision that cites them."""
    admissible = form.admissible.data == "yes"
    return {
        "admissible": admissible,
        "reasons": [] if admissible else list(form.reasons.data),
        "ground": await acting.save_text("ADMISSIBILITY", form.ground.data or ""),
    }


DECIDE_ADMISSIBILITY = Act(
    verb="decide_admissibility",
    message=DecideAdmissibility,
    form=AdmissibilityForm,
    prepare=prepare,
    before=before,
    build=build,
    awaited=frozenset({"DECIDE_ADMISSIBILITY"}),
)
