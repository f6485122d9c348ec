"""What is asked of an applicant, read from the form; what her answer changed, read from two deposits."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from jalon.intake.v1 import applications_pb2 as pb

from web import words
from web.asking import Ask, Askable, AskField
from web.backoffice.diff import changed
from web.forms import SiteForm, filled

THINGS = [
    Askable("piece-statutes", "Statuts", "Pièces", [("MISSING", "à fournir")], ticked=True),
    Askable("field-budget", "Budget", "Rubriques", [("TO_CORRECT", "à corriger"), ("INCOMPLETE", "incomplet")]),
]


class Form(SiteForm):
    items = AskField("items")


@pytest.fixture(autouse=True)
def french() -> None:
    words.settle("fr", datetime(2026, 3, 1, tzinfo=UTC))


def test_what_is_missing_is_ticked_at_first() -> None:
    form = filled(Form)
    form["items"].offer(THINGS)
    assert form["items"].data == [Ask("piece-statutes", "MISSING", "")]


def test_each_thing_ticked_has_its_reason_and_its_sentence() -> None:
    typed = {
        "items": ["field-budget", "field-unknown"],
        "items-field-budget-why": ["INCOMPLETE"],
        "items-field-budget-say": [" Une ligne manque. "],
        "items-piece-statutes-say": ["gardé"],
    }
    form = filled(Form, typed)
    form["items"].offer(THINGS)
    assert form["items"].data == [Ask("field-budget", "INCOMPLETE", "Une ligne manque.")]
    assert [(thing.key, ticked, say) for thing, ticked, _, say in form["items"].rows] == [
        ("piece-statutes", False, "gardé"),
        ("field-budget", True, "Une ligne manque."),
    ]


def test_a_reason_of_elsewhere_is_the_likely_one() -> None:
    form = filled(Form, {"items": ["piece-statutes"], "items-piece-statutes-why": ["INCOMPLETE"]})
    form["items"].offer(THINGS)
    assert form["items"].data == [Ask("piece-statutes", "MISSING", "")]


def line(label: str, cents: int, *, eligible: bool = False) -> pb.BudgetLine:
    return pb.BudgetLine(label=label, amount_cents=cents, eligible=eligible)


def test_a_changed_form_is_told_field_by_field_and_line_by_line() -> None:
    before = pb.FullApplication(
        requested_cents=700_000,
        presentation="Avant",
        ends_on="2026-12-31",
        budget=[line("Salaires", 100_00, eligible=True), line("Achats", 50_00), line("Achats", 10_00)],
        funding=[pb.Funding(funder="Ville", amount_cents=20_00, status=pb.FUNDING_STATUS_REQUESTED)],
    )
    after = pb.FullApplication(
        requested_cents=600_000,
        presentation="Avant",
        ends_on="2027-01-31",
        budget=[line("Salaires", 100_00), line("Achats", 50_00), line("Loyer", 5_00)],
        funding=[pb.Funding(funder="Ville", amount_cents=20_00, status=pb.FUNDING_STATUS_ACQUIRED)],
    )
    told = {change.label: (change.before, change.after) for change in changed(before, after)}
    assert told[words.field("requested_cents")] == ("7\u202f000,00\xa0€", "6\u202f000,00\xa0€")
    assert told[words.field("ends_on")] == ("31 décembre 2026", "31 janvier 2027")
    budget = words.field("budget")
    assert told[f"{budget}, Achats (2)"] == ("10,00\xa0€", "")
    assert told[f"{budget}, Loyer"] == ("", "5,00\xa0€")
    assert told[f"{budget}, Salaires"] == (f"100,00\xa0€ · {words.t('file.eligible')}", "100,00\xa0€")
    assert len([one for one in told if one.startswith(words.field("funding"))]) == 1
    assert words.field("presentation") not in told


def test_the_same_form_changed_nothing() -> None:
    form = pb.FullApplication(requested_cents=1, budget=[line("Achats", 1)])
    assert changed(form, form) == []
