"""Installments add up to the award, and money waits for each condition by name."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import Refused
from kit.money import Cents
from services.payments.domain.calendar import days_after
from services.payments.domain.conditions import ALWAYS, Condition, Facts, Tick, evaluate, met_since, require_met
from services.payments.domain.law import AGREEMENT_THRESHOLDS, in_force
from services.payments.domain.plan import Installment, InstallmentKind, PlanLine, installments

AT = datetime(2023, 10, 10, 9, 0, tzinfo=UTC)
SIGNED = (Condition.AGREEMENT_SIGNED,)
PLAN = (
    PlanLine(InstallmentKind.ADVANCE, 7_000, SIGNED),
    PlanLine(InstallmentKind.BALANCE, 3_000, (*SIGNED, Condition.REPORT_ACCEPTED)),
)
FACTS = Facts(
    act_executory_at=AT,
    decision_notified_at=AT,
    agreement_signed_at=AT,
    bank_details_verified_at=AT,
    report_accepted_at=AT,
    annual_cumul=Cents(1_500_000),
    agreement_threshold=AGREEMENT_THRESHOLDS[0],
)


def test_a_plan_of_seventy_and_thirty() -> None:
    assert installments(Cents(1_500_000), PLAN) == (
        Installment(1, InstallmentKind.ADVANCE, Cents(1_050_000), PLAN[0].conditions),
        Installment(2, InstallmentKind.BALANCE, Cents(450_000), PLAN[1].conditions),
    )


@given(st.integers(1, 10**10), st.lists(st.integers(0, 10_000), max_size=4))
def test_installments_add_up_to_the_award(award: int, cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), 10_000]
    plan = [PlanLine(InstallmentKind.INTERIM, b - a, ()) for a, b in pairwise(edges)]
    planned = installments(Cents(award), plan)
    assert sum(i.amount for i in planned) == award
    assert all(i.amount > 0 for i in planned)
    assert [i.number for i in planned] == list(range(1, len(planned) + 1))


def test_an_award_of_nothing_has_no_plan() -> None:
    with pytest.raises(ValueError, match="positive"):
        installments(Cents(0), PLAN)


def test_every_condition_met_has_its_instant() -> None:
    ticks = evaluate(PLAN[1].conditions, FACTS)
    require_met(ticks)
    since = {tick.code: tick.since for tick in ticks}
    assert since.pop(Condition.ANNUAL_CUMUL_HAS_AGREEMENT) is None
    assert set(since.values()) == {AT}


def test_the_law_asks_its_conditions_even_of_an_empty_list() -> None:
    assert [tick.code for tick in evaluate((), FACTS)] == list(ALWAYS)


@pytest.mark.parametrize(
    ("fact", "code"),
    [
        ("act_executory_at", Condition.ACT_EXECUTORY),
        ("decision_notified_at", Condition.DECISION_NOTIFIED),
        ("agreement_signed_at", Condition.AGREEMENT_SIGNED),
        ("bank_details_verified_at", Condition.BANK_DETAILS_VERIFIED),
        ("report_accepted_at", Condition.REPORT_ACCEPTED),
    ],
)
def test_an_unmet_condition_is_named(fact: str, code: Condition) -> None:
    missing: dict[str, Any] = {fact: None}
    with pytest.raises(Refused) as refused:
        require_met(evaluate(PLAN[1].conditions, replace(FACTS, **missing)))
    assert refused.value.reason == "CONDITIONS_UNMET"
    assert refused.value.values == {"conditions": code.value}


def test_several_unmet_conditions_are_all_named() -> None:
    with pytest.raises(Refused) as refused:
        require_met(evaluate((), replace(FACTS, act_executory_at=None, bank_details_verified_at=None)))
    assert refused.value.values == {"conditions": "act_executory,bank_details_verified"}


def test_above_23_000_euros_a_year_an_agreement_is_needed() -> None:
    at_threshold = replace(FACTS, annual_cumul=Cents(2_300_000), agreement_signed_at=None)
    above = replace(at_threshold, annual_cumul=Cents(2_300_001))
    signed = replace(above, agreement_signed_at=AT)
    ticks = [evaluate((), facts)[-1] for facts in (at_threshold, above, signed)]
    assert {tick.code for tick in ticks} == {Condition.ANNUAL_CUMUL_HAS_AGREEMENT}
    assert [(tick.met, tick.since) for tick in ticks] == [(True, None), (False, None), (True, AT)]


def test_an_amount_of_law_has_a_first_day() -> None:
    assert in_force(AGREEMENT_THRESHOLDS, date(2023, 1, 1)).amount == 2_300_000
    with pytest.raises(LookupError):
        in_force(AGREEMENT_THRESHOLDS, date(2000, 1, 1))


def test_an_installment_is_to_be_paid_so_many_days_after_its_last_condition() -> None:
    later = datetime(2023, 11, 2, 9, 0, tzinfo=UTC)
    met = Tick(Condition.ACT_EXECUTORY, met=True, since=AT)
    last = Tick(Condition.AGREEMENT_SIGNED, met=True, since=later)
    unasked = Tick(Condition.ANNUAL_CUMUL_HAS_AGREEMENT, met=True, since=None)
    assert met_since([last, met, unasked]) == later
    assert met_since([met, Tick(Condition.REPORT_ACCEPTED, met=False, since=None)]) is None
    assert met_since([unasked]) is None
    assert days_after(later, 60) == datetime(2024, 1, 1, 23, 0, tzinfo=UTC)  # the whole 1 January in Paris is left
