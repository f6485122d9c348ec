"""« Avancer le temps »: asked on a page, carried out by the one process that may, past a death in the middle."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import grpc
import pytest
from jalon.intake.v1 import applications_pb2 as intake
from jalon.rehearsal.v1 import time_pb2, time_pb2_grpc

from deploy.local.installation import Installation
from kit import clock, rpc
from kit.status import from_rpc
from rehearsal.play import Course
from tests.faults.killing import daemon_of
from tests.faults.small_call import Play, only, playing, small_call
from tests.journeys.pages import Visit, visiting

WAIT_SECONDS = 60
pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation of the module's own: its time moves."""
    made = Installation.create(tmp_path_factory.mktemp("advancing"))
    made.start()
    try:
        yield made
    finally:
        made.remove()


@dataclass
class Scene:
    """A call whose invited files have not sent anything yet, an instructor on a page, and the mover itself."""

    installation: Installation
    play: Play
    instructor: Visit
    mover: Any

    async def moved(self) -> time_pb2.Advance:
        """The move, once it is over."""
        await eventually(self._at_rest)
        return await self.asked()

    async def _at_rest(self) -> bool:
        return (await self.asked()).state != time_pb2.ADVANCE_STATE_MOVING

    async def asked(self) -> time_pb2.Advance:
        """The move as the mover tells it."""
        answer: time_pb2.Advance = await self.mover.GetAdvance(time_pb2.GetAdvanceRequest())
        return answer

    async def refused(self, to_at: datetime) -> str:
        """The reason why a move is refused."""
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await self.mover.AdvanceTime(time_pb2.AdvanceTimeRequest(to_at=clock.to_timestamp(to_at)))
        refusal = from_rpc(caught.value)
        return refusal.reason if refusal else ""

    async def press(self, page: str) -> Any:
        """Presses the one button that moves the time."""
        kept = re.search(r'name="jusqu" value="([^"]+)"', page.split('method="post" action="/temps"')[1])
        assert kept
        form = {"_csrf_token": self.instructor.token, "retour": "/dossiers", "jusqu": kept.group(1)}
        return await self.instructor.client.post("/temps", data=form)

    async def rows(self) -> list[Any]:
        """The list, as an auditor reads it."""
        stage = self.play.stage
        stage.door.forget_clock()
        request = intake.ListApplicationsRequest(call_id=stage.call_id)
        rpc_ = stage.stub("intake", "applications").ListApplications
        return list((await stage.door.read(stage.as_role("AUDITOR"), rpc_, request)).rows)


@pytest.fixture(scope="module")
async def scene(started: Installation) -> AsyncIterator[Scene]:
    """Two files were invited and never send their full application."""
    edition = only(small_call(), lambda file: file.course is Course.LAPSED)
    person = str(edition.person("INSTRUCTOR", "first").person_id)
    channel = rpc.channel(started.addresses["mover"])
    async with playing(started, edition) as play:
        await play.through(edition.calendar.moments["admissibility_decided"])
        async with visiting(started, "backoffice", call_id=str(edition.call_id), person=person) as visit:
            yield Scene(started, play, visit, time_pb2_grpc.TimeServiceStub(channel))
    await channel.close()


async def eventually(question: Callable[[], Awaitable[bool]]) -> None:
    """Waits until ``question`` answers yes."""
    async with asyncio.timeout(WAIT_SECONDS):
        while not await question():  # noqa: ASYNC110 (the answer is in another process)
            await asyncio.sleep(0.1)


async def test_to_the_next_deadline_of_the_file_on_screen_then_past_a_death(scene: Scene) -> None:
    rows = await scene.rows()
    due = clock.from_timestamp(rows[0].progress.next_event_at)
    page = (await scene.instructor.get(f"/temps?retour=/dossiers/{rows[0].number}")).text
    goal = re.search(r'href="(/temps\?[^"#]+)#prevu">Juste après', page)
    assert goal
    foreseen = (await scene.instructor.get(html.unescape(goal.group(1)))).text
    assert all(row.number in foreseen for row in rows)
    assert "la demande est classée sans suite" in foreseen
    assert (await scene.press(foreseen)).status_code == 303
    advance = await scene.moved()
    assert advance.state == time_pb2.ADVANCE_STATE_AT_REST
    assert timedelta(0) < clock.from_timestamp(advance.now_at) - due < timedelta(minutes=5)
    assert "Le temps a avancé" in (await scene.instructor.get("/temps")).text
    assert {row.progress.ending for row in await scene.rows()} == {intake.ENDING_LAPSED}
    await _past_a_death(scene)


async def _past_a_death(scene: Scene) -> None:
    """Held where the offset is about to rise, killed there, started again: it goes on by itself."""
    admin = scene.play.admin
    to_at = clock.from_timestamp((await scene.asked()).now_at) + timedelta(days=20)
    async with admin.transaction():
        await admin.execute("SELECT clock_offset FROM clock.installation FOR UPDATE")
        await scene.mover.AdvanceTime(time_pb2.AdvanceTimeRequest(to_at=clock.to_timestamp(to_at)))
        await eventually(lambda: _written(scene))
        assert await scene.refused(to_at) == "TIME_ALREADY_MOVING"
        assert "Le temps avance" in (await scene.instructor.get("/temps")).text
        assert (await scene.instructor.get("/dossiers")).status_code == 200
        await asyncio.to_thread(daemon_of(scene.installation, "mover").kill)
    await asyncio.to_thread(daemon_of(scene.installation, "mover").start)
    await eventually(lambda: _over(scene))
    advance = await scene.moved()
    assert clock.from_timestamp(advance.now_at) >= to_at
    assert advance.state == time_pb2.ADVANCE_STATE_AT_REST


async def _written(scene: Scene) -> bool:
    watcher = await asyncpg.connect(scene.installation.admin_url)
    try:
        return bool(await watcher.fetchval("SELECT ended_at IS NULL FROM clock.advance"))
    finally:
        await watcher.close()


async def _over(scene: Scene) -> bool:
    return bool(await scene.play.admin.fetchval("SELECT ended_at IS NOT NULL FROM clock.advance"))


async def test_time_goes_neither_back_nor_too_far(scene: Scene) -> None:
    now = clock.from_timestamp((await scene.asked()).now_at)
    assert await scene.refused(now - timedelta(days=1)) == "TIME_NOT_LATER"
    assert await scene.refused(now + timedelta(days=400)) == "TIME_TOO_FAR"
    past = await scene.instructor.get("/temps?jusqu=2023-01-01T10:00")
    assert past.status_code == 422
    assert "Cette date est déjà passée" in past.text
    far = await scene.instructor.get("/temps?jusqu=2033-01-01T10:00")
    assert "trop lointaine" in far.text
    assert "pas claire" in (await scene.instructor.get("/temps?jusqu=demain")).text
    told = {"_csrf_token": scene.instructor.token, "retour": "/", "jusqu": "2023-01-01T10:00"}
    await scene.instructor.client.post("/temps", data=told)
    assert "le temps ne revient pas en arrière" in (await scene.instructor.get("/temps")).text
