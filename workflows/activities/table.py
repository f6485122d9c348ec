"""Which RPC each verb is, and the facts of its answer that the history may keep (never a name, never a word)."""

from __future__ import annotations

from dataclasses import dataclass

from google.protobuf.message import Message
from jalon.common.v1 import plumbing_pb2
from jalon.intake.v1 import applications_pb2, calls_pb2
from jalon.payments.v1 import awards_pb2, runs_pb2
from jalon.review.v1 import bulk_pb2, cases_pb2, jury_pb2


@dataclass(frozen=True)
class Rpc:
    """``service``: ``intake``, ``review`` or ``payments``. ``facts``: fields of the answer kept in the history."""

    service: str
    stub: str
    request: type[Message]
    facts: tuple[str, ...] = ()


def _intake(request: type[Message], *facts: str) -> Rpc:
    return Rpc("intake", "applications", request, facts)


def _call(request: type[Message], *facts: str) -> Rpc:
    return Rpc("intake", "calls", request, facts)


def _case(request: type[Message], *facts: str) -> Rpc:
    return Rpc("review", "cases", request, facts)


def _jury(request: type[Message], *facts: str) -> Rpc:
    return Rpc("review", "jury", request, facts)


def _bulk(request: type[Message], *facts: str) -> Rpc:
    return Rpc("review", "bulk", request, facts)


def _award(request: type[Message], *facts: str) -> Rpc:
    return Rpc("payments", "awards", request, facts)


def _run(request: type[Message], *facts: str) -> Rpc:
    return Rpc("payments", "runs", request, facts)


WINDOWS = ("pre_application_closes_at", "full_application_closes_at", "rulebook_digest")

