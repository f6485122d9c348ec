"""The table of beneficiaries as other programs read it."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from uuid import uuid4

from openpyxl import load_workbook

from web.backoffice.seen import SeenFile, named
from web.backoffice.tables import Beneficiary, Table, document, spreadsheet
from web.rulebooks import Words

RULEBOOK = Words("", 1, "", frozen=True, labels={"study": {"fr": "Étude", "en": "Study"}}, content={})
FILE = SeenFile("2023-004", "=HYPERLINK(1)", "Une recyclerie", "study", requested_cents=1_200_050, communes=("94028",))
TABLE = Table(
    "ESS-2023 · Propositions",
    [Beneficiary(1, FILE, "OPERATING", "proposé", 1_000_000), Beneficiary(2, FILE, "", "liste d'attente", 0)],
    RULEBOOK,
    fictitious=True,
)


def test_amounts_are_numbers_and_what_people_typed_is_never_a_formula() -> None:
    sheet = load_workbook(BytesIO(spreadsheet(TABLE, name="t").content)).active
    assert sheet is not None
    row = [cell.value for cell in sheet[4]]
    assert row[:5] == [1, "2023-004", "=HYPERLINK(1)", "Une recyclerie", "Étude"]
    assert row[7:9] == [12000.5, 10000]
    assert sheet["C4"].data_type == "s"
    assert sheet["I6"].value == 10000


async def test_the_document_is_a_pdf_that_is_the_same_twice() -> None:
    at = datetime(2023, 6, 1, tzinfo=UTC)
    first, second = [(await document(TABLE, name="t", made_at=at)).content for _ in range(2)]
    assert first.startswith(b"%PDF-")
    assert first == second


def test_a_refusal_names_files_as_people_know_them() -> None:
    known, unknown = str(uuid4()), str(uuid4())
    told = [f"applications.{known} : note manquante.", f"applications.{unknown} : note manquante."]
    assert named(told, {known: FILE}) == [f"{FILE.told} : note manquante.", "un autre dossier : note manquante."]
