"""Complétude: the checklist against what was received, and the clock of silence that an incomplete file stops.

CRPA L114-5: a request for missing pieces suspends the delay after which silence is a refusal, until the pieces come
or the time given for them ends. Days are civil days of Europe/Paris.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from kit.errors import FieldFault, Refused, invalid
from services.review.domain.reasons import Reason
from services.review.domain.rulebook import Deadline, Piece, ReviewRules

PARIS = ZoneInfo("Europe/Paris")


FORM_FIELDS = frozenset(
    {
        *("section", "requested_cents", "budget", "funding", "presentation", "indicators"),
        *("starts_on", "ends_on", "jobs_planned"),
    }
)
"""Fields of the full application's form (the contract's ``FullApplication``), which a correction may open."""
LONGEST = {"field": 100, "piece": 60, "reason": 60}


class DefectKind(StrEnum):
    MISSING = "MISSING"
    EXPIRED = "EXPIRED"
    DATE_MISSING = "DATE_MISSING"
    DATE_IN_FUTURE = "DATE_IN_FUTURE"
    ILLEGIBLE = "ILLEGIBLE"


@dataclass(frozen=True)
class DocumentFact:
    """One document received for a piece. ``issued_on``: the date it bears. ``legible``: said by the instructor."""

    code: str
    received_on: date
    issued_on: date | None = None
    legible: bool = True


@dataclass(frozen=True)
class Defect:
    """A piece of the checklist not satisfied. ``max_age_days`` is set for ``EXPIRED``."""

    code: str
    kind: DefectKind
    max_age_days: int | None = None


@dataclass(frozen=True)
class Suspension:
    """Instants: asked at, to be answered before, answered at (None while waiting)."""

    requested_at: datetime
    deadline_at: datetime
    answered_at: datetime | None = None


def check_items(rules: ReviewRules, items: Sequence[Mapping[str, str]]) -> None:
    """What a correction asks, as intake will ask it of the applicant: one field of the form or one piece of the
    rulebook for each item (``field``, ``piece``), and why (``reason``, a code).

    Refused in ``fields``: ``ITEMS_REQUIRED``, ``FIELD_MISSING``, ``FIELD_UNKNOWN``, ``PIECE_UNKNOWN`` (``code``),
    ``TEXT_TOO_LONG`` (``max``).
    """
    codes = {piece.code for piece in rules.pieces}
    faults = [] if items else [FieldFault("items", Reason.ITEMS_REQUIRED)]
    for index, item in enumerate(items):
        faults += _item_faults(item, f"items[{index}]", codes=codes)
    if faults:
        raise invalid(*faults)


def _item_faults(item: Mapping[str, str], path: str, *, codes: Collection[str]) -> Iterator[FieldFault]:
    for name, longest in LONGEST.items():
        if len(item[name]) > longest:
            yield FieldFault(f"{path}.{name}", Reason.TEXT_TOO_LONG, {"max": str(longest)})
    if not item["reason"].strip():
        yield FieldFault(f"{path}.reason", Reason.FIELD_MISSING)
    if not (item["field"] or item["piece"]):
        yield FieldFault("items", Reason.ITEMS_REQUIRED)
    elif item["field"] and item["piece"]:
        yield FieldFault(path, Reason.FIELD_MISSING)
    elif item["field"] and item["field"].split(".")[0].split("[")[0] not in FORM_FIELDS:
        yield FieldFault(f"{path}.field", Reason.FIELD_UNKNOWN)
    elif item["piece"] and item["piece"] not in codes:
        yield FieldFault(f"{path}.piece", Reason.PIECE_UNKNOWN, {"code": item["piece"]})


def defects(rules: ReviewRules, *, stage: str, family: str, documents: Iterable[DocumentFact]) -> tuple[Defect, ...]:
    """What is missing, expired or unreadable among the required pieces, in the rulebook's order.

    ``family``: the legal family (a natural person before creation has one too). Several
    documents may serve one piece: one good one is enough, else the newest says what is wrong.
    """
    held = tuple(documents)
    found = []
    for piece in rules.pieces:
        asked = piece.families is None or family in piece.families
        if piece.stage == stage and piece.required and asked:
            defect = _defect(piece, [document for document in held if document.code == piece.code])
            if defect is not None:
                found.append(defect)
    return tuple(found)


def silence_on(received_at: datetime, months: int) -> date:
    """The civil day silence becomes a refusal, without suspension: same day ``months`` later, or the month's last."""
    received = received_at.astimezone(PARIS).date()
    year, month = divmod(received.year * 12 + received.month - 1 + months, 12)
    return date(year, month + 1, min(received.day, monthrange(year, month + 1)[1]))


