"""``/style``: every piece once, with invented data; what designers look at and what the accessibility test visits."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from jalon.common.v1 import rights_pb2
from jalon.intake.v1 import applications_pb2 as pb
from litestar import get
from litestar.response import Template
from wtforms.validators import InputRequired

from kit import clock
from web.acts import Act, Before, Letter, Rail
from web.forms import AmountField, CheckField, DayField, RadioField, SiteForm, StringField, TextAreaField, filled
from web.page import AnyRequest, page
from web.timeline import History, Line
from web.words import showing, t


@get("/style", public=True)
async def show(request: AnyRequest) -> Template:
    """The living page of pieces."""
    now = showing().now
    return page(
        request,
        "style.html",
        title=t("style.title"),
        progresses=_progresses(now),
        form=_form(),
        before=_before(),
        rail=Rail(_act("decide_admissibility"), [_act("decide_admissibility")], ""),
        history=_history(now),
        spans=_spans(),
        pieces=_pieces(),
        seals=[("Premier visa", "Camille Arnaud", now), ("Second visa", "", None)],
        marks=[("Ancrage local", 25, 4, "bon", "Deux partenaires du quartier sont engagés.")],
        changes=[("Montant demandé", "12 000,00 €", "10 500,00 €")],
        parts=[("paid", 40_000_00), ("ordered", 10_000_00), ("committed", 20_000_00), ("voted", 15_000_00)],
    )


def _progresses(now: datetime) -> list[pb.Progress]:
    def one(stage: str, event: str, role: str, **more: Any) -> pb.Progress:
        return pb.Progress(
            stage=pb.Stage.Value(f"STAGE_{stage}"),
            next_event=pb.NextEvent.Value(f"NEXT_EVENT_{event}"),
            blocking_role=rights_pb2.Role.Value(f"ROLE_{role}"),
            **more,
        )

    soon, past = clock.to_timestamp(now + timedelta(days=6)), clock.to_timestamp(now - timedelta(days=2))
    return [
        one("COMPLETENESS", "SUBMIT_CORRECTION", "APPLICANT", next_event_at=soon),
        one("ADMISSIBILITY", "DECIDE_ADMISSIBILITY", "INSTRUCTOR"),
        one("PAYMENT", "PAY_ORDER", "ACCOUNTANT", next_event_at=past),
        one("CLOSED", "NOTHING", "UNSPECIFIED", ending=pb.ENDING_PAID),
        one("CLOSED", "NOTHING", "UNSPECIFIED", ending=pb.ENDING_NOT_SHORTLISTED),
    ]


class _Sample(SiteForm):
    title = StringField("field:title", validators=[InputRequired()])
    amount = AmountField("field:requested_cents")
    on = DayField("field:starts_on")
    side = RadioField("field:side", choices=[])
    items = CheckField("field:items", choices=[])
    body = TextAreaField("field:body")


def _form() -> Any:
    form = filled(_Sample, {"amount": ["12 000"]}, side="a")
    form.side.choices = [("a", "Charge"), ("b", "Produit")]
    form["items"].choices = [("x", "RIB"), ("y", "Statuts")]
    form.validate()
    return form


def _act(verb: str) -> Act:
    async def nothing(*_: Any) -> Any:
        return None

    return Act(verb, form=_Sample, before=nothing, build=nothing)


def _before() -> Before:
    letter = Letter("Au porteur de projet", "Votre demande est recevable", "Madame, Monsieur,\n\nVotre demande…")
    return Before("Le dossier passe à l'instruction.", "Rien ne permet d'y revenir.", letters=[letter])


def _history(now: datetime) -> History:
    def line(event: str, role: str, days: int, **more: Any) -> Line:
        at = now - timedelta(days=days)
        return Line(at, at, "review", days, event, "", role, "", more.pop("words", ""), more)

    return History(
        [
            line("correction_opened", "INSTRUCTOR", 1, closes_at=clock.text(now), words="Il manque le RIB."),
            line("application_submitted", "APPLICANT", 9, number="2026-014", requested_cents=12_000_00),
        ],
        silent=["payments"],
    )


def _spans() -> list[SimpleNamespace]:
    rows = [
        ("POST /dossiers/{number}/actes/{verb}", "web", 0, 0, 1000, 84, False),
        ("DecideAdmissibility", "worker", 1, 120, 700, 58, False),
        ("review.v1.CasesService/DecideAdmissibility", "review", 2, 200, 420, 31, False),
        ("intake.v1.ApplicationsService/WriteProgress", "intake", 2, 640, 160, 12, True),
    ]
    names = ("name", "service", "depth", "start", "width", "ms", "failed")
    return [SimpleNamespace(**dict(zip(names, row, strict=True))) for row in rows]


def _pieces() -> list[SimpleNamespace]:
    rows = [
        ("done", "Acceptée", "Statuts signés", "2026-02-10", ""),
        ("waiting", "Demandée", "Relevé d'identité bancaire", "", ""),
        ("blocked", "Expirée", "Attestation de régularité fiscale", "2025-08-01", ""),
    ]
    return [SimpleNamespace(**dict(zip(("kind", "state", "label", "on", "href"), row, strict=True))) for row in rows]
