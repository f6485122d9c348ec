"""Shortlist, hearing, the jury's result, the vote's result, notification, the end."""

from __future__ import annotations

from typing import Any

from jalon.review.v1 import cases_pb2 as pb

from kit.enums import from_proto
from kit.errors import Refused, not_found, required
from kit.journal import Act
from kit.money import Cents
from services.review.domain.act import check_decision
from services.review.domain.case import Case, check_concluded
from services.review.domain.instruction import check_amount_proposed
from services.review.domain.moves import (
    CASE,
    DECISION,
    PROPOSAL,
    SHORTLIST,
    ActState,
    CaseAction,
    CaseState,
    DecisionAction,
    DecisionState,
    JurySessionState,
    ProposalAction,
    ProposalState,
    ShortlistAction,
    check_case_open,
    move,
    notify,
)
from services.review.domain.reasons import Reason
from services.review.domain.results import Line
from services.review.handlers.desk import Desk
from services.review.handlers.reading import facts_of, ref, words
from services.review.store import acts, cases, jury

PROPOSING = {
    ProposalState.PROPOSED: ProposalAction.PROPOSE,
    ProposalState.WAITING_LIST: ProposalAction.PUT_ON_WAITING_LIST,
    ProposalState.DECLINED: ProposalAction.DECLINE,
}
DECIDING = {
    DecisionState.GRANTED: DecisionAction.GRANT,
    DecisionState.WAITING: DecisionAction.KEEP_WAITING,
    DecisionState.REFUSED: DecisionAction.REFUSE,
}


