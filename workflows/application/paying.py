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
    from workflows.contract.consequences import LapseAgreement
    from workflows.entity import act, fact
    from workflows.state import Context, Facts, instant

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
        facts = await self.carry(message, awaiting="PREPARE_PAYMENT_RUN")
        self._installment(message.installment_id).state = "LIQUIDATED"
        return facts

    def _installment(self, installment_id: str) -> Installment:
        return next(item for item in self.state.installments if item.installment_id == installment_id)

    @fact
    async def installment_ordered(self, message: InstallmentOrdered) -> Facts:
        """It is in a payment run."""
        self._installment(message.installment_id).state = "ORDERED"
        await self.show(message.context, awaiting="PAY_ORDER")
        return {}

    @fact
    async def installment_returned(self, message: InstallmentReturned) -> Facts:
        """Its order was rejected or taken out: it is due again; an account the bank refused must be replaced first."""
        self._installment(message.installment_id).state = "LIQUIDATED"
        self.state.bank_verified = self.state.bank_verified and not message.account_refused
        awaiting = "DECLARE_BANK_DETAILS" if message.account_refused else "PREPARE_PAYMENT_RUN"
        await self.show(message.context, awaiting=awaiting)
        if message.account_refused:
            self.write_to_applicant(message.context, "bank_details_rejected", reason=message.reason)
        return {}

    @fact
    async def installment_paid(self, message: InstallmentPaid) -> Facts:
        """The public accountant paid. What comes next: the report, or the end."""
        installment = self._installment(message.installment_id)
        if installment.state == "PAID":
            return {"paid_cents": self.state.paid_cents}
        installment.state = "PAID"
        paid = self.state.paid_cents + message.amount_cents
        self.write_to_applicant(message.context, f"paid_{installment.kind}", amount_cents=message.amount_cents)
        if all(item.state in ("PAID", "CANCELLED") for item in self.state.installments):
            self.state.paid_cents = paid
            await self.end(message.context, "PAID_REDUCED" if paid < self.state.awarded_cents else "PAID")
            return {"paid_cents": paid}
        due = report_due(self.state, paid_at=message.context.occurred_at)
        await self.show(
            message.context,
            position=Position.REPORT,
            awaiting="SUBMIT_REPORT",
            paid_cents=paid,
            dates={"report": due},
        )
        return {"paid_cents": paid}

    async def lapse_report(self, context: Context) -> None:
        """The report is late: a reminder; late is shown, never refused."""
        self.write_to_applicant(context, "report_late")

    @fact
    async def report_submitted(self, message: ReportSubmitted) -> Facts:
        """The financial report arrived."""
        if self.state.position != Position.REPORT:
            return {"position": self.state.position}
        self.clear_deadline("report")
        await self.show(message.context, awaiting="ACCEPT_REPORT")
        return {"position": self.state.position}

    @act(at=[Position.REPORT])
    async def return_report(self, message: ReturnReport) -> Facts:
        """Sent back with its reasons."""
        facts = await self.carry(message, awaiting="SUBMIT_REPORT")
        self.write_to_applicant(message.context, "report_returned", reason=message.reason)
        return facts

    @act(at=[Position.REPORT])
    async def accept_report(self, message: AcceptReport) -> Facts:
        """The entitlement is computed line by line; the balance is what remains due; the rest is freed."""
        facts = await self.carry(message, position=Position.BALANCE, awaiting="LIQUIDATE_INSTALLMENT")
        known = {item.installment_id: item for item in self.state.installments}
        for line in facts["installments"]:
            known[line["installment_id"]].amount_cents = line["amount_cents"]
            known[line["installment_id"]].state = line["state"]
        self.state.freed_cents = facts["freed_cents"]
        self.write_to_applicant(message.context, "report_accepted", freed_cents=facts["freed_cents"])
        if all(item.state in ("PAID", "CANCELLED") for item in self.state.installments):
            await self.end(message.context, "PAID_REDUCED")
        return {"freed_cents": facts["freed_cents"], "installments": facts["installments"]}


def report_due(state: ApplicationState, *, paid_at: str) -> str:
    """Six months after the end of the financial year the grant was given for (loi 2000-321, art. 10): the year the
    project ends, or that of the payment when the project says nothing. Years are civil years here."""
    year = int(state.ends_on[:4]) if state.ends_on else instant(paid_at).year
    return after_months(start_of_day(date(year, 12, 31)), state.terms.report_months).isoformat()
