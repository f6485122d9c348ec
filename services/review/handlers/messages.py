"""Domain values as the messages of the wire."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from jalon.common.v1 import rights_pb2
from jalon.review.v1 import cases_pb2 as pb
from jalon.review.v1 import jury_pb2 as jpb

from kit import clock
from kit.enums import to_proto
from services.review.domain.act import ActRow
from services.review.domain.case import Opinion, Sheet, tacit_refusal_on
from services.review.domain.moves import CaseState
from services.review.domain.results import Result
from services.review.domain.rulebook import ReviewRules
from services.review.domain.scoring import Sheet as ScoreSheet
from services.review.domain.scoring import Tally
from services.review.domain.session import MemberRole, Presence
from services.review.store.acts import Recorded
from services.review.store.jury import Held, Row


def case_message(sheet: Sheet, rules: ReviewRules) -> pb.Case:
    """A case as people read it."""
    case, refusal = sheet.case, tacit_refusal_on(sheet, rules)
    return pb.Case(
        application_id=case.application_id,
        call_id=case.call_id,
        track=case.track,
        state=to_proto(pb.CaseState, case.state),
        admissibility=to_proto(pb.AdmissibilityState, case.admissibility.state),
        completeness=to_proto(pb.CompletenessState, case.completeness),
        review=to_proto(pb.ReviewState, case.review),
        shortlist=to_proto(pb.ShortlistState, case.shortlist),
        hearing=to_proto(pb.HearingState, case.hearing),
        proposal=to_proto(pb.ProposalState, case.proposal),
        decision=to_proto(pb.DecisionState, case.decision),
        received_at=clock.to_timestamp(case.received_at),
        requested_cents=case.requested_cents,
        section=case.section or "",
        reviewer_id=case.reviewer_id or "",
        eligible_base_cents=case.eligible_base_cents or 0,
        instructed_cents=case.instructed_cents or 0,
        proposed_cents=case.proposed_cents,
        granted_cents=case.granted_cents,
        rank=case.rank,
        hearing_at=clock.to_timestamp(case.hearing_at),
        act_id=case.act_id or "",
        notified_at=clock.to_timestamp(case.notified_at),
        completeness_rounds=len(sheet.suspensions),
        tacit_refusal_on="" if refusal is None else refusal.isoformat(),
        opinions=[opinion_message(opinion) for opinion in sheet.opinions],
        executory_on="" if sheet.executory_on is None else sheet.executory_on.isoformat(),
        session_id=case.session_id or "",
    )


def promises_message(sheet: Sheet, rules: ReviewRules) -> pb.Promises:
    """What its applicant was promised; a decision that was told leaves nothing to silence."""
    case, appeal = sheet.case, rules.deadlines.get("appeal")
    waits = case.state is CaseState.OPEN and case.notified_at is None
    refusal = tacit_refusal_on(sheet, rules) if waits else None
    return pb.Promises(
        application_id=case.application_id,
        tacit_refusal_on="" if refusal is None else refusal.isoformat(),
        suspended=waits and any(found.answered_at is None for found in sheet.suspensions),
        notified_at=clock.to_timestamp(case.notified_at),
        appeal_months=(appeal.months or 0) if appeal else 0,
    )


def opinion_message(opinion: Opinion) -> pb.Opinion:
    """An opinion."""
    return pb.Opinion(
        opinion_id=opinion.opinion_id,
        application_id=opinion.application_id,
        expert_id=opinion.expert_id,
        state=to_proto(pb.OpinionState, opinion.state),
        closes_at=clock.to_timestamp(opinion.closes_at),
        given_at=clock.to_timestamp(opinion.given_at),
        favourable=bool(opinion.favourable),
    )


def session_message(
    held: Held, tallies: Iterable[Tally], *, recused: frozenset[str], submitted: Collection[str]
) -> jpb.Session:
    """A session; of the files its reader is recused from, nothing but that. ``submitted``: her own grids."""
    counted = {tally.application_id: tally for tally in tallies}
    return jpb.Session(
        session_id=held.session.session_id,
        call_id=held.call_id,
        state=to_proto(jpb.SessionState, held.session.state),
        quorum=held.quorum,
        held_at=clock.to_timestamp(held.held_at),
        members=[
            jpb.SessionMember(
                person_id=member.member_id,
                role=_ROLES[member.role],
                present=member.presence is Presence.PRESENT,
            )
            for member in held.session.members
        ],
        files=[
            jpb.SessionFile(application_id=application_id, recused=True)
            if application_id in recused
            else _file(application_id, counted.get(application_id), application_id in submitted)
            for application_id in sorted(held.session.application_ids)
        ],
        place=held.place,
        opened_at=clock.to_timestamp(held.session.opened_at),
        closed_at=clock.to_timestamp(held.session.closed_at),
    )


def session_row(row: Row) -> jpb.SessionRow:
    """A session in a list."""
    return jpb.SessionRow(
        session_id=row.session_id,
        state=to_proto(jpb.SessionState, row.state),
        held_at=clock.to_timestamp(row.held_at),
        place=row.place,
        quorum=row.quorum,
        member_count=row.members,
        file_count=row.files,
        unrecorded_count=row.unrecorded,
        minutes_version=row.minutes_version,
    )


def score_message(held: Held, sheet: ScoreSheet, submitted_at: Any) -> jpb.ScoreSheet:
    """A member's grid."""
    return jpb.ScoreSheet(
        session_id=held.session.session_id,
        application_id=sheet.application_id,
        person_id=sheet.member_id,
        marks=[
            jpb.Mark(
                criterion=mark.criterion,
                value=mark.value or 0,
                reason=None
                if mark.reason is None
                else pb.TextRef(text_id=mark.reason.text_id, version=mark.reason.version),
            )
            for mark in sheet.marks
        ],
        submitted_at=clock.to_timestamp(submitted_at),
    )