def day_of_silence(received_at: datetime, deadline: Deadline) -> date:
    """The same, from the rulebook's own length, in months or in days."""
    if deadline.months is not None:
        return silence_on(received_at, deadline.months)
    return received_at.astimezone(PARIS).date() + timedelta(days=deadline.days or 0)


def refusal_on(base: date, suspensions: Iterable[Suspension]) -> date | None:
    """The day silence becomes a refusal: ``base`` (without suspension) moved by every civil day of suspension.

    None while a request is unanswered: the day is known only once the clock runs again (:func:`latest_refusal_on`
    bounds it). A day covered by two requests counts once.
    """
    held = tuple(suspensions)
    if any(found.answered_at is None for found in held):
        return None
    return latest_refusal_on(base, held)


def latest_refusal_on(base: date, suspensions: Iterable[Suspension]) -> date:
    """The same, an unanswered request counted until its deadline, when the clock runs again by itself."""
    moved = timedelta(0)
    counted_to: date | None = None
    for start, end in sorted(_civil(found) for found in suspensions):
        begin = start if counted_to is None else max(start, counted_to)
        if end > begin:
            moved += end - begin
        counted_to = end if counted_to is None else max(end, counted_to)
    return base + moved


def check_lapse(suspension: Suspension, *, now: datetime) -> None:
    """Expiry is a question: nothing lapses if something arrived in time. ``[requested, deadline[`` in instants.

    Refused: ``RECEIVED_IN_TIME`` (values ``received_at``, ``deadline_at``), ``TOO_EARLY``.
    """
    answered = suspension.answered_at
    values = {"deadline_at": suspension.deadline_at.isoformat()}
    if answered is not None and answered < suspension.deadline_at:
        raise Refused(Reason.RECEIVED_IN_TIME, values={**values, "received_at": answered.isoformat()})
    if now < suspension.deadline_at:
        raise Refused(Reason.TOO_EARLY, values={**values, "ask_at": suspension.deadline_at.isoformat()})


def _defect(piece: Piece, documents: list[DocumentFact]) -> Defect | None:
    if not documents:
        return Defect(piece.code, DefectKind.MISSING)
    kinds = [_wrong(piece, document) for document in sorted(documents, key=lambda document: document.received_on)]
    if None in kinds:
        return None
    newest = kinds[-1]
    assert newest is not None
    return Defect(piece.code, newest, piece.max_age_days if newest is DefectKind.EXPIRED else None)


def _wrong(piece: Piece, document: DocumentFact) -> DefectKind | None:
    if not document.legible:
        return DefectKind.ILLEGIBLE
    if piece.max_age_days is None:
        return None
    if document.issued_on is None:
        return DefectKind.DATE_MISSING
    age = (document.received_on - document.issued_on).days
    if age < 0:
        return DefectKind.DATE_IN_FUTURE
    return DefectKind.EXPIRED if age > piece.max_age_days else None


def _civil(found: Suspension) -> tuple[date, date]:
    end = found.deadline_at if found.answered_at is None else min(found.answered_at, found.deadline_at)
    return found.requested_at.astimezone(PARIS).date(), end.astimezone(PARIS).date()
