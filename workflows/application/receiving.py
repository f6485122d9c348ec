"""Deposit, admissibility, full application, completeness."""

from __future__ import annotations

import json
from dataclasses import asdict

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.application.base import ALIVE, Stage
    from workflows.application.state import Position, Terms
    from workflows.building import build
    from workflows.calendar import after_months
    from workflows.contract.application import (
        ApplicationSubmitted,
        ApplicationWithdrawn,
        ConfirmCompleteness,
        ConfirmInadmissibility,
        CorrectionSubmitted,
        DecideAdmissibility,
        FullApplicationSubmitted,
        RequestCorrection,
        WindowExtended,
    )
    from workflows.contract.consequences import (
        InviteFullApplication,
        LapseCompleteness,
        LapseCorrection,
        LapseFullApplication,
        OpenCase,
        OpenCorrection,
        ReadTerms,
        ReceiveFullApplication,
        RecordCorrection,
        WithdrawCase,
    )
    from workflows.entity import act, fact
    from workflows.state import Context, Facts, Task, instant


class Receiving(Stage):
    """What is received and whether it can be examined."""

    @fact
    async def application_submitted(self, message: ApplicationSubmitted) -> Facts:
        """The pre-application was received: a case opens; the clock of tacit refusal (CRPA L231-4) runs."""
        state = self.state
        if state.position:
            return {"position": state.position}
        terms = await self.ask(ReadTerms(self.consequence(message.context, "read_terms"), message.call_id))
        state.terms = Terms(**terms)
        opening = OpenCase(
            context=self.consequence(message.context, "open_case"),
            application_id=message.application_id,
            call_id=message.call_id,
            track=message.track,
            requested_cents=message.requested_cents,
            total_cost_cents=message.total_cost_cents,
            applicant_id=message.applicant_id,
            received_at=message.received_at,
            digest=message.digest,
        )
        silence = after_months(instant(message.received_at), state.terms.tacit_refusal_months).isoformat()
        await self.carry(
            opening,
            position=Position.ADMISSIBILITY,
            awaiting="DECIDE_ADMISSIBILITY",
            call_id=message.call_id,
            applicant_id=message.applicant_id,
            natural_person=message.natural_person,
            requested_cents=message.requested_cents,
            received_at=message.received_at,
            dates={"tacit_refusal": silence},
        )
        self.write_to_applicant(message.context, "application_received", number=message.number)
        return {"position": state.position}

    @act(at=[Position.ADMISSIBILITY])
    async def decide_admissibility(self, message: DecideAdmissibility) -> Facts:
        """Admissible: the full application is invited. Inadmissible: a second person must confirm."""
        if not message.admissible:
            return await self.carry(message, awaiting="CONFIRM_INADMISSIBILITY")
        closes_at = self.state.terms.full_application_closes_at
        facts = await self.carry(
            message,
            position=Position.FULL_APPLICATION,
            awaiting="SUBMIT_FULL_APPLICATION",
            dates={"full_application": closes_at},
        )
        await self.follow("admit", message.context)
        return facts

    async def admit(self, task: Task) -> None:
        """The full application is invited, then the applicant is told."""
        assert task.context is not None
        closes_at = self.state.terms.full_application_closes_at
        context = self.consequence(task.context, "invite_full_application")
        invited = await self.ask(InviteFullApplication(context, self.state.application_id, closes_at))
        extended = str(invited.get("full_closes_at") or closes_at)
        if instant(extended) > instant(closes_at):  # the window was extended between the deposit and this act
            await self.show(task.context, dates={"full_application": extended})
        self.write_to_applicant(task.context, "admissible", closes_at=extended)

    @act(at=[Position.ADMISSIBILITY])
    async def confirm_inadmissibility(self, message: ConfirmInadmissibility) -> Facts:
        """Confirmed: the file ends, with its reasons and remedies. Sent back: to be decided again."""
        if not message.confirmed:
            return await self.carry(message, awaiting="DECIDE_ADMISSIBILITY")
        facts = await self.ask(message)
        self.state.notified_at = message.context.occurred_at
        await self.end_after(message.context, "INADMISSIBLE", letter="inadmissible")
        return facts

    @fact
    async def full_application_submitted(self, message: FullApplicationSubmitted) -> Facts:
        """The full application was received; after a withdrawal it changes nothing."""
        if self.state.position != Position.FULL_APPLICATION:
            return {"position": self.state.position}
        self.clear_deadline("full_application")
        received = ReceiveFullApplication(
            context=self.consequence(message.context, "receive_full_application"),
            application_id=message.application_id,
            digest=message.digest,
            requested_cents=message.requested_cents,
            section=message.section,
            eligible_cost_cents=message.eligible_cost_cents,
            legal_family=message.legal_family,
            received_at=message.received_at,
            pieces=message.pieces,
        )
        facts = await self.carry(
            received,
            position=Position.COMPLETENESS,
            awaiting="CONFIRM_COMPLETENESS",
            requested_cents=message.requested_cents,
            section=message.section,
            ends_on=message.ends_on,
        )
        self.write_to_applicant(message.context, "full_application_received")
        return facts

    @fact
    async def window_extended(self, message: WindowExtended) -> Facts:
        """A collective extension: one more date, for those whose full application is still expected."""
        if self.state.position != Position.FULL_APPLICATION:
            return {"position": self.state.position}
        context = self.consequence(message.context, "invite_full_application")
        invitation = InviteFullApplication(context, self.state.application_id, message.closes_at)
        await self.carry(invitation, dates={"full_application": message.closes_at})
        self.write_to_applicant(message.context, "window_extended", closes_at=message.closes_at)
        return {"position": self.state.position}

    @act(at=[Position.COMPLETENESS])
    async def request_correction(self, message: RequestCorrection) -> Facts:
        """Missing pieces or wrong fields: asked with a date; the clock of tacit refusal stops (CRPA L114-5)."""
        facts = await self.carry(
            message,
            awaiting="SUBMIT_CORRECTION",
            correction_id=message.correction_id,
            dates={"correction": message.closes_at},
        )
        self.suspend("tacit_refusal", message.context.occurred_at)
        opening = OpenCorrection(
            context=self.consequence(message.context, "open_correction"),
            application_id=self.state.application_id,
            correction_id=message.correction_id,
            items=message.items,
            closes_at=message.closes_at,
        )
        await self.follow("ask_applicant", message.context, json.dumps(asdict(opening), sort_keys=True))
        return facts

    async def ask_applicant(self, task: Task) -> None:
        """The correction opens, then the applicant is told."""
        assert task.context is not None
        opening: OpenCorrection = build(OpenCorrection, json.loads(task.argument))
        await self.ask(opening)
        self.write_to_applicant(task.context, "correction_requested", closes_at=opening.closes_at)

    @fact
    async def correction_submitted(self, message: CorrectionSubmitted) -> Facts:
        """The answer arrived in time: the clock runs again."""
        if self.state.position != Position.COMPLETENESS or message.correction_id != self.state.correction_id:
            return {"position": self.state.position}
        self.clear_deadline("correction")
        recorded = RecordCorrection(
            context=self.consequence(message.context, "record_correction"),
            application_id=message.application_id,
            correction_id=message.correction_id,
            digest=message.digest,
            received_at=message.received_at,
            pieces=message.pieces,
        )
        facts = await self.carry(recorded, awaiting="CONFIRM_COMPLETENESS", correction_id="")
        self.resume("tacit_refusal", message.received_at)
        self.write_to_applicant(message.context, "correction_received")
        return facts

    @act(at=[Position.COMPLETENESS])
    async def confirm_completeness(self, message: ConfirmCompleteness) -> Facts:
        """Everything is there: the review begins."""
        awaiting = "CONCLUDE_REVIEW" if self.state.reviewer_id else "ASSIGN_REVIEWER"
        return await self.carry(message, position=Position.REVIEW, awaiting=awaiting)

    @fact
    async def application_withdrawn(self, message: ApplicationWithdrawn) -> Facts:
        """The applicant gives up; what is reserved or not yet paid is freed. Received before another end was written,
        it is the end that stands: lists say so."""
        if self.state.position == Position.CLOSED and self.state.ending != "WITHDRAWN":
            await self.show(message.context, ending="WITHDRAWN")
        if self.state.position not in ALIVE:
            return {"position": self.state.position}
        context = self.consequence(message.context, "withdraw_case")
        await self.ask(WithdrawCase(context, self.state.application_id))
        await self.end(message.context, "WITHDRAWN", letter="withdrawn")
        return {"position": self.state.position}

    async def lapse_full_application(self, context: Context) -> None:
        """The window closed: the service says whether something arrived in time."""
        await self.ask(LapseFullApplication(context, self.state.application_id))
        await self.end(context, "LAPSED", letter="full_application_lapsed")

    async def lapse_correction(self, context: Context) -> None:
        """No answer: closed without further action."""
        application_id, correction_id = self.state.application_id, self.state.correction_id
        await self.ask(LapseCorrection(context, application_id, correction_id))
        lapsed = self.consequence(context, "lapse_completeness")
        await self.ask(LapseCompleteness(lapsed, application_id, correction_id))
        await self.end(context, "LAPSED", letter="correction_lapsed")
