"""The figures of a budget beside what is typed."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from jalon.intake.v1 import applications_pb2 as pb

from rehearsal.edition_files import EDITIONS
from web import words
from web.portal import drafts, questions
from web.portal.budgets import figures
from web.rulebooks import Words

CONTENT = json.loads((EDITIONS / "2023" / "rulebook.json").read_text())
TRACK = CONTENT["tracks"][0]
RULEBOOK = Words("", 1, "", frozen=True, labels={}, content=CONTENT)
BUDGET = questions.FULL[0]


@pytest.fixture(autouse=True)
def french() -> None:
    words.settle("fr", datetime(2023, 4, 1, tzinfo=UTC))


def test_what_is_saved_is_totalled_with_the_limits_of_the_track() -> None:
    lines = [
        pb.BudgetLine(side=pb.BUDGET_SIDE_CHARGE, code="purchases", amount_cents=20_000_00, eligible=True),
        pb.BudgetLine(side=pb.BUDGET_SIDE_CHARGE, code="staff", amount_cents=10_000_00),
        pb.BudgetLine(side=pb.BUDGET_SIDE_PRODUCT, code="sales", amount_cents=30_000_00),
    ]
    form = drafts.opened(BUDGET, pb.FullApplication(requested_cents=5_000_00, budget=lines), RULEBOOK)
    found = figures(form, RULEBOOK, TRACK["code"], requested_cents=0)
    assert found is not None
    assert (found.charges_cents, found.products_cents, found.eligible_cents) == (30_000_00, 30_000_00, 20_000_00)
    assert (found.gap_cents, found.asked_basis_points) == (0, 2500)
    assert (found.rate_basis_points, found.ceiling_cents) == (TRACK["rate_basis_points"], TRACK["max_amount_cents"])


def test_what_is_typed_is_totalled_too_and_a_base_of_nothing_has_no_share() -> None:
    typed = {
        "budget-0-side": ["CHARGE"],
        "budget-0-code": ["purchases"],
        "budget-0-amount_cents": ["1 500,50"],
    }
    asked = frozenset({"budget"})
    form = drafts.answered(BUDGET, typed, RULEBOOK, asked=asked)
    found = figures(form, RULEBOOK, TRACK["code"], requested_cents=100_00)
    assert found is not None
    assert (found.gap_cents, found.requested_cents, found.asked_basis_points) == (1_500_50, 100_00, None)


def test_a_form_without_its_budget_has_no_figures() -> None:
    form = drafts.opened(BUDGET, pb.FullApplication(), RULEBOOK, asked=frozenset({"section"}))
    assert figures(form, RULEBOOK, TRACK["code"], requested_cents=0) is None
