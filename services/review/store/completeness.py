"""Pieces, corrections, opinions."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from kit.clock import civil_date
from kit.db import moved, rows_of
from kit.errors import Refused, not_found
from services.review.domain.case import Case, Correction, Opinion
from services.review.domain.completeness import DocumentFact, Suspension
from services.review.domain.moves import CompletenessState, OpinionState
from services.review.domain.reasons import Reason
from services.review.domain.texts import TextRef
from services.review.store.queries import sql


@dataclass(frozen=True)
class PieceFact:
    """A document received: the code of its piece, its digest (SHA-256, hex), the date it bears."""

    piece: str
    digest: str
    issued_on: date | None


@dataclass(frozen=True)
class Asked:
    """A request for correction. ``items``: plain values, kept as they were asked."""

    correction_id: str
    items: list[dict[str, str]]
    person: str
    requested_at: datetime
    closes_at: datetime
    words: TextRef | None


async def keep_pieces(
    connection: Any, application_id: str, pieces: Iterable[PieceFact], *, received_at: datetime
) -> None:
    """Keeps documents received; the same one again may bear another date."""
    held = {(fact.piece, fact.digest): fact for fact in pieces}.values()
    await sql.keep_pieces(
        connection,
        application_id=application_id,
        pieces=[fact.piece for fact in held],
        digests=[fact.digest for fact in held],
        dates=[fact.issued_on for fact in held],
        received_at=received_at,
    )


async def documents(connection: Any, application_id: str) -> list[DocumentFact]:
    """The documents held, as the checklist reads them."""
    found = await rows_of(sql.list_pieces(connection, application_id=application_id))
    return [DocumentFact(row["piece"], civil_date(row["received_at"]), row["issued_on"]) for row in found]


async def request_correction(connection: Any, case: Case, state: CompletenessState, *, asked: Asked) -> int:
    """Saves a request; its round, from 1. Refused: ``ID_TAKEN``."""
    if await sql.correction_exists(connection, correction_id=asked.correction_id):
        raise Refused(Reason.ID_TAKEN)
    number: int | None = await sql.request_correction(
        connection,
        application_id=case.application_id,
        from_state=case.completeness,
        to_state=state,
        correction_id=asked.correction_id,
        items=json.dumps(asked.items, sort_keys=True),
        person=asked.person,
        requested_at=asked.requested_at,
        closes_at=asked.closes_at,
        words_id=asked.words and asked.words.text_id,
        words_version=asked.words and asked.words.version,
    )
    moved(number)
    assert number is not None
    return number


async def correction(connection: Any, application_id: str, correction_id: str) -> tuple[Correction, str]:
    """One request and the digest of its answer (empty while waiting). Refused: ``NOT_FOUND``."""
    row = await sql.get_correction(connection, application_id=application_id, correction_id=correction_id)
    if row is None:
        raise not_found()
    suspension = Suspension(row["requested_at"], row["closes_at"], row["answered_at"])
    found = Correction(str(row["correction_id"]), row["round"], suspension, row["lapsed_at"])
    return found, row["answer_digest"] or ""


async def record_correction(
    connection: Any, case: Case, state: CompletenessState, *, correction_id: str, answered_at: datetime, digest: str
) -> None:
    """The answer arrived."""
    moved(
        await sql.record_correction(
            connection,
            application_id=case.application_id,
            from_state=case.completeness,
            to_state=state,
            correction_id=correction_id,
            answered_at=answered_at,
            digest=digest,
        )
    )


async def lapse(
    connection: Any, case: Case, state: CompletenessState, *, correction_id: str, lapsed_at: datetime
) -> None:
    """Nothing came in time."""
    moved(
        await sql.lapse_completeness(
            connection,
            application_id=case.application_id,
            from_state=case.completeness,
            to_state=state,
            correction_id=correction_id,
            lapsed_at=lapsed_at,
        )
    )


async def confirm(connection: Any, case: Case, state: CompletenessState) -> None:
    """Everything is there."""
    moved(
        await sql.confirm_completeness(
            connection, application_id=case.application_id, from_state=case.completeness, to_state=state
        )
    )


async def request_opinion(connection: Any, opinion: Opinion, *, requested_at: datetime) -> None:
    """Asks somebody outside. Refused: ``ID_TAKEN``."""
    made = await sql.request_opinion(
        connection,
        opinion_id=opinion.opinion_id,
        application_id=opinion.application_id,
        expert_id=opinion.expert_id,
        requested_at=requested_at,
        closes_at=opinion.closes_at,
    )
    if made is None:
        raise Refused(Reason.ID_TAKEN)


async def lock_opinion(connection: Any, application_id: str, opinion_id: str) -> Opinion:
    """One opinion about to move. Refused: ``NOT_FOUND``."""
    row = await sql.lock_opinion(connection, application_id=application_id, opinion_id=opinion_id)
    if row is None:
        raise not_found()
    return _opinion(row)


async def opinion(connection: Any, application_id: str, opinion_id: str) -> Opinion:
    """One opinion. Refused: ``NOT_FOUND``."""
    row = await sql.get_opinion(connection, application_id=application_id, opinion_id=opinion_id)
    if row is None:
        raise not_found()
    return _opinion(row)


async def opinions_of(connection: Any, expert_id: str, call_id: str, *, limit: int) -> list[Opinion]:
    """What was asked of a person, what is still to give first."""
    found = sql.opinions_of(connection, expert_id=expert_id, call_id=call_id, limit=limit)
    return [_opinion(row) for row in await rows_of(found)]


async def give_opinion(connection: Any, opinion: Opinion, given: Opinion, *, words: TextRef) -> None:
    """Given, with its words."""
    moved(
        await sql.give_opinion(
            connection,
            opinion_id=opinion.opinion_id,
            from_state=opinion.state,
            to_state=given.state,
            given_at=given.given_at,
            favourable=given.favourable,
            words_id=words.text_id,
            words_version=words.version,
        )
    )


async def end_opinion(connection: Any, opinion: Opinion, state: OpinionState) -> None:
    """Not given in time, or no longer wanted."""
    moved(await sql.end_opinion(connection, opinion_id=opinion.opinion_id, from_state=opinion.state, to_state=state))


def _opinion(row: Any) -> Opinion:
    return Opinion(
        opinion_id=str(row["opinion_id"]),
        application_id=str(row["application_id"]),
        expert_id=str(row["expert_id"]),
        state=OpinionState(row["state"]),
        closes_at=row["closes_at"],
        given_at=row["given_at"],
        favourable=row["favourable"],
    )
