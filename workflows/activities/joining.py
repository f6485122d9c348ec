"""The few activities that read one service to write another, so that names and rulebooks never enter a history."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid5

import grpc
from jalon.common.v1 import plumbing_pb2
from jalon.intake.v1 import applications_pb2, calls_pb2
from jalon.payments.v1 import awards_pb2, runs_pb2
from jalon.review.v1 import cases_pb2, jury_pb2
from temporalio import activity
from temporalio.exceptions import ApplicationError

from kit import clock, telemetry
from kit.actor import SYSTEM, Signer, person_of
from kit.admission import RECUSED
from kit.rpc import READ_ASSERTION
from workflows.activities.carrying import Carrier
from workflows.activities.table import RPCS, Rpc
from workflows.activities.wire import fact_of, failure, to_proto
from workflows.contract.application import AcceptReport, CountersignAgreement
from workflows.contract.consequences import ListInvited, ReadTerms, RegisterBeneficiary, RegisterCall, RelatePerson
from workflows.contract.jury import CancelSession, CloseSession, ConvokeSession, DeclareConflict
from workflows.contract.payment_run import PreparePaymentRun
from workflows.contract.progress import Progress
from workflows.services import Services
from workflows.state import Context, Facts

RANKED = ("application_id", "proposal", "proposed_cents", "section", "rank", "explanation")
INSTALLMENT = ("installment_id", "number", "kind", "amount_cents", "state")
ORDER = ("order_id", "application_id", "installment_id", "amount_cents")


class Joiner:
    """Reads as SYSTEM, writes as the act's author or as SYSTEM."""

    def __init__(self, services: Services, signer: Signer, carrier: Carrier) -> None:
        self._services = services
        self._signer = signer
        self._carrier = carrier

    def activities(self) -> list[Any]:
        """The joining activities."""
        return [
            self.read_terms,
            self.register_call,
            self.list_invited,
            self.register_beneficiary,
            self.convoke_session,
            self.declare_conflict,
            self.cancel_session,
            self.close_session,
            self.countersign_agreement,
            self.accept_report,
            self.prepare_payment_run,
        ]

    async def _read(self, service: str, stub: str, name: str, request: Any) -> Any:
        plumbing = self._services.stub("intake", "plumbing")
        try:
            now = clock.from_timestamp((await plumbing.GetNow(plumbing_pb2.GetNowRequest(), timeout=5)).now)
            assertion = self._signer.read(SYSTEM, frozenset({SYSTEM}), now=now)
            method = getattr(self._services.stub(service, stub), name)
            return await method(request, timeout=8, metadata=((READ_ASSERTION, assertion),))
        except grpc.aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.UNAUTHENTICATED:  # the clock moved between the proof and its use
                raise ApplicationError("not proved in time", type="UNAVAILABLE") from error
            raise failure(error) from error

    @activity.defn
    async def read_terms(self, message: ReadTerms, progress: None = None) -> Facts:
        """The deadlines of the rulebook that timers watch."""
        call = await self._read("intake", "calls", "GetCall", calls_pb2.GetCallRequest(call_id=message.call_id))
        rulebook = await self._rulebook(message.call_id)
        lengths = {item["code"]: item for item in json.loads(rulebook.rulebook_json)["deadlines"]}
        terms: Facts = {"full_application_closes_at": fact_of(call, "full_application_closes_at")}
        for name, code, unit in TERMS:
            if code in lengths and unit in lengths[code]:
                terms[name] = lengths[code][unit]
        return terms

    async def _rulebook(self, call_id: str) -> calls_pb2.Rulebook:
        request = calls_pb2.GetRulebookRequest(call_id=call_id)
        found: calls_pb2.Rulebook = await self._read("intake", "calls", "GetRulebook", request)
        return found

    @activity.defn
    async def register_call(self, message: RegisterCall, progress: None = None) -> Facts:
        """Hands the frozen rulebook to review and payments."""
        rulebook = await self._rulebook(message.call_id)
        for service, stub, target in (
            ("review", "cases", cases_pb2.RegisterCallRequest),
            ("payments", "awards", awards_pb2.RegisterCallRequest),
        ):
            request: Any = to_proto(message, target, verb="RegisterCall", signer=self._signer)
            request.rulebook_digest, request.rulebook_json = rulebook.digest, rulebook.rulebook_json
            await self._write(service, stub, "RegisterCall", request)
        return {"rulebook_digest": rulebook.digest}

    async def _write(self, service: str, stub: str, name: str, request: Any) -> Any:
        try:
            return await getattr(self._services.stub(service, stub), name)(request, timeout=8)
        except grpc.aio.AioRpcError as error:
            raise failure(error) from error

    @activity.defn
    async def list_invited(self, message: ListInvited, progress: None = None) -> Facts:
        """Ids of the applications whose full application is still expected."""
        found: list[str] = []
        token = ""
        while True:
            request = applications_pb2.ListApplicationsRequest(
                call_id=message.call_id,
                stages=[applications_pb2.STAGE_FULL_APPLICATION],
                page_size=100,
                page_token=token,
            )
            page = await self._read("intake", "applications", "ListApplications", request)
            found += [row.application_id for row in page.rows]
            token = page.next_page_token
            if not token:
                return {"application_ids": found}

    @activity.defn
    async def register_beneficiary(self, message: RegisterBeneficiary, progress: None = None) -> Facts:
        """Hands the beneficiary's identity from intake to payments."""
        with telemetry.with_application(message.application_id):
            asked = applications_pb2.GetApplicationRequest(application_id=message.application_id)
            application = await self._read("intake", "applications", "GetApplication", asked)
            created = application.HasField("legal_entity")
            applicant = application.legal_entity if created else application.pre_application.applicant
            request = to_proto(
                message, awards_pb2.RegisterBeneficiaryRequest, verb="RegisterBeneficiary", signer=self._signer
            )
            request.applicant_id, request.number = application.applicant_id, application.number
            request.name, request.siret, request.rna = applicant.name, applicant.siret, applicant.rna
            request.legal_family = applicant.legal_family
            request.project_title = application.pre_application.title
            request.project_ends_on = application.full_application.ends_on
            request.fictitious = application.fictitious
            await self._write("payments", "awards", "RegisterBeneficiary", request)
            return {}

    @activity.defn
    async def convoke_session(self, message: ConvokeSession, progress: None = None) -> Facts:
        """Convokes, and ties each member to each file in intake (a recusal stands above a tie)."""
        rpc = Rpc("review", "jury", jury_pb2.ConvokeSessionRequest)
        session = await self._carrier.call("convoke_session", rpc, message)
        for file in session.files:
            for member in session.members:
                relation = fact_of(member, "role").lower()
                await self._tie(message, file.application_id, member.person_id, relation=relation)
        return {"files": len(session.files), "members": len(session.members)}

    async def _tie(
        self,
        message: Any,
        application_id: str,
        person_id: str,
        *,
        relation: str,
        recused: bool = False,
        ended: bool = False,
    ) -> None:
        request_id = str(uuid5(UUID(message.context.request_id), f"{relation}/{application_id}/{person_id}"))
        tie = RelatePerson(
            context=Context(request_id, "", message.context.occurred_at),
            application_id=application_id,
            call_id=message.call_id,
            person_id=person_id,
            relation=relation,
            ended=ended,
            recused=recused,
        )
        await self._carrier.then("relate_person", RPCS["relate_person"], tie)

    @activity.defn
    async def declare_conflict(self, message: DeclareConflict, progress: None = None) -> Facts:
        """The recusal in review, which decides whether it is one, then in intake; the act answers after both."""
        person = person_of(message.context.assertion)
        rpc = Rpc("review", "jury", jury_pb2.DeclareConflictRequest)
        session = await self._carrier.call("declare_conflict", rpc, message)
        await self._tie(message, message.application_id, person, relation=RECUSED, recused=True)
        return {"state": fact_of(session, "state")}

    @activity.defn
    async def cancel_session(self, message: CancelSession, progress: None = None) -> Facts:
        """Gives the session up, and ends in intake the ties that ended in review."""
        answer = await self._carrier.call(
            "cancel_session", Rpc("review", "jury", jury_pb2.CancelSessionRequest), message
        )
        for tie in answer.ended_ties:
            await self._tie(message, tie.application_id, tie.person_id, relation=tie.relation, ended=True)
        return {"state": fact_of(answer, "state"), "ended": len(answer.ended_ties)}

    @activity.defn
    async def close_session(self, message: CloseSession, progress: None = None) -> Facts:
        """Closes; the result per file."""
        rpc = Rpc("review", "jury", jury_pb2.CloseSessionRequest)
        result = await self._carrier.call("close_session", rpc, message)
        return {"digest": result.digest, "files": [_line(file, RANKED) for file in result.files]}

    @activity.defn
    async def countersign_agreement(self, message: CountersignAgreement, progress: Progress | None = None) -> Facts:
        """Signs; the installments planned."""
        return await self._award(message, "countersign_agreement", awards_pb2.CountersignAgreementRequest, progress)

    @activity.defn
    async def accept_report(self, message: AcceptReport, progress: Progress | None = None) -> Facts:
        """Accepts; the installments as they now stand, and what was freed."""
        return await self._award(message, "accept_report", awards_pb2.AcceptReportRequest, progress)

    async def _award(self, message: Any, verb: str, request: Any, progress: Progress | None) -> Facts:
        with telemetry.with_application(message.application_id):
            award = await self._carrier.call(verb, Rpc("payments", "awards", request), message)
            if progress is not None:
                await self._carrier.write(message.context, progress)
            lines = [_line(item, INSTALLMENT) for item in award.installments]
            return {"state": fact_of(award, "state"), "freed_cents": award.freed_cents, "installments": lines}

    @activity.defn
    async def prepare_payment_run(self, message: PreparePaymentRun, progress: None = None) -> Facts:
        """Prepares; the orders made."""
        rpc = Rpc("payments", "runs", runs_pb2.PreparePaymentRunRequest)
        run = await self._carrier.call("prepare_payment_run", rpc, message)
        return {
            "digest": run.digest,
            "total_cents": run.total_cents,
            "orders": [_line(item, ORDER) for item in run.orders],
        }


TERMS = (
    ("correction_days", "correction", "days"),
    ("agreement_signature_days", "agreement_signature", "days"),
    ("report_months", "report", "months"),
    ("legal_entity_days", "legal_entity", "days"),
    ("waiting_list_months", "waiting_list", "months"),
    ("appeal_months", "appeal", "months"),
    ("tacit_refusal_months", "silence_is_refusal", "months"),
)
"""Fields of ``Terms``, the rulebook's deadline that gives each, and its unit."""


def _line(item: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: fact_of(item, name) for name in names}
