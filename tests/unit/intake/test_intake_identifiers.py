"""SIREN, SIRET, RNA: the five numbers of the field, and properties of the keys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from services.intake.domain.identifiers import LA_POSTE, IdentifierError, rna, siren, siret
from services.intake.domain.reasons import Reason

DIGITS = st.text("0123456789", min_size=8, max_size=8)


@pytest.mark.parametrize("text", ["356 000 000 09075", "356 000 000 00048", "06980513300076", " 35600000000048\u00a0"])
def test_true_numbers_are_accepted_with_their_spaces(text: str) -> None:
    assert siret(text) == "".join(text.split())


@pytest.mark.parametrize(
    "text", ["356 000 000 09076", "11122233344455", "", "3560000000004", "3560000000004O", "٣" * 14]
)
def test_false_numbers_are_refused(text: str) -> None:
    with pytest.raises(IdentifierError) as refused:
        siret(text)
    assert refused.value.reason is Reason.SIRET_INVALID


def test_zero_is_no_company() -> None:
    with pytest.raises(IdentifierError):
        siren("000 000 000")
    with pytest.raises(IdentifierError):
        siret("0" * 14)


@given(DIGITS.filter(lambda digits: int(digits) > 0))
def test_one_wrong_digit_breaks_a_siren(digits: str) -> None:
    number = digits + luhn.calc_check_digit(digits)
    assert siren(number) == number
    wrong = str((int(number[3]) + 1) % 10)
    with pytest.raises(IdentifierError):
        siren(number[:3] + wrong + number[4:])


@given(st.integers(0, 99_999))
def test_la_poste_passes_by_luhn_or_by_sum_and_nothing_else(nic: int) -> None:
    number = f"{LA_POSTE}{nic:05d}"
    allowed = luhn.is_valid(number) or sum(map(int, number)) % 5 == 0
    try:
        accepted = siret(number) == number
    except IdentifierError:
        accepted = False
    assert accepted == allowed


@given(DIGITS.filter(lambda digits: int(digits) > 0), st.integers(0, 99_999))
def test_a_siret_needs_a_true_siren(digits: str, nic: int) -> None:
    false_siren = digits + str((int(luhn.calc_check_digit(digits)) + 1) % 10)
    body = f"{false_siren}{nic // 10:04d}"
    with pytest.raises(IdentifierError):
        siret(body + luhn.calc_check_digit(body))


@pytest.mark.parametrize("text", ["w941000001", "W9 410 00001", "W2A1000001"])
def test_rna_is_normalized(text: str) -> None:
    assert rna(text) == "".join(text.split()).upper()


@pytest.mark.parametrize("text", ["W94100000", "X941000001", "W94100000A", "WA41000001", "W٩41000001", "W9410000011"])
def test_a_false_rna_is_refused(text: str) -> None:
    with pytest.raises(IdentifierError) as refused:
        rna(text)
    assert refused.value.reason is Reason.RNA_INVALID
