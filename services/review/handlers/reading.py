"""What requests say, read or refused: ids, dates, amounts, instants, words cited."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from jalon.review.v1 import cases_pb2 as pb

from kit import clock
from kit.errors import field_invalid
from kit.journal import Act
from kit.money import Cents
from services.review.domain.case import Case
from services.review.domain.reasons import Reason
from services.review.domain.texts import TextRef
from services.review.store import completeness as store
from services.review.store import texts
from services.review.store.texts import Origin


def once(values: Iterable[str]) -> list[str]:
    """Ids of a repeated field; twice the same is said once."""
    return list(dict.fromkeys(values))


def day(path: str, text: str) -> date:
    """A civil date (YYYY-MM-DD). Invalid: ``DATE_WRONG``."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=clock.PARIS).date()
    except ValueError as wrong:
        raise field_invalid(path, Reason.DATE_WRONG) from wrong


def past_day(path: str, text: str, *, act: Act) -> date:
    """The same, of something that happened. Invalid: ``DATE_WRONG``, ``DATE_IN_FUTURE`` (``today``)."""
    found, today = day(path, text), clock.civil_date(act.at)
    if found > today:
        raise field_invalid(path, Reason.DATE_IN_FUTURE, today=today.isoformat())
    return found


def later(path: str, request: Any, *, act: Act) -> datetime:
    """An instant that must come after the act. Invalid: ``CLOSES_IN_PAST``."""
    instant = clock.from_timestamp(getattr(request, path))
    if instant <= act.at:
        raise field_invalid(path, Reason.CLOSES_IN_PAST)
    return instant


def given(path: str, request: Any) -> datetime:
    """An instant that must be said. Invalid: ``FIELD_MISSING``."""
    if not request.HasField(path):
        raise field_invalid(path, Reason.FIELD_MISSING)
    return clock.from_timestamp(getattr(request, path))


def amount(path: str, value: int) -> Cents:
    """An amount, never negative. Invalid: ``VALUE_WRONG``."""
    if value < 0:
        raise field_invalid(path, Reason.VALUE_WRONG)
    return Cents(value)


def ref(request: Any, path: str) -> TextRef | None:
    """Words cited, None when nothing is. Invalid: ``TEXT_UNKNOWN`` for what cannot be a reference."""
    if not request.HasField(path):
        return None
    return text_ref(getattr(request, path), path=path)


def text_ref(message: pb.TextRef, *, path: str) -> TextRef:
    """The same, of one message."""
    if not message.text_id:
        raise field_invalid(path, Reason.TEXT_UNKNOWN)
    return TextRef(message.text_id, message.version)


async def words(act: Act, case: Case, cited: TextRef | None, *, kind: str, path: str) -> str:
    """The words an act cites, empty when it cites none. Invalid: ``TEXT_UNKNOWN``."""
    if cited is None:
        return ""
    return await texts.cited(act.connection, cited, Origin(case.call_id, case.application_id, kind), path=path)


def facts_of(cited: TextRef | None) -> dict[str, str | int]:
    """The words cited, as history carries them: id and version."""
    return {} if cited is None else {"text_id": cited.text_id, "text_version": cited.version}


def pieces(given: Iterable[pb.PieceFact]) -> list[store.PieceFact]:
    """Documents received. Invalid: ``DATE_WRONG``."""
    return [
        store.PieceFact(
            piece.piece,
            piece.digest,
            day(f"pieces[{index}].issued_on", piece.issued_on) if piece.issued_on else None,
        )
        for index, piece in enumerate(given)
    ]
