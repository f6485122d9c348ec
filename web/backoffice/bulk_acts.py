"""The acts that may be done to many files at once: what each asks, what its button will do, the message's fields."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jalon.common.v1 import rights_pb2
from jalon.intake.v1 import applications_pb2
from wtforms.validators import InputRequired

from kit import clock
from web.acts import Before, Letter
from web.backoffice.acts.proposing import NoForm, at_hour, deadline_days, holders
from web.desk import Desk
from web.forms import CheckField, MomentField, RadioField, SiteForm
from web.words import locale, moment, t
from wording import letter
from workflows.contract.application import CorrectionItem

Files = Sequence[applications_pb2.ApplicationRow]


class ReviewerForm(SiteForm):
    """One reviewer for all."""

    reviewer_id = RadioField("act.assign_reviewer.reviewer_id", validators=[InputRequired()])


class PiecesForm(SiteForm):
    """The same pieces of all, until the same instant."""

    pieces = CheckField("act.request_correction.pieces", validators=[InputRequired()])
    closes_at = MomentField("field:closes_at", validators=[InputRequired()])

    paths: Mapping[str, str] = {"items": "pieces"}


@dataclass(frozen=True)
class BulkKind:
    """``act``: as the contract names it. ``asks``: False when its button is enough."""

    act: str
    form: type[SiteForm]
    build: Callable[[Any], dict[str, Any]]
    before: Callable[[Desk, Files, Any], Awaitable[Before]]
    prepare: Callable[[Desk, Any], Awaitable[None]]
    prefill: Callable[[Desk], Awaitable[dict[str, Any]]]
    asks: bool = True

    @property
    def rpc(self) -> str:
        """``AssignReviewer``: its rights."""
        return "".join(part.capitalize() for part in self.act.split("_"))


def _nothing(form: Any) -> dict[str, Any]:
    return {}


async def _no_choice(desk: Desk, form: Any) -> None:
    """Nothing is chosen."""


async def _no_prefill(desk: Desk) -> dict[str, Any]:
    return {}


async def _prepare_reviewers(desk: Desk, form: Any) -> None:
    form.reviewer_id.choices = await holders(desk, desk.visitor.call_id, rights_pb2.ROLE_INSTRUCTOR)


async def _before_assignment(desk: Desk, files: Files, form: Any) -> Before:
    return Before(t("act.assign_reviewer.state"), t("act.assign_reviewer.undo"))


def _assignment(form: Any) -> dict[str, Any]:
    return {"reviewer_id": form.reviewer_id.data}


async def _prepare_pieces(desk: Desk, form: Any) -> None:
    rulebook = await desk.rulebook()
    asked = [piece["code"] for piece in rulebook.content["pieces"] if piece["stage"] == "full_application"]
    form.pieces.choices = [(code, rulebook.of(code)) for code in asked]


async def _prefill_end(desk: Desk) -> dict[str, Any]:
    days = deadline_days(await desk.rulebook(), "correction")
    return {"closes_at": at_hour(await desk.now(), days=days, hour=17)}


async def _before_correction(desk: Desk, files: Files, form: Any) -> Before:
    closes_at = clock.text(form.closes_at.data) if form.closes_at.data else ""
    clocks = [t("act.request_correction.clock", closes_at=moment(closes_at)), t("act.request_correction.suspended")]
    letters = _letters(files, "correction_requested", closes_at=closes_at)
    return Before(t("act.request_correction.state"), t("act.request_correction.undo"), letters=letters, clocks=clocks)


def _correction(form: Any) -> dict[str, Any]:
    items = [CorrectionItem(piece=piece, reason="MISSING") for piece in form.pieces.data]
    return {"items": items, "closes_at": clock.text(form.closes_at.data)}


async def _before_shortlist(desk: Desk, files: Files, form: Any) -> Before:
    return Before(t("bulk.decide_shortlist.state"), t("act.decide_shortlist.undo"))


async def _before_notification(desk: Desk, files: Files, form: Any) -> Before:
    return Before(
        t("bulk.notify_decision.state"),
        t("bulk.notify_decision.undo"),
        letters=_letters(files, "granted", when="bulk.notify_decision.granted", awarded_cents=_awarded(files)),
        clocks=[t("bulk.notify_decision.clock")],
    )


def _awarded(files: Files) -> int:
    return next((file.progress.awarded_cents for file in files if file.progress.awarded_cents), 0)


def _letters(files: Files, template: str, *, when: str = "", **values: object) -> list[Letter]:
    """The letter as the first of them will read it."""
    if not files:
        return []
    subject, body = letter(template, locale=locale(), values={"number": files[0].number, **values})
    to = t("bulk.to_each", count=len(files), number=files[0].number)
    return [Letter(to, subject, body, t(when) if when else "")]


ACTS: Mapping[str, BulkKind] = {
    kind.act: kind
    for kind in (
        BulkKind("ASSIGN_REVIEWER", ReviewerForm, _assignment, _before_assignment, _prepare_reviewers, _no_prefill),
        BulkKind("REQUEST_CORRECTION", PiecesForm, _correction, _before_correction, _prepare_pieces, _prefill_end),
        BulkKind("DECIDE_SHORTLIST", NoForm, _nothing, _before_shortlist, _no_choice, _no_prefill, asks=False),
        BulkKind("NOTIFY_DECISION", NoForm, _nothing, _before_notification, _no_choice, _no_prefill, asks=False),
    )
}
