"""What the instructors' desk refuses, and that nothing changes then."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from jalon.review.v1 import cases_pb2 as pb

from kit.errors import Kind
from tests.integration.harness import refused
from tests.integration.review.review_people import DIGEST, MONEY, Desk, new_id
from tests.unit.review.builders import rulebook

AtClock = Callable[[datetime | None], Awaitable[None]]


@asynccontextmanager
async def unchanged(desk: Desk, application_id: str) -> AsyncIterator[None]:
    """Holds that neither the case nor its history moved."""
    before = await desk.get(application_id), await desk.journal(application_id)
    yield
    assert (await desk.get(application_id), await desk.journal(application_id)) == before


async def test_a_call_is_registered_once_with_its_very_bytes(desk: Desk) -> None:
    data = json.dumps(rulebook()).encode()
    digest = hashlib.sha256(data).hexdigest()
    await desk.open_call()
    other = data + b" "
    request = pb.RegisterCallRequest(
        call_id=desk.call_id, rulebook_digest=hashlib.sha256(other).hexdigest(), rulebook_json=other
    )
    with refused("CALL_REGISTERED_OTHERWISE"):
        await desk.system(desk.cases.RegisterCall, request)
    request = pb.RegisterCallRequest(call_id=new_id(), rulebook_digest=digest, rulebook_json=other)
    with refused("DIGEST_WRONG", Kind.INVALID, field="rulebook_json"):
        await desk.system(desk.cases.RegisterCall, request)


async def test_a_case_opens_once_with_the_same_facts(desk: Desk) -> None:
    request = await desk.opening()
    first = await desk.system(desk.cases.OpenCase, request)
    assert await desk.system(desk.cases.OpenCase, request) == first
    assert await desk.journal(request.application_id) == ["case_opened"]
    request.requested_cents += 1
    with refused("CASE_OPENED_OTHERWISE"):
        await desk.system(desk.cases.OpenCase, request)
    with refused("TRACK_UNKNOWN", field="track"):
        await desk.case(track="elsewhere")
    with refused("CALL_NOT_REGISTERED"):
        await desk.case(call_id=new_id())


async def test_a_request_is_carried_out_once(desk: Desk) -> None:
    application_id, request_id = await desk.case(), new_id()
    request = pb.DecideAdmissibilityRequest(application_id=application_id, admissible=True)
    at = await desk.served.caller.now()
    how: dict[str, Any] = {"request_id": request_id, "occurred_at": at}
    first = await desk.act(desk.cases.DecideAdmissibility, request, "INSTRUCTOR", **how)
    assert await desk.act(desk.cases.DecideAdmissibility, request, "INSTRUCTOR", **how) == first
    request.admissible = False
    with refused("REQUEST_REUSED", Kind.REUSED):
        await desk.act(desk.cases.DecideAdmissibility, request, "INSTRUCTOR", **how)
    assert await desk.journal(application_id) == ["admissibility_decided", "case_opened"]


async def test_an_inadmissibility_takes_two_people(desk: Desk) -> None:
    application_id = await desk.case()
    ground = await desk.text(application_id, "ADMISSIBILITY", "INSTRUCTOR")
    request = pb.DecideAdmissibilityRequest(application_id=application_id, ground=ground)
    with refused("REASON_REQUIRED", field="reasons"):
        await desk.act(desk.cases.DecideAdmissibility, request, "INSTRUCTOR")
    request.reasons.append("OUTSIDE_TERRITORY")
    await desk.act(desk.cases.DecideAdmissibility, request, "INSTRUCTOR")
    confirming = pb.ConfirmInadmissibilityRequest(application_id=application_id, confirmed=True)
    async with unchanged(desk, application_id):
        with refused("SECOND_PERSON_REQUIRED", Kind.DENIED):
            await desk.act(desk.cases.ConfirmInadmissibility, confirming, "INSTRUCTOR")
        with refused("NOT_IN_THIS_STATE"):
            await desk.admit(application_id)
    case = await desk.act(desk.cases.ConfirmInadmissibility, confirming, "INSTRUCTOR", person=desk.second)
    assert case.admissibility == pb.ADMISSIBILITY_STATE_INADMISSIBLE
    with refused("ADMISSIBILITY_FIRST"):
        await desk.receive(application_id)


async def test_a_proposal_of_inadmissibility_can_be_sent_back(desk: Desk) -> None:
    application_id = await desk.case()
    request = pb.DecideAdmissibilityRequest(application_id=application_id, reasons=["RATE_TOO_HIGH"])
    await desk.act(desk.cases.DecideAdmissibility, request, "INSTRUCTOR")
    back = pb.ConfirmInadmissibilityRequest(application_id=application_id)
    await desk.act(desk.cases.ConfirmInadmissibility, back, "INSTRUCTOR", person=desk.second)
    assert (await desk.admit(application_id)).admissibility == pb.ADMISSIBILITY_STATE_ADMISSIBLE
    assert (await desk.journal(application_id))[1] == "inadmissibility_sent_back"


async def test_words_are_saved_by_version_and_cited_as_saved(desk: Desk) -> None:
    application_id, other = await desk.case(), await desk.case()
    text = await desk.text(application_id, "ADMISSIBILITY", "INSTRUCTOR")
    again = pb.SaveTextRequest(
        application_id=application_id, text_id=text.text_id, kind=pb.TEXT_KIND_ADMISSIBILITY, body="Mieux dit."
    )
    with refused("STALE_DRAFT") as caught:
        await desk.act(desk.cases.SaveText, again, "INSTRUCTOR")
    assert caught.value.values == {"version": "1"}
    again.expected_version = 1
    assert (await desk.act(desk.cases.SaveText, again, "INSTRUCTOR")).version == 2
    assert await desk.journal(application_id) == ["case_opened"]
    for wrong in (
        pb.TextRef(text_id=text.text_id, version=3),
        pb.TextRef(text_id=new_id(), version=1),
        pb.TextRef(version=1),
        await desk.text(application_id, "ANALYSIS", "INSTRUCTOR"),
        await desk.text(other, "ADMISSIBILITY", "INSTRUCTOR"),
    ):
        request = pb.DecideAdmissibilityRequest(application_id=application_id, admissible=True, ground=wrong)
        with refused("TEXT_UNKNOWN", field="ground"):
            await desk.act(desk.cases.DecideAdmissibility, request, "INSTRUCTOR")


@pytest.mark.parametrize(
    ("body", "reason"), [("  ", "TEXT_EMPTY"), ("a" * 20_001, "TEXT_TOO_LONG"), ("a\0b", "TEXT_UNREADABLE")]
)
async def test_words_that_cannot_be_kept(desk: Desk, body: str, reason: str) -> None:
    request = pb.SaveTextRequest(
        application_id=await desk.case(), text_id=new_id(), kind=pb.TEXT_KIND_ANALYSIS, body=body
    )
    with refused(reason, field="body"):
        await desk.act(desk.cases.SaveText, request, "INSTRUCTOR")


async def test_a_full_application_arrives_once(desk: Desk) -> None:
    application_id = await desk.case()
    await desk.admit(application_id)
    request = await desk.full(application_id)
    first = await desk.system(desk.cases.ReceiveFullApplication, request)
    assert first.completeness == pb.COMPLETENESS_STATE_TO_CHECK
    assert await desk.system(desk.cases.ReceiveFullApplication, request) == first
    request.digest = hashlib.sha256(b"another").hexdigest()
    with refused("NOT_IN_THIS_STATE"):
        await desk.system(desk.cases.ReceiveFullApplication, request)


async def correcting(desk: Desk, days: float = 15) -> tuple[str, pb.RequestCorrectionRequest]:
    """An incomplete file, and what was asked of it."""
    application_id = await desk.case()
    await desk.admit(application_id)
    await desk.receive(application_id, pieces=[pb.PieceFact(piece="budget", digest=DIGEST)])
    with refused("PIECES_MISSING") as caught:
        await desk.confirm(application_id)
    assert caught.value.values == {"pieces": "statutes"}
    assert [(fault.path, fault.reason) for fault in caught.value.fields] == [("pieces.statutes", "PIECE_NOT_RECEIVED")]
    request = pb.RequestCorrectionRequest(
        application_id=application_id,
        correction_id=new_id(),
        items=[pb.CorrectionItem(piece="statutes", reason="PIECE_MISSING")],
        closes_at=await desk.stamp(days=days),
        words=await desk.text(application_id, "CORRECTION", "INSTRUCTOR"),
    )
    return application_id, request


async def test_a_correction_stops_the_clock_until_its_answer(desk: Desk, at_clock: AtClock) -> None:
    application_id, request = await correcting(desk)
    before = (await desk.get(application_id)).tacit_refusal_on
    case = await desk.act(desk.cases.RequestCorrection, request, "INSTRUCTOR")
    assert (case.completeness, case.tacit_refusal_on) == (pb.COMPLETENESS_STATE_INCOMPLETE, "")
    with refused("NOT_IN_THIS_STATE"):
        await desk.confirm(application_id)
    await at_clock(await desk.served.caller.now() + timedelta(days=6))
    answer = pb.RecordCorrectionRequest(
        application_id=application_id,
        correction_id=request.correction_id,
        digest=DIGEST,
        pieces=[pb.PieceFact(piece="statutes", digest=DIGEST)],
        received_at=await desk.stamp(),
    )
    case = await desk.system(desk.cases.RecordCorrection, answer)
    assert await desk.system(desk.cases.RecordCorrection, answer) == case
    assert case.completeness == pb.COMPLETENESS_STATE_TO_CHECK
    moved = datetime.fromisoformat(case.tacit_refusal_on) - datetime.fromisoformat(before)
    assert moved == timedelta(days=6)
    lapse = pb.LapseCompletenessRequest(application_id=application_id, correction_id=request.correction_id)
    with refused("RECEIVED_IN_TIME"):
        await desk.system(desk.cases.LapseCompleteness, lapse)
    assert (await desk.confirm(application_id)).completeness_rounds == 1


async def test_a_correction_without_answer_lapses_at_its_instant(desk: Desk, at_clock: AtClock) -> None:
    application_id, request = await correcting(desk, days=3)
    await desk.act(desk.cases.RequestCorrection, request, "INSTRUCTOR")
    lapse = pb.LapseCompletenessRequest(application_id=application_id, correction_id=request.correction_id)
    async with unchanged(desk, application_id):
        with refused("TOO_EARLY"):
            await desk.system(desk.cases.LapseCompleteness, lapse)
    await at_clock(request.closes_at.ToDatetime(tzinfo=(await desk.served.caller.now()).tzinfo))
    for _ in range(2):
        case = await desk.system(desk.cases.LapseCompleteness, lapse)
        assert case.completeness == pb.COMPLETENESS_STATE_LAPSED
    assert (await desk.journal(application_id))[0] == "completeness_lapsed"


@pytest.mark.parametrize(
    ("changes", "reason", "path"),
    [
        ({"items": []}, "ITEMS_REQUIRED", "items"),
        ({"items": [pb.CorrectionItem(reason="WHY")]}, "ITEMS_REQUIRED", "items"),
        ({"items": [pb.CorrectionItem(field="budget")]}, "FIELD_MISSING", "items[0].reason"),
        ({"items": [pb.CorrectionItem(field="budget", piece="statutes", reason="WHY")]}, "FIELD_MISSING", "items[0]"),
        ({"items": [pb.CorrectionItem(field="moon", reason="WHY")]}, "FIELD_UNKNOWN", "items[0].field"),
        ({"items": [pb.CorrectionItem(piece="moon", reason="WHY")]}, "PIECE_UNKNOWN", "items[0].piece"),
        ({"items": [pb.CorrectionItem(field="budget", reason="W" * 61)]}, "TEXT_TOO_LONG", "items[0].reason"),
        ({"closes_at": None}, "CLOSES_IN_PAST", "closes_at"),
    ],
)
async def test_a_correction_says_what_and_until_when(
    desk: Desk, changes: dict[str, Any], reason: str, path: str
) -> None:
    application_id, request = await correcting(desk)
    for name, value in changes.items():
        request.ClearField(name)  # type: ignore[arg-type]
        request.MergeFrom(pb.RequestCorrectionRequest(**{name: value}))
    async with unchanged(desk, application_id):
        with refused(reason, field=path):
            await desk.act(desk.cases.RequestCorrection, request, "INSTRUCTOR")


async def test_the_case_follows_its_reviewer(desk: Desk) -> None:
    application_id, other = await desk.complete(), new_id()
    assert (await desk.assign(application_id, other)).reviewer_id == other
    with refused("NOT_ALLOWED", Kind.DENIED):
        await desk.conclude(application_id)
    await desk.assign(application_id)
    assert (await desk.conclude(application_id)).review == pb.REVIEW_STATE_CONCLUDED
    with refused("NOT_IN_THIS_STATE"):
        await desk.assign(application_id, other)


@pytest.mark.parametrize(
    ("changes", "reason", "path"),
    [
        ({"eligible_base_cents": 4 * MONEY}, "ELIGIBLE_BASE_WRONG", "eligible_base_cents"),
        ({"proposed_cents": 1_400_001}, "RATE_EXCEEDED", "proposed_cents"),
        ({"proposed_cents": 1_500_001}, "AMOUNT_ABOVE_CEILING", "proposed_cents"),
        ({"proposed_cents": 1}, "AMOUNT_BELOW_MINIMUM", "proposed_cents"),
        ({"proposed_cents": -1}, "VALUE_WRONG", "proposed_cents"),
        ({"section": ""}, "SECTION_REQUIRED", "section"),
        ({"section": "ELSEWHERE"}, "SECTION_UNKNOWN", "section"),
        ({"analysis": None}, "ANALYSIS_MISSING", "analysis"),
    ],
)
async def test_the_record_respects_the_rulebook(desk: Desk, changes: dict[str, Any], reason: str, path: str) -> None:
    application_id = await desk.complete()
    fields: dict[str, Any] = {
        "application_id": application_id,
        "eligible_base_cents": 2 * MONEY,
        "proposed_cents": MONEY,
        "section": "OPERATING",
        "analysis": await desk.text(application_id, "ANALYSIS", "INSTRUCTOR"),
    }
    request = pb.ConcludeReviewRequest(**{**fields, **changes})
    async with unchanged(desk, application_id):
        with refused(reason, field=path):
            await desk.act(desk.cases.ConcludeReview, request, "INSTRUCTOR", person=desk.reviewer)


async def test_steps_come_in_their_order(desk: Desk) -> None:
    application_id = await desk.case()
    await desk.admit(application_id)
    await desk.assign(application_id)
    opinion = pb.RequestOpinionRequest(
        application_id=application_id, opinion_id=new_id(), expert_id=new_id(), closes_at=await desk.stamp(days=1)
    )
    async with unchanged(desk, application_id):
        with refused("FULL_APPLICATION_FIRST"):
            await desk.act(desk.cases.RequestOpinion, opinion, "INSTRUCTOR", person=desk.reviewer)
        with refused("COMPLETENESS_FIRST"):
            await desk.conclude(application_id)
        with refused("REVIEW_FIRST"):
            await desk.shortlist(application_id)
        with refused("SHORTLIST_FIRST"):
            await desk.schedule(application_id)


async def test_a_file_without_amount_is_not_shortlisted(desk: Desk) -> None:
    application_id = await desk.complete()
    await desk.conclude(application_id, 0, "")
    with refused("NO_AMOUNT_PROPOSED"):
        await desk.shortlist(application_id)
    case = await desk.shortlist(application_id, kept=False)
    assert case.shortlist == pb.SHORTLIST_STATE_NOT_SHORTLISTED


async def test_a_hearing_moves_and_an_absent_is_heard_later(desk: Desk) -> None:
    application_id = await desk.shortlisted()
    await desk.schedule(application_id, days=5)
    case = await desk.schedule(application_id, days=6)
    assert case.hearing == pb.HEARING_STATE_SCHEDULED
    assert (await desk.hear(application_id, present=False)).hearing == pb.HEARING_STATE_ABSENT
    assert (await desk.hear(application_id)).hearing == pb.HEARING_STATE_HEARD


async def asked(desk: Desk, expert: str) -> pb.RequestOpinionRequest:
    """A file on which an expert is asked for two days."""
    application_id = await desk.complete()
    request = pb.RequestOpinionRequest(
        application_id=application_id, opinion_id=new_id(), expert_id=expert, closes_at=await desk.stamp(days=2)
    )
    await desk.act(desk.cases.RequestOpinion, request, "INSTRUCTOR", person=desk.reviewer)
    return request


async def test_an_opinion_is_given_in_time_by_who_was_asked(desk: Desk, at_clock: AtClock) -> None:
    expert = new_id()
    request = await asked(desk, expert)
    application_id = request.application_id
    given = pb.GiveOpinionRequest(application_id=application_id, opinion_id=request.opinion_id, favourable=True)
    with refused("WORDS_REQUIRED", field="words"):
        await desk.act(desk.cases.GiveOpinion, given, "EXPERT", person=expert)
    given.words.CopyFrom(await desk.text(application_id, "OPINION", "EXPERT", person=expert))
    with refused("NOT_FOUND"):
        await desk.act(desk.cases.GiveOpinion, given, "EXPERT", person=new_id())
    late = pb.LapseOpinionRequest(application_id=application_id, opinion_id=request.opinion_id)
    with refused("TOO_EARLY"):
        await desk.system(desk.cases.LapseOpinion, late)
    answer = await desk.act(desk.cases.GiveOpinion, given, "EXPERT", person=expert)
    assert (answer.state, answer.favourable) == (pb.OPINION_STATE_GIVEN, True)
    await at_clock(await desk.served.caller.now() + timedelta(days=3))
    with refused("RECEIVED_IN_TIME"):
        await desk.system(desk.cases.LapseOpinion, late)
    assert [found.state for found in (await desk.get(application_id)).opinions] == [pb.OPINION_STATE_GIVEN]


async def test_an_opinion_too_late_is_refused_and_lapses(desk: Desk, at_clock: AtClock) -> None:
    expert = new_id()
    request = await asked(desk, expert)
    words = await desk.text(request.application_id, "OPINION", "EXPERT", person=expert)
    await at_clock(await desk.served.caller.now() + timedelta(days=2))
    given = pb.GiveOpinionRequest(application_id=request.application_id, opinion_id=request.opinion_id, words=words)
    with refused("OPINION_CLOSED"):
        await desk.act(desk.cases.GiveOpinion, given, "EXPERT", person=expert)
    late = pb.LapseOpinionRequest(application_id=request.application_id, opinion_id=request.opinion_id)
    for _ in range(2):
        assert (await desk.system(desk.cases.LapseOpinion, late)).state == pb.OPINION_STATE_EXPIRED
    assert (await desk.journal(request.application_id)).count("opinion_lapsed") == 1


async def test_an_act_of_the_future_is_refused(desk: Desk) -> None:
    application_id = await desk.case()
    request = pb.DecideAdmissibilityRequest(application_id=application_id, admissible=True)
    at = await desk.served.caller.now() + timedelta(minutes=5)
    with refused("OCCURRED_IN_FUTURE"):
        await desk.act(desk.cases.DecideAdmissibility, request, "INSTRUCTOR", occurred_at=at)
