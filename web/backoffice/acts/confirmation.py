"""Confirmation d'une non-recevabilité, by a second person."""

from __future__ import annotations

from typing import Any

from wtforms.validators import InputRequired

from web.acts import Act, Acting, Application, Before
from web.backoffice.letters import to_applicant
from web.desk import Desk
from web.forms import RadioField, SiteForm
from web.words import t
from workflows.contract.application import ConfirmInadmissibility

KEY = "act.confirm_inadmissibility"


class ConfirmationForm(SiteForm):
    """Confirmed, or sent back."""

    confirmed = RadioField(f"{KEY}.confirmed", validators=[InputRequired()])


async def prepare(desk: Desk, application: Application, form: Any) -> None:
    """The two answers."""
    form.confirmed.choices = [(value, t(f"{KEY}.{value}")) for value in ("yes", "no")]


async def before(desk: Desk, application: Application) -> Before:
    """The end of the file, or its return."""
    letters = [to_applicant(application, "inadmissible", when="letter.if_confirmed_here")]
    return Before(t(f"{KEY}.state"), t(f"{KEY}.undo"), letters=letters)


async def build(acting: Acting, form: Any) -> dict[str, Any]:
    """The message's fields."""
    return {"confirmed": form.confirmed.data == "yes"}


CONFIRM_INADMISSIBILITY = Act(
    verb="confirm_inadmissibility",
    message=ConfirmInadmissibility,
    form=ConfirmationForm,
    prepare=prepare,
    before=before,
    build=build,
    awaited=frozenset({"CONFIRM_INADMISSIBILITY"}),
)