RPCS: dict[str, Rpc] = {
    # intake
    "invite_full_application": _intake(applications_pb2.InviteFullApplicationRequest, "state", "full_closes_at"),
    "open_correction": _intake(applications_pb2.OpenCorrectionRequest, "state"),
    "lapse_full_application": _intake(applications_pb2.LapseFullApplicationRequest, "state"),
    "lapse_correction": _intake(applications_pb2.LapseCorrectionRequest, "state"),
    "close_application": _intake(applications_pb2.CloseApplicationRequest, "state"),
    "post_message": _intake(applications_pb2.PostMessageRequest, "message_id"),
    "remind_drafts": _intake(applications_pb2.RemindDraftsRequest, "reminded"),
    "relate_person": Rpc("intake", "plumbing", plumbing_pb2.RelatePersonRequest),
    "open_call": _call(calls_pb2.OpenCallRequest, *WINDOWS),
    "extend_window": _call(calls_pb2.ExtendWindowRequest, *WINDOWS),
    "close_call": _call(calls_pb2.CloseCallRequest, "state"),
    # review
    "open_case": _case(cases_pb2.OpenCaseRequest, "state"),
    "decide_admissibility": _case(cases_pb2.DecideAdmissibilityRequest, "admissibility"),
    "confirm_inadmissibility": _case(cases_pb2.ConfirmInadmissibilityRequest, "admissibility"),
    "receive_full_application": _case(cases_pb2.ReceiveFullApplicationRequest, "completeness"),
    "request_correction": _case(cases_pb2.RequestCorrectionRequest, "completeness"),
    "record_correction": _case(cases_pb2.RecordCorrectionRequest, "completeness"),
    "lapse_completeness": _case(cases_pb2.LapseCompletenessRequest, "completeness"),
    "confirm_completeness": _case(cases_pb2.ConfirmCompletenessRequest, "completeness"),
    "assign_reviewer": _case(cases_pb2.AssignReviewerRequest, "reviewer_id"),
    "request_opinion": _case(cases_pb2.RequestOpinionRequest, "state"),
    "give_opinion": _case(cases_pb2.GiveOpinionRequest, "state"),
    "cancel_opinion": _case(cases_pb2.CancelOpinionRequest, "state"),
    "lapse_opinion": _case(cases_pb2.LapseOpinionRequest, "state"),
    "conclude_review": _case(cases_pb2.ConcludeReviewRequest, "review", "instructed_cents"),
    "decide_shortlist": _case(cases_pb2.DecideShortlistRequest, "shortlist"),
    "schedule_hearing": _case(cases_pb2.ScheduleHearingRequest, "hearing"),
    "record_hearing": _case(cases_pb2.RecordHearingRequest, "hearing"),
    "record_proposal": _case(cases_pb2.RecordProposalRequest, "proposal", "proposed_cents", "rank"),
    "record_decision": _case(cases_pb2.RecordDecisionRequest, "decision", "granted_cents"),
    "notify_decision": _case(cases_pb2.NotifyDecisionRequest, "decision", "executory_on"),
    "withdraw_case": _case(cases_pb2.WithdrawCaseRequest, "state"),
    "close_case": _case(cases_pb2.CloseCaseRequest, "state"),
    "prepare_session": _jury(jury_pb2.PrepareSessionRequest, "state"),
    "submit_score": _jury(jury_pb2.SubmitScoreRequest, "submitted_at"),
    "record_ballot": _jury(jury_pb2.RecordBallotRequest, "adopted"),
    "adjourn_session": _jury(jury_pb2.AdjournSessionRequest, "state"),
    "open_session": _jury(jury_pb2.OpenSessionRequest, "state"),
    "record_act": _jury(jury_pb2.RecordActRequest, "state", "number"),
    "record_transmission": _jury(jury_pb2.RecordTransmissionRequest, "state", "transmitted_on"),
    "record_executory": _jury(jury_pb2.RecordExecutoryRequest, "state", "executory_on"),
    "notify_decisions": _jury(jury_pb2.NotifyDecisionsRequest, "state", "executory_on"),
    "start_bulk": _bulk(bulk_pb2.StartBulkRequest, "state"),
    "stop_bulk": _bulk(bulk_pb2.StopBulkRequest, "state"),
    "resume_bulk": _bulk(bulk_pb2.ResumeBulkRequest, "state"),
    "finish_bulk": _bulk(bulk_pb2.FinishBulkRequest, "state"),
    # payments
    "reserve_award": _award(awards_pb2.ReserveAwardRequest, "state"),
    "release_award": _award(awards_pb2.ReleaseAwardRequest, "state"),
    "vote_award": _award(awards_pb2.VoteAwardRequest, "state", "awarded_cents"),
    "record_condition": _award(awards_pb2.RecordConditionRequest),
    "prepare_agreement": _award(awards_pb2.PrepareAgreementRequest, "state", "digest"),
    "send_agreement": _award(awards_pb2.SendAgreementRequest, "state"),
    "lapse_agreement": _award(awards_pb2.LapseAgreementRequest, "state"),
    "verify_bank_details": _award(awards_pb2.VerifyBankDetailsRequest, "state", "version"),
    "reject_bank_details": _award(awards_pb2.RejectBankDetailsRequest, "state", "version"),
    "liquidate_installment": _award(awards_pb2.LiquidateInstallmentRequest, "state", "amount_cents"),
    "return_report": _award(awards_pb2.ReturnReportRequest, "state", "version"),
    "close_award": _award(awards_pb2.CloseAwardRequest, "state"),
    "seal_payment_run": _run(runs_pb2.SealPaymentRunRequest, "state", "digest"),
    "counterseal_payment_run": _run(runs_pb2.CountersealPaymentRunRequest, "state", "digest"),
    "send_payment_run": _run(runs_pb2.SendPaymentRunRequest, "state", "digest"),
    "remove_order": _run(runs_pb2.RemoveOrderRequest, "state", "digest"),
    "take_order_in_charge": _run(runs_pb2.TakeOrderInChargeRequest, "state"),
    "pay_order": _run(runs_pb2.PayOrderRequest, "state", "amount_cents"),
    "reject_order": _run(runs_pb2.RejectOrderRequest, "state", "reason", "account_refused"),
    "settle_payment_run": _run(runs_pb2.SettlePaymentRunRequest, "state"),
}
"""Verbs whose activity is exactly their RPC. The few that read one service to write another are in ``joining``."""

WRITE_PROGRESS = _intake(applications_pb2.WriteProgressRequest)
