"""The table of beneficiaries the assembly votes on, or voted: as a spreadsheet, as a PDF."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import xlsxwriter
from litestar import Response

from kit.pdf import render_in_thread
from web.backoffice.seen import SeenFile
from web.rulebooks import Words
from web.words import amount, code, coded, field, locale, t

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TEMPLATE = Path(__file__).parent / "papers" / "beneficiaries.typ"
WIDTHS = (6, 11, 34, 38, 24, 20, 16, 15, 15, 16)
MONEY = (7, 8)
"""Columns of amounts, from 0."""


@dataclass(frozen=True)
class Beneficiary:
    """One line. ``decision``: in words; ``cents``: proposed or granted."""

    rank: int
    seen: SeenFile
    section: str
    decision: str
    cents: int


@dataclass(frozen=True)
class Table:
    """``title``: what it is about, in a sentence; ``fictitious``: people and structures are invented."""

    title: str
    lines: Sequence[Beneficiary]
    rulebook: Words
    fictitious: bool

    @property
    def heads(self) -> list[str]:
        """Titles of the columns."""
        last = [field("section"), field("requested_cents"), t("deliberation.amount"), t("decision.decision")]
        names = [t("deliberation.file"), t("deliberation.structure"), field("title"), field("track"), field("communes")]
        return [t("decision.rank"), *names, *last]

    def cells(self, line: Beneficiary) -> list[Any]:
        """One row, amounts in euros as numbers."""
        seen = line.seen
        return [
            line.rank or "",
            seen.number,
            seen.organization,
            seen.title,
            self.rulebook.of(seen.track),
            ", ".join(coded("commune", one) or one for one in seen.communes),
            code("section", line.section) if line.section else "",
            seen.requested_cents / 100,
            line.cents / 100,
            line.decision,
        ]

    @property
    def total(self) -> int:
        """Cents proposed or granted."""
        return sum(line.cents for line in self.lines)


def spreadsheet(table: Table, *, name: str) -> Response[bytes]:
    """As xlsx: texts are texts (nothing typed by a person is a formula), amounts are numbers."""
    held = BytesIO()
    book = xlsxwriter.Workbook(held, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet(t("deliberation.sheet"))
    bold, money = book.add_format({"bold": True}), book.add_format({"num_format": "#,##0.00\u00a0€"})
    head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    sheet.write_string(0, 0, table.title, bold)
    first = 2
    for column, (text, width) in enumerate(zip(table.heads, WIDTHS, strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(first, column, text, head)
    for row, line in enumerate(table.lines, start=first + 1):
        for column, value in enumerate(table.cells(line)):
            if isinstance(value, str):
                sheet.write_string(row, column, value)
            else:
                sheet.write_number(row, column, value, money if column in MONEY else None)
    end = first + 1 + len(table.lines)
    sheet.write_string(end, MONEY[0], t("run.total"), bold)
    sheet.write_number(end, MONEY[-1], table.total / 100, money)
    sheet.freeze_panes(first + 1, 3)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    book.close()
    return _file(held.getvalue(), XLSX, f"{name}.xlsx")


async def document(table: Table, *, name: str, made_at: datetime) -> Response[bytes]:
    """As PDF, to be joined to the report to the assembly."""
    shown = [
        [amount(round(cell * 100)) if column in MONEY else str(cell) for column, cell in enumerate(table.cells(line))]
        for line in table.lines
    ]
    data = {
        "language": locale(),
        "title": table.title,
        "heads": table.heads,
        "lines": shown,
        "total": [t("run.total"), amount(table.total)],
        "marking": t("deliberation.marking") if table.fictitious else "",
    }
    return _file(await render_in_thread(TEMPLATE, data, timestamp=made_at), "application/pdf", f"{name}.pdf")


def _file(body: bytes, media_type: str, name: str) -> Response[bytes]:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(body, media_type=media_type, headers=headers)
