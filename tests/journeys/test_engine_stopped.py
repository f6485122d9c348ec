"""What a deadline can defeat is received without the engine; what an agent does then is not recorded, and says so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from jalon.intake.v1 import applications_pb2 as intake

from deploy.local.daemon import Daemon
from deploy.local.installation import Installation
from rehearsal.clock import DatabaseOffset
from rehearsal.play import Application
from rehearsal.scenes import examining, receiving
from tests.faults.killing import daemon_of
from tests.faults.small_call import Play, only, playing, small_call
from tests.faults.worker import difficult
from workflows.commands import NotYetRecorded
from workflows.contract.application import DecideAdmissibility
from workflows.contract.names import APPLICATION

WAIT_SECONDS = 60
pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation of the test's own."""
    made = Installation.create(tmp_path_factory.mktemp("stopped"))
    made.start()
    try:
        yield made
    finally:
        made.remove()


@dataclass(frozen=True)
class Scene:
    """Three files: one that forgets pieces, one on the last day, one that never sends its full application."""

    installation: Installation
    play: Play
    forgetful: Application
    punctual: Application
    absent: Application

    @property
    def engine(self) -> Daemon:
        """Temporal."""
        return daemon_of(self.installation, "temporal")

    @property
    def worker(self) -> Daemon:
        """The worker."""
        return daemon_of(self.installation, "worker")


@pytest.fixture
async def scene(installation: Installation) -> AsyncIterator[Scene]:
    """The call is open, the first deposits may come."""
    whole = small_call()
    examined = [file for file in whole.applications if file.course.examined]
    forgetful = next(file for file in examined if file.missing_pieces)
    punctual, absent = [file for file in examined if not file.missing_pieces][:2]
    edition = only(whole, lambda file: file in (forgetful, punctual, absent))
    async with playing(installation, edition) as play:
        await play.through(edition.calendar.moments["call_opened"])
        await play.advance(edition.calendar.waves["pre_applications"][0])
        yield Scene(installation, play, forgetful, punctual, absent)


async def row_of(play: Play, file: Application) -> Any:
    """The file's row in the list every desk reads."""
    stage = play.stage
    request = intake.ListApplicationsRequest(call_id=stage.call_id, page_size=100)
    rows = (
        await stage.door.read(stage.as_role("AUDITOR"), stage.stub("intake", "applications").ListApplications, request)
    ).rows
    return next(row for row in rows if row.application_id == str(file.application_id))


async def awaits(play: Play, file: Application, event: str) -> None:
    """Waits until the list says that ``event`` is the next one."""
    wanted = intake.NextEvent.Value(f"NEXT_EVENT_{event}")
    await eventually(lambda: _awaits(play, file, wanted))


async def _awaits(play: Play, file: Application, wanted: int) -> bool:
    return bool((await row_of(play, file)).progress.next_event == wanted)


async def eventually(question: Callable[[], Awaitable[bool]]) -> None:
    """Waits until ``question`` answers yes."""
    async with asyncio.timeout(WAIT_SECONDS):
        while not await question():  # noqa: ASYNC110 (the answer is in another process)
            await asyncio.sleep(0.1)


async def received(play: Play, file: Application) -> list[str]:
    """The kinds of the receipts issued, each with a number and the digest of what was received."""
    rows = await play.admin.fetch(
        "SELECT kind, number, digest FROM intake.receipts WHERE application_id = $1 ORDER BY receipt_id",
        file.application_id,
    )
    assert all(row["number"] and len(row["digest"]) == 64 for row in rows)
    return [row["kind"] for row in rows]


async def waiting(play: Play) -> list[str]:
    """The facts that wait for the relay."""
    rows = await play.admin.fetch("SELECT fact FROM intake.outbox WHERE acked_at IS NULL ORDER BY outbox_id")
    return [row["fact"] for row in rows]


async def effects(play: Play, schema: str, request_id: str) -> int:
    """How many events a request left in a service's journal."""
    found: int = await play.admin.fetchval(
        f"SELECT count(*) FROM {schema}.journal WHERE request_id = $1::text::uuid", request_id
    )
    return found


async def stop(daemon: Daemon) -> None:
    await asyncio.to_thread(daemon.stop)


async def start(daemon: Daemon) -> None:
    await asyncio.to_thread(daemon.start)


async def refused_for_now(play: Play, file: Application) -> str:
    """An agent's act while nothing can record it: the same request id comes back, to be used again."""
    request_id = str(uuid4())
    with pytest.raises(NotYetRecorded) as late:
        await admit(play, file, request_id)
    assert late.value.request_id == request_id
    return request_id


async def admit(play: Play, file: Application, request_id: str) -> bool:
    """An instructor finds a pre-application admissible."""
    instructor = play.stage.as_role("INSTRUCTOR", "first")
    outcome = await play.stage.door.act_as(
        instructor, DecideAdmissibility, request_id, str(file.application_id), admissible=True
    )
    return outcome.finished


async def test_what_is_received_and_what_waits(scene: Scene) -> None:
    """In the order of the calendar, on one installation."""
    await an_act_without_a_worker_has_one_effect(scene)
    await a_deposit_is_received_and_an_act_waits(scene)
    await a_full_application_is_received(scene)
    await a_deadline_passed_meanwhile_takes_nothing_away(scene)
    await an_answer_to_a_correction_is_received(scene)


