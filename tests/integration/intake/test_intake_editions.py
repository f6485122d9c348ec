"""Editions and laureates: published ones for anybody; a call run here only once every decision is notified."""

from __future__ import annotations

from typing import Any

from jalon.intake.v1 import applications_pb2 as apps
from jalon.intake.v1 import calls_pb2 as calls
from jalon.intake.v1 import editions_pb2 as pb

from tests.integration.harness import refused
from tests.integration.intake.intake_people import Desk, Porter, natural_person


async def _reference(desk: Desk) -> str:
    call = await desk.calls.GetCall(calls.GetCallRequest(call_id=desk.call_id))
    return str(call.reference)


async def _edition(desk: Desk) -> pb.Edition | None:
    reference = await _reference(desk)
    found = (await desk.editions.ListEditions(pb.ListEditionsRequest())).editions
    return next((one for one in found if one.key == reference), None)


async def _laureates(desk: Desk, **filters: Any) -> list[pb.Laureate]:
    asked = pb.ListLaureatesRequest(edition=await _reference(desk), **filters)
    return list((await desk.editions.ListLaureates(asked)).laureates)


async def _at(porter: Porter, version: int, stage: str, event: str, **more: Any) -> None:
    progress = apps.Progress(
        application_id=porter.application_id,
        version=version,
        stage=apps.Stage.Value(f"STAGE_{stage}"),
        next_event=apps.NextEvent.Value(f"NEXT_EVENT_{event}"),
        **more,
    )
    await porter.desk.system(porter.desk.apps.WriteProgress, apps.WriteProgressRequest(progress=progress))


async def test_published_editions_are_anybodys(desk: Desk) -> None:
    found = (await desk.editions.ListEditions(pb.ListEditionsRequest())).editions
    published = [one for one in found if not one.computed]
    assert [one.year for one in published][:2] == [2023, 2022]
    jobs = next(one for one in published[0].figures if one.code == "jobs")
    assert (jobs.HasField("value"), jobs.text) == (False, "environ 20")


async def test_laureates_come_page_after_page(desk: Desk) -> None:
    asked, seen = pb.ListLaureatesRequest(edition="2023", page_size=4), []
    while True:
        answer = await desk.editions.ListLaureates(asked)
        seen += [one.organization for one in answer.laureates]
        if not answer.next_page_token:
            break
        asked.page_token = answer.next_page_token
    assert len(seen) == 6
    assert seen[:2] == ["L'un est l'autre", "Choisy ta Coop"]
    asked = pb.ListLaureatesRequest(edition="2022", page_token=asked.page_token)
    with refused("PAGE_TOKEN_INVALID"):
        await desk.read(desk.editions.ListLaureates, asked, "AUDITOR")


async def test_a_call_is_public_once_the_last_decision_is_notified(desk: Desk) -> None:
    granted, person, waiting, last = (desk.porter() for _ in range(4))
    for porter in (granted, waiting, last):
        await porter.deposit()
    await person.deposit(natural_person())
    await _at(granted, 2, "NOTIFICATION", "NOTIFY_DECISION", awarded_cents=9_000_00)
    assert await _edition(desk) is None
    await _at(granted, 3, "AGREEMENT", "SEND_AGREEMENT", awarded_cents=9_000_00)
    await _at(person, 3, "LEGAL_ENTITY", "DECLARE_LEGAL_ENTITY", awarded_cents=5_000_00)
    await _at(waiting, 3, "NOTIFICATION", "REPLACE_FROM_WAITING_LIST")
    await _at(last, 3, "NOTIFICATION", "NOTIFY_DECISION")
    assert await _edition(desk) is None
    assert await _laureates(desk) == []
    closing = apps.CloseApplicationRequest(application_id=last.application_id, ending=apps.ENDING_DECLINED)
    await desk.system(desk.apps.CloseApplication, closing)
    edition = await _edition(desk)
    assert edition is not None
    figures = {one.code: one.value for one in edition.figures}
    assert (figures["received"], figures["chosen"], figures["awarded_cents"]) == (4, 2, 14_000_00)
    assert (edition.computed, edition.fictitious) == (True, True)
    found = {one.awarded_cents: one for one in await _laureates(desk)}
    assert found[9_000_00].organization.startswith("Association")
    assert found[5_000_00].organization == "", "a natural person is never named"
    assert await _laureates(desk, commune="94999") == []


async def test_a_call_of_which_nothing_was_granted_has_no_laureate(desk: Desk) -> None:
    porter = desk.porter()
    await porter.deposit()
    closing = apps.CloseApplicationRequest(application_id=porter.application_id, ending=apps.ENDING_DECLINED)
    await desk.system(desk.apps.CloseApplication, closing)
    assert await _edition(desk) is None
