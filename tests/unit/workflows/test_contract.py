"""The contract of the workflows fits what it speaks to: each message its RPC, each update its handler and name."""

from __future__ import annotations

import dataclasses
import hashlib
import inspect
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.message import Message
from jalon.payments.v1 import awards_pb2, runs_pb2
from jalon.review.v1 import cases_pb2, jury_pb2
from temporalio.exceptions import ApplicationError

from kit.actor import Signer, Verifier
from tests.keys import make_keys
from workflows.__main__ import WORKFLOWS
from workflows.activities.table import RPCS
from workflows.activities.wire import LOCAL, fact_of, to_proto
from workflows.contract.application import CorrectionItem, RecordDecision, RequestCorrection, ScheduleHearing
from workflows.contract.messages import CONSEQUENCES, MESSAGES, UPDATES
from workflows.contract.names import verb_of
from workflows.state import Context, digest_of

JOINED: dict[str, type[Message]] = {
    "convoke_session": jury_pb2.ConvokeSessionRequest,
    "declare_conflict": jury_pb2.DeclareConflictRequest,
    "cancel_session": jury_pb2.CancelSessionRequest,
    "close_session": jury_pb2.CloseSessionRequest,
    "countersign_agreement": awards_pb2.CountersignAgreementRequest,
    "accept_report": awards_pb2.AcceptReportRequest,
    "prepare_payment_run": runs_pb2.PreparePaymentRunRequest,
}
HANDED_OVER = {"rulebook_json", "rulebook_digest"}


def _pairs() -> list[tuple[str, type[Message]]]:
    return [*((verb, rpc.request) for verb, rpc in RPCS.items()), *JOINED.items()]


@pytest.mark.parametrize(("verb", "request_type"), _pairs())
def test_each_message_has_exactly_the_fields_of_its_rpc(verb: str, request_type: type[Message]) -> None:
    ours = {item.name for item in dataclasses.fields(MESSAGES[verb])} - LOCAL
    theirs = set(request_type.DESCRIPTOR.fields_by_name) - HANDED_OVER
    optional = {"text", "document_ids"} if verb == "post_message" else set()  # a person's, never a letter's
    assert ours == theirs - optional


@pytest.mark.parametrize(("verb", "request_type"), _pairs())
def test_each_verb_is_the_name_of_its_rpc(verb: str, request_type: type[Message]) -> None:
    assert verb_of(MESSAGES[verb]) == verb
    assert request_type.DESCRIPTOR.name == MESSAGES[verb].__name__ + "Request"


def test_each_fact_kept_in_histories_is_a_field_of_the_answer() -> None:
    for verb, rpc in RPCS.items():
        name = "".join(part.capitalize() for part in verb.split("_"))
        service = next(
            item for item in rpc.request.DESCRIPTOR.file.services_by_name.values() if name in item.methods_by_name
        )
        answer = service.methods_by_name[name].output_type
        assert set(rpc.facts) <= set(answer.fields_by_name), verb


def test_each_update_has_its_handler_on_the_entity_it_names() -> None:
    handlers = {getattr(item, "__temporal_workflow_definition").name: item for item in WORKFLOWS}
    for verb, (kind, _) in UPDATES.items():
        assert inspect.iscoroutinefunction(getattr(handlers[kind.workflow], verb)), verb


def test_no_name_serves_both_an_act_and_a_consequence() -> None:
    assert not set(UPDATES) & set(CONSEQUENCES)


def test_a_message_crosses_whole_and_is_signed_as_system_when_nobody_signed(tmp_path: Path) -> None:
    keys = make_keys(tmp_path)
    request_id = "7b7a33f2-8f5e-4b5b-9a50-3a8f8f6f9a01"
    at = datetime(2023, 4, 12, 8, 0, tzinfo=UTC).isoformat()
    message = RequestCorrection(
        Context(request_id, "", at), request_id, request_id, [CorrectionItem(piece="statutes", reason="MISSING")], at
    )
    request: Any = to_proto(
        message, cases_pb2.RequestCorrectionRequest, verb="RequestCorrection", signer=Signer(keys.signing("worker"))
    )
    claim = Verifier(keys.public).verify(request.context.assertion)
    assert (claim.verb, claim.request_id, claim.actor.roles) == ("RequestCorrection", request_id, {"SYSTEM"})
    assert request.items[0].piece == "statutes"
    assert fact_of(request, "closes_at") == "2023-04-12T08:00:00.000000Z"


@pytest.mark.parametrize(
    "values",
    [
        {"closes_at": "demain"},
        {"closes_at": "2023-04-11T17:00:00"},
        {"closes_at": "9999-12-31T23:59:59-12:00"},
        {"items": [CorrectionItem(field=7)]},  # type: ignore[arg-type]
        {"items": ["words"]},
        {"correction_id": 12},
    ],
    ids=str,
)
def test_what_no_request_can_hold_is_refused_and_not_tried_again(values: dict[str, Any], tmp_path: Path) -> None:
    """An act that was accepted is retried without end: what can never be sent must end it."""
    signer = Signer(make_keys(tmp_path).signing("worker"))
    context = Context("0e5d4b3c-6d0f-4c3e-9a4e-2f5a1b7c8d9e", "", "2023-03-01T10:00:00Z")
    message = RequestCorrection(context, "a", "c", [], "2023-04-11T17:00:00+02:00")
    to_proto(message, cases_pb2.RequestCorrectionRequest, verb="RequestCorrection", signer=signer)
    with pytest.raises(ApplicationError) as caught:
        to_proto(
            dataclasses.replace(message, **values),
            cases_pb2.RequestCorrectionRequest,
            verb="RequestCorrection",
            signer=signer,
        )
    assert (caught.value.type, caught.value.non_retryable) == ("MALFORMED", True)


def test_a_choice_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    signer = Signer(make_keys(tmp_path).signing("worker"))
    context = Context("0e5d4b3c-6d0f-4c3e-9a4e-2f5a1b7c8d9e", "", "2023-03-01T10:00:00Z")
    for change in ({"decision": "MAYBE"}, {"granted_cents": 2**70}):
        message = RecordDecision(context, "a", "c", "act", decision="GRANTED", granted_cents=1, section="OPERATING")
        with pytest.raises(ApplicationError, match="MALFORMED"):
            to_proto(
                dataclasses.replace(message, **change),
                cases_pb2.RecordDecisionRequest,
                verb="RecordDecision",
                signer=signer,
            )


def test_a_field_added_to_a_message_changes_no_digest_until_it_is_used() -> None:
    slot = ScheduleHearing(Context("1", "", ""), "2", "2023-05-23T09:30:00+02:00")
    before = {"application_id": "2", "hearing_at": slot.hearing_at, "expected_version": None}
    asked = json.dumps({**before, "verb": "schedule_hearing", "context": None}, sort_keys=True)
    assert digest_of("schedule_hearing", slot) == hashlib.sha256(asked.encode()).hexdigest()[:32]
    longer = dataclasses.replace(slot, duration_minutes=45)
    assert digest_of("schedule_hearing", longer) != digest_of("schedule_hearing", slot)
