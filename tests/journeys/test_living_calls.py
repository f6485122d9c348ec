"""The calls in course, played through the real doors: interrupted and resumed, then left to people; what waits for whom
is said, on the pages too."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from jalon.intake.v1 import applications_pb2 as intake
from rich.console import Console

from deploy.local.installation import Installation
from rehearsal.__main__ import on_stage, play_living
from rehearsal.current.casting import Living
from rehearsal.current.playing import living_calls, played, schedule
from rehearsal.edition import draw
from tests.faults.small_call import Play, pay_by_accountant, playing
from tests.journeys.pages import visiting

pytestmark = pytest.mark.timeout(900)
INTERRUPTED_AT = "acomptes liquidés"
AWAITED = {
    "receiving": {"DECIDE_ADMISSIBILITY": 5, "CONFIRM_INADMISSIBILITY": 1, "SUBMIT_FULL_APPLICATION": 3, "NOTHING": 1},
    "examining": {
        "CONFIRM_COMPLETENESS": 3,
        "SUBMIT_CORRECTION": 1,
        "CONCLUDE_REVIEW": 2,
        "DECIDE_SHORTLIST": 1,
        "RECORD_HEARING": 1,
        "CLOSE_JURY": 6,
        "NOTHING": 3,
    },
    "paying": {
        "SEND_AGREEMENT": 4,
        "SIGN_AGREEMENT": 2,
        "COUNTERSIGN_AGREEMENT": 1,
        "DECLARE_LEGAL_ENTITY": 1,
        "DECLARE_BANK_DETAILS": 1,
        "VERIFY_BANK_DETAILS": 1,
        "PAY_ORDER": 2,
        "SUBMIT_REPORT": 3,
        "NOTHING": 2,
    },
}
"""How many files of each call await what."""


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation that begins just before the first of these calls."""
    made = Installation.create(tmp_path_factory.mktemp("living"), begins=datetime.now(UTC) - timedelta(days=292))
    made.start()
    try:
        yield made
    finally:
        made.remove()


@dataclass
class Living3:
    """The three calls and whoever plays them."""

    installation: Installation
    play: Play
    calls: list[Living]

    def of(self, name: str) -> Living:
        """A call."""
        return next(call for call in self.calls if call.name == name)


@pytest.fixture(scope="module")
async def living(started: Installation) -> AsyncIterator[Living3]:
    """Played by a first player as far as the paid call's advances, then by another one to the end."""
    finished = draw(2023)
    accountant = str(finished.person("ACCOUNTANT").person_id)

    async def treasury(what: str) -> None:
        await pay_by_accountant(started, what, accountant)

    async with playing(started, finished) as first:
        door = first.stage.door
        calls = await living_calls(door, finished, lambda one: on_stage(one, door))
        whole = schedule(calls, treasury)
        end = next(place for place, step in enumerate(whole) if step.label == INTERRUPTED_AT)
        await play_living(calls, first.clock, whole[: end + 1], console=Console(file=StringIO()))
        assert not await played(calls)
    async with playing(started, finished) as second:
        door = second.stage.door
        calls = await living_calls(door, finished, lambda one: on_stage(one, door))
        await play_living(calls, second.clock, schedule(calls, treasury), console=Console(file=StringIO()))
        await second.advance(datetime.now(UTC))
        yield Living3(started, second, calls)


async def rows_of(living: Living3, name: str) -> list[Any]:
    stage = living.of(name).stage
    request = intake.ListApplicationsRequest(call_id=stage.call_id, page_size=100)
    rpc = stage.stub("intake", "applications").ListApplications
    return list((await stage.door.read(stage.as_role("AUDITOR"), rpc, request)).rows)


@pytest.mark.parametrize("name", AWAITED)
async def test_files_are_at_each_stage(living: Living3, name: str) -> None:
    rows = await rows_of(living, name)
    found = Counter(
        intake.NextEvent.Name(row.progress.next_event).removeprefix("NEXT_EVENT_") for row in rows if row.number
    )
    assert found == AWAITED[name]


async def test_some_are_about_to_be_too_late(living: Living3) -> None:
    now = await living.play.stage.door.now()
    rows = [row for name in AWAITED for row in await rows_of(living, name)]
    soon = [row for row in rows if row.progress.HasField("next_event_at")]
    dues = sorted(row.progress.next_event_at.ToDatetime(tzinfo=UTC) for row in soon)
    assert timedelta(0) < dues[0] - now < timedelta(days=3)


async def test_played_again_nothing_changes(living: Living3) -> None:
    admin = living.play.admin
    before = await admin.fetchval("SELECT count(*) FROM intake.journal")
    said = StringIO()
    await play_living(living.calls, living.play.clock, [], console=Console(file=said))
    assert "déjà joués" in said.getvalue()
    assert await admin.fetchval("SELECT count(*) FROM intake.journal") == before
    again = await living_calls(living.play.stage.door, draw(2023), lambda one: on_stage(one, living.play.stage.door))
    assert [call.on for call in again] == [call.on for call in living.calls]


async def test_one_enters_the_call_under_review_and_is_told_what_to_do(living: Living3) -> None:
    reference = f"ESS-{living.of('examining').on.year + 1}"
    async with visiting(living.installation, "backoffice") as visit:
        page = (await visit.get("/entrer")).text
        assert f'aria-current="true">{reference}<' in page
        cards = [card for card in page.split('class="card"')[1:] if "à faire" in card]
        assert len(cards) >= 3 + 1 + 1 + 1 + 1 + 1  # instructors, administrator, expert, secretary, chair, member
    chair = str(living.of("examining").stage.edition.person("JURY_CHAIR").person_id)
    call_id = living.of("examining").stage.call_id
    async with visiting(living.installation, "backoffice", call_id=call_id, person=chair) as visit:
        assert reference in (await visit.get("/jury")).text
