"""Legal entity, agreement, bank details, installments, report, balance."""

from __future__ import annotations

from datetime import date

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.application.base import Stage
    from workflows.application.examining import Examining
    from workflows.application.state import ApplicationState, Installment, Position
    from workflows.calendar import after_months, start_of_day
    from workflows.contract.application import (
        AcceptReport,
        AgreementSigned,
        BankDetailsDeclared,
        CountersignAgreement,
        InstallmentOrdered,
        InstallmentPaid,
        InstallmentReturned,
        LegalEntityDeclared,
        LiquidateInstallment,
        PrepareAgreement,
        RejectBankDetails,
        ReportSubmitted,
        ReturnReport,
        SendAgreement,
        VerifyBankDetails,
    )
    from workflows.contract.consequences import LapseAgreement, ReleaseAward
    from workflows.entity import act, fact
    from workflows.state import Context, Facts, Task, instant

PAYABLE = [Position.PAYMENT, Position.REPORT, Position.BALANCE]
WAITING_FOR_AN_ACCOUNT = (
    "DECLARE_BANK_DETAILS",
    "VERIFY_BANK_DETAILS",
    "LIQUIDATE_INSTALLMENT",
    "PREPARE_PAYMENT_RUN",
)
AFTER_NOTICE = [Position.LEGAL_ENTITY, Position.AGREEMENT, *PAYABLE]


