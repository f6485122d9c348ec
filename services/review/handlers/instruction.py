"""Reviewer, the record of the review, and the words saved for all acts."""

from __future__ import annotations

from typing import Any

from jalon.review.v1 import cases_pb2 as pb

from kit import clock
from kit.admission import RECUSED
from kit.enums import from_proto
from kit.errors import Refused, denied, field_invalid, not_found, required
from kit.journal import Act, plumbing
from kit.money import Cents
from services.review.domain.case import Case, check_complete
from services.review.domain.instruction import Instruction, check_instruction
from services.review.domain.moves import REVIEW, ReviewAction, check_case_open, move
from services.review.domain.reasons import Reason
from services.review.domain.texts import TextRef, check_words
from services.review.handlers.desk import Desk
from services.review.handlers.reading import amount, facts_of, ref, words
from services.review.store import calls, cases, texts
from services.review.store.texts import Origin

OF_NO_CASE = frozenset({"MINUTES", "DECISION", "PLACE"})
OF_ITS_AUTHOR = frozenset({"SCORE", "OPINION"})


class Review(Desk):
    """From the reviewer's name to her record."""

    async def AssignReviewer(self, request: pb.AssignReviewerRequest, context: Any) -> pb.Case:
        """Names the reviewer: the case opens to her and closes to the former one."""

        async def change(act: Act) -> pb.Case:
            required(request, "reviewer_id")
            case = await cases.lock(act.connection, request.application_id)
            check_case_open(case.state)
            state = move(REVIEW, case.review, ReviewAction.ASSIGN)
            tie = await calls.tie(act.connection, request.reviewer_id, case.application_id)
            if tie is not None and RECUSED in tie.relations:
                raise Refused(Reason.REVIEWER_RECUSED)
            await _hand_over(act, case, request.reviewer_id)
            await cases.assign_reviewer(act.connection, case, state, reviewer_id=request.reviewer_id)
            facts = {"reviewer_id": request.reviewer_id, "former_id": case.reviewer_id}
            act.record("reviewer_assigned", subject=case.application_id, facts=facts)
            return await self.shown(act.connection, case.application_id)

        return await self._journal.write(request, change)

    async def ConcludeReview(self, request: pb.ConcludeReviewRequest, context: Any) -> pb.Case:
        """The record: eligible base, analysis, amount and section (no amount: no aid is proposed)."""

        async def change(act: Act) -> pb.Case:
            case = await cases.lock(act.connection, request.application_id)
            check_complete(case)
            state = move(REVIEW, case.review, ReviewAction.CONCLUDE)
            record = _record(case, request, analysis=ref(request, "analysis"))
            registered = await self._rulebooks.of(act.connection, case.call_id)
            check_instruction(registered.rules, record)
            assert record.analysis is not None
            said = await words(act, case, record.analysis, kind="ANALYSIS", path="analysis")
            await cases.conclude_review(act.connection, case, state, record=record, analysis=record.analysis)
            facts = {
                "eligible_base_cents": int(record.eligible_base_cents),
                "instructed_cents": int(record.proposed_cents or 0),
                "section": record.section,
                "rulebook_digest": registered.digest,
                **facts_of(record.analysis),
            }
            act.record("review_concluded", subject=case.application_id, facts=facts, words=said)
            return await self.shown(act.connection, case.application_id)

        return await self._journal.write(request, change)

    async def SaveText(self, request: pb.SaveTextRequest, context: Any) -> pb.Text:
        """One more version of words. A draft is not an act: no line of history, no leaf."""

        async def change(act: Act) -> pb.Text:
            required(request, "text_id")
            check_words(request.body)
            origin = await _origin(act, request)
            newest = await texts.newest(act.connection, request.text_id)
            held = 0 if newest is None else newest.version
            if newest is not None and (
                newest.origin != origin or (origin.kind in OF_ITS_AUTHOR and newest.author != act.person)
            ):
                raise not_found()
            if request.expected_version != held:
                raise Refused(Reason.STALE_DRAFT, values={"version": str(held)})
            version = TextRef(request.text_id, held + 1)
            saved_at = await texts.save(act.connection, version, origin, author=act.person, body=request.body)
            return pb.Text(text_id=version.text_id, version=version.version, saved_at=clock.to_timestamp(saved_at))

        return await self._journal.write(request, change)


async def _origin(act: Act, request: pb.SaveTextRequest) -> Origin:
    """The case (or, for a session's or an act's words, the call) a text belongs to."""
    kind = from_proto(pb.TextKind, request.kind, path="kind")
    if not kind:
        raise field_invalid("kind", Reason.FIELD_MISSING)
    if request.application_id:
        tie = await calls.tie(act.connection, act.person, request.application_id)
        if tie is None:
            raise not_found()
        return Origin(tie.call_id, request.application_id, kind)
    if kind not in OF_NO_CASE:
        raise field_invalid("application_id", Reason.ID_INVALID)
    if not act.call.actor.call_id:
        raise denied()
    return Origin(act.call.actor.call_id, None, kind)


def _record(case: Case, request: pb.ConcludeReviewRequest, *, analysis: TextRef | None) -> Instruction:
    return Instruction(
        track=case.track,
        eligible_cost_cents=case.eligible_cost_cents or Cents(0),
        requested_cents=case.requested_cents,
        eligible_base_cents=amount("eligible_base_cents", request.eligible_base_cents),
        proposed_cents=amount("proposed_cents", request.proposed_cents) or None,
        section=request.section or None,
        analysis=analysis,
    )


async def _hand_over(act: Act, case: Case, reviewer_id: str) -> None:
    if case.reviewer_id is not None and case.reviewer_id != reviewer_id:
        await plumbing.end_relation(
            act.connection, person=case.reviewer_id, application_id=case.application_id, relation="instructor"
        )
    await plumbing.relate_person(
        act.connection,
        person=reviewer_id,
        application_id=case.application_id,
        call_id=case.call_id,
        relation="instructor",
    )
