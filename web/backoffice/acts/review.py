"""Instruction: who reviews, what the review concludes, and the shortlist."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jalon.common.v1 import rights_pb2
from wtforms.validators import InputRequired

from web.acts import Act, Acting, Application, Before
from web.backoffice.acts.proposing import SECTIONS, case_of, codes, holders
from web.backoffice.letters import to_applicant
from web.desk import Desk
from web.forms import AmountField, RadioField, SiteForm, TextAreaField
from web.words import amount, t
from workflows.contract.application import AssignReviewer, ConcludeReview, DecideShortlist

ASSIGN, CONCLUDE, SHORTLIST = "act.assign_reviewer", "act.conclude_review", "act.decide_shortlist"


class ReviewerForm(SiteForm):
    """The reviewer."""

    reviewer_id = RadioField(f"{ASSIGN}.reviewer_id", validators=[InputRequired()])


async def prepare_reviewers(desk: Desk, application: Application, form: Any) -> None:
    """Those who instruct the call."""
    form.reviewer_id.choices = await holders(desk, application.call_id, rights_pb2.ROLE_INSTRUCTOR)


async def before_assignment(desk: Desk, application: Application) -> Before:
    """The file opens to the reviewer."""
    return Before(t(f"{ASSIGN}.state"), t(f"{ASSIGN}.undo"))


async def build_assignment(acting: Acting, form: Any) -> dict[str, Any]:
    """The message's fields."""
    return {"reviewer_id": form.reviewer_id.data}


class ReviewForm(SiteForm):
    """The record of the review."""

    eligible_base_cents = AmountField("field:eligible_base_cents", validators=[InputRequired()])
    proposed_cents = AmountField("field:proposed_cents", validators=[InputRequired()])
    section = RadioField("field:section", validators=[InputRequired()])
    analysis = TextAreaField("field:analysis", description=f"{CONCLUDE}.analysis_hint", validators=[InputRequired()])


async def prefill_review(desk: Desk, application: Application) -> Mapping[str, Any]:
    """What the applicant asked, to start from."""
    case = await case_of(desk, application)
    eligible = sum(line.amount_cents for line in application.full_application.budget if line.eligible)
    return {
        "eligible_base_cents": eligible or None,
        "proposed_cents": case.requested_cents or None,
        "section": case.section or None,
    }


async def prepare_review(desk: Desk, application: Application, form: Any) -> None:
    """The two sections."""
    form.section.choices = codes("section", *SECTIONS)


async def before_review(desk: Desk, application: Application) -> Before:
    """What the proposal is bound by."""
    rulebook = await desk.rulebook(application.call_id)
    track = next(one for one in rulebook.content["tracks"] if one["code"] == application.pre_application.track)
    bounds = t(
        f"{CONCLUDE}.bounds",
        least=amount(track["min_amount_cents"]),
        most=amount(track["max_amount_cents"]),
        rate_basis_points=track["rate_basis_points"],
    )
    return Before(t(f"{CONCLUDE}.state"), t(f"{CONCLUDE}.undo"), money=[t(f"{CONCLUDE}.money"), bounds])


async def build_review(acting: Acting, form: Any) -> dict[str, Any]:
    """The analysis first, then the record that cites it."""
    return {
        "eligible_base_cents": int(form.eligible_base_cents.data),
        "proposed_cents": int(form.proposed_cents.data),
        "section": form.section.data,
        "analysis": await acting.save_text("ANALYSIS", form.analysis.data),
    }


class ShortlistForm(SiteForm):
    """Kept or not, and why."""

    shortlisted = RadioField(f"{SHORTLIST}.shortlisted", validators=[InputRequired()])
    ground = TextAreaField("field:ground", description=f"{SHORTLIST}.ground_hint")


async def prepare_shortlist(desk: Desk, application: Application, form: Any) -> None:
    """The two answers."""
    form.shortlisted.choices = [(value, t(f"{SHORTLIST}.{value}")) for value in ("yes", "no")]


async def before_shortlist(desk: Desk, application: Application) -> Before:
    """The hearings, or the end of the file."""
    letters = [to_applicant(application, "not_shortlisted", when="letter.if_not_shortlisted")]
    return Before(t(f"{SHORTLIST}.state"), t(f"{SHORTLIST}.undo"), letters=letters)


async def build_shortlist(acting: Acting, form: Any) -> dict[str, Any]:
    """Words first."""
    return {
        "shortlisted": form.shortlisted.data == "yes",
        "ground": await acting.save_text("SHORTLIST", form.ground.data or ""),
    }


ASSIGN_REVIEWER = Act(
    verb="assign_reviewer",
    message=AssignReviewer,
    form=ReviewerForm,
    prepare=prepare_reviewers,
    before=before_assignment,
    build=build_assignment,
    awaited=frozenset({"ASSIGN_REVIEWER"}),
    stages=frozenset({"ADMISSIBILITY", "FULL_APPLICATION", "COMPLETENESS", "REVIEW"}),
)
CONCLUDE_REVIEW = Act(
    verb="conclude_review",
    message=ConcludeReview,
    form=ReviewForm,
    prefill=prefill_review,
    prepare=prepare_review,
    before=before_review,
    build=build_review,
    awaited=frozenset({"CONCLUDE_REVIEW"}),
)
DECIDE_SHORTLIST = Act(
    verb="decide_shortlist",
    message=DecideShortlist,
    form=ShortlistForm,
    prepare=prepare_shortlist,
    before=before_shortlist,
    build=build_shortlist,
    awaited=frozenset({"DECIDE_SHORTLIST"}),
)