def result_message(held: Held, result: Result) -> jpb.SessionResult:
    """The ranking and the cut."""
    return jpb.SessionResult(
        session_id=held.session.session_id,
        call_id=held.call_id,
        state=to_proto(jpb.SessionState, held.session.state),
        files=[
            jpb.RankedFile(
                application_id=line.application_id,
                rank=line.rank,
                mean_numerator=0 if line.mean is None else line.mean.numerator,
                mean_denominator=0 if line.mean is None else line.mean.denominator,
                proposal=to_proto(pb.ProposalState, line.proposal),
                proposed_cents=line.proposed_cents,
                section=line.section,
                explanation=line.explanation,
                tie_broken_by=line.tie_broken_by,
                recorded=line.recorded,
                instructed_cents=line.instructed_cents,
                spread_hundredths=round(line.spread * 100),
            )
            for line in result.lines
        ],
        sections=[
            jpb.SectionUse(section=use.section, envelope_cents=use.envelope_cents, proposed_cents=use.proposed_cents)
            for use in result.uses
        ],
        digest=result.digest,
    )


def act_message(found: Recorded, *, hidden: frozenset[str] = frozenset()) -> jpb.Act:
    """An act, without the files its reader is recused from."""
    act = found.act
    return jpb.Act(
        act_id=found.act_id,
        call_id=found.call_id,
        number=act.number,
        state=to_proto(jpb.ActState, found.state),
        session_on=act.session_on.isoformat(),
        transmitted_on="" if act.transmitted_on is None else act.transmitted_on.isoformat(),
        executory_on="" if act.executory_on is None else act.executory_on.isoformat(),
        notified_at=clock.to_timestamp(found.notified_at),
        rows=[_act_row(row) for row in act.rows if row.application_id not in hidden],
        session_id=found.session_id,
    )


_ROLES: dict[MemberRole, rights_pb2.Role.ValueType] = {
    MemberRole.CHAIR: rights_pb2.ROLE_JURY_CHAIR,
    MemberRole.MEMBER: rights_pb2.ROLE_JURY_MEMBER,
}


def _file(application_id: str, tally: Tally | None, submitted: object) -> jpb.SessionFile:
    expected, complete = (0, 0) if tally is None else (tally.expected, tally.complete)
    return jpb.SessionFile(
        application_id=application_id,
        sheets_expected=expected,
        sheets_complete=complete,
        submitted=bool(submitted),
    )


def _act_row(row: ActRow) -> jpb.ActRow:
    return jpb.ActRow(
        application_id=row.application_id,
        decision=to_proto(pb.DecisionState, row.decision),
        granted_cents=row.amount_cents,
        section=row.section,
        recorded=row.recorded,
    )
