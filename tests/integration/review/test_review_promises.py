"""What an applicant may count on, and why she was refused: dates and a reason, nothing of what is being decided."""

from __future__ import annotations

import json

from jalon.common.v1 import plumbing_pb2
from jalon.review.v1 import cases_pb2 as pb

from tests.integration.harness import refused
from tests.integration.review.review_people import Desk, Table, Vote, new_id


async def _promises(desk: Desk, application_id: str, person: str) -> pb.Promises:
    asked = pb.GetPromisesRequest(application_id=application_id)
    answer: pb.Promises = await desk.served.caller.read(
        desk.cases.GetPromises, asked, role="APPLICANT", person=person, call_id=""
    )
    return answer


async def test_the_day_of_silence_is_hers_to_know_until_she_is_told(desk: Desk) -> None:
    applicant = new_id()
    application_id = await desk.complete(applicant_id=applicant)
    case = await desk.get(application_id)
    kept = await _promises(desk, application_id, applicant)
    assert kept.tacit_refusal_on == case.tacit_refusal_on != ""
    assert (kept.suspended, kept.HasField("notified_at")) == (False, False)
    assert kept.appeal_months == 0, "this rulebook does not say"
    with refused("NOT_FOUND"):
        await _promises(desk, application_id, new_id())


async def test_once_told_nothing_is_left_to_silence_and_the_reason_is_hers(desk: Desk) -> None:
    applicant = new_id()
    absent, heard = await desk.complete(applicant_id=applicant), await desk.heard()
    await desk.conclude(absent)
    await desk.shortlist(absent)
    await desk.hear(absent, present=False)
    table = Table(desk, [absent, heard])
    await table.prepare()
    await table.convoke()
    await table.score_all({heard: 4})
    await table.open()
    closing = new_id()
    result = await table.close(request_id=closing)
    for line in result.files:
        await table.record(line, closing)
    vote, recorded = Vote(desk, table.session_id), new_id()
    act = await vote.record(result, request_id=recorded)
    for row in act.rows:
        await vote.decide(row, recorded)
    await vote.transmit()
    await vote.make_executory()
    assert (await _promises(desk, absent, applicant)).tacit_refusal_on
    told = new_id()
    await vote.notify(request_id=told)
    await vote.notify_one(absent, told)
    kept = await _promises(desk, absent, applicant)
    assert (kept.tacit_refusal_on, kept.HasField("notified_at")) == ("", True)
    asked = plumbing_pb2.ListJournalRequest(application_id=absent)
    read = desk.served.caller.read
    lines = await read(desk.plumbing.ListJournal, asked, role="APPLICANT", person=applicant, call_id="")
    facts = {one.event: json.loads(one.facts_json) for one in lines.events}
    assert facts["decision_notified"]["explanation"] == "NOT_HEARD"
    assert "proposal_recorded" not in facts
