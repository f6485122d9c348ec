"""Versements and compte rendu financier: liquidated on proof; the report accepted or sent back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jalon.payments.v1 import awards_pb2
from wtforms.validators import InputRequired

from web.acts import Act, Acting, Application, Before
from web.backoffice.acts.proposing import award_of, codes
from web.backoffice.letters import to_applicant
from web.desk import Desk
from web.forms import AmountField, RadioField, SiteForm
from web.words import amount, code, t
from workflows.contract.application import AcceptReport, LiquidateInstallment, ReturnReport

LIQUIDATE, ACCEPT, RETURN = "act.liquidate_installment", "act.accept_report", "act.return_report"
REASONS = ("INCOMPLETE", "UNCLEAR", "PROOF_MISSING", "AMOUNTS_INCONSISTENT", "INELIGIBLE_EXPENSES", "ILLEGIBLE")
PAYABLE = frozenset({"PAYMENT", "REPORT", "BALANCE"})


class LiquidationForm(SiteForm):
    """Which installment."""

    installment_id = RadioField(f"{LIQUIDATE}.installment_id", validators=[InputRequired()])


def planned(award: awards_pb2.Award) -> list[awards_pb2.Installment]:
    """The installments still to liquidate."""
    return [item for item in award.installments if item.state == awards_pb2.INSTALLMENT_STATE_PLANNED]


def unmet(item: awards_pb2.Installment) -> list[str]:
    """The conditions that are not met yet, in words."""
    return [code("condition", one.code) for one in item.conditions if not one.met]


async def prepare_liquidation(desk: Desk, application: Application, form: Any) -> None:
    """What is planned, with what each still waits for."""
    award = await award_of(desk, application)
    form.installment_id.choices = [(item.installment_id, _described(item)) for item in planned(award)]


def _described(item: awards_pb2.Installment) -> str:
    kind, missing = code("installment_kind", item.kind), unmet(item)
    key = f"{LIQUIDATE}.waits" if missing else f"{LIQUIDATE}.due"
    return t(key, number=item.number, what=kind, sum=amount(item.amount_cents), missing=", ".join(missing))


async def prefill_liquidation(desk: Desk, application: Application) -> Mapping[str, Any]:
    """The first one that is due."""
    award = await award_of(desk, application)
    due = next((item.installment_id for item in planned(award) if not unmet(item)), None)
    return {"installment_id": due}


async def before_liquidation(desk: Desk, application: Application) -> Before:
    """It becomes due, and waits for its payment run."""
    return Before(t(f"{LIQUIDATE}.state"), t(f"{LIQUIDATE}.undo"), money=[t(f"{LIQUIDATE}.money")])


async def build_liquidation(acting: Acting, form: Any) -> dict[str, Any]:
    """The message's fields."""
    return {"installment_id": form.installment_id.data}


class AcceptanceForm(SiteForm):
    """What is accepted of what was spent."""

    accepted_spent_cents = AmountField(
        "field:accepted_spent_cents", description=f"{ACCEPT}.spent_hint", validators=[InputRequired()]
    )


async def prefill_acceptance(desk: Desk, application: Application) -> Mapping[str, Any]:
    """All that was justified."""
    return {"accepted_spent_cents": (await award_of(desk, application)).report.spent_cents or None}


async def before_acceptance(desk: Desk, application: Application) -> Before:
    """The entitlement is computed; the rest goes back to the envelope."""
    report = (await award_of(desk, application)).report
    figures = t(f"{ACCEPT}.figures", planned=amount(report.planned_cents), spent=amount(report.spent_cents))
    letters = [to_applicant(application, "report_accepted", freed_cents=t("letter.computed"))]
    money = [figures, t(f"{ACCEPT}.money")]
    return Before(t(f"{ACCEPT}.state"), t(f"{ACCEPT}.undo"), letters=letters, money=money)


async def build_acceptance(acting: Acting, form: Any) -> dict[str, Any]:
    """The version that was looked at, the amount accepted."""
    report = (await award_of(acting.desk, acting.application)).report
    return {"version": report.version, "accepted_spent_cents": int(form.accepted_spent_cents.data)}


class ReturnForm(SiteForm):
    """Why it comes back."""

    reason = RadioField("field:reason", validators=[InputRequired()])


async def prepare_return(desk: Desk, application: Application, form: Any) -> None:
    """The reasons that concern a report."""
    form.reason.choices = codes("return_reason", *REASONS)


async def before_return(desk: Desk, application: Application) -> Before:
    """The beneficiary is asked to take it up again."""
    letters = [to_applicant(application, "report_returned", reason=t("letter.reason_chosen"))]
    return Before(t(f"{RETURN}.state"), t(f"{RETURN}.undo"), letters=letters)


async def build_return(acting: Acting, form: Any) -> dict[str, Any]:
    """The version that was looked at, the reason."""
    report = (await award_of(acting.desk, acting.application)).report
    return {"version": report.version, "reason": form.reason.data}


LIQUIDATE_INSTALLMENT = Act(
    verb="liquidate_installment",
    message=LiquidateInstallment,
    form=LiquidationForm,
    prefill=prefill_liquidation,
    prepare=prepare_liquidation,
    before=before_liquidation,
    build=build_liquidation,
    awaited=frozenset({"LIQUIDATE_INSTALLMENT"}),
    stages=PAYABLE,
)
ACCEPT_REPORT = Act(
    verb="accept_report",
    message=AcceptReport,
    form=AcceptanceForm,
    prefill=prefill_acceptance,
    before=before_acceptance,
    build=build_acceptance,
    awaited=frozenset({"ACCEPT_REPORT"}),
)
RETURN_REPORT = Act(
    verb="return_report",
    message=ReturnReport,
    form=ReturnForm,
    prepare=prepare_return,
    before=before_return,
    build=build_return,
    stages=frozenset({"REPORT"}),
)
