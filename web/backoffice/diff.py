"""What an answer to a correction changed: field by field, line by line, piece by piece, before and after."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, NamedTuple

from google.protobuf.descriptor import FieldDescriptor
from jalon.intake.v1 import applications_pb2 as pb

from kit import clock
from web.rulebooks import Words
from web.words import amount, day, t, word
from web.words import field as label


class Change(NamedTuple):
    """``before`` and ``after``: as people read them; empty when there was nothing."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Answer:
    """One answer: when it was received, and what it changed."""

    received_at: datetime
    digest: str
    changes: Sequence[Change]


def answers_of(deposits: Sequence[pb.Deposit], application: pb.Application, rulebook: Words) -> list[Answer]:
    """Every answer beside the deposit before it, newest first."""
    found = [
        Answer(
            clock.from_timestamp(after.received_at),
            after.digest,
            [
                *changed(before.full_application, after.full_application),
                *_pieces(before, after, application, rulebook),
            ],
        )
        for before, after in pairwise(deposits)
    ]
    return found[::-1]


def changed(before: pb.FullApplication, after: pb.FullApplication) -> list[Change]:
    """The fields that differ."""
    return [change for one in pb.FullApplication.DESCRIPTOR.fields for change in _field(one, before, after)]


def _field(one: FieldDescriptor, before: Any, after: Any) -> Iterator[Change]:
    old, new = getattr(before, one.name), getattr(after, one.name)
    if not one.is_repeated:
        if old != new:
            yield Change(label(one.name), _shown(one, old), _shown(one, new))
        return
    olds, news = _lines(old), _lines(new)
    for name in dict.fromkeys([*olds, *news]):
        if olds.get(name) != news.get(name):
            yield Change(f"{label(one.name)}, {name}", olds.get(name, ""), news.get(name, ""))


def _lines(lines: Any) -> dict[str, str]:
    """Lines of a table by their name (twice the same name: numbered), as their amount and what else they say."""
    found: dict[str, str] = {}
    for line in lines:
        name = line.label if isinstance(line, pb.BudgetLine) else line.funder
        key, number = name, 2
        while key in found:
            key, number = f"{name} ({number})", number + 1
        said = [amount(line.amount_cents)]
        if isinstance(line, pb.BudgetLine):
            said += [t("file.eligible")] if line.eligible else []
        else:
            said.append(word("intake.FundingStatus", line.status))
        found[key] = " · ".join(part for part in said if part)
    return found


def _shown(one: FieldDescriptor, value: Any) -> str:
    if one.name.endswith("_cents"):
        return amount(value) if value else ""
    if one.enum_type is not None:
        return word(f"intake.{one.enum_type.name}", value)
    if one.name.endswith("_on"):
        return day(value) if value else ""
    return str(value) if value else ""


def _pieces(before: pb.Deposit, after: pb.Deposit, application: pb.Application, rulebook: Words) -> Iterator[Change]:
    known = {one.document_id: one for one in application.documents}
    for document_id in after.document_ids:
        sent = known.get(document_id)
        if sent is None or document_id in before.document_ids:
            continue
        former = [known[one] for one in before.document_ids if one in known]
        replaced = [one.file_name for one in former if one.piece == sent.piece]
        yield Change(rulebook.of(sent.piece), ", ".join(replaced), sent.file_name)
