"""What nobody may do here, written by hand: no descriptor is read."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from jalon.review.v1 import cases_pb2 as pb
from jalon.review.v1 import jury_pb2 as jpb

from kit.errors import Kind, Refused
from tests.integration.harness import Served, refused
from tests.integration.review.review_people import Desk, Table, new_id

ACTS = [
    "DecideAdmissibility ConfirmInadmissibility RequestCorrection ConfirmCompleteness AssignReviewer RequestOpinion",
    "CancelOpinion GiveOpinion ConcludeReview DecideShortlist ScheduleHearing RecordHearing WriteNote RemoveNote",
]
CONSEQUENCES = (
    "RegisterCall OpenCase ReceiveFullApplication RecordCorrection"
    " LapseCompleteness LapseOpinion WithdrawCase CloseCase"
)
SESSION = "PrepareSession ConvokeSession DeclareConflict SubmitScore OpenSession CloseSession"
ASSEMBLY = "RecordAct RecordTransmission RecordExecutory NotifyDecisions"


def request_of(verb: str, desk: Desk, application_id: str) -> Any:
    """A bare request that names the case and the call where it can."""
    kind = getattr(pb, f"{verb}Request", None) or getattr(jpb, f"{verb}Request")
    names = {"application_id": application_id, "call_id": desk.call_id}
    return kind(**{name: value for name, value in names.items() if name in kind.DESCRIPTOR.fields_by_name})


ONE_BY_ONE = {"APPLICANT", "EXPERT", "FUNDER", "JURY_MEMBER", "JURY_CHAIR"}
"""They are told nothing of a file they are not tied to, be it of their call."""


def method_of(verb: str, desk: Desk) -> Any:
    return getattr(desk.cases, verb, None) or getattr(desk.jury, verb)


@pytest.mark.parametrize("verb", " ".join([*ACTS, SESSION, ASSEMBLY]).split())
async def test_an_applicant_decides_nothing(desk: Desk, verb: str) -> None:
    applicant = new_id()
    application_id = await desk.case(applicant_id=applicant)
    with refused("NOT_ALLOWED", Kind.DENIED):
        await desk.act(method_of(verb, desk), request_of(verb, desk, application_id), "APPLICANT", person=applicant)


@pytest.mark.parametrize("role", ["APPLICANT", "EXPERT", "FINANCE", "ACCOUNTANT", "FUNDER"])
async def test_who_has_no_business_here_reads_no_case(desk: Desk, role: str) -> None:
    application_id = await desk.case()
    with refused("NOT_FOUND" if role in ONE_BY_ONE else "NOT_ALLOWED"):
        await desk.get(application_id, role)
    with refused("NOT_ALLOWED", Kind.DENIED):
        await desk.read(desk.cases.ListCases, pb.ListCasesRequest(call_id=desk.call_id), role)


@pytest.mark.parametrize("role", ["INSTRUCTOR", "JURY_CHAIR", "ASSEMBLY_OFFICE", "CALL_ADMIN", "AUDITOR"])
@pytest.mark.parametrize("verb", CONSEQUENCES.split())
async def test_nobody_plays_the_worker(desk: Desk, verb: str, role: str) -> None:
    application_id = await desk.case()
    request = request_of(verb, desk, application_id)
    about_a_file = "application_id" in request.DESCRIPTOR.fields_by_name
    with refused("NOT_FOUND" if about_a_file and role in ONE_BY_ONE else "NOT_ALLOWED"):
        await desk.act(method_of(verb, desk), request, role)


@pytest.mark.parametrize("verb", " ".join([*ACTS, SESSION, ASSEMBLY]).split())
async def test_an_auditor_changes_nothing(desk: Desk, verb: str) -> None:
    with refused("NOT_ALLOWED", Kind.DENIED):
        await desk.act(method_of(verb, desk), request_of(verb, desk, await desk.case()), "AUDITOR")


async def test_another_call_is_another_world(desk: Desk, review: Served) -> None:
    application_id, other = await desk.case(), Desk(review)
    await other.open_call()
    with refused("NOT_FOUND", Kind.NOT_FOUND):
        await other.get(application_id)
    with refused("NOT_FOUND", Kind.NOT_FOUND):
        await other.admit(application_id)
    table = Table(desk, [await desk.shortlisted()])
    await table.prepare()
    with refused("NOT_ALLOWED", Kind.DENIED):
        await other.act(desk.jury.ConvokeSession, jpb.ConvokeSessionRequest(**table.asked), "JURY_SECRETARY")
    moved = jpb.ConvokeSessionRequest(call_id=other.call_id, session_id=table.session_id)
    with refused("NOT_FOUND", Kind.NOT_FOUND):
        await other.act(desk.jury.ConvokeSession, moved, "JURY_SECRETARY")


async def test_the_jury_reads_no_file_of_another_session_and_keeps_no_vote(desk: Desk) -> None:
    table = Table(desk, [await desk.heard()])
    await table.prepare()
    await table.convoke()
    elsewhere = await desk.heard()
    with refused("NOT_FOUND", Kind.NOT_FOUND):
        await desk.get(elsewhere, "JURY_MEMBER", person=table.members[1])
    with refused("NOT_ALLOWED", Kind.DENIED):
        await desk.act(
            desk.jury.RecordAct, jpb.RecordActRequest(call_id=desk.call_id), "JURY_CHAIR", person=table.chair
        )


async def test_one_person_alone_never_makes_a_file_inadmissible(desk: Desk) -> None:
    """Both confirmations at once, one of them the proposer's: the other person's alone passes."""
    application_id = await desk.case()
    request = pb.DecideAdmissibilityRequest(application_id=application_id, reasons=["RATE_TOO_HIGH"])
    await desk.act(desk.cases.DecideAdmissibility, request, "INSTRUCTOR")
    confirming = pb.ConfirmInadmissibilityRequest(application_id=application_id, confirmed=True)
    answers = await asyncio.gather(
        desk.act(desk.cases.ConfirmInadmissibility, confirming, "INSTRUCTOR"),
        desk.act(desk.cases.ConfirmInadmissibility, confirming, "INSTRUCTOR", person=desk.second),
        desk.act(desk.cases.ConfirmInadmissibility, confirming, "INSTRUCTOR", person=new_id()),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, pb.Case) for answer in answers) == 1
    assert all(isinstance(answer, pb.Case | Refused) for answer in answers)
    assert (await desk.journal(application_id)).count("inadmissibility_confirmed") == 1


@pytest.mark.parametrize("door", ["portal", "worker", "treasury"])
async def test_a_door_asserts_only_its_own_roles(desk: Desk, door: str) -> None:
    request = pb.DecideAdmissibilityRequest(application_id=await desk.case(), admissible=True)
    with refused("ISSUER_NOT_ALLOWED", Kind.UNPROVED):
        await desk.act(desk.cases.DecideAdmissibility, request, "INSTRUCTOR", issuer=door)
