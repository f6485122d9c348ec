"""A list as a file: exactly the rows and columns its view shows, page after page, for spreadsheets.

No cell of a text is ever a formula: in CSV a text that would be one begins with an apostrophe, in XLSX texts are texts.
"""

from __future__ import annotations

import asyncio
import csv
import io
import tempfile
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

import xlsxwriter
from jalon.intake.v1 import applications_pb2 as pb
from litestar import Response
from litestar.response import Stream

from kit import clock
from kit.money import Cents
from web.backoffice.columns import Column, Known, Value, chosen
from web.backoffice.view import View
from web.desk import Desk
from web.words import locale, showing, t

EXPORTS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
PAGE = 100
BOM = "\ufeff"
ACTIVE = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""
CHUNK = 64 * 1024


async def exported(desk: Desk, view: View, *, kind: str) -> Response[Any]:
    """The file. The first page is read before anything is answered, so that a refusal is a page."""
    columns = chosen(view["colonnes"])
    first = await desk.read("intake.applications", view.listing(desk.visitor.call_id, size=PAGE))
    rows = _rows(desk, view, first=first, columns=columns)
    name = (
        f"{t('files.export_name')}-{desk.visitor.call_reference}-{clock.civil_date(showing().now).isoformat()}.{kind}"
    )
    parts = _csv(rows, columns) if kind == "csv" else _xlsx(rows, columns)
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}
    return Stream(parts, media_type=EXPORTS[kind], headers=headers)


async def _rows(
    desk: Desk, view: View, *, first: pb.ListApplicationsResponse, columns: Sequence[Column]
) -> AsyncIterator[list[Value]]:
    rulebook, answer = await desk.rulebook(), first
    named = any(column.code == "reviewer" for column in columns)
    while True:
        people = await desk.people(*(row.progress.reviewer_id for row in answer.rows)) if named else {}
        for row in answer.rows:
            yield [column.read(row, Known(rulebook, people)) for column in columns]
        if not answer.next_page_token:
            return
        request = view.listing(desk.visitor.call_id, size=PAGE)
        request.page_token = answer.next_page_token
        answer = await desk.read("intake.applications", request)


async def _csv(rows: AsyncIterator[list[Value]], columns: Sequence[Column]) -> AsyncIterator[bytes]:
    """UTF-8 with its mark, semicolons: what French spreadsheets open by a double click."""
    yield (BOM + _line([inert(column.label) for column in columns])).encode()
    async for row in rows:
        yield _line([csv_cell(value) for value in row]).encode()


def _line(cells: list[str]) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerow(cells)
    return text.getvalue()


def csv_cell(value: Value) -> str:
    """A cell: amounts without spaces nor sign of currency, instants of Europe/Paris."""
    if isinstance(value, Cents):
        euros, cents = divmod(int(value), 100)
        return f"{euros}{',' if locale() == 'fr' else '.'}{cents:02d}"
    if isinstance(value, datetime):
        return value.astimezone(clock.PARIS).strftime("%d/%m/%Y %H:%M" if locale() == "fr" else "%Y-%m-%d %H:%M")
    return inert(value or "")


def inert(text: str) -> str:
    """A text no spreadsheet computes."""
    return f"'{text}" if text.startswith(ACTIVE) else text


async def _xlsx(rows: AsyncIterator[list[Value]], columns: Sequence[Column]) -> AsyncIterator[bytes]:
    """A workbook written row after row on disk, then handed out."""
    with tempfile.TemporaryFile() as file:
        book = xlsxwriter.Workbook(
            file,
            {
                "constant_memory": True,
                "strings_to_formulas": False,
                "strings_to_numbers": False,
                "strings_to_urls": False,
            },
        )
        sheet = book.add_worksheet(t("files.title"))
        bold = book.add_format({"bold": True})
        money = book.add_format({"num_format": "# ##0.00 €"})
        date = book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
        sheet.freeze_panes(1, 0)
        for place, column in enumerate(columns):
            sheet.set_column(place, place, 32 if not column.css else 18)
            sheet.write_string(0, place, column.label, bold)
        last = 0
        async for row in rows:
            last += 1
            for place, value in enumerate(row):
                _write(sheet, last, place, value=value, money=money, date=date)
        if last:
            sheet.autofilter(0, 0, last, len(columns) - 1)
        await asyncio.to_thread(book.close)
        file.seek(0)
        while part := file.read(CHUNK):
            yield part


def _write(sheet: Any, row: int, place: int, *, value: Value, money: Any, date: Any) -> None:
    if isinstance(value, Cents):
        sheet.write_number(row, place, int(value) / 100, money)
    elif isinstance(value, datetime):
        sheet.write_datetime(row, place, value.astimezone(clock.PARIS).replace(tzinfo=None), date)
    elif value:
        sheet.write_string(row, place, value)
