"""Lists, search, counts, progress, the thread; and that a recusal hides a file everywhere."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from jalon.common.v1 import plumbing_pb2, rights_pb2
from jalon.intake.v1 import applications_pb2 as apps
from jalon.intake.v1 import calls_pb2 as calls

from tests.integration.harness import person_of, refused
from tests.integration.intake.intake_people import Desk, Porter, natural_person, pre_application


async def _rows(desk: Desk, role: str = "INSTRUCTOR", **filters: object) -> list[apps.ApplicationRow]:
    request = apps.ListApplicationsRequest(call_id=desk.call_id, **filters)  # type: ignore[arg-type]
    answer = await desk.read(desk.apps.ListApplications, request, role)
    return list(answer.rows)


@pytest.mark.parametrize(
    "query",
    [
        "lea",
        "Léa",
        "LÉA",
        "helene",
        "hélène",
        "asso hél",
        "eveil",
        "2026",
        "356000000",
        "356 000 000 09075",
        "W941000123",
    ],
)
async def test_search_ignores_case_accents_and_spaces(desk: Desk, query: str) -> None:
    porter, other = desk.porter(), desk.porter()
    receipt = await porter.deposit()
    await other.deposit(natural_person())
    query = receipt.number if query == "2026" else query
    assert [row.application_id for row in await _rows(desk, query=query)][:1] == [porter.application_id]


async def test_search_finds_nothing_where_there_is_nothing(desk: Desk) -> None:
    await desk.porter().deposit()
    for query in ("zzz", "%", "_", "éa", "léa zzz"):
        found = await _rows(desk, query=query)
        assert len(found) == (1 if query in ("%", "_") else 0), "a wildcard is no word, so no filter"


async def test_pages_go_by_number_and_a_token_serves_its_own_list(desk: Desk) -> None:
    porters = [desk.porter() for _ in range(5)]
    for porter in porters:
        await porter.deposit()
    seen, token, request = [], "", apps.ListApplicationsRequest(call_id=desk.call_id, page_size=2)
    for _ in range(3):
        request.page_token = token
        page = await desk.read(desk.apps.ListApplications, request, "AUDITOR")
        seen += [row.application_id for row in page.rows]
        token = page.next_page_token
    assert token == ""
    assert seen == [porter.application_id for porter in porters]
    request.page_token = ""
    request.page_token = (await desk.read(desk.apps.ListApplications, request, "AUDITOR")).next_page_token
    request.track = "study"
    with refused("PAGE_TOKEN_INVALID"):
        await desk.read(desk.apps.ListApplications, request, "AUDITOR")


async def test_filters(desk: Desk) -> None:
    study, start = desk.porter(), desk.porter()
    form = pre_application(track="study")
    form.communes[:] = ["94001"]
    await study.deposit(form)
    await start.deposit()
    reviewer = str(uuid4())
    progress = _progress(study, 1, stage=apps.STAGE_REVIEW, reviewer_id=reviewer, ending=apps.ENDING_DECLINED)
    await desk.system(desk.apps.WriteProgress, apps.WriteProgressRequest(progress=progress))
    for filters in (
        {"track": "study"},
        {"commune": "94001"},
        {"stages": [apps.STAGE_REVIEW]},
        {"reviewer_id": reviewer},
        {"ending": apps.ENDING_DECLINED},
    ):
        assert [row.application_id for row in await _rows(desk, **filters)] == [study.application_id], filters
    counts = await desk.read(
        desk.apps.CountApplications, apps.CountApplicationsRequest(call_id=desk.call_id), "INSTRUCTOR"
    )
    assert {count.key: count.count for count in counts.by_stage} == {"PRE_APPLICATION": 1, "REVIEW": 1}
    assert {count.key: count.count for count in counts.by_ending} == {"DECLINED": 1}
    assert {count.key: count.count for count in counts.by_reviewer} == {reviewer: 1}
    assert (counts.received, counts.full_received) == (2, 0)


def _progress(porter: Porter, version: int, **changes: object) -> apps.Progress:
    fields = {"stage": apps.STAGE_ADMISSIBILITY, "next_event": apps.NEXT_EVENT_DECIDE_ADMISSIBILITY, **changes}
    return apps.Progress(application_id=porter.application_id, version=version, **fields)  # type: ignore[arg-type]


async def test_progress_only_moves_forward(desk: Desk) -> None:
    porter = desk.porter()
    await porter.deposit()
    newest = _progress(porter, 3, stage=apps.STAGE_PAYMENT, awarded_cents=900, paid_cents=300)
    newest.blocking_role = rights_pb2.ROLE_FINANCE
    newest.next_event_at.FromDatetime(await desk.served.caller.now() + timedelta(days=1))
    written = await desk.system(desk.apps.WriteProgress, apps.WriteProgressRequest(progress=newest))
    assert written == newest
    for version in (1, 3):
        late = apps.WriteProgressRequest(progress=_progress(porter, version))
        assert await desk.system(desk.apps.WriteProgress, late) == newest, "what is older changes nothing"
    assert (await porter.mine()).progress == newest


async def test_own_applications_are_listed_newest_first(desk: Desk) -> None:
    porter = desk.porter()
    ids = []
    for _ in range(3):
        porter.application_id = str(uuid4())
        ids.append(porter.application_id)
        await porter.save(pre_application())
    seen, request = [], apps.ListMyApplicationsRequest(page_size=2)
    for _ in range(2):
        page = await porter.read(desk.apps.ListMyApplications, request)
        seen += [row.application_id for row in page.rows]
        request.page_token = page.next_page_token
    assert seen == ids[::-1]


async def test_recusal_hides_a_file_from_page_list_number_and_counts(desk: Desk) -> None:
    porter, other = desk.porter(), desk.porter()
    receipt = await porter.deposit()
    await other.deposit()
    asked = apps.GetApplicationRequest(application_id=porter.application_id)
    by_number = apps.GetApplicationRequest(number=receipt.number)
    assert (await desk.read(desk.apps.GetApplication, by_number, "INSTRUCTOR")).application_id == porter.application_id
    tie = plumbing_pb2.RelatePersonRequest(
        application_id=porter.application_id,
        call_id=desk.call_id,
        person_id=person_of("INSTRUCTOR"),
        relation="recused",
        recused=True,
    )
    await desk.system(desk.plumbing.RelatePerson, tie)
    for request in (asked, by_number):
        with refused("NOT_FOUND"):
            await desk.read(desk.apps.GetApplication, request, "INSTRUCTOR")
    assert [row.application_id for row in await _rows(desk)] == [other.application_id]
    counting = apps.CountApplicationsRequest(call_id=desk.call_id)
    assert (await desk.read(desk.apps.CountApplications, counting, "INSTRUCTOR")).received == 1
    assert (await desk.read(desk.apps.CountApplications, counting, "FINANCE")).received == 2


async def test_number_names_a_file_only_where_the_role_reaches(desk: Desk) -> None:
    porter = desk.porter()
    receipt = await porter.deposit()
    request = apps.GetApplicationRequest(number=receipt.number, call_id=desk.call_id)
    seen = await desk.read(desk.apps.GetApplication, request, "AUDITOR", call_id="")
    assert seen.application_id == porter.application_id
    with refused("NOT_ALLOWED"):
        await desk.read(desk.apps.GetApplication, request, "FINANCE", call_id=str(uuid4()))
    with refused("NOT_ALLOWED"):
        await porter.read(desk.apps.GetApplication, request)
    elsewhere = apps.ListApplicationsRequest(call_id=desk.call_id)
    with refused("NOT_ALLOWED"):
        await desk.read(desk.apps.ListApplications, elsewhere, "INSTRUCTOR", call_id=str(uuid4()))
    with refused("NOT_ALLOWED"):
        await porter.read(desk.apps.ListApplications, elsewhere)


async def test_jury_reads_its_files_without_the_contact(desk: Desk) -> None:
    porter, member = desk.porter(), str(uuid4())
    await porter.deposit()
    asked = apps.GetApplicationRequest(application_id=porter.application_id)
    with refused("NOT_FOUND"):
        await desk.read(desk.apps.GetApplication, asked, "JURY_MEMBER", person=member)
    tie = plumbing_pb2.RelatePersonRequest(
        application_id=porter.application_id, call_id=desk.call_id, person_id=member, relation="jury_member"
    )
    await desk.system(desk.plumbing.RelatePerson, tie)
    seen = await desk.read(desk.apps.GetApplication, asked, "JURY_MEMBER", person=member)
    assert seen.pre_application.applicant.name
    assert not seen.pre_application.applicant.contact_email


async def test_thread_keeps_letters_and_words_newest_first(desk: Desk) -> None:
    porter = desk.porter()
    await porter.deposit()
    letter = apps.PostMessageRequest(
        application_id=porter.application_id, template="admissible", values_json='{"closes_at":"2023-04-11T15:00:00Z"}'
    )
    request_id, at = str(uuid4()), await desk.served.caller.now()
    for _ in range(2):
        await desk.system(desk.apps.PostMessage, letter, request_id=request_id, occurred_at=at)
    words = apps.PostMessageRequest(application_id=porter.application_id, text="Pouvez-vous préciser ?")
    await desk.act(desk.apps.PostMessage, words, "INSTRUCTOR")
    asked = apps.ListMessagesRequest(application_id=porter.application_id, page_size=1)
    first = await porter.read(desk.apps.ListMessages, asked)
    asked.page_token = first.next_page_token
    second = await porter.read(desk.apps.ListMessages, asked)
    assert [first.messages[0].text, second.messages[0].template] == ["Pouvez-vous préciser ?", "admissible"]
    assert json.loads(second.messages[0].values_json) == {"closes_at": "2023-04-11T15:00:00Z"}
    assert second.next_page_token == ""
    for wrong, field, reason in (
        (apps.PostMessageRequest(application_id=porter.application_id), "text", "TEXT_EMPTY"),
        (apps.PostMessageRequest(application_id=porter.application_id, template="A b"), "template", "FIELD_UNKNOWN"),
        (
            apps.PostMessageRequest(application_id=porter.application_id, text="x", values_json="["),
            "values_json",
            "NOT_JSON",
        ),
    ):
        with refused(reason, field=field):
            await desk.system(desk.apps.PostMessage, wrong)


async def test_calls_are_listed_and_drafts_only_to_those_who_prepare(desk: Desk) -> None:
    draft = Desk(desk.served)
    await draft.import_call()
    public = await desk.calls.ListCalls(calls.ListCallsRequest(page_size=100))
    assert desk.call_id in {call.call_id for call in public.calls}
    assert draft.call_id not in {call.call_id for call in public.calls}
    first = await desk.read(desk.calls.ListCalls, calls.ListCallsRequest(page_size=1), "CALL_ADMIN")
    assert [call.call_id for call in first.calls] == [draft.call_id]
    second = await desk.read(
        desk.calls.ListCalls, calls.ListCallsRequest(page_size=1, page_token=first.next_page_token), "CALL_ADMIN"
    )
    assert [call.call_id for call in second.calls] == [desk.call_id]


@pytest.mark.parametrize("query", ["ablon", "Ablon sur", "ABLON-SUR-SEINE"])
async def test_a_search_finds_by_commune(desk: Desk, query: str) -> None:
    there, elsewhere = desk.porter(), desk.porter()
    form = pre_application()
    form.communes[:] = ["94001"]
    await there.deposit(form)
    other = pre_application()
    other.communes[:] = ["94028"]
    await elsewhere.deposit(other)
    assert [row.application_id for row in await _rows(desk, query=query)] == [there.application_id]


async def _three(desk: Desk) -> list[Porter]:
    """Three files: by name the last, the first, the second; the second asks least; the third is due first."""
    porters = [desk.porter() for _ in range(3)]
    now = await desk.served.caller.now()
    for place, (name, cents, days) in enumerate(
        (("Évasion", 900_000, 5), ("école", 800_000, 0), ("Écluse", 990_000, 2))
    ):
        form = natural_person()
        form.applicant.name, form.requested_cents = name, cents
        await porters[place].deposit(form)
        progress = _progress(porters[place], 1, blocking_role=rights_pb2.ROLE_INSTRUCTOR)
        if days:
            progress.next_event_at.FromDatetime(now + timedelta(days=days))
        await desk.system(desk.apps.WriteProgress, apps.WriteProgressRequest(progress=progress))
    return porters


@pytest.mark.parametrize(
    ("order", "places"),
    [
        (apps.LIST_ORDER_UNSPECIFIED, (0, 1, 2)),
        (apps.LIST_ORDER_NEXT_EVENT, (2, 0, 1)),
        (apps.LIST_ORDER_ORGANIZATION, (2, 1, 0)),
        (apps.LIST_ORDER_REQUESTED, (2, 0, 1)),
    ],
)
async def test_a_list_is_ordered_page_after_page_and_one_file_has_its_neighbors(
    desk: Desk, order: apps.ListOrder.ValueType, places: tuple[int, ...]
) -> None:
    porters = await _three(desk)
    wanted = [porters[place].application_id for place in places]
    request, seen = apps.ListApplicationsRequest(call_id=desk.call_id, order=order, page_size=1), []
    for _ in range(3):
        page = await desk.read(desk.apps.ListApplications, request, "INSTRUCTOR")
        seen += list(page.rows)
        request.page_token = page.next_page_token
    assert [row.application_id for row in seen] == wanted
    around = await _around(desk, wanted[1], order=order)
    assert (around.previous_number, around.next_number) == (seen[0].number, seen[2].number)
    assert (around.position, around.total) == (2, 3)
    last = await _around(desk, wanted[2], order=order)
    assert (last.position, last.next_number) == (3, "")


async def _around(desk: Desk, application_id: str, **filters: object) -> apps.GetNeighborsResponse:
    listed = apps.ListApplicationsRequest(call_id=desk.call_id, **filters)  # type: ignore[arg-type]
    request = apps.GetNeighborsRequest(application_id=application_id, list=listed)
    answer: apps.GetNeighborsResponse = await desk.read(desk.apps.GetNeighbors, request, "INSTRUCTOR")
    return answer


async def test_a_list_holds_the_files_named_those_due_and_those_who_wait_for_somebody(desk: Desk) -> None:
    porters = await _three(desk)
    soon = await desk.served.caller.now() + timedelta(days=3)
    due = apps.ListApplicationsRequest(call_id=desk.call_id)
    due.next_event_before.FromDatetime(soon)
    answer = await desk.read(desk.apps.ListApplications, due, "INSTRUCTOR")
    assert [row.application_id for row in answer.rows] == [porters[2].application_id]
    named = [porter.application_id for porter in porters[:2]]
    assert [row.application_id for row in await _rows(desk, application_ids=named)] == named
    assert len(await _rows(desk, blocking_role=rights_pb2.ROLE_INSTRUCTOR)) == 3
    assert await _rows(desk, blocking_role=rights_pb2.ROLE_FINANCE) == []
    both = apps.ListApplicationsRequest(call_id=desk.call_id, query="évasion", with_counts=True, page_size=1)
    assert (await desk.read(desk.apps.ListApplications, both, "INSTRUCTOR")).counts.received == 1
    both.with_counts = False
    assert not (await desk.read(desk.apps.ListApplications, both, "INSTRUCTOR")).HasField("counts")
    counting = apps.CountApplicationsRequest(call_id=desk.call_id, query="évasion")
    assert (await desk.read(desk.apps.CountApplications, counting, "INSTRUCTOR")).received == 1
    gone = await _around(desk, porters[0].application_id, application_ids=named[1:])
    assert gone == apps.GetNeighborsResponse()


async def test_neighbors_leave_out_what_the_reader_is_recused_from(desk: Desk) -> None:
    porters = await _three(desk)
    tie = plumbing_pb2.RelatePersonRequest(
        application_id=porters[1].application_id,
        call_id=desk.call_id,
        person_id=person_of("INSTRUCTOR"),
        relation="recused",
        recused=True,
    )
    await desk.system(desk.plumbing.RelatePerson, tie)
    around = await _around(desk, porters[0].application_id)
    assert (around.position, around.total) == (1, 2)
    assert around.next_number == (await porters[2].mine()).number
    with refused("NOT_FOUND"):
        await _around(desk, porters[1].application_id)


async def test_a_member_of_the_jury_lists_the_files_opened_to_her(desk: Desk) -> None:
    porters = [desk.porter() for _ in range(3)]
    for porter in porters:
        await porter.deposit()
    member = str(uuid4())
    wanted = apps.ListAssignedApplicationsRequest(call_id=desk.call_id)

    async def relate(application_id: str, relation: str) -> None:
        tie = plumbing_pb2.RelatePersonRequest(
            application_id=application_id,
            call_id=desk.call_id,
            person_id=member,
            relation=relation,
            recused=relation == "recused",
        )
        await desk.system(desk.plumbing.RelatePerson, tie)

    async def seen(**how: str) -> list[str]:
        answer = await desk.read(desk.apps.ListAssignedApplications, wanted, "JURY_MEMBER", **how)
        return [row.application_id for row in answer.rows]

    for porter in porters[:2]:
        await relate(porter.application_id, "jury_member")
    assert await seen(person=member) == [porter.application_id for porter in porters[:2]]
    assert await seen(person=str(uuid4())) == []
    await relate(porters[0].application_id, "recused")
    assert await seen(person=member) == [porters[1].application_id]
    with refused("NOT_ALLOWED"):
        await desk.read(desk.apps.ListAssignedApplications, wanted, "APPLICANT", person=member)


async def test_a_fact_after_the_end_is_told_in_the_history(desk: Desk) -> None:
    """Left once: no longer relayed, one line of history; the worker alone may say so."""
    porter = desk.porter()
    await porter.deposit()
    waiting = "SELECT outbox_id FROM outbox WHERE subject_id = $1::text::uuid AND acked_at IS NULL"
    outbox_id = await desk.served.pool.fetchval(waiting, porter.application_id)
    left = plumbing_pb2.LeaveFactRequest(outbox_id=outbox_id, subject_kind="application")
    for role in ("INSTRUCTOR", "CALL_ADMIN", "AUDITOR"):
        with refused("NOT_ALLOWED"):
            await desk.act(desk.plumbing.LeaveFact, left, role)
    for _ in range(2):
        await desk.system(desk.plumbing.LeaveFact, left)
    assert await desk.served.pool.fetchval(waiting, porter.application_id) is None
    asked = plumbing_pb2.ListJournalRequest(application_id=porter.application_id)
    events = (await desk.read(desk.plumbing.ListJournal, asked, "INSTRUCTOR")).events
    told = [(event.event, event.facts_json) for event in events]
    assert told.count(("fact_left", '{"fact": "application_submitted"}')) == 1
