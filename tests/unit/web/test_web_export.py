"""Exports and views of lists: no cell is a formula, amounts and dates are read by spreadsheets."""

from __future__ import annotations

from contextvars import copy_context
from datetime import UTC, datetime

import pytest
from jalon.intake.v1 import applications_pb2 as pb

from kit.money import Cents
from web.backoffice.columns import Value, chosen
from web.backoffice.export import csv_cell
from web.backoffice.view import View
from web.words import settle
from wording import Locale

NOW = datetime(2026, 3, 29, 22, 30, tzinfo=UTC)


@pytest.mark.parametrize("text", ["=1+1", "+33 1", "-2", "@SUM(A1)", "\t=1"])
def test_a_text_is_never_a_formula(text: str) -> None:
    assert csv_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["2023-014", "01001", "Projet = essai", "", "L'Haÿ"])
def test_any_other_text_is_left_alone(text: str) -> None:
    assert csv_cell(text) == text


def _said(locale: Locale, *values: Value) -> list[str]:
    settle(locale, NOW)
    return [csv_cell(value) for value in values]


def test_amounts_and_instants_are_those_of_the_language_and_of_paris() -> None:
    french = copy_context().run(_said, "fr", Cents(1_500_050), NOW)
    english = copy_context().run(_said, "en", Cents(5), NOW)
    assert french == ["15000,50", "30/03/2026 00:30"]
    assert english == ["0.05", "2026-03-30 00:30"]


def test_the_number_is_always_shown_and_an_unknown_column_never() -> None:
    assert [column.code for column in chosen("stage,secret")] == ["number", "stage"]
    assert [column.code for column in chosen("secret")] == [column.code for column in chosen("")]


def test_an_address_is_a_view_and_what_makes_no_sense_is_no_filter() -> None:
    view = View.read("onglet=closed&issue=DECLINED&tri=montant&qui=NOBODY&instruction=x&page=abc&autre=1")
    request = view.listing("call", size=7)
    assert list(request.stages) == [pb.STAGE_CLOSED]
    assert (request.ending, request.order) == (pb.ENDING_DECLINED, pb.LIST_ORDER_REQUESTED)
    assert (request.blocking_role, request.reviewer_id, request.page_token) == (0, "", "abc")
    assert view.text() == "onglet=closed&issue=DECLINED&instruction=x&qui=NOBODY&tri=montant"
    assert View.read(view.named())["tri"] == "montant"
