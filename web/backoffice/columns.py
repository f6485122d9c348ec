"""The columns of *Dossiers*: which exist, which are shown, and what each says, on the page and in an export alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from jalon.intake.v1 import applications_pb2 as pb

from kit.money import Cents
from web import progress, words
from web.rulebooks import Words
from web.words import coded, instant, t, word

Value = str | Cents | datetime | None
"""What a cell holds: words, an amount, an instant, nothing."""


@dataclass(frozen=True)
class Known:
    """What rows are read with: the rulebook's words, the names of people."""

    rulebook: Words
    people: Mapping[str, str]


Read = Callable[[pb.ApplicationRow, Known], Value]


@dataclass(frozen=True)
class Column:
    """``code`` is in the address; ``order``: the ``tri`` it is ordered by, if it may be."""

    code: str
    read: Read
    order: str = ""
    css: str = ""
    shown: bool = True

    @property
    def label(self) -> str:
        """Its head."""
        return t(f"column.{self.code}")


def _next(row: pb.ApplicationRow, known: Known) -> Value:
    event, due_at = progress.awaited(row.progress), row.progress.next_event_at
    if not event:
        return t("next.nothing")
    before = t("next.late" if words.late(due_at) else "next.before")
    said_event = word("intake.NextEvent", event)
    return f"{said_event} {before} {words.moment(due_at)}" if words.iso(due_at) else said_event


def _blocks(row: pb.ApplicationRow, known: Known) -> Value:
    if not row.progress.blocking_role or not progress.awaited(row.progress):
        return None
    return word("common.Role", row.progress.blocking_role)


def _communes(row: pb.ApplicationRow, known: Known) -> Value:
    return ", ".join(coded("commune", insee) or insee for insee in row.communes)


def _cents(name: str) -> Read:
    return lambda row, known: Cents(getattr(row.progress, name)) if getattr(row.progress, name) else None


def _stage(row: pb.ApplicationRow, known: Known) -> Value:
    return progress.stage_word(row.progress)


COLUMNS = (
    Column("number", lambda row, known: row.number, order="numero", css="nowrap"),
    Column("organization", lambda row, known: row.organization, order="structure"),
    Column("project", lambda row, known: row.title),
    Column("track", lambda row, known: known.rulebook.of(row.track), shown=False),
    Column("communes", _communes, shown=False),
    Column("received", lambda row, known: instant(row.submitted_at), css="nowrap", shown=False),
    Column("requested_cents", lambda row, known: Cents(row.requested_cents), order="montant", css="number"),
    Column("proposed_cents", _cents("proposed_cents"), css="number", shown=False),
    Column("awarded_cents", _cents("awarded_cents"), css="number", shown=False),
    Column("paid_cents", _cents("paid_cents"), css="number", shown=False),
    Column("stage", _stage),
    Column("next", _next, order="echeance"),
    Column("due", lambda row, known: instant(row.progress.next_event_at), css="nowrap", shown=False),
    Column("blocks", _blocks),
    Column("reviewer", lambda row, known: known.people.get(row.progress.reviewer_id, ""), shown=False),
)


def chosen(asked: str) -> Sequence[Column]:
    """The columns an address asks for (codes separated by commas); the usual ones when it asks for none. The number is
    always there: it is what opens a file."""
    codes = set(asked.split(",")) & {column.code for column in COLUMNS}
    if not codes:
        return [column for column in COLUMNS if column.shown]
    return [column for column in COLUMNS if column.code in codes or column.code == "number"]


def sorting(column: Column, order: str) -> str:
    """``aria-sort`` of its head when the list (``tri``) follows it; empty otherwise."""
    if column.order != (order or "numero"):
        return ""
    return "descending" if column.code == "requested_cents" else "ascending"


def said(value: Value) -> str:
    """A cell in words, as the page says it."""
    if isinstance(value, Cents):
        return words.amount(int(value))
    if isinstance(value, datetime):
        return words.moment(value)
    return value or words.NONE