class Results(Desk):
    """The shortlist; then from the jury's result to the end."""

    async def DecideShortlist(self, request: pb.DecideShortlistRequest, context: Any) -> pb.Case:
        """Kept for the hearings, or not."""

        async def change(act: Act) -> pb.Case:
            case = await cases.lock(act.connection, request.application_id)
            check_concluded(case)
            action = ShortlistAction.SHORTLIST if request.shortlisted else ShortlistAction.EXCLUDE
            state = move(SHORTLIST, case.shortlist, action)
            if request.shortlisted:
                check_amount_proposed(case.instructed_cents)
            ground = ref(request, "ground")
            said = await words(act, case, ground, kind="SHORTLIST", path="ground")
            await cases.decide_shortlist(act.connection, case, state)
            facts = {"shortlisted": request.shortlisted, "shortlist": state.value, **facts_of(ground)}
            act.record("shortlist_decided", subject=case.application_id, facts=facts, words=said)
            return await self.shown(act.connection, case.application_id)

        return await self._journal.write(request, change)

    async def RecordProposal(self, request: pb.RecordProposalRequest, context: Any) -> pb.Case:
        """The jury's result for one file: the very line of the frozen result, nothing else."""

        async def change(act: Act) -> pb.Case:
            required(request, "session_id")
            case = await cases.lock(act.connection, request.application_id)
            check_case_open(case.state)
            line = await _frozen_line(act, case, request)
            state = move(PROPOSAL, case.proposal, PROPOSING[line.proposal])
            await cases.record_proposal(act.connection, case, state, session_id=request.session_id, line=line)
            facts = {
                "session_id": request.session_id,
                "proposal": state.value,
                "proposed_cents": int(line.proposed_cents),
                "section": line.section,
                "rank": line.rank,
                "explanation": line.explanation.value,
            }
            act.record("proposal_recorded", subject=case.application_id, facts=facts)
            return await self.shown(act.connection, case.application_id)

        return await self._journal.write(request, change)

    async def RecordDecision(self, request: pb.RecordDecisionRequest, context: Any) -> pb.Case:
        """The vote's result for one file: the very row of the act. Nobody is told before the notification."""

        async def change(act: Act) -> pb.Case:
            required(request, "act_id")
            case = await cases.lock(act.connection, request.application_id)
            check_case_open(case.state)
            found = await acts.load(act.connection, request.act_id, case.call_id)
            row = await acts.row_of(act.connection, found.act_id, case.application_id)
            asked = from_proto(pb.DecisionState, request.decision, path="decision")
            check_decision(row, decision=asked, granted_cents=request.granted_cents, section=request.section)
            assert row is not None
            state = move(DECISION, case.decision, DECIDING[row.decision])
            await cases.record_decision(
                act.connection, case, state, act_id=found.act_id, granted_cents=row.amount_cents
            )
            facts = {
                "act_id": found.act_id,
                "act_number": found.act.number,
                "decision": state.value,
                "granted_cents": int(row.amount_cents),
                "section": row.section,
            }
            act.record("decision_recorded", subject=case.application_id, facts=facts)
            return await self.shown(act.connection, case.application_id)

        return await self._journal.write(request, change)

    async def NotifyDecision(self, request: pb.NotifyDecisionRequest, context: Any) -> pb.Case:
        """The decision is told, once its act is executory."""

        async def change(act: Act) -> pb.Case:
            case = await cases.lock(act.connection, request.application_id)
            check_case_open(case.state)
            at = notify(case.decision, case.notified_at, now=act.at)
            found = await acts.load(act.connection, case.act_id or "", case.call_id)
            if found.state is not ActState.EXECUTORY or found.act.executory_on is None:
                raise Refused(Reason.ACT_NOT_EXECUTORY, values={"state": found.state.value})
            await cases.notify_decision(act.connection, case, notified_at=at)
            line = await jury.result_of(act.connection, case.session_id or "", case.application_id)
            facts = {
                "act_id": found.act_id,
                "act_number": found.act.number,
                "executory_on": found.act.executory_on.isoformat(),
                "decision": case.decision.value,
                "granted_cents": int(case.granted_cents),
                "explanation": line.explanation.value if line else "",
            }
            act.record("decision_notified", subject=case.application_id, facts=facts)
            return await self.shown(act.connection, case.application_id)

        return await self._journal.write(request, change)

    async def WithdrawCase(self, request: pb.WithdrawCaseRequest, context: Any) -> pb.Case:
        """The applicant gave up; a case already ended stays as it is."""

        async def change(act: Act) -> pb.Case:
            case = await cases.lock(act.connection, request.application_id)
            if case.state is CaseState.OPEN:
                state = move(CASE, case.state, CaseAction.WITHDRAW)
                await cases.withdraw(act.connection, case, state)
                act.record("case_withdrawn", subject=case.application_id, facts={"state": state.value})
            return await self.shown(act.connection, case.application_id)

        return await self._journal.write(request, change)

    async def CloseCase(self, request: pb.CloseCaseRequest, context: Any) -> pb.Case:
        """The end; a second time changes nothing."""

        async def change(act: Act) -> pb.Case:
            case = await cases.lock(act.connection, request.application_id)
            if case.state is not CaseState.CLOSED:
                state = move(CASE, case.state, CaseAction.CLOSE)
                await cases.close(act.connection, case, state)
                act.record("case_closed", subject=case.application_id, facts={"state": state.value})
            return await self.shown(act.connection, case.application_id)

        return await self._journal.write(request, change)


async def _frozen_line(act: Act, case: Case, request: pb.RecordProposalRequest) -> Line:
    """Refused: ``NOT_FOUND``, ``SESSION_NOT_CLOSED``, ``PROPOSAL_DIFFERS``."""
    held = await jury.load(act.connection, request.session_id, case.call_id, to="read")
    if held.session.state is not JurySessionState.CLOSED:
        raise Refused(Reason.SESSION_NOT_CLOSED, values={"state": held.session.state.value})
    line = await jury.result_of(act.connection, request.session_id, case.application_id)
    if line is None:
        raise not_found()
    proposal = from_proto(pb.ProposalState, request.proposal, path="proposal")
    given = (proposal, Cents(request.proposed_cents), request.rank, request.explanation)
    proposed = line.proposal is ProposalState.PROPOSED
    same_section = request.section == line.section or (not proposed and not request.section)
    if given != (line.proposal, line.proposed_cents, line.rank, line.explanation) or not same_section:
        raise Refused(Reason.PROPOSAL_DIFFERS)
    return line
