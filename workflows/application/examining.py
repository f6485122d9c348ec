"""Reviewer, opinions, review, shortlist, hearing, the jury's result, the vote, the notification."""

from __future__ import annotations

import json
from datetime import date

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from workflows.application.base import Stage
    from workflows.application.state import Position
    from workflows.calendar import after_days, after_months, start_of_day
    from workflows.contract.application import (
        AssignReviewer,
        CancelOpinion,
        ConcludeReview,
        DecideShortlist,
        GiveOpinion,
        NotifyDecision,
        RecordDecision,
        RecordHearing,
        RecordProposal,
        RequestOpinion,
        ScheduleHearing,
    )
    from workflows.contract.consequences import (
        LapseOpinion,
        RecordCondition,
        RegisterBeneficiary,
        RelatePerson,
        ReleaseAward,
        ReserveAward,
        VoteAward,
    )
    from workflows.entity import act
    from workflows.state import Context, Facts, Task, instant

BEFORE_REVIEW_ENDS = [Position.ADMISSIBILITY, Position.FULL_APPLICATION, Position.COMPLETENESS, Position.REVIEW]


class Examining(Stage):
    """What the département and its jury decide."""

    @act(at=BEFORE_REVIEW_ENDS)
    async def assign_reviewer(self, message: AssignReviewer) -> Facts:
        """Names the reviewer; once review accepts, intake opens the file to her and closes it to the former one."""
        former = self.state.reviewer_id
        awaiting = "CONCLUDE_REVIEW" if self.state.position == Position.REVIEW else self.state.awaiting
        facts = await self.carry(message, reviewer_id=message.reviewer_id, awaiting=awaiting)
        ended = former if former != message.reviewer_id else ""
        await self._tie(message.context, "instructor", tied=message.reviewer_id, ended=ended)
        return facts

    async def _tie(self, context: Context, relation: str, *, tied: str = "", ended: str = "") -> None:
        who = {"relation": relation, "tied": tied, "ended": ended}
        await self.follow("tie", context, json.dumps(who, sort_keys=True))

    async def tie(self, task: Task) -> None:
        """Intake opens the file to whom review named, and closes it to whom it replaced."""
        assert task.context is not None
        who = json.loads(task.argument)
        if who["tied"]:
            await self._relate(task.context, who["tied"], who["relation"])
        if who["ended"]:
            await self._relate(task.context, who["ended"], who["relation"], ended=True)

    async def _relate(self, context: Context, person_id: str, relation: str, *, ended: bool = False) -> None:
        tie = RelatePerson(
            context=self.consequence(context, f"relate/{person_id}/{relation}/{ended}"),
            application_id=self.state.application_id,
            call_id=self.state.call_id,
            person_id=person_id,
            relation=relation,
            ended=ended,
        )
        await self.ask(tie)

    @act(at=[Position.COMPLETENESS, Position.REVIEW])
    async def request_opinion(self, message: RequestOpinion) -> Facts:
        """Somebody outside is asked, until a date; once review accepts, intake opens the file to her."""
        facts = await self.carry(message, dates={f"opinion/{message.opinion_id}": message.closes_at})
        self.state.opinions = [*self.state.opinions, message.opinion_id]
        await self._tie(message.context, "expert", tied=message.expert_id)
        return facts

    @act(at=[Position.COMPLETENESS, Position.REVIEW])
    async def give_opinion(self, message: GiveOpinion) -> Facts:
        """The opinion arrived."""
        facts = await self.carry(message)
        self.clear_deadline(f"opinion/{message.opinion_id}")
        return facts

    @act(at=[Position.COMPLETENESS, Position.REVIEW])
    async def cancel_opinion(self, message: CancelOpinion) -> Facts:
        """No longer wanted; once review accepts, intake closes the file to who was asked."""
        facts = await self.carry(message)
        self.clear_deadline(f"opinion/{message.opinion_id}")
        await self._tie(message.context, "expert", ended=message.expert_id)
        return facts

    async def lapse_opinion(self, context: Context, opinion_id: str) -> None:
        """The opinion did not come: the review goes on without it."""
        await self.ask(LapseOpinion(context, self.state.application_id, opinion_id))

    @act(at=[Position.REVIEW])
    async def conclude_review(self, message: ConcludeReview) -> Facts:
        """Eligible base, analysis, proposed amount and section."""
        return await self.carry(
            message,
            position=Position.SHORTLIST,
            awaiting="DECIDE_SHORTLIST",
            eligible_base_cents=message.eligible_base_cents,
            section=message.section,
        )

    @act(at=[Position.SHORTLIST])
    async def decide_shortlist(self, message: DecideShortlist) -> Facts:
        """Kept for the hearings; otherwise the file ends, with remedies."""
        if message.shortlisted:
            return await self.carry(message, position=Position.HEARING, awaiting="SCHEDULE_HEARING")
        facts = await self.ask(message)
        self.state.notified_at = message.context.occurred_at
        await self.end_after(message.context, "NOT_SHORTLISTED", letter="not_shortlisted")
        return facts

    @act(at=[Position.HEARING])
    async def schedule_hearing(self, message: ScheduleHearing) -> Facts:
        """Convokes; again, moves."""
        facts = await self.carry(message, awaiting="RECORD_HEARING", dates={"hearing": message.hearing_at})
        self.write_to_applicant(message.context, "hearing_scheduled", hearing_at=message.hearing_at)
        return facts

    @act(at=[Position.HEARING])
    async def record_hearing(self, message: RecordHearing) -> Facts:
        """Heard means presence recorded. An absence may be given another slot."""
        if message.present:
            facts = await self.carry(message, position=Position.JURY, awaiting="CLOSE_JURY")
        else:
            facts = await self.carry(message, awaiting="SCHEDULE_HEARING")
        self.clear_deadline("hearing")
        return facts

    @act(at=[Position.HEARING, Position.JURY])
    async def record_proposal(self, message: RecordProposal) -> Facts:
        """The jury's result for this file. Money goes first: it is reserved, then the result is recorded."""
        proposed = message.proposal == "PROPOSED"
        if proposed:
            reservation = ReserveAward(
                context=self.consequence(message.context, f"reserve_award{self._again()}"),
                application_id=self.state.application_id,
                call_id=self.state.call_id,
                section=message.section,
                amount_cents=message.proposed_cents,
                eligible_base_cents=self.state.eligible_base_cents,
            )
            await self.ask(reservation)
        try:
            return await self.carry(
                message,
                position=Position.VOTE,
                awaiting="RECORD_VOTE",
                proposed_cents=message.proposed_cents,
                section=message.section or self.state.section,
                reserved=proposed,
            )
        except ApplicationError:
            if proposed:
                await self.follow("give_up_reservation", message.context)
            raise

    def _again(self) -> str:
        """A request told again after its reservation was given up reserves anew: it needs an id of its own."""
        return f"/{self.state.given_up}" if self.state.given_up else ""

    async def give_up_reservation(self, task: Task) -> None:
        """Review refused what money had been set aside for."""
        assert task.context is not None
        await self._release(task.context, "REVIEW_REFUSED")
        self.state.given_up += 1

    async def _release(self, context: Context, reason: str) -> None:
        request = self.consequence(context, f"release_award{self._again()}")
        await self.ask(ReleaseAward(request, self.state.application_id, reason))
        self.state.reserved = False

    @act(at=[Position.VOTE])
    async def record_decision(self, message: RecordDecision) -> Facts:
        """The vote's result for this file: the reservation becomes an award, or is given back."""
        granted = message.decision == "GRANTED"
        if granted:
            context = self.consequence(message.context, "vote_award")
            await self.ask(VoteAward(context, self.state.application_id, message.granted_cents))
        elif self.state.reserved:
            await self._release(message.context, "NOT_VOTED")
        return await self.carry(
            message,
            position=Position.NOTIFICATION,
            awaiting="NOTIFY_DECISION",
            decision=message.decision,
            awarded_cents=message.granted_cents if granted else 0,
        )

    @act(at=[Position.NOTIFICATION])
    async def notify_decision(self, message: NotifyDecision) -> Facts:
        """The decision is told, with remedies and delays; only then may anybody outside see it."""
        at = message.context.occurred_at
        if self.state.decision == "GRANTED":
            facts = await self._notify_award(message)
            self.clear_deadline("tacit_refusal")
            return facts
        if self.state.decision == "WAITING":
            expires = after_months(instant(at), self.state.terms.waiting_list_months).isoformat()
            facts = await self.carry(
                message, awaiting="REPLACE_FROM_WAITING_LIST", notified_at=at, dates={"waiting_list": expires}
            )
            self.clear_deadline("tacit_refusal")
            self.write_to_applicant(message.context, "waiting_list")
            return facts
        facts = await self.ask(message)
        self.state.notified_at = at
        await self.end_after(message.context, "DECLINED", letter="declined")
        return facts

    async def _notify_award(self, message: NotifyDecision) -> Facts:
        at = message.context.occurred_at
        if self.state.natural_person:
            expires = after_days(instant(at), self.state.terms.legal_entity_days).isoformat()
            facts = await self.carry(
                message,
                position=Position.LEGAL_ENTITY,
                awaiting="DECLARE_LEGAL_ENTITY",
                notified_at=at,
                dates={"legal_entity": expires},
            )
        else:
            facts = await self.carry(message, position=Position.AGREEMENT, awaiting="SEND_AGREEMENT", notified_at=at)
        executory_at = start_of_day(date.fromisoformat(facts["executory_on"])).isoformat()
        await self.follow("tell_award", message.context, executory_at)
        return facts

    async def tell_award(self, task: Task) -> None:
        """Payments learns that two of its conditions hold, and who is paid; then the applicant is told."""
        assert task.context is not None
        await self._record_condition(task.context, "act_executory", task.argument)
        await self._record_condition(task.context, "decision_notified", task.context.occurred_at)
        if not self.state.natural_person:
            await self.register_beneficiary(task.context)
        self.write_to_applicant(task.context, "granted", awarded_cents=self.state.awarded_cents)

    async def _record_condition(self, context: Context, code: str, since: str) -> None:
        consequence = self.consequence(context, f"condition/{code}")
        await self.ask(RecordCondition(consequence, self.state.application_id, code, since))

    async def register_beneficiary(self, context: Context) -> None:
        """Hands the beneficiary's identity from intake to payments, inside one activity."""
        consequence = self.consequence(context, "register_beneficiary")
        await self.ask(RegisterBeneficiary(consequence, self.state.application_id))

    async def lapse_waiting_list(self, context: Context) -> None:
        """No money was freed in time: the waiting list ends for this file."""
        await self.end(context, "WAITING_LIST", letter="waiting_list_ended")
