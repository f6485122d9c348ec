"""The questions of both forms, one group a screen."""

from __future__ import annotations

from typing import Any

from wtforms import BooleanField, FieldList, FormField, HiddenField, StringField, TextAreaField
from wtforms.validators import InputRequired

from web import words
from web.forms import AmountField, CheckField, DayField, RadioField, SelectField, SiteForm
from web.portal.drafts import Step, WholeField
from web.rulebooks import Words
from web.words import t
from wording.catalog import catalog

NEEDED = [InputRequired()]
BLANK_FUNDERS = 3
WIDE = {"size": 48}
"""Of a field that holds a name."""


class Structure(SiteForm):
    """Who applies: its numbers first, a register may say the rest."""

    siret = StringField("field:siret", description="apply.siret_hint")
    rna = StringField("field:rna", description="apply.rna_hint")
    legal_family = RadioField("field:legal_family", validators=NEEDED, choices=[])
    name = StringField("field:name", description="apply.name_hint", validators=NEEDED, render_kw=WIDE)
    esus_until = DayField("field:esus_until", description="apply.esus_hint")
    contact_name = StringField("field:contact_name", validators=NEEDED)
    contact_email = StringField("field:contact_email", validators=NEEDED)
    contact_phone = StringField("field:contact_phone")


class Project(SiteForm):
    """What is proposed, where."""

    track = RadioField("field:track", validators=NEEDED, choices=[])
    title = StringField("field:title", validators=NEEDED, render_kw=WIDE)
    summary = TextAreaField("field:summary", description="apply.summary_hint", validators=NEEDED)
    communes = CheckField("field:communes", description="apply.communes_hint", validators=NEEDED, choices=[])


class Amounts(SiteForm):
    """What it costs, what is asked."""

    total_cost_cents = AmountField("field:total_cost_cents", validators=NEEDED)
    requested_cents = AmountField("field:requested_cents", description="apply.requested_hint", validators=NEEDED)
    jobs_planned = WholeField("field:jobs_planned", description="apply.jobs_hint")


class LineForm(SiteForm):
    """A line of the budget. ``code``: an account family."""

    side = HiddenField("field:side")
    code = HiddenField("field:code")
    label = StringField("field:label")
    amount_cents = AmountField("field:amount_cents")
    eligible = BooleanField("field:eligible")

    def given(self) -> bool:
        """True when the line is used."""
        return bool(self.amount_cents.data)

    def told(self) -> str:
        """In one line."""
        return f"{self.label.data or self.family}{t('errors.colon')} {words.amount(self.amount_cents.data)}"

    @property
    def family(self) -> str:
        """The words of its account family."""
        return family(self.side.data, self.code.data)


class FundingForm(SiteForm):
    """A co-funder."""

    funder = StringField("field:funder")
    amount_cents = AmountField("field:amount_cents")
    status = SelectField("field:status", choices=[])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.status.choices = [(code, words.word("intake.FundingStatus", code)) for code in ("REQUESTED", "ACQUIRED")]

    def given(self) -> bool:
        """True when the line is used."""
        return bool((self.funder.data or "").strip() or self.amount_cents.data)

    def told(self) -> str:
        """In one line."""
        status = words.word("intake.FundingStatus", self.status.data or "")
        return f"{self.funder.data}{t('errors.colon')} {words.amount(self.amount_cents.data)}, {status}"


class Budget(SiteForm):
    """The budget, in balance, and who else pays."""

    section = RadioField("field:section", description="apply.section_hint", validators=NEEDED, choices=[])
    requested_cents = AmountField("field:requested_cents", description="apply.requested_hint", validators=NEEDED)
    budget = FieldList(FormField(LineForm), "field:budget", validators=NEEDED)
    funding = FieldList(FormField(FundingForm), "field:funding")


class Details(SiteForm):
    """The project in detail."""

    presentation = TextAreaField("field:presentation", validators=NEEDED)
    indicators = TextAreaField("field:indicators", description="apply.indicators_hint", validators=NEEDED)
    starts_on = DayField("field:starts_on", validators=NEEDED)
    ends_on = DayField("field:ends_on", validators=NEEDED)
    jobs_planned = WholeField("field:jobs_planned", description="apply.jobs_hint")


def family(side: str, code: str) -> str:
    """The words of an account family."""
    return words.code(f"budget_{side.lower()}", code)


def families() -> list[tuple[str, str]]:
    """Side and code of every account family, expenses first."""
    return [(side, code) for side in ("CHARGE", "PRODUCT") for code in catalog()["codes"][f"budget_{side.lower()}"]]


def _structure(form: Any, rulebook: Words) -> None:
    if "legal_family" in form:
        natural = [("natural_person", t("call.natural_person"))] if rulebook.content["accept_natural_person"] else []
        form.legal_family.choices = [*rulebook.codes("legal_families"), *natural]


def _settle_structure(applicant: Any) -> None:
    """Before the entity is created, the applicant is a person."""
    applicant.natural_person = applicant.legal_family == "natural_person"


def _project(form: Any, rulebook: Words) -> None:
    form.track.choices = rulebook.codes("tracks")
    form.communes.choices = [(one, words.code("commune", one)) for one in rulebook.content["communes"]]


def _budget(form: Any, rulebook: Words) -> None:
    """Every account family has a line, used or not; funders have a few blank ones."""
    if "section" in form:
        codes = [envelope["section"].upper() for envelope in rulebook.content["envelopes"]]
        form.section.choices = [(one, words.code("section", one)) for one in codes]
    if "budget" in form:
        known = {(entry.form.side.data, entry.form.code.data) for entry in form.budget.entries}
        for side, code in families():
            if (side, code) not in known:
                form.budget.append_entry({"side": side, "code": code, "label": family(side, code)})
    if "funding" in form:
        while sum(not entry.form.given() for entry in form.funding.entries) < BLANK_FUNDERS:
            form.funding.append_entry({})


PRE = (
    Step(
        "structure",
        Structure,
        within="applicant",
        template="draft_structure.html",
        prepare=_structure,
        settle=_settle_structure,
    ),
    Step("projet", Project, prepare=_project),
    Step("montants", Amounts),
)
FULL = (
    Step("budget", Budget, template="draft_budget.html", prepare=_budget),
    Step("presentation", Details),
)
