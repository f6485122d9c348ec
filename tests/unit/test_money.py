"""Amounts: no float enters, shares round half-up, parts add up, and what is typed is never read ten times too big."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.money import MAX_CENTS, AmountError, Cents, format_amount, parse_amount, share, split

amounts = st.integers(min_value=0, max_value=10**12).map(Cents)


@st.composite
def shares(draw: st.DrawFn) -> list[int]:
    cuts = sorted(draw(st.lists(st.integers(min_value=0, max_value=10_000), max_size=6)))
    return [b - a for a, b in zip([0, *cuts], [*cuts, 10_000], strict=True)]


@pytest.mark.parametrize("value", [1.0, True, "1", None])
def test_only_whole_cents_enter(value: object) -> None:
    with pytest.raises(TypeError):
        Cents(value)  # type: ignore[arg-type]


def test_an_amount_fits_in_64_bits() -> None:
    assert Cents(MAX_CENTS) == MAX_CENTS
    with pytest.raises(OverflowError):
        Cents(MAX_CENTS) + 1


def test_sums_and_differences_stay_amounts() -> None:
    results = [Cents(3) + 4, 4 + Cents(3), Cents(3) - 4, 4 - Cents(3), -Cents(3), Cents(3) * 2, 2 * Cents(3)]
    assert results == [7, 7, -1, 1, -3, 6, 6]
    assert {type(result) for result in results} == {Cents}
    assert type(sum([Cents(1), Cents(2)], Cents(0))) is Cents


@pytest.mark.parametrize(
    "wrong", [lambda c: c + 0.5, lambda c: c / 2, lambda c: c // 2, lambda c: 1 / c, lambda c: c * 1.5]
)
def test_floats_and_divisions_are_refused(wrong: object) -> None:
    with pytest.raises(TypeError):
        wrong(Cents(100))  # type: ignore[operator]


@pytest.mark.parametrize(
    ("amount", "numerator", "denominator", "expected"),
    [
        (1, 1, 2, 1),
        (3, 1, 2, 2),
        (1, 1, 3, 0),
        (2, 1, 3, 1),
        (-1, 1, 2, -1),
        (10**18, 10**18, 10**18, 10**18),
        (3, Cents(1), Cents(2), 2),
    ],
)
def test_a_share_rounds_half_up(amount: int, numerator: int, denominator: int, expected: int) -> None:
    assert share(Cents(amount), numerator, denominator) == expected


def test_a_share_needs_a_positive_denominator() -> None:
    with pytest.raises(ValueError, match="denominator"):
        share(Cents(1), 1, 0)


@given(amounts, shares())
def test_parts_add_up_and_none_is_negative(amount: Cents, basis_points: list[int]) -> None:
    parts = split(amount, basis_points)
    assert sum(parts) == amount
    assert min(parts) >= 0
    assert len(parts) == len(basis_points)


def test_the_last_part_absorbs_the_rounding() -> None:
    assert split(Cents(100), [3333, 3333, 3334]) == [33, 33, 34]
    assert split(Cents(3), [1700] * 5 + [1500]) == [1, 1, 1, 0, 0, 0]


@pytest.mark.parametrize("basis_points", [[], [9_999], [10_001], [-1, 10_001]])
def test_shares_that_do_not_make_a_whole_are_refused(basis_points: list[int]) -> None:
    with pytest.raises(ValueError):
        split(Cents(100), basis_points)


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("1 500,50", 150_050),
        ("1500.50", 150_050),
        ("1\u00a0500,50", 150_050),
        ("1\u202f500,50", 150_050),
        ("15 000 €", 1_500_000),
        ("10,5", 1_050),
        ("0", 0),
    ],
)
def test_what_is_clear_is_read(text: str, cents: int) -> None:
    assert parse_amount(text) == cents


@pytest.mark.parametrize("text", ["1.500,50", "1,500", "10,555", "1e4", "-5", "", "€", "1 50", "12 34,5", "1,5,5"])
def test_what_is_ambiguous_is_refused(text: str) -> None:
    with pytest.raises(AmountError) as refused:
        parse_amount(text)
    assert refused.value.reason == "AMOUNT_UNCLEAR"


@given(amounts)
def test_what_is_shown_reads_back(amount: Cents) -> None:
    assert parse_amount(format_amount(amount)) == amount