class Paying(Examining, Stage):
    """From the awarded euro to the paid euro."""

    @fact
    async def legal_entity_declared(self, message: LegalEntityDeclared) -> Facts:
        """The natural person became a legal entity: the agreement can be prepared."""
        if self.state.position != Position.LEGAL_ENTITY:
            return {"position": self.state.position}
        self.clear_deadline("legal_entity")
        await self.register_beneficiary(message.context)
        await self.show(message.context, position=Position.AGREEMENT, awaiting="SEND_AGREEMENT")
        return {"position": self.state.position}

    async def lapse_legal_entity(self, context: Context) -> None:
        """No legal entity in time: nobody can be paid; the money goes back."""
        await self.end(context, "AGREEMENT_LAPSED", letter="legal_entity_lapsed")

    @act(at=[Position.AGREEMENT])
    async def prepare_agreement(self, message: PrepareAgreement) -> Facts:
        """The agreement is generated from the rulebook's terms."""
        return await self.carry(message, agreement_id=message.agreement_id)

    @act(at=[Position.AGREEMENT])
    async def send_agreement(self, message: SendAgreement) -> Facts:
        """It is sent to be signed, until a date."""
        facts = await self.carry(message, awaiting="SIGN_AGREEMENT", dates={"agreement": message.closes_at})
        self.write_to_applicant(message.context, "agreement_sent", closes_at=message.closes_at)
        return facts

    @fact
    async def agreement_signed(self, message: AgreementSigned) -> Facts:
        """The beneficiary signed; the first act stands."""
        if self.state.position != Position.AGREEMENT or message.agreement_id != self.state.agreement_id:
            return {"position": self.state.position}
        self.clear_deadline("agreement")
        await self.show(message.context, awaiting="COUNTERSIGN_AGREEMENT")
        return {"position": self.state.position}

    async def lapse_agreement(self, context: Context) -> None:
        """Never signed: the award is given back."""
        await self.ask(LapseAgreement(context, self.state.application_id, self.state.agreement_id))
        await self.end(context, "AGREEMENT_LAPSED", letter="agreement_lapsed")

    @act(at=[Position.AGREEMENT])
    async def countersign_agreement(self, message: CountersignAgreement) -> Facts:
        """Signed by both: the award is committed, the installments are planned."""
        facts = await self.carry(message, position=Position.PAYMENT, awaiting=self._before_payment())
        self.state.installments = [Installment(**line) for line in facts["installments"]]
        return {"installments": facts["installments"]}

    def _before_payment(self) -> str:
        if self.state.bank_verified:
            return "LIQUIDATE_INSTALLMENT"
        return "VERIFY_BANK_DETAILS" if self.state.bank_version else "DECLARE_BANK_DETAILS"

    @fact
    async def bank_details_declared(self, message: BankDetailsDeclared) -> Facts:
        """A new version of the account: nothing is paid on it before a person verified it."""
        self.state.bank_version = message.version
        self.state.bank_verified = False
        if self.state.position in PAYABLE and self.state.awaiting in WAITING_FOR_AN_ACCOUNT:
            await self.show(message.context, awaiting="VERIFY_BANK_DETAILS")
        return {"position": self.state.position}

    @act(at=AFTER_NOTICE)
    async def verify_bank_details(self, message: VerifyBankDetails) -> Facts:
        """The account is verified by a person who neither liquidates nor seals."""
        awaiting = self.state.awaiting
        if awaiting in ("DECLARE_BANK_DETAILS", "VERIFY_BANK_DETAILS"):
            liquidated = any(item.state == "LIQUIDATED" for item in self.state.installments)
            awaiting = "PREPARE_PAYMENT_RUN" if liquidated else "LIQUIDATE_INSTALLMENT"
        return await self.carry(message, bank_verified=True, bank_version=message.version, awaiting=awaiting)

    @act(at=AFTER_NOTICE)
    async def reject_bank_details(self, message: RejectBankDetails) -> Facts:
        """The account is not accepted: another one is expected."""
        waiting = self.state.awaiting in WAITING_FOR_AN_ACCOUNT
        awaiting = "DECLARE_BANK_DETAILS" if waiting else self.state.awaiting
        facts = await self.carry(message, bank_verified=False, awaiting=awaiting)
        self.write_to_applicant(message.context, "bank_details_rejected", reason=message.reason)
        return facts

    @act(at=PAYABLE)
    async def liquidate_installment(self, message: LiquidateInstallment) -> Facts:
        """On proof: every condition is met, or the service refuses with those unmet."""
        facts = await self.carry(message, awaiting=self._money_awaits("PREPARE_PAYMENT_RUN"))
        self._mark(message.installment_id, "LIQUIDATED")
        return facts

    def _money_awaits(self, awaiting: str) -> str:
        """What the money awaits; while a report is due, lists show the report."""
        return self.state.awaiting if self.state.position == Position.REPORT else awaiting

    def _mark(self, installment_id: str, state: str) -> None:
        for item in self.state.installments:
            if item.installment_id == installment_id:
                item.state = state

    def _follows(self, installment_id: str) -> bool:
        """False for an installment that is not of this file's plan, or is paid already."""
        return any(item.installment_id == installment_id and item.state != "PAID" for item in self.state.installments)

    @fact
    async def installment_ordered(self, message: InstallmentOrdered) -> Facts:
        """It is in a payment run."""
        if self._follows(message.installment_id) and self.state.position in PAYABLE:
            await self.show(message.context, awaiting=self._money_awaits("PAY_ORDER"))
            self._mark(message.installment_id, "ORDERED")
        return {"position": self.state.position}

    @fact
    async def installment_returned(self, message: InstallmentReturned) -> Facts:
        """Its order was rejected or taken out: it is due again; an account the bank refused must be replaced first."""
        if not self._follows(message.installment_id):
            return {"position": self.state.position}
        self._mark(message.installment_id, "LIQUIDATED")
        self.state.bank_verified = self.state.bank_verified and not message.account_refused
        if self.state.position not in PAYABLE:
            self._give_back_later(message.context)
            return {"position": self.state.position}
        awaiting = "DECLARE_BANK_DETAILS" if message.account_refused else "PREPARE_PAYMENT_RUN"
        await self.show(message.context, awaiting=self._money_awaits(awaiting))
        if message.account_refused:
            self.write_to_applicant(message.context, "bank_details_rejected", reason=message.reason)
        return {"position": self.state.position}

    @fact
    async def installment_paid(self, message: InstallmentPaid) -> Facts:
        """The public accountant paid. What comes next: the report, or the end."""
        if not self._follows(message.installment_id):
            return {"paid_cents": self.state.paid_cents}
        item = next(item for item in self.state.installments if item.installment_id == message.installment_id)
        paid = self.state.paid_cents + message.amount_cents
        payable, last = self.state.position in PAYABLE, self._all_over(but=message.installment_id)
        if payable and last:
            self.state.paid_cents = paid
        elif self.state.position == Position.PAYMENT:
            await self._await_report(message.context, paid)
        else:
            awaiting = self._money_awaits("LIQUIDATE_INSTALLMENT") if payable else self.state.awaiting
            await self.show(message.context, paid_cents=paid, awaiting=awaiting)
        self._mark(message.installment_id, "PAID")
        self.write_to_applicant(message.context, f"paid_{item.kind}", amount_cents=message.amount_cents)
        if not payable:
            self._give_back_later(message.context)
        elif last:
            await self.follow("end_paid", message.context)
        return {"paid_cents": paid}

    def _all_over(self, *, but: str = "") -> bool:
        return all(
            item.state in ("PAID", "CANCELLED") or item.installment_id == but for item in self.state.installments
        )

    async def _await_report(self, context: Context, paid_cents: int) -> None:
        if self.state.report_received:
            await self.show(context, position=Position.REPORT, awaiting="ACCEPT_REPORT", paid_cents=paid_cents)
            return
        due = report_due(self.state, paid_at=context.occurred_at)
        await self.show(
            context, position=Position.REPORT, awaiting="SUBMIT_REPORT", paid_cents=paid_cents, dates={"report": due}
        )

    async def end_paid(self, task: Task) -> None:
        """Every installment is at its end. The payment is a fact: a service that refuses the closing parks it."""
        assert task.context is not None
        await self.end(task.context, "PAID_REDUCED" if self.state.paid_cents < self.state.awarded_cents else "PAID")

    def _give_back_later(self, context: Context) -> None:
        """The accountant's answer to an order in flight came after the end of the file: what is not paid is freed."""
        self.then("give_back", context=self.consequence(context, "give_back"))

    async def give_back(self, task: Task) -> None:
        """What was in flight at the end of the file, and came back."""
        assert task.context is not None
        await self.ask(ReleaseAward(task.context, self.state.application_id, self.state.ending or "NOT_PAYABLE"))

    async def lapse_report(self, context: Context) -> None:
        """The report is late: a reminder; late is shown, never refused."""
        self.write_to_applicant(context, "report_late")

    @fact
    async def report_submitted(self, message: ReportSubmitted) -> Facts:
        """The financial report arrived; told before the payment it follows, it is kept."""
        self.state.report_received = True
        if self.state.position != Position.REPORT:
            return {"position": self.state.position}
        self.clear_deadline("report")
        await self.show(message.context, awaiting="ACCEPT_REPORT")
        return {"position": self.state.position}

    @act(at=[Position.REPORT])
    async def return_report(self, message: ReturnReport) -> Facts:
        """Sent back with its reasons."""
        facts = await self.carry(message, awaiting="SUBMIT_REPORT")
        self.state.report_received = False
        self.write_to_applicant(message.context, "report_returned", reason=message.reason)
        return facts

    @act(at=[Position.REPORT])
    async def accept_report(self, message: AcceptReport) -> Facts:
        """The entitlement is computed line by line; the balance is what remains due; the rest is freed."""
        facts = await self.carry(message, position=Position.BALANCE, awaiting="LIQUIDATE_INSTALLMENT")
        self.state.installments = [Installment(**line) for line in facts["installments"]]
        self.write_to_applicant(message.context, "report_accepted", freed_cents=facts["freed_cents"])
        if self._all_over():
            await self.follow("end_paid", message.context)
        return {"freed_cents": facts["freed_cents"], "installments": facts["installments"]}


def report_due(state: ApplicationState, *, paid_at: str) -> str:
    """Six months after the end of the financial year the grant was given for (loi 2000-321, art. 10): the year the
    project ends, or that of the payment when the project says nothing. Years are civil years here."""
    year = int(state.ends_on[:4]) if state.ends_on else instant(paid_at).year
    return after_months(start_of_day(date(year, 12, 31)), state.terms.report_months).isoformat()
