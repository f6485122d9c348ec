"""Every act and every reading of every service, written by hand: what nobody may reach is asked by each of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from jalon.audit.v1 import chains_pb2 as chains
from jalon.common.v1 import plumbing_pb2 as plumbing
from jalon.intake.v1 import applications_pb2 as intake
from jalon.intake.v1 import calls_pb2 as calls
from jalon.intake.v1 import documents_pb2 as documents
from jalon.intake.v1 import mails_pb2 as mails
from jalon.intake.v1 import people_pb2 as people
from jalon.payments.v1 import awards_pb2 as payments
from jalon.payments.v1 import runs_pb2 as runs
from jalon.review.v1 import bulk_pb2 as bulk_messages
from jalon.review.v1 import cases_pb2 as review
from jalon.review.v1 import jury_pb2 as jury_messages

from tests.journeys.second_call import Second

Question = tuple[Any, Any]
"""An RPC and its request."""

MODULES = {
    "applications": intake,
    "documents": documents,
    "calls": calls,
    "mails": mails,
    "people": people,
    "cases": review,
    "jury": jury_messages,
    "bulk": bulk_messages,
    "awards": payments,
    "runs": runs,
}
WRITES = {
    (
        "intake",
        "applications",
    ): "SavePreApplication LookUpOrganization SaveFullApplication SubmitApplication SubmitFullApplication"
    " SubmitCorrection WithdrawApplication DeclareLegalEntity InviteFullApplication OpenCorrection LapseFullApplication"
    " LapseCorrection CloseApplication WriteProgress PostMessage MarkThreadRead RemindDrafts",
    ("intake", "documents"): "BeginUpload UploadPart CompleteUpload",
    ("intake", "calls"): "ImportCall OpenCall ExtendWindow CloseCall AskAgain GrantRole RegisterPerson",
    ("intake", "mails"): "SendMail RetryMail",
    ("intake", "people"): "RecognizePerson InvitePerson RecordStandIn EndStandIn",
    ("review", "cases"): "RegisterCall OpenCase DecideAdmissibility ConfirmInadmissibility ReceiveFullApplication"
    " RequestCorrection RecordCorrection LapseCompleteness ConfirmCompleteness AssignReviewer RequestOpinion"
    " CancelOpinion WriteNote RemoveNote"
    " GiveOpinion LapseOpinion ConcludeReview DecideShortlist ScheduleHearing RecordHearing RecordProposal"
    " RecordDecision NotifyDecision WithdrawCase CloseCase SaveText",
    (
        "review",
        "jury",
    ): "PrepareSession ConvokeSession DeclareConflict SubmitScore SaveScoreDraft OpenSession AdjournSession"
    " CancelSession CloseSession"
    " RecordBallot DrawUpMinutes RecordAct"
    " RecordTransmission RecordExecutory NotifyDecisions",
    ("review", "bulk"): "StartBulk StopBulk ResumeBulk FinishBulk",
    ("payments", "awards"): "RegisterCall ReserveAward ReleaseAward VoteAward RecordCondition RegisterBeneficiary"
    " PrepareAgreement SendAgreement SignAgreement LapseAgreement CountersignAgreement DeclareBankDetails"
    " DiscloseBankDetails"
    " VerifyBankDetails RejectBankDetails LiquidateInstallment SubmitReport AcceptReport ReturnReport CloseAward",
    ("payments", "runs"): "PreparePaymentRun SealPaymentRun CountersealPaymentRun SendPaymentRun RemoveOrder"
    " TakeOrderInCharge PayOrder RejectOrder SettlePaymentRun",
}
"""Every act of every service, written by hand."""


def acts(second: Second, name: str) -> Iterator[tuple[str, Any, Any]]:
    """Every act of every service on one file: verb, RPC, request."""
    ids = {"application_id": second.id_of(name), "call_id": second.stage.call_id, "session_id": second.sessions["main"]}
    ids |= {"act_id": second.acts["main"], "payment_run_id": second.runs["aside"], "person_id": str(uuid4())}
    ids |= {"bulk_id": str(uuid4())}
    for (service, noun), verbs in WRITES.items():
        for verb in verbs.split():
            request = getattr(MODULES[noun], f"{verb}Request")()
            for field, value in ids.items():
                if field in request.DESCRIPTOR.fields_by_name:
                    setattr(request, field, value)
            yield verb, getattr(second.town.stub(service, noun), verb), request


def readings(second: Second, application_id: str) -> dict[str, Question]:
    """Every way to read one file: RPC and request."""
    of_file: dict[str, Any] = {"application_id": application_id}
    document = documents.ReadDocumentRequest(**of_file, document_id=str(uuid4()))
    stub = second.town.stub
    around = intake.GetNeighborsRequest(**of_file, list=intake.ListApplicationsRequest(call_id=second.stage.call_id))
    found = {
        "GetNeighbors": (stub("intake", "applications").GetNeighbors, around),
        "GetApplication": (stub("intake", "applications").GetApplication, intake.GetApplicationRequest(**of_file)),
        "ListMessages": (stub("intake", "applications").ListMessages, intake.ListMessagesRequest(**of_file)),
        "ListMails": (stub("intake", "mails").ListMails, mails.ListMailsRequest(**of_file)),
        "ListDeposits": (stub("intake", "applications").ListDeposits, intake.ListDepositsRequest(**of_file)),
        "ReadReceipt": (
            stub("intake", "applications").ReadReceipt,
            intake.ReadReceiptRequest(**of_file, kind="application_submitted", digest="0" * 64),
        ),
        "ListNotes": (stub("review", "cases").ListNotes, review.ListNotesRequest(**of_file)),
        "ReadDocument": (stub("intake", "documents").ReadDocument, document),
        "GetPromises": (stub("review", "cases").GetPromises, review.GetPromisesRequest(**of_file)),
        "GetCase": (stub("review", "cases").GetCase, review.GetCaseRequest(**of_file)),
        "GetAward": (stub("payments", "awards").GetAward, payments.GetAwardRequest(**of_file)),
        "ReadAgreement": (stub("payments", "awards").ReadAgreement, payments.ReadAgreementRequest(**of_file)),
    }
    for service in ("intake", "review", "payments"):
        history = stub(service, "plumbing").ListJournal
        found[f"ListJournal of {service}"] = (history, plumbing.ListJournalRequest(**of_file))
    return found


def desks(second: Second) -> dict[str, Question]:
    """What people of the département read of a whole call, of its money and of its chains."""
    stub = second.town.stub
    call: dict[str, Any] = {"call_id": second.stage.call_id}
    session = {**call, "session_id": second.sessions["main"]}
    return {
        "ListApplications": (
            stub("intake", "applications").ListApplications,
            intake.ListApplicationsRequest(**call),
        ),
        "CountApplications": (
            stub("intake", "applications").CountApplications,
            intake.CountApplicationsRequest(**call),
        ),
        "ListMembers": (stub("intake", "people").ListMembers, people.ListMembersRequest(**call)),
        "ListStandIns": (stub("intake", "people").ListStandIns, people.ListStandInsRequest(**call)),
        "ListMyTasks": (stub("intake", "applications").ListMyTasks, intake.ListMyTasksRequest()),
        "ListBulks": (stub("review", "bulk").ListBulks, bulk_messages.ListBulksRequest(**call)),
        "ListCases": (stub("review", "cases").ListCases, review.ListCasesRequest(**call)),
        "GetSession": (stub("review", "jury").GetSession, jury_messages.GetSessionRequest(**session)),
        "GetRanking": (stub("review", "jury").GetRanking, jury_messages.GetRankingRequest(**session)),
        "GetAct": (
            stub("review", "jury").GetAct,
            jury_messages.GetActRequest(**call, act_id=second.acts["main"]),
        ),
        **money(second),
        **audited(second),
    }


def money(second: Second) -> dict[str, Question]:
    """The money of a call."""
    call: dict[str, Any] = {"call_id": second.stage.call_id}
    awards, payment_runs = second.town.stub("payments", "awards"), second.town.stub("payments", "runs")
    run = runs.GetPaymentRunRequest(**call, payment_run_id=second.runs["aside"])
    return {
        "ListEnvelopes": (awards.ListEnvelopes, payments.ListEnvelopesRequest(**call)),
        "ListMovements": (
            awards.ListMovements,
            payments.ListMovementsRequest(**call, section="OPERATING", figure=payments.ENVELOPE_FIGURE_PAID),
        ),
        "ListAgreements": (awards.ListAgreements, payments.ListAgreementsRequest(**call)),
        "ListInstallments": (awards.ListInstallments, payments.ListInstallmentsRequest(**call)),
        "CheckInvariants": (awards.CheckInvariants, payments.CheckInvariantsRequest(**call)),
        "ListPaymentRuns": (payment_runs.ListPaymentRuns, runs.ListPaymentRunsRequest(**call)),
        "GetPaymentRun": (payment_runs.GetPaymentRun, run),
        "ListSentOrders": (payment_runs.ListSentOrders, runs.ListSentOrdersRequest()),
    }


def audited(second: Second, application_id: str = "") -> dict[str, Question]:
    """The chains and the traces."""
    audit = second.town.stub("audit", "chains")
    subject: dict[str, Any] = {"subject_kind": "application", "subject_id": application_id or second.id_of("aside")}
    return {
        "ListEvents": (audit.ListEvents, chains.ListEventsRequest(**subject)),
        "ListSubjects": (audit.ListSubjects, chains.ListSubjectsRequest()),
        "VerifySubject": (audit.VerifySubject, chains.VerifySubjectRequest(**subject)),
        "VerifyAll": (audit.VerifyAll, chains.VerifyAllRequest()),
        "ListTraces": (audit.ListTraces, chains.ListTracesRequest(application_id=subject["subject_id"])),
    }
