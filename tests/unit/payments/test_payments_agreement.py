"""The agreement: amounts in letters, terms as data, and a document whose signatures are never alone on a page."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import typst

from kit.money import Cents
from kit.pdf import render
from services.payments import domain
from services.payments.domain.agreement import Party, Signature, Terms, document
from services.payments.domain.conditions import Condition
from services.payments.domain.letters import amount_in_letters, number_in_letters
from services.payments.domain.plan import InstallmentKind, PlanLine, installments

TEMPLATE = Path(domain.__file__).parents[1] / "templates" / "agreement.typ"
AT = datetime(2023, 10, 10, 9, 0, tzinfo=UTC)
PLAN = [PlanLine(kind, 2_500, tuple(Condition)) for kind in InstallmentKind]
TERMS = Terms(
    number="2023-014",
    call_title="Appel à projets 2023",
    rulebook_reference="ESS-2023",
    rulebook_edition=12,
    rulebook_digest="ab" * 32,
    grantor=Party("Département", "collectivité territoriale", address="Créteil", representative="Camille Exemple"),
    beneficiary=Party("Les Ateliers Imaginaires", "association", "SIRET 123 456 782 00010", "Ivry", "Dominique Fictif"),
    project_title="Recyclerie de jouets",
    project_summary="Collecte et réparation de jouets.",
    track="aide au démarrage",
    section="operating",
    award=Cents(1_500_000),
    eligible_budget=Cents(3_000_000),
    rate_basis_points=5_000,
    installments=installments(Cents(1_500_000), PLAN),
    act_number="2023_10_42",
    act_date=date(2023, 10, 2),
    project_ends_on=date(2024, 12, 31),
    report_months=6,
    payment_days=60,
    unspent_kept_basis_points=0,
    republican_contract=True,
    contact="Service instructeur",
    fictitious=True,
)
PROBE: Any = b"""#include "agreement.typ"
#context [#metadata((
  query(heading).last().location().page(),
  query(<signatures>).first().location().page(),
  counter(page).final().first(),
)) <probe>]"""


def _pages(terms: Terms) -> list[int]:
    """Page of the last article's title, page of the signatures, number of pages."""
    inputs = {"data": json.dumps(document(terms))}
    found = typst.query(
        PROBE, "<probe>", field="value", one=True, root=TEMPLATE.parent, ignore_system_fonts=True, sys_inputs=inputs
    )
    return list(json.loads(found))


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "zéro"),
        (21, "vingt et un"),
        (70, "soixante-dix"),
        (71, "soixante et onze"),
        (80, "quatre-vingts"),
        (81, "quatre-vingt-un"),
        (91, "quatre-vingt-onze"),
        (99, "quatre-vingt-dix-neuf"),
        (100, "cent"),
        (200, "deux cents"),
        (201, "deux cent un"),
        (1_000, "mille"),
        (80_000, "quatre-vingt mille"),
        (200_300, "deux cent mille trois cents"),
        (1_000_000, "un million"),
        (200_000_080, "deux cents millions quatre-vingts"),
    ],
)
def test_numbers_are_written_out(number: int, words: str) -> None:
    assert number_in_letters(number) == words


@pytest.mark.parametrize(
    ("cents", "words"),
    [
        (0, "zéro euro"),
        (101, "un euro et un centime"),
        (1_500_000, "quinze mille euros"),
        (120_050, "mille deux cents euros et cinquante centimes"),
        (100_000_000, "un million d’euros"),
    ],
)
def test_amounts_are_written_out(cents: int, words: str) -> None:
    assert amount_in_letters(Cents(cents)) == words


@pytest.mark.parametrize("cents", [-1, 10**11])
def test_an_amount_no_agreement_carries_is_refused(cents: int) -> None:
    with pytest.raises(ValueError):
        amount_in_letters(Cents(cents))


def test_every_number_has_its_own_words() -> None:
    assert len({number_in_letters(number) for number in range(20_000)}) == 20_000


def test_the_data_of_the_document() -> None:
    data = document(TERMS, [Signature("Dominique Fictif", datetime(2023, 10, 12, 22, 30, tzinfo=UTC), "cd" * 32), None])
    assert json.loads(json.dumps(data)) == data
    assert data["award"] == {
        "section": "operating",
        "figures": "15\u202f000,00\u00a0€",
        "letters": "quinze mille euros",
        "eligible_budget": "30\u202f000,00\u00a0€",
        "rate": "50 %",
    }
    signed = {"name": "Dominique Fictif", "signed_at": "13/10/2023 00:30", "digest": "cd" * 32}
    assert data["signatures"] == [signed, None]


UNKNOWN = replace(
    TERMS,
    grantor=Party("Département", "collectivité territoriale"),
    beneficiary=Party("Les Ateliers", "association"),
    project_summary="",
    track="",
    section="investment",
    act_number="",
    act_date=None,
    project_ends_on=None,
    unspent_kept_basis_points=1_250,
    republican_contract=False,
    fictitious=False,
)


@pytest.mark.parametrize("terms", [TERMS, UNKNOWN])
def test_the_agreement_is_the_same_bytes_twice(terms: Terms) -> None:
    signatures = [None, Signature("Camille Exemple", AT, "cd" * 32)]
    pdf = render(TEMPLATE, document(terms, signatures), timestamp=AT)
    assert pdf == render(TEMPLATE, document(terms, signatures), timestamp=AT)
    assert b"<pdfuaid:part>1<" in pdf


@pytest.mark.parametrize(
    "name", ["Les Ateliers du Port", "Une structure au nom long " * 3, "x" * 200, "#panic($a$) *b*"]
)
@pytest.mark.parametrize("title", ["Recyclerie", "Un titre qui tient sur trois lignes au moins " * 6])
def test_names_of_any_length_make_a_document(name: str, title: str) -> None:
    terms = replace(TERMS, beneficiary=replace(TERMS.beneficiary, name=name), project_title=title)
    assert render(TEMPLATE, document(terms), timestamp=AT)
    last_title, signatures, _ = _pages(terms)
    assert last_title == signatures


@pytest.mark.parametrize("lines", range(0, 60, 4))
def test_signatures_are_never_alone_on_a_page(lines: int) -> None:
    last_title, signatures, pages = _pages(replace(TERMS, project_summary="Une ligne de texte ordinaire. " * 3 * lines))
    assert last_title == signatures == pages
