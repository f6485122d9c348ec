"""Cases: loading one to move it, reading them, saving each step."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from kit.db import moved, rows_of
from kit.errors import Refused, not_found
from kit.money import Cents
from services.review.domain.admissibility import Admissibility, InadmissibilityReason
from services.review.domain.case import Case, Opinion, Sheet
from services.review.domain.completeness import Suspension
from services.review.domain.instruction import Instruction
from services.review.domain.moves import (
    AdmissibilityState,
    CaseState,
    CompletenessState,
    DecisionState,
    HearingState,
    OpinionState,
    ProposalState,
    ReviewState,
    ShortlistState,
)
from services.review.domain.reasons import Reason
from services.review.domain.results import Line
from services.review.domain.texts import TextRef
from services.review.store.calls import person_id
from services.review.store.queries import opaque, sql


@dataclass(frozen=True)
class Opening:
    """The facts a case opens with."""

    call_id: str
    track: str
    applicant_id: str
    received_at: datetime
    digest: str
    requested_cents: int
    total_cost_cents: int


@dataclass(frozen=True)
class FullApplication:
    """The facts of a full application."""

    received_at: datetime
    digest: str
    requested_cents: int
    section: str
    eligible_cost_cents: int
    legal_family: str


async def open_case(connection: Any, application_id: str, opening: Opening) -> bool:
    """True when new; a second time with the same facts changes nothing. Refused: ``CASE_OPENED_OTHERWISE``."""
    if await sql.open_case(connection, application_id=application_id, **asdict(opening)) is not None:
        return True
    row = await sql.opening_of(connection, application_id=application_id)
    facts: dict[str, Any] = {name: str(value) if name.endswith("_id") else value for name, value in row.items()}
    if Opening(**facts) != opening:
        raise Refused(Reason.CASE_OPENED_OTHERWISE)
    return False


async def lock(connection: Any, application_id: str) -> Case:
    """A case about to move; nobody else moves it until the transaction ends. Refused: ``NOT_FOUND``."""
    row = await sql.lock_case(connection, application_id=application_id) if application_id else None
    if row is None:
        raise not_found()
    return case_of(row)


async def read(connection: Any, application_id: str) -> Sheet:
    """A case as people read it. Refused: ``NOT_FOUND``."""
    row = await sql.get_case(connection, application_id=application_id) if application_id else None
    if row is None:
        raise not_found()
    return _sheet(row)


async def page(
    connection: Any, call_id: str, *, person: str, after: tuple[datetime, str] | None, limit: int
) -> list[Sheet]:
    """Cases of a call by reception, without those the person is recused from."""
    after_at, after_id = after or (None, None)
    found = sql.list_cases(
        connection, call_id=call_id, person=person_id(person), after_at=after_at, after_id=after_id, limit=limit
    )
    return [_sheet(row) for row in await rows_of(found)]


async def decide_admissibility(connection: Any, case: Case, decided: Admissibility, *, ground: TextRef | None) -> None:
    """Admissible, or inadmissible proposed."""
    moved(
        await sql.decide_admissibility(
            connection,
            application_id=case.application_id,
            from_state=case.admissibility.state,
            to_state=decided.state,
            reasons=list(decided.reasons),
            person=decided.decided_by,
            ground_id=ground and ground.text_id,
            ground_version=ground and ground.version,
        )
    )


async def confirm_inadmissibility(connection: Any, case: Case, decided: Admissibility) -> None:
    """Confirmed, or sent back."""
    moved(
        await sql.confirm_inadmissibility(
            connection,
            application_id=case.application_id,
            from_state=case.admissibility.state,
            to_state=decided.state,
            reasons=list(decided.reasons),
            first=decided.decided_by,
            second=decided.confirmed_by,
        )
    )


async def receive_full_application(
    connection: Any, case: Case, state: CompletenessState, *, received: FullApplication
) -> None:
    """The facts of the full application."""
    moved(
        await sql.receive_full_application(
            connection,
            application_id=case.application_id,
            from_state=case.completeness,
            to_state=state,
            **asdict(received),
        )
    )


async def is_received(connection: Any, case: Case, received: FullApplication) -> bool:
    """Whether this very full application is what the case holds already."""
    row = await sql.full_application_of(connection, application_id=case.application_id)
    return (row["received_at"], row["digest"]) == (received.received_at, received.digest)


async def assign_reviewer(connection: Any, case: Case, state: ReviewState, *, reviewer_id: str) -> None:
    """Names the reviewer."""
    moved(
        await sql.assign_reviewer(
            connection,
            application_id=case.application_id,
            from_state=case.review,
            to_state=state,
            reviewer_id=reviewer_id,
        )
    )


async def conclude_review(
    connection: Any, case: Case, state: ReviewState, *, record: Instruction, analysis: TextRef
) -> None:
    """The record of the review."""
    moved(
        await sql.conclude_review(
            connection,
            application_id=case.application_id,
            from_state=case.review,
            to_state=state,
            eligible_base_cents=record.eligible_base_cents,
            instructed_cents=record.proposed_cents,
            section=record.section,
            analysis_id=analysis.text_id,
            analysis_version=analysis.version,
        )
    )


async def decide_shortlist(connection: Any, case: Case, state: ShortlistState) -> None:
    """Kept for the hearings, or not."""
    moved(
        await sql.decide_shortlist(
            connection, application_id=case.application_id, from_state=case.shortlist, to_state=state
        )
    )


async def schedule_hearing(connection: Any, case: Case, state: HearingState, *, hearing_at: datetime) -> None:
    """Convoked, or moved."""
    moved(
        await sql.schedule_hearing(
            connection,
            application_id=case.application_id,
            from_state=case.hearing,
            to_state=state,
            hearing_at=hearing_at,
        )
    )


async def record_hearing(connection: Any, case: Case, state: HearingState) -> None:
    """Heard, or absent."""
    moved(
        await sql.record_hearing(
            connection, application_id=case.application_id, from_state=case.hearing, to_state=state
        )
    )


async def record_proposal(connection: Any, case: Case, state: ProposalState, *, session_id: str, line: Line) -> None:
    """The jury's result for one file."""
    moved(
        await sql.record_proposal(
            connection,
            application_id=case.application_id,
            from_state=case.proposal,
            to_state=state,
            session_id=session_id,
            proposed_cents=line.proposed_cents,
            section=line.section or None,
            rank=line.rank,
            explanation=line.explanation,
        )
    )