async def an_act_without_a_worker_has_one_effect(scene: Scene) -> None:
    """The worker stopped, an act, the engine restarted: tried again under the same id, it is done once."""
    play, file = scene.play, scene.absent
    await receiving.submit_applications(play.stage, [file])
    await awaits(play, file, "DECIDE_ADMISSIBILITY")
    await play.clock.level()  # the engine has written it too: the row is shown a moment before
    await stop(scene.worker)
    request_id = await refused_for_now(play, file)
    await stop(scene.engine)
    await start(scene.engine)
    await start(scene.worker)
    assert await admit(play, file, request_id)
    assert await effects(play, "review", request_id) == 1
    assert await admit(play, file, request_id)
    assert await effects(play, "review", request_id) == 1


async def a_deposit_is_received_and_an_act_waits(scene: Scene) -> None:
    """The receipt is final; the list shows the file; the agent is told to try again, and does, once."""
    play = scene.play
    await receiving.submit_applications(play.stage, [scene.forgetful])
    await awaits(play, scene.forgetful, "DECIDE_ADMISSIBILITY")
    await stop(scene.engine)
    async with playing(scene.installation, play.stage.edition) as portal:  # a site started while the engine is down
        await receiving.submit_applications(portal.stage, [scene.punctual])
    row = await row_of(play, scene.punctual)
    assert (row.progress.version, row.progress.next_event) == (0, intake.NEXT_EVENT_RELAY)
    assert row.state == intake.APPLICATION_STATE_SUBMITTED
    assert await received(play, scene.punctual) == ["application_submitted"]
    assert await waiting(play) == ["application_submitted"]
    request_id = await refused_for_now(play, scene.forgetful)
    assert await effects(play, "review", request_id) == 0
    await start(scene.engine)
    await awaits(play, scene.punctual, "DECIDE_ADMISSIBILITY")
    assert await admit(play, scene.forgetful, request_id)
    assert await admit(play, scene.forgetful, request_id)
    assert await effects(play, "review", request_id) == 1
    assert await admit(play, scene.punctual, str(uuid4()))


async def a_full_application_is_received(scene: Scene) -> None:
    """The second deposit."""
    play = scene.play
    await play.advance(play.stage.edition.calendar.waves["full_applications"][0])
    await stop(scene.engine)
    await receiving.submit_full_applications(play.stage, [scene.forgetful])
    assert (await row_of(play, scene.forgetful)).state == intake.APPLICATION_STATE_FULL_SUBMITTED
    assert (await received(play, scene.forgetful))[1:] == ["full_application_submitted"]
    await start(scene.engine)
    await awaits(play, scene.forgetful, "CONFIRM_COMPLETENESS")


async def a_deadline_passed_meanwhile_takes_nothing_away(scene: Scene) -> None:
    """The timer fires before the relay delivers: the service says that the full application came in time."""
    play, slow = scene.play, difficult(scene.installation, "without-relay")
    closing = play.stage.edition.calendar.waves["full_applications"][-1] + timedelta(hours=6)
    await play.advance(closing - timedelta(hours=2))
    await stop(scene.engine)
    await receiving.submit_full_applications(play.stage, [scene.punctual])
    await stop(scene.worker)
    await DatabaseOffset(play.admin).rise(timedelta(days=1))
    play.stage.door.forget_clock()
    await start(scene.engine)
    await start(slow)
    try:
        await play.clock.level()  # both timers fire; nothing is relayed
        assert await waiting(play) == ["full_application_submitted"]
        handle = play.stage.door.client.get_workflow_handle(APPLICATION.id_of(str(scene.punctual.application_id)))
        standing = await handle.query("standing")
        assert standing["position"] == "FULL_APPLICATION"
        assert "full_application" not in standing["deadlines"]
        await eventually(lambda: _ended(play, scene.absent, intake.ENDING_LAPSED))
    finally:
        await stop(slow)
    await start(scene.worker)
    await awaits(play, scene.punctual, "CONFIRM_COMPLETENESS")


async def _ended(play: Play, file: Application, ending: int) -> bool:
    return bool((await row_of(play, file)).progress.ending == ending)


async def an_answer_to_a_correction_is_received(scene: Scene) -> None:
    """What was missing is sent; the file moves once the engine is back."""
    play, calendar = scene.play, scene.play.stage.edition.calendar
    await play.advance(calendar.moments["completeness_checked"])
    alone = only(play.stage.edition, lambda file: file == scene.forgetful)
    await examining.check_completeness(replace(play.stage, edition=alone))
    await play.advance(calendar.waves["corrections"][0])
    await stop(scene.engine)
    await receiving.submit_corrections(play.stage, [scene.forgetful])
    assert (await received(play, scene.forgetful))[2:] == ["correction_submitted"]
    assert await waiting(play) == ["correction_submitted"]
    await start(scene.engine)
    await awaits(play, scene.forgetful, "CONFIRM_COMPLETENESS")
    await eventually(lambda: _relayed(play))


async def _relayed(play: Play) -> bool:
    return not await waiting(play)
