"""The final entitlement: the worked examples, the properties, and an explanation that can be redone by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.money import Cents
from services.payments.domain.entitlement import Facts, compute

BASE = Facts(award=Cents(1_500_000), eligible_budget=Cents(3_000_000), justified=Cents(0), paid=Cents(1_050_000))
euros = st.integers(0, 10**9).map(Cents)


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    award = draw(st.integers(1, 10**8))
    return Facts(
        award=Cents(award),
        eligible_budget=Cents(draw(st.integers(1, 10**9))),
        justified=draw(euros),
        paid=Cents(draw(st.integers(0, award))),
        other_funds=draw(euros),
        unspent_kept_basis_points=draw(st.integers(0, 10_000)),
    )


@pytest.mark.parametrize(
    ("justified", "due", "balance", "overpaid"),
    [(2_400_000, 1_200_000, 150_000, 0), (1_800_000, 900_000, 0, 150_000), (3_300_000, 1_500_000, 450_000, 0)],
)
def test_the_worked_examples(justified: int, due: int, balance: int, overpaid: int) -> None:
    result = compute(replace(BASE, justified=Cents(justified)))
    assert (result.entitlement, result.balance, result.overpaid) == (due, balance, overpaid)


@pytest.mark.parametrize(
    ("changes", "bound", "due"),
    [
        ({"justified": Cents(3_300_000)}, "award", 1_500_000),
        ({"justified": Cents(2_400_000)}, "pro_rata", 1_200_000),
        ({"justified": Cents(2_400_000), "other_funds": Cents(1_900_000)}, "uncovered", 500_000),
        ({"justified": Cents(100), "other_funds": Cents(200)}, "uncovered", 0),
        ({"justified": Cents(1)}, "pro_rata", 1),
    ],
)
def test_the_explanation_says_which_bound_decides(changes: dict[str, Cents], bound: str, due: int) -> None:
    lines = {line.code: line for line in compute(replace(BASE, **changes)).lines}
    assert lines["ENTITLEMENT"].values == {"bound": bound}
    assert lines["ENTITLEMENT"].amount == due


def test_the_lines_of_a_balance() -> None:
    lines = compute(replace(BASE, justified=Cents(2_400_000))).lines
    assert [(line.code, int(line.amount)) for line in lines] == [
        ("AWARD", 1_500_000),
        ("ELIGIBLE_BUDGET", 3_000_000),
        ("JUSTIFIED", 2_400_000),
        ("OTHER_FUNDS", 0),
        ("PRO_RATA", 1_200_000),
        ("UNCOVERED", 2_400_000),
        ("ENTITLEMENT", 1_200_000),
        ("ALREADY_PAID", 1_050_000),
        ("BALANCE", 150_000),
        ("FREED", 300_000),
    ]
    assert lines[4].values == {"rate_basis_points": "5000"}
    assert all(line.rule for line in lines)


def test_a_share_of_what_is_overpaid_may_be_kept() -> None:
    result = compute(replace(BASE, justified=Cents(1_800_000), unspent_kept_basis_points=1_000))
    assert (result.overpaid, result.kept, result.recovery, result.freed) == (150_000, 15_000, 135_000, 450_000)
    assert [line.code for line in result.lines[-4:]] == ["OVERPAID", "KEPT", "RECOVERY", "FREED"]


@given(facts())
def test_the_entitlement_stays_within_the_award_and_everything_adds_up(given_facts: Facts) -> None:
    result = compute(given_facts)
    assert 0 <= result.entitlement <= given_facts.award
    assert min(result.balance, result.overpaid, result.kept, result.recovery, result.freed) >= 0
    assert given_facts.paid + result.balance + result.freed == given_facts.award
    assert result.kept + result.recovery == result.overpaid
    assert result.balance == 0 or given_facts.paid + result.balance == result.entitlement
    assert given_facts.paid + result.balance - result.overpaid == result.entitlement


@given(facts(), euros)
def test_justifying_more_never_gives_less(given_facts: Facts, more: Cents) -> None:
    richer = replace(given_facts, justified=given_facts.justified + more)
    assert compute(richer).entitlement >= compute(given_facts).entitlement


@pytest.mark.parametrize(
    "changes",
    [
        {"award": Cents(0)},
        {"eligible_budget": Cents(0)},
        {"justified": Cents(-1)},
        {"paid": Cents(1_500_001)},
        {"other_funds": Cents(-1)},
        {"unspent_kept_basis_points": 10_001},
    ],
)
def test_impossible_amounts_are_refused(changes: dict[str, Cents]) -> None:
    with pytest.raises(ValueError):
        replace(BASE, **changes)
