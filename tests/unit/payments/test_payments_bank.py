"""Bank details: typed numbers are checked for the right reason, never shown whole, and only a verified one pays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import Refused
from services.payments.domain.bank import (
    BankDetailsVersion,
    HolderMatch,
    check_iban,
    compare_holder,
    freeze,
    mask,
)
from services.payments.domain.moves import BankDetailsState

# Test numbers of public documentation, and one whose check digits are right but whose RIB key is not.
GOOD = "FR7630006000011234567890189"
LETTERED = "FR1420041010050500013M02606"
WRONG_RIB_KEY = "FR2830006000011234567890180"
GERMAN = "DE89370400440532013000"


def _reason(text: str) -> str:
    with pytest.raises(Refused) as refused:
        check_iban(text, path="bank.iban")
    (fault,) = refused.value.fields
    assert fault.path == "bank.iban"
    return fault.reason


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        "FR76 3000 6000 0112 3456 7890 189",
        "fr76-3000-6000-0112-3456-7890-189",
        "IBAN : FR76\u00a03000\u202f60000112 34567890189",
    ],
)
def test_a_good_number_is_read_however_it_is_typed(text: str) -> None:
    checked = check_iban(text)
    assert (checked.value, checked.country, checked.foreign) == (GOOD, "FR", False)


def test_a_lettered_account_passes_and_a_foreign_one_is_flagged() -> None:
    assert check_iban(LETTERED).value == LETTERED
    assert check_iban(GERMAN).foreign


def test_a_wrong_rib_key_is_told_apart_from_a_wrong_iban() -> None:
    assert _reason(WRONG_RIB_KEY) == "RIB_KEY_INVALID"
    assert _reason("FR7630006000011234567890188") == "IBAN_INVALID"


@pytest.mark.parametrize(
    "text", ["", "FR00BAD", "FR76", GOOD[:-1], GOOD + "0", "XX" + GOOD[2:], GERMAN[:-1], "é" * 27, "٧" * 27]
)
def test_what_is_not_a_number_is_refused(text: str) -> None:
    assert _reason(text) == "IBAN_INVALID"


@given(st.integers(4, 26), st.integers(1, 9))
def test_any_wrong_digit_is_refused(position: int, shift: int) -> None:
    digit = str((int(GOOD[position]) + shift) % 10)
    assert _reason(GOOD[:position] + digit + GOOD[position + 1 :]) == "IBAN_INVALID"


def test_a_number_is_never_shown_whole() -> None:
    assert mask(GOOD) == "FR76 •••• 189"
    assert GOOD not in repr(check_iban(GOOD))


@pytest.mark.parametrize(
    ("holder", "beneficiary", "match"),
    [
        ("LES ATELIERS DU PORT", "Les Ateliers du Port", HolderMatch.EXACT),
        ("ECLUSE - EVEIL", "Écluse & Éveil", HolderMatch.EXACT),
        ("COEUR DE VILLE", "Cœur de ville", HolderMatch.EXACT),
        ("ASSOC LES ATELIERS DU PORT", "Les Ateliers du Port", HolderMatch.CLOSE),
        ("PORT ATELIERS", "Les Ateliers du Port", HolderMatch.CLOSE),
        ("RECYCLERIE DES JOUETS DU QUA", "Recyclerie des jouets du quartier", HolderMatch.CLOSE),
        ("LES ATELIERS DU PORTT", "Les Ateliers du Port", HolderMatch.CLOSE),
        ("LES ATELIERS DU FORT", "Les Ateliers du Port", HolderMatch.CLOSE),
        ("M CAMILLE EXEMPLE", "Les Ateliers du Port", HolderMatch.DIFFERENT),
        ("ASSOCIATION", "Association Les Ateliers", HolderMatch.DIFFERENT),
        ("LES", "Les Ateliers", HolderMatch.DIFFERENT),
        ("", "", HolderMatch.DIFFERENT),
    ],
)
def test_the_holder_is_compared_with_the_beneficiary(holder: str, beneficiary: str, match: HolderMatch) -> None:
    assert compare_holder(holder, beneficiary) is match


def _version(number: int, state: BankDetailsState) -> BankDetailsVersion:
    return BankDetailsVersion(f"bank-{number}", number, state)


def test_an_order_freezes_the_newest_version_once_verified() -> None:
    old, new = _version(1, BankDetailsState.SUPERSEDED), _version(2, BankDetailsState.VERIFIED)
    assert freeze([new, old]) == new


@pytest.mark.parametrize(
    "states",
    [
        [],
        [BankDetailsState.DECLARED],
        [BankDetailsState.REJECTED],
        [BankDetailsState.VERIFIED, BankDetailsState.DECLARED],
    ],
)
def test_nothing_is_paid_to_an_account_that_is_not_verified(states: list[BankDetailsState]) -> None:
    with pytest.raises(Refused) as refused:
        freeze([_version(n, state) for n, state in enumerate(states)])
    assert refused.value.reason == "BANK_DETAILS_NOT_VERIFIED"
