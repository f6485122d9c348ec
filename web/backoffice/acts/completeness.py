"""Complétude: what is missing is asked with a date, or everything is there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jalon.intake.v1 import applications_pb2 as pb
from wtforms.validators import InputRequired, ValidationError

from kit import clock
from web.acts import Act, Acting, Application, Before
from web.backoffice.acts.proposing import NoForm, derived, nothing_built, proposed_end
from web.backoffice.letters import to_applicant
from web.backoffice.pieces import asked_of
from web.desk import Desk
from web.forms import CheckField, MomentField, SiteForm, TextAreaField
from web.words import field as field_label
from web.words import moment, t
from workflows.contract.application import ConfirmCompleteness, CorrectionItem, RequestCorrection

KEY = "act.request_correction"
FIELDS = tuple(field.name for field in pb.FullApplication.DESCRIPTOR.fields)


class CorrectionForm(SiteForm):
    """Pieces and fields asked, until when, and why in words."""

    pieces = CheckField(f"{KEY}.pieces", description=f"{KEY}.pieces_hint")
    fields = CheckField(f"{KEY}.fields")
    words = TextAreaField(f"{KEY}.words", description=f"{KEY}.words_hint")
    closes_at = MomentField("field:closes_at", validators=[InputRequired()])

    paths: Mapping[str, str] = {"items": "pieces"}

    def validate_pieces(self, field: Any) -> None:
        """Something is asked."""
        if not field.data and not self["fields"].data:
            raise ValidationError(t(f"{KEY}.nothing_asked"))


async def prefill(desk: Desk, application: Application) -> Mapping[str, Any]:
    """What is missing is already ticked; the rulebook's time to answer."""
    rulebook = await desk.rulebook(application.call_id)
    missing = [row.code for row in asked_of(application, rulebook) if row.missing]
    return {"pieces": missing, "closes_at": await proposed_end(desk, application, "correction")}


async def prepare(desk: Desk, application: Application, form: Any) -> None:
    """The pieces asked of this legal form, the fields of the full application."""
    rulebook = await desk.rulebook(application.call_id)
    form.pieces.choices = [
        (row.code, row.label if not row.received else t(f"{KEY}.replace", piece=row.label))
        for row in asked_of(application, rulebook)
        if row.now or row.received
    ]
    form["fields"].choices = [(name, field_label(name)) for name in FIELDS]


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
    """Words first, then the request that cites them."""
    received = {document.piece for document in acting.application.documents}
    pieces = [
        CorrectionItem(piece=piece, reason="TO_REPLACE" if piece in received else "MISSING")
        for piece in form.pieces.data
    ]
    fields = [CorrectionItem(field=name, reason="TO_CORRECT") for name in form["fields"].data]
    return {
        "correction_id": derived(acting, "correction"),
        "items": [*pieces, *fields],
        "closes_at": clock.text(form.closes_at.data),
        "words": await acting.save_text("CORRECTION", form.words.data or ""),
    }


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
