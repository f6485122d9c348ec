"""One call, from deposits to notified decisions, through every RPC of the main path."""

from __future__ import annotations

from jalon.review.v1 import cases_pb2 as pb
from jalon.review.v1 import jury_pb2 as jpb

from tests.integration.harness import refused
from tests.integration.review.review_people import MONEY, Desk, Table, Vote, new_id


async def closed_session(desk: Desk, *, files: int = 3) -> tuple[Table, jpb.SessionResult, str]:
    """A session closed on files marked 5, 4, 3…, with its rows applied; the request that closed it."""
    table = Table(desk, [await desk.heard() for _ in range(files)])
    await table.prepare()
    await table.convoke()
    await table.score_all({found: max(5 - place, 1) for place, found in enumerate(table.files)})
    await table.open()
    request_id = new_id()
    result = await table.close(request_id=request_id)
    for line in result.files:
        await table.record(line, request_id)
    return table, result, request_id


async def test_one_application_from_deposit_to_notification(desk: Desk) -> None:
    table, result, _ = await closed_session(desk)
    assert [line.application_id for line in result.files] == table.files
    assert [line.rank for line in result.files] == [1, 2, 3]
    assert {line.explanation for line in result.files} == {"FULL"}
    assert [(use.section, use.envelope_cents, use.proposed_cents) for use in result.sections] == [
        ("INVESTMENT", 6_000_000, 0),
        ("OPERATING", 9_000_000, 3 * MONEY),
    ]
    assert len(result.digest) == 64
    vote, voted = Vote(desk, table.session_id), new_id()
    act = await vote.record(result, request_id=voted)
    assert (act.state, len(act.rows)) == (jpb.ACT_STATE_RECORDED, 3)
    for row in act.rows:
        case = await vote.decide(row, voted)
        assert (case.decision, case.granted_cents) == (pb.DECISION_STATE_GRANTED, MONEY)
    await vote.transmit()
    assert (await vote.make_executory()).executory_on == await desk.today()
    told = new_id()
    assert (await vote.notify(request_id=told)).HasField("notified_at")
    case = await vote.notify_one(table.files[0], told)
    assert case.HasField("notified_at")
    assert case.executory_on == await desk.today()
    await desk.system(desk.cases.CloseCase, pb.CloseCaseRequest(application_id=table.files[0]))
    case = await desk.get(table.files[0])
    assert case.state == pb.CASE_STATE_CLOSED
    assert (case.rank, case.proposed_cents, case.act_id) == (1, MONEY, vote.act_id)
    assert await desk.journal(table.files[0]) == [
        "case_closed",
        "decision_notified",
        "decision_recorded",
        "proposal_recorded",
        "hearing_recorded",
        "hearing_scheduled",
        "shortlist_decided",
        "review_concluded",
        "reviewer_assigned",
        "completeness_confirmed",
        "full_application_received",
        "admissibility_decided",
        "case_opened",
    ]


async def test_an_applicant_reads_only_what_was_told_to_her(desk: Desk) -> None:
    applicant = new_id()
    application_id = await desk.complete(applicant_id=applicant)
    await desk.conclude(application_id)
    told = await desk.journal(application_id, "APPLICANT", person=applicant, call_id="")
    assert told == ["completeness_confirmed", "full_application_received", "admissibility_decided", "case_opened"]
    with refused("NOT_FOUND"):
        await desk.journal(application_id, "APPLICANT", person=new_id(), call_id="")


async def test_the_envelope_draws_the_cut(desk: Desk) -> None:
    """9 000 000 cents for eight files: six pass in full, the seventh takes the remainder, the last one waits."""
    table = Table(desk, [await desk.heard(1_400_000 if place else 900_000) for place in range(8)])
    await table.prepare()
    await table.convoke()
    await table.score_all({found: 5 - (place > 3) for place, found in enumerate(table.files)})
    await table.open()
    result = await table.close()
    cents = [line.proposed_cents for line in result.files]
    assert sum(cents) == 9_000_000
    assert [line.explanation for line in result.files] == ["FULL"] * 6 + ["REMAINDER", "ENVELOPE_ENDED"]
    assert cents[6] == 9_000_000 - sum(cents[:6])
    assert all(line.tie_broken_by for line in result.files if line.rank not in (1, 5))


async def test_who_was_not_heard_is_declined(desk: Desk) -> None:
    absent, heard = await desk.shortlisted(), await desk.heard()
    await desk.hear(absent, present=False)
    table = Table(desk, [absent, heard])
    await table.prepare()
    await table.convoke()
    await table.score_all({heard: 4})
    await table.open()
    request_id = new_id()
    result = await table.close(request_id=request_id)
    assert [(line.application_id, line.explanation) for line in result.files] == [
        (heard, "FULL"),
        (absent, "NOT_HEARD"),
    ]
    case = await table.record(result.files[1], request_id)
    assert (case.proposal, case.rank) == (pb.PROPOSAL_STATE_DECLINED, 0)


async def test_withdrawn_and_closed_are_ends(desk: Desk) -> None:
    application_id = await desk.complete()
    withdrawal = pb.WithdrawCaseRequest(application_id=application_id)
    for _ in range(2):
        assert (await desk.system(desk.cases.WithdrawCase, withdrawal)).state == pb.CASE_STATE_WITHDRAWN
    with refused("CASE_NOT_OPEN"):
        await desk.conclude(application_id)
    for _ in range(2):
        case = await desk.system(desk.cases.CloseCase, pb.CloseCaseRequest(application_id=application_id))
        assert case.state == pb.CASE_STATE_CLOSED
    assert (await desk.journal(application_id))[:2] == ["case_closed", "case_withdrawn"]


async def test_cases_are_listed_by_reception_page_after_page(desk: Desk) -> None:
    ids = [await desk.case(received_at=await desk.stamp(days=-day)) for day in (3, 2, 1)]
    first = await desk.read(desk.cases.ListCases, pb.ListCasesRequest(call_id=desk.call_id, page_size=2), "INSTRUCTOR")
    rest = pb.ListCasesRequest(call_id=desk.call_id, page_size=2, page_token=first.next_page_token)
    second = await desk.read(desk.cases.ListCases, rest, "INSTRUCTOR")
    assert [case.application_id for case in (*first.cases, *second.cases)] == ids
    assert not second.next_page_token
    foreign = pb.ListCasesRequest(call_id=new_id(), page_token=first.next_page_token)
    with refused("PAGE_TOKEN_INVALID"):
        await desk.read(desk.cases.ListCases, foreign, "AUDITOR")
