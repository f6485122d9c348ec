"""Drafts: incomplete at will, versioned, never overwritten unseen, never an act."""

from __future__ import annotations

from uuid import uuid4

from jalon.common.v1 import plumbing_pb2
from jalon.intake.v1 import applications_pb2 as apps

from tests.integration.harness import refused, row_counts
from tests.integration.intake.intake_people import Desk, Porter, full_application, pre_application


async def test_draft_may_be_incomplete_and_comes_back_as_typed(desk: Desk) -> None:
    porter = desk.porter()
    form = apps.PreApplication(title="E\u0301picerie", requested_cents=-5, communes=["", "75056"])
    before = await row_counts(desk.served.pool, "journal outbox")
    draft = await porter.save(form)
    assert draft.version == 1
    assert await row_counts(desk.served.pool, "journal outbox") == before, "a draft is not an act"
    mine = await porter.mine()
    assert mine.state == apps.APPLICATION_STATE_DRAFT
    assert mine.pre_application.title == "Épicerie", "one spelling is kept"
    assert mine.pre_application.requested_cents == -5
    listed = await porter.read(desk.apps.ListMyApplications, apps.ListMyApplicationsRequest())
    assert [(row.title, row.number) for row in listed.rows] == [("Épicerie", "")]


async def test_two_tabs_cannot_overwrite_each_other(desk: Desk) -> None:
    porter = desk.porter()
    await porter.save(pre_application())
    await porter.save(pre_application(total_cost_cents=4_000_000), 1)
    with refused("STALE_DRAFT") as caught:
        await porter.save(pre_application(), 1)
    assert caught.value.values == {"version": "2"}
    with refused("STALE_DRAFT"):
        await porter.save(pre_application(), 0)
    with refused("STALE_DRAFT"):
        await porter.submit(version=1)
    assert (await porter.mine()).pre_application.total_cost_cents == 4_000_000
    authors = await desk.served.pool.fetch(
        "SELECT version, saved_by FROM drafts WHERE application_id = $1::uuid ORDER BY version", porter.application_id
    )
    assert [(row["version"], row["saved_by"]) for row in authors] == [(1, porter.person), (2, porter.person)]


async def test_co_editor_writes_but_does_not_deposit(desk: Desk) -> None:
    porter, friend = desk.porter(), str(uuid4())
    await porter.save(pre_application())
    with refused("NOT_FOUND"):
        await porter.save(pre_application(), 1, role="CO_EDITOR", person=friend)
    tie = plumbing_pb2.RelatePersonRequest(
        application_id=porter.application_id, call_id=desk.call_id, person_id=friend, relation="co_editor"
    )
    await desk.system(desk.plumbing.RelatePerson, tie)
    assert (await porter.save(pre_application(), 1, role="CO_EDITOR", person=friend)).version == 2
    with refused("NOT_ALLOWED"):
        await porter.submit(version=2, role="CO_EDITOR", person=friend)


async def test_unreadable_text_is_refused_cleanly(desk: Desk) -> None:
    with refused("TEXT_UNREADABLE", field="content.applicant.name"):
        form = pre_application()
        form.applicant.name = "nul \0 caché"
        await desk.porter().save(form)
    with refused("TEXT_TOO_LONG", field="content.summary"):
        await desk.porter().save(pre_application(summary="x" * 20_001))


async def test_second_form_is_written_only_when_invited(desk: Desk, invited: Porter) -> None:
    porter = desk.porter()
    await porter.save(pre_application())
    with refused("NOT_IN_THIS_STATE"):
        await porter.save_full(full_application())
    await invited.save_full(full_application())
    await invited.submit_full()
    with refused("NOT_IN_THIS_STATE"):
        await invited.save_full(full_application(), 1)
    with refused("NOT_IN_THIS_STATE"):
        await invited.save(pre_application(), 1)
    with refused("ALREADY_SUBMITTED"):
        await invited.submit_full()


async def test_agents_see_what_was_deposited_and_nothing_before(desk: Desk) -> None:
    porter = desk.porter()
    await porter.save(pre_application())
    asked = apps.GetApplicationRequest(application_id=porter.application_id)
    with refused("NOT_FOUND"):
        await desk.read(desk.apps.GetApplication, asked, "INSTRUCTOR")
    await porter.submit()
    await porter.invite()
    await porter.save_full(full_application())
    seen = await desk.read(desk.apps.GetApplication, asked, "INSTRUCTOR")
    assert seen.pre_application == pre_application()
    assert not seen.HasField("full_application"), "a draft of the second stage is the applicant's own"
    assert (await porter.mine()).full_application == full_application()
