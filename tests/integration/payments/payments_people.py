"""Who does what in these tests, and the steps of an award's life as they do them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import NAMESPACE_OID, uuid4, uuid5

import rfc8785
from jalon.payments.v1 import awards_pb2 as pb
from jalon.payments.v1 import awards_pb2_grpc, runs_pb2, runs_pb2_grpc

from kit import clock
from tests.integration.harness import Served, person_of

IBAN = "FR7630001007941234567890185"
OTHER_IBAN = "FR1420041010050500013M02606"
HOLDER = "Association Les Ateliers Imaginaires"
GATE = ["act_executory", "decision_notified", "agreement_signed", "bank_details_verified"]
PLAN = [
    {"kind": "advance", "basis_points": 7_000, "conditions": GATE},
    {"kind": "balance", "basis_points": 3_000, "conditions": [*GATE, "report_accepted"]},
]
RULEBOOK: dict[str, Any] = {
    "schema": "jalon.rulebook/1",
    "reference": "ESS-2023",
    "edition": 12,
    "title": {"fr": "Appel à projets 2023", "en": "2023 call"},
    "legal_bases": [{"code": "rules", "text": "Règlement de l’appel à projets"}],
    "legal_families": [{"code": "association", "label": {"fr": "Association", "en": "Association"}}],
    "envelopes": [
        {"section": "operating", "announced_cents": 9_000_000},
        {"section": "investment", "announced_cents": 6_000_000},
    ],
    "payment_plan": {"operating": PLAN, "investment": PLAN},
    "agreement": {"required": True, "unspent_kept_basis_points": 0},
    "deadlines": [{"code": "payment", "days": 60}, {"code": "report", "months": 6}],
    "contact": {"service": "Service instructeur", "address": "Hôtel du Département", "mail": "ess@exemple.fr"},
}


def someone(name: str) -> str:
    """A person, by the name a test gives her."""
    return str(uuid5(NAMESPACE_OID, f"payments/{name}"))


VERIFIER, LIQUIDATOR, PREPARER = someone("verifier"), someone("liquidator"), someone("preparer")
SEALER, OFFICER, APPLICANT = someone("sealer"), someone("officer"), someone("applicant")


def rulebook(**changes: Any) -> bytes:
    """A frozen rulebook, in canonical form."""
    return rfc8785.dumps({**RULEBOOK, **changes})


async def register_call(payments: Served, data: bytes | None = None) -> Desk:
    """A new call, registered."""
    desk = Desk(payments, str(uuid4()))
    await desk.register(data or rulebook())
    return desk


@dataclass(frozen=True)
class Desk:
    """One call, and everything people do on its money."""

    served: Served
    call_id: str

    @property
    def awards(self) -> awards_pb2_grpc.AwardsServiceStub:
        return awards_pb2_grpc.AwardsServiceStub(self.served.channel)

    @property
    def runs(self) -> runs_pb2_grpc.PaymentRunsServiceStub:
        return runs_pb2_grpc.PaymentRunsServiceStub(self.served.channel)

    async def now(self) -> datetime:
        found: datetime = await self.served.caller.now()
        return found

    async def act(self, method: Any, request: Any, role: str, person: str = "", **more: Any) -> Any:
        """A write of a person who holds a role for this call."""
        call_id = "" if role in ("SYSTEM", "APPLICANT", "ACCOUNTANT") else self.call_id
        return await self.served.caller.act(
            method, request, role=role, person=person or person_of(role), call_id=call_id, **more
        )

    async def read(self, method: Any, request: Any, role: str, person: str = "") -> Any:
        call_id = "" if role in ("SYSTEM", "APPLICANT", "ACCOUNTANT", "AUDITOR") else self.call_id
        return await self.served.caller.read(method, request, role=role, person=person, call_id=call_id)

    async def register(self, data: bytes) -> None:
        digest = sha256(data).hexdigest()
        request = pb.RegisterCallRequest(call_id=self.call_id, rulebook_digest=digest, rulebook_json=data)
        await self.act(self.awards.RegisterCall, request, "SYSTEM")

    async def envelope(self, section: str = "OPERATING") -> pb.Envelope:
        page = await self.read(self.awards.ListEnvelopes, pb.ListEnvelopesRequest(call_id=self.call_id), "FINANCE")
        found: pb.Envelope = next(item for item in page.envelopes if item.section == section)
        return found

    async def reserve(self, application_id: str, amount: int, *, section: str = "OPERATING", **more: Any) -> Any:
        request = pb.ReserveAwardRequest(
            application_id=application_id,
            call_id=self.call_id,
            section=section,
            amount_cents=amount,
            eligible_base_cents=2 * amount,
        )
        return await self.act(self.awards.ReserveAward, request, "SYSTEM", **more)

    async def vote(self, application_id: str, amount: int) -> Any:
        request = pb.VoteAwardRequest(application_id=application_id, amount_cents=amount)
        return await self.act(self.awards.VoteAward, request, "SYSTEM")

    async def release(self, application_id: str, reason: str = "WITHDRAWN") -> Any:
        request = pb.ReleaseAwardRequest(application_id=application_id, reason=reason)
        return await self.act(self.awards.ReleaseAward, request, "SYSTEM")

    async def close(self, application_id: str) -> Any:
        return await self.act(self.awards.CloseAward, pb.CloseAwardRequest(application_id=application_id), "SYSTEM")

    async def condition(self, application_id: str, code: str, since: datetime | None = None) -> Any:
        request = pb.RecordConditionRequest(application_id=application_id, code=code)
        request.since.FromDatetime(since or await self.now())
        return await self.act(self.awards.RecordCondition, request, "SYSTEM")

    async def beneficiary(self, application_id: str, **changes: Any) -> Any:
        told = {
            "applicant_id": APPLICANT,
            "number": "2023-014",
            "name": "Les Ateliers Imaginaires",
            "siret": "12345678200010",
            "rna": "W941234567",
            "legal_family": "association",
            "project_title": "Recyclerie de jouets",
            "fictitious": True,
        }
        request = pb.RegisterBeneficiaryRequest(application_id=application_id, **{**told, **changes})
        return await self.act(self.awards.RegisterBeneficiary, request, "SYSTEM")

    async def notified(self, amount: int = 1_000_000, *, section: str = "OPERATING", **beneficiary: Any) -> str:
        """An application awarded, voted and told of it."""
        application_id = str(uuid4())
        await self.reserve(application_id, amount, section=section)
        await self.vote(application_id, amount)
        await self.condition(application_id, "act_executory")
        await self.condition(application_id, "decision_notified")
        await self.beneficiary(application_id, **beneficiary)
        return application_id

    async def prepare(self, application_id: str, agreement_id: str = "") -> Any:
        request = pb.PrepareAgreementRequest(application_id=application_id, agreement_id=agreement_id or str(uuid4()))
        return await self.act(self.awards.PrepareAgreement, request, "INSTRUCTOR")

    async def send(self, agreement: pb.Agreement, closes_at: datetime | None = None) -> Any:
        request = pb.SendAgreementRequest(application_id=agreement.application_id, agreement_id=agreement.agreement_id)
        request.closes_at.FromDatetime(closes_at or await self.now() + timedelta(days=45))
        return await self.act(self.awards.SendAgreement, request, "INSTRUCTOR")

    async def sign(self, agreement: pb.Agreement, digest: str = "") -> Any:
        request = pb.SignAgreementRequest(
            application_id=agreement.application_id,
            agreement_id=agreement.agreement_id,
            digest=digest or agreement.digest,
            signer_name="Dominique Fictif",
        )
        return await self.act(self.awards.SignAgreement, request, "APPLICANT", APPLICANT)

    async def lapse(self, agreement: pb.Agreement) -> Any:
        request = pb.LapseAgreementRequest(application_id=agreement.application_id, agreement_id=agreement.agreement_id)
        return await self.act(self.awards.LapseAgreement, request, "SYSTEM")

    async def countersign(self, agreement: pb.Agreement, digest: str = "") -> Any:
        request = pb.CountersignAgreementRequest(
            application_id=agreement.application_id,
            agreement_id=agreement.agreement_id,
            digest=digest or agreement.digest,
        )
        return await self.act(self.awards.CountersignAgreement, request, "AUTHORISING_OFFICER", OFFICER)

    async def committed(self, amount: int = 1_000_000, **more: Any) -> Any:
        """An award whose agreement both parties signed."""
        agreement = await self.send(await self.prepare(await self.notified(amount, **more)))
        await self.sign(agreement)
        return await self.countersign(agreement)

    async def declare(self, application_id: str, iban: str = IBAN, **more: Any) -> Any:
        request = pb.DeclareBankDetailsRequest(application_id=application_id, iban=iban, holder=HOLDER)
        return await self.act(self.awards.DeclareBankDetails, request, "APPLICANT", APPLICANT, **more)

    async def verify(self, application_id: str, version: int = 1, person: str = VERIFIER) -> Any:
        request = pb.VerifyBankDetailsRequest(application_id=application_id, version=version, method="CALL_BACK")
        return await self.act(self.awards.VerifyBankDetails, request, "FINANCE", person)

    async def payable(self, amount: int = 1_000_000, **more: Any) -> Any:
        """A committed award with a verified account."""
        award = await self.committed(amount, **more)
        await self.declare(award.application_id)
        await self.verify(award.application_id)
        return await self.award(award.application_id)

    async def award(self, application_id: str, role: str = "FINANCE", person: str = "") -> Any:
        request = pb.GetAwardRequest(application_id=application_id)
        return await self.read(self.awards.GetAward, request, role, person)

    async def liquidate(self, installment: pb.Installment, person: str = LIQUIDATOR, **more: Any) -> Any:
        request = pb.LiquidateInstallmentRequest(
            application_id=installment.application_id, installment_id=installment.installment_id
        )
        return await self.act(self.awards.LiquidateInstallment, request, "FINANCE", person, **more)

    async def prepare_run(self, *installments: pb.Installment, person: str = PREPARER, run_id: str = "") -> Any:
        request = runs_pb2.PreparePaymentRunRequest(
            call_id=self.call_id,
            payment_run_id=run_id or str(uuid4()),
            installment_ids=[item.installment_id for item in installments],
        )
        return await self.act(self.runs.PreparePaymentRun, request, "FINANCE", person)

    async def seal(self, run: runs_pb2.PaymentRun, person: str = SEALER, digest: str = "", **more: Any) -> Any:
        request = runs_pb2.SealPaymentRunRequest(
            call_id=self.call_id, payment_run_id=run.payment_run_id, digest=digest or run.digest
        )
        return await self.act(self.runs.SealPaymentRun, request, "FINANCE", person, **more)

    async def counterseal(self, run: runs_pb2.PaymentRun, person: str = OFFICER, digest: str = "", **more: Any) -> Any:
        request = runs_pb2.CountersealPaymentRunRequest(
            call_id=self.call_id, payment_run_id=run.payment_run_id, digest=digest or run.digest
        )
        return await self.act(self.runs.CountersealPaymentRun, request, "AUTHORISING_OFFICER", person, **more)

    async def send_run(self, run: runs_pb2.PaymentRun) -> Any:
        request = runs_pb2.SendPaymentRunRequest(call_id=self.call_id, payment_run_id=run.payment_run_id)
        return await self.act(self.runs.SendPaymentRun, request, "SYSTEM")

    async def settle(self, run: runs_pb2.PaymentRun) -> Any:
        request = runs_pb2.SettlePaymentRunRequest(call_id=self.call_id, payment_run_id=run.payment_run_id)
        return await self.act(self.runs.SettlePaymentRun, request, "SYSTEM")

    async def run(self, run: runs_pb2.PaymentRun) -> Any:
        request = runs_pb2.GetPaymentRunRequest(call_id=self.call_id, payment_run_id=run.payment_run_id)
        return await self.read(self.runs.GetPaymentRun, request, "FINANCE")

    async def sent(self, *installments: pb.Installment) -> Any:
        """Liquidated installments, ordered, sealed twice, sent."""
        run = await self.prepare_run(*installments)
        await self.seal(run)
        await self.counterseal(run)
        return await self.send_run(run)

    async def remove(self, order: runs_pb2.PaymentOrder, reason: str = "DOUBT") -> Any:
        request = runs_pb2.RemoveOrderRequest(
            call_id=self.call_id, payment_run_id=order.payment_run_id, order_id=order.order_id, reason=reason
        )
        return await self.act(self.runs.RemoveOrder, request, "FINANCE", PREPARER)

    async def take(self, order: runs_pb2.PaymentOrder) -> Any:
        request = runs_pb2.TakeOrderInChargeRequest(
            call_id=self.call_id, payment_run_id=order.payment_run_id, order_id=order.order_id, reference="T-1"
        )
        return await self.act(self.runs.TakeOrderInCharge, request, "ACCOUNTANT")

    async def pay(self, order: runs_pb2.PaymentOrder, amount: int = 0) -> Any:
        request = runs_pb2.PayOrderRequest(
            call_id=self.call_id,
            payment_run_id=order.payment_run_id,
            order_id=order.order_id,
            reference="P-1",
            amount_cents=amount or order.amount_cents,
        )
        return await self.act(self.runs.PayOrder, request, "ACCOUNTANT")

    async def reject(self, order: runs_pb2.PaymentOrder, reason: str = "AC04") -> Any:
        request = runs_pb2.RejectOrderRequest(
            call_id=self.call_id,
            payment_run_id=order.payment_run_id,
            order_id=order.order_id,
            reference="R-1",
            reason=reason,
        )
        return await self.act(self.runs.RejectOrder, request, "ACCOUNTANT")

    async def paid(self, installment: pb.Installment) -> Any:
        """An installment, liquidated and paid to the end."""
        run = await self.sent(await self.liquidate(installment))
        await self.take(run.orders[0])
        await self.pay(run.orders[0])
        await self.settle(run)
        return await self.award(installment.application_id)

    async def report(self, application_id: str, spent: int, *, planned: int = 0, other: int = 0) -> Any:
        line = pb.ReportLine(code="60", planned_cents=planned or spent, spent_cents=spent, eligible=True)
        request = pb.SubmitReportRequest(
            application_id=application_id, lines=[line], other_public_cents=other, jobs_actual=2, comments="Écarts."
        )
        return await self.act(self.awards.SubmitReport, request, "APPLICANT", APPLICANT)

    async def accept(self, application_id: str, spent: int, version: int = 1) -> Any:
        request = pb.AcceptReportRequest(application_id=application_id, version=version, accepted_spent_cents=spent)
        return await self.act(self.awards.AcceptReport, request, "INSTRUCTOR")

    async def violations(self) -> list[pb.Violation]:
        request = pb.CheckInvariantsRequest(call_id=self.call_id)
        found = await self.read(self.awards.CheckInvariants, request, "AUDITOR")
        assert len(found.checked) > 8
        return list(found.violations)

    async def journal(self, application_id: str) -> list[tuple[str, dict[str, Any]]]:
        """Events of an application, oldest first, with their facts."""
        rows = await self.served.pool.fetch(
            "SELECT event, facts FROM journal WHERE subject_id = $1 ORDER BY journal_id", application_id
        )
        return [(row["event"], json.loads(row["facts"])) for row in rows]

    async def facts(self, subject_id: str) -> list[tuple[str, dict[str, Any]]]:
        """Facts emitted about a subject, oldest first."""
        rows = await self.served.pool.fetch(
            "SELECT fact, facts FROM outbox WHERE subject_id = $1 ORDER BY outbox_id", subject_id
        )
        return [(row["fact"], json.loads(row["facts"])) for row in rows]


def months_later(instant: datetime, months: int) -> datetime:
    """The same day of a later month, for dates without an end-of-month trap."""
    local = instant.astimezone(clock.PARIS)
    year, month = divmod(local.year * 12 + local.month - 1 + months, 12)
    return local.replace(year=year, month=month + 1)
