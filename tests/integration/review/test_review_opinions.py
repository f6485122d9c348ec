"""Opinions no longer wanted, and what who is asked may list."""

from __future__ import annotations

import pytest
from jalon.review.v1 import cases_pb2 as pb

from kit.errors import Kind
from tests.integration.harness import refused
from tests.integration.review.review_people import Desk, new_id


async def asked(desk: Desk, expert: str, *, days: int = 2) -> pb.RequestOpinionRequest:
    """A file on which an expert is asked."""
    request = pb.RequestOpinionRequest(
        application_id=await desk.complete(),
        opinion_id=new_id(),
        expert_id=expert,
        closes_at=await desk.stamp(days=days),
    )
    await desk.act(desk.cases.RequestOpinion, request, "INSTRUCTOR", person=desk.reviewer)
    return request


def cancelling(request: pb.RequestOpinionRequest) -> pb.CancelOpinionRequest:
    return pb.CancelOpinionRequest(
        application_id=request.application_id, opinion_id=request.opinion_id, expert_id=request.expert_id
    )


async def mine(desk: Desk, expert: str) -> list[str]:
    wanted = pb.ListMyOpinionsRequest(call_id=desk.call_id)
    answer = await desk.read(desk.cases.ListMyOpinions, wanted, "EXPERT", person=expert)
    return [opinion.opinion_id for opinion in answer.opinions]


async def test_who_is_asked_lists_her_opinions_the_nearest_date_first(desk: Desk) -> None:
    expert = new_id()
    later, sooner = await asked(desk, expert, days=9), await asked(desk, expert, days=2)
    await asked(desk, new_id())
    assert await mine(desk, expert) == [sooner.opinion_id, later.opinion_id]


async def test_a_cancelled_opinion_closes_the_file_to_who_was_asked(desk: Desk) -> None:
    expert = new_id()
    request = await asked(desk, expert)
    words = await desk.text(request.application_id, "OPINION", "EXPERT", person=expert)
    other = cancelling(request)
    other.expert_id = new_id()
    with refused("NOT_FOUND", Kind.NOT_FOUND):
        await desk.act(desk.cases.CancelOpinion, other, "INSTRUCTOR", person=desk.reviewer)
    answer = await desk.act(desk.cases.CancelOpinion, cancelling(request), "INSTRUCTOR", person=desk.reviewer)
    assert answer.state == pb.OPINION_STATE_CANCELLED
    assert await mine(desk, expert) == []
    given = pb.GiveOpinionRequest(application_id=request.application_id, opinion_id=request.opinion_id, words=words)
    with refused("NOT_FOUND", Kind.NOT_FOUND):
        await desk.act(desk.cases.GiveOpinion, given, "EXPERT", person=expert)
    late = pb.LapseOpinionRequest(application_id=request.application_id, opinion_id=request.opinion_id)
    assert (await desk.system(desk.cases.LapseOpinion, late)).state == pb.OPINION_STATE_CANCELLED


async def test_an_opinion_is_read_by_who_is_asked_alone(desk: Desk) -> None:
    expert, other = new_id(), new_id()
    request = await asked(desk, expert)
    wanted = pb.GetOpinionRequest(application_id=request.application_id, opinion_id=request.opinion_id)
    found = await desk.read(desk.cases.GetOpinion, wanted, "EXPERT", person=expert)
    assert (found.opinion_id, found.state) == (request.opinion_id, pb.OPINION_STATE_REQUESTED)
    also = pb.RequestOpinionRequest(
        application_id=request.application_id,
        opinion_id=new_id(),
        expert_id=other,
        closes_at=request.closes_at,
    )
    await desk.act(desk.cases.RequestOpinion, also, "INSTRUCTOR", person=desk.reviewer)
    with refused("NOT_FOUND", Kind.NOT_FOUND):
        await desk.read(desk.cases.GetOpinion, wanted, "EXPERT", person=other)
    with refused("NOT_ALLOWED", Kind.DENIED):
        await desk.read(desk.cases.GetOpinion, wanted, "JURY_MEMBER", person=other)


async def test_an_opinion_once_given_is_not_cancelled(desk: Desk) -> None:
    expert = new_id()
    request = await asked(desk, expert)
    words = await desk.text(request.application_id, "OPINION", "EXPERT", person=expert)
    given = pb.GiveOpinionRequest(application_id=request.application_id, opinion_id=request.opinion_id, words=words)
    await desk.act(desk.cases.GiveOpinion, given, "EXPERT", person=expert)
    with refused("NOT_IN_THIS_STATE"):
        await desk.act(desk.cases.CancelOpinion, cancelling(request), "INSTRUCTOR", person=desk.reviewer)


@pytest.mark.parametrize("role", ["JURY_MEMBER", "APPLICANT", "FINANCE", "AUDITOR"])
async def test_only_who_is_asked_lists(desk: Desk, role: str) -> None:
    with refused("NOT_ALLOWED", Kind.DENIED):
        await desk.read(desk.cases.ListMyOpinions, pb.ListMyOpinionsRequest(call_id=desk.call_id), role)
