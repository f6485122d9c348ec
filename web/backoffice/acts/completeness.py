"""Complétude: what is missing is asked with a date, or everything is there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jalon.intake.v1 import applications_pb2 as pb
from wtforms.validators import InputRequired, ValidationError

from kit import clock
from web.acts import Act, Acting, Application, Before
from web.asking import Ask, Askable, AskField
from web.backoffice.acts.proposing import NoForm, codes, derived, nothing_built, proposed_end
from web.backoffice.letters import to_applicant
from web.backoffice.pieces import asked_of
from web.desk import Desk
from web.forms import MomentField, SiteForm, TextAreaField
from web.words import field as field_label
from web.words import moment, t
from workflows.contract.application import ConfirmCompleteness, CorrectionItem, RequestCorrection

KEY = "act.request_correction"
PIECE, FIELD = "piece-", "field-"
OF_A_MISSING_PIECE = ("MISSING",)
OF_A_PIECE = ("TO_REPLACE", "ILLEGIBLE", "OUTDATED", "UNSIGNED", "INCOMPLETE")
OF_A_FIELD = ("TO_CORRECT", "INCOMPLETE", "INCONSISTENT")
FIELDS = tuple(field.name for field in pb.FullApplication.DESCRIPTOR.fields)


class CorrectionForm(SiteForm):
    """What is asked, piece by piece and field by field, until when, and why in words."""

    items = AskField(f"{KEY}.items", description=f"{KEY}.items_hint")
    words = TextAreaField(f"{KEY}.words", description=f"{KEY}.words_hint")
    closes_at = MomentField("field:closes_at", validators=[InputRequired()])

    def validate_items(self, field: Any) -> None:
        """Something is asked."""
        if not field.data:
            raise ValidationError(t(f"{KEY}.nothing_asked"))


async def prefill(desk: Desk, application: Application) -> Mapping[str, Any]:
    """The rulebook's time to answer."""
    return {"closes_at": await proposed_end(desk, application, "correction")}


async def prepare(desk: Desk, application: Application, form: Any) -> None:
    """The pieces asked of this legal form (those that are missing are ticked), the fields of the full application."""
    rulebook = await desk.rulebook(application.call_id)
    pieces = [
        Askable(
            f"{PIECE}{row.code}",
            row.label if not row.received else t(f"{KEY}.received", piece=row.label),
            t(f"{KEY}.pieces"),
            codes("correction_reason", *(OF_A_PIECE if row.received else OF_A_MISSING_PIECE)),
            ticked=row.missing,
        )
        for row in asked_of(application, rulebook)
        if row.now or row.received
    ]
    whys = codes("correction_reason", *OF_A_FIELD)
    fields = [Askable(f"{FIELD}{name}", field_label(name), t(f"{KEY}.fields"), whys) for name in FIELDS]
    form["items"].offer([*pieces, *fields])


async def before_correction(desk: Desk, application: Application) -> Before:
    """The clock stops, the applicant is written to."""
    closes_at = clock.text(await proposed_end(desk, application, "correction"))
    return Before(
        t(f"{KEY}.state"),
        t(f"{KEY}.undo"),
        letters=[to_applicant(application, "correction_requested", closes_at=closes_at)],
        clocks=[t(f"{KEY}.clock", closes_at=moment(closes_at)), t(f"{KEY}.suspended")],
    )


async def build_correction(acting: Acting, form: Any) -> dict[str, Any]:
    """Words first (a line for each thing that has its sentence), then the request that cites them."""
    asked = form["items"]
    labels = {one.key: one.label for one in asked.things}
    lines = [f"{labels[one.key]} : {one.say}" for one in asked.data if one.say]
    words = "\n".join([*lines, *([form.words.data.strip()] if (form.words.data or "").strip() else [])])
    return {
        "correction_id": derived(acting, "correction"),
        "items": [_item(one) for one in asked.data],
        "closes_at": clock.text(form.closes_at.data),
        "words": await acting.save_text("CORRECTION", words),
    }


def _item(one: Ask) -> CorrectionItem:
    if one.key.startswith(PIECE):
        return CorrectionItem(piece=one.key.removeprefix(PIECE), reason=one.why)
    return CorrectionItem(field=one.key.removeprefix(FIELD), reason=one.why)


async def before_confirmation(desk: Desk, application: Application) -> Before:
    """The review begins."""
    return Before(t("act.confirm_completeness.state"), t("act.confirm_completeness.undo"))


REQUEST_CORRECTION = Act(
    verb="request_correction",
    message=RequestCorrection,
    form=CorrectionForm,
    prefill=prefill,
    prepare=prepare,
    before=before_correction,
    build=build_correction,
    stages=frozenset({"COMPLETENESS"}),
)
CONFIRM_COMPLETENESS = Act(
    verb="confirm_completeness",
    message=ConfirmCompleteness,
    form=NoForm,
    before=before_confirmation,
    build=nothing_built(),
    awaited=frozenset({"CONFIRM_COMPLETENESS"}),
)