async def record_decision(
    connection: Any, case: Case, state: DecisionState, *, act_id: str, granted_cents: Cents
) -> None:
    """The vote's result for one file."""
    moved(
        await sql.record_decision(
            connection,
            application_id=case.application_id,
            from_state=case.decision,
            to_state=state,
            act_id=act_id,
            granted_cents=granted_cents,
        )
    )


async def notify_decision(connection: Any, case: Case, *, notified_at: datetime) -> None:
    """The decision is told."""
    moved(
        await sql.notify_decision(
            connection, application_id=case.application_id, from_state=case.decision, notified_at=notified_at
        )
    )


async def withdraw(connection: Any, case: Case, state: CaseState) -> None:
    """Given up."""
    moved(
        await sql.withdraw_case(connection, application_id=case.application_id, from_state=case.state, to_state=state)
    )


async def close(connection: Any, case: Case, state: CaseState) -> None:
    """The end."""
    moved(await sql.close_case(connection, application_id=case.application_id, from_state=case.state, to_state=state))


def case_of(row: asyncpg.Record) -> Case:
    """A case from a row that names its columns."""
    admissibility = Admissibility(
        state=AdmissibilityState(row["admissibility"]),
        reasons=tuple(InadmissibilityReason(code) for code in row["inadmissible_because"]),
        decided_by=row["admissibility_by"],
        confirmed_by=row["inadmissible_by"],
    )
    return Case(
        application_id=str(row["application_id"]),
        call_id=str(row["call_id"]),
        track=row["track"],
        applicant_id=str(row["applicant_id"]),
        received_at=row["received_at"],
        state=CaseState(row["state"]),
        admissibility=admissibility,
        ground=None if row["ground_id"] is None else TextRef(str(row["ground_id"]), row["ground_version"]),
        completeness=CompletenessState(row["completeness"]),
        review=ReviewState(row["review"]),
        shortlist=ShortlistState(row["shortlist"]),
        hearing=HearingState(row["hearing"]),
        proposal=ProposalState(row["proposal"]),
        decision=DecisionState(row["decision"]),
        requested_cents=Cents(row["requested_cents"]),
        section=row["section"],
        legal_family=row["legal_family"],
        full_received_at=row["full_received_at"],
        eligible_cost_cents=_cents(row["eligible_cost_cents"]),
        reviewer_id=opaque(row["reviewer_id"]),
        eligible_base_cents=_cents(row["eligible_base_cents"]),
        instructed_cents=_cents(row["instructed_cents"]),
        hearing_at=row["hearing_at"],
        session_id=opaque(row["session_id"]),
        proposed_cents=Cents(row["proposed_cents"]),
        rank=row["rank"],
        act_id=opaque(row["act_id"]),
        granted_cents=Cents(row["granted_cents"]),
        notified_at=row["notified_at"],
    )


def _sheet(row: asyncpg.Record) -> Sheet:
    spans = zip(row["requested_ats"], row["closes_ats"], row["answered_ats"], strict=True)
    opinions = (_opinion(found, str(row["application_id"])) for found in json.loads(row["opinions"]))
    return Sheet(
        case=case_of(row),
        suspensions=tuple(Suspension(*span) for span in spans),
        opinions=tuple(opinions),
        executory_on=row["executory_on"],
    )


def _opinion(found: dict[str, Any], application_id: str) -> Opinion:
    return Opinion(
        opinion_id=found["opinion_id"],
        application_id=application_id,
        expert_id=found["expert_id"],
        state=OpinionState(found["state"]),
        closes_at=datetime.fromisoformat(found["closes_at"]),
        given_at=None if found["given_at"] is None else datetime.fromisoformat(found["given_at"]),
        favourable=found["favourable"],
    )


def _cents(value: int | None) -> Cents | None:
    return None if value is None else Cents(value)


TOLD = [
    "case_opened",
    "inadmissibility_confirmed",
    "full_application_received",
    "correction_requested",
    "correction_recorded",
    "completeness_lapsed",
    "completeness_confirmed",
    "shortlist_decided",
    "hearing_scheduled",
    "hearing_recorded",
    "decision_notified",
    "case_withdrawn",
    "case_closed",
]
"""What an applicant is told by other means too. Never: a proposal of inadmissibility, an opinion, the record of the
review, a conflict, the jury's proposal, a vote not notified."""


async def told(connection: Any, application_id: UUID, *, before: int, limit: int) -> list[asyncpg.Record]:
    """The history an applicant may read of her own case, newest first."""
    found = sql.list_told(connection, application_id=application_id, events=TOLD, before=before, limit=limit)
    return await rows_of(found)
