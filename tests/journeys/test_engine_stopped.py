"""What a deadline can defeat is received without the engine; what an agent does then is not recorded, and says so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from jalon.intake.v1 import applications_pb2 as intake

from deploy.local.daemon import Daemon
from deploy.local.installation import Installation
from rehearsal.play import Application, Edition
from rehearsal.scenes import examining, receiving
from tests.faults.killing import daemon_of
from tests.faults.small_call import Play, only, playing, small_call
from tests.faults.worker import difficult
from workflows.commands import NotYetRecorded
from workflows.contract.application import DecideAdmissibility
from workflows.contract.names import APPLICATION

WAIT_SECONDS = 60


@pytest.fixture
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation of the test's own."""
    made = Installation.create(tmp_path_factory.mktemp("stopped"))
    made.start()
    try:
        yield made
    finally:
        made.remove()


@pytest.fixture(scope="module")
def edition() -> Edition:
    """Two files: the first forgets pieces at first."""
    whole = small_call()
    examined = [file for file in whole.applications if file.course.examined]
    first = next(file for file in examined if file.missing_pieces)
    second = next(file for file in examined if not file.missing_pieces)
    return only(whole, lambda file: file in (first, second))


@pytest.fixture
def files(edition: Edition) -> tuple[Application, Application]:
    """The file that forgets pieces, then the other."""
    first, second = sorted(edition.applications, key=lambda file: not file.missing_pieces)
    return first, second


@pytest.fixture
async def play(installation: Installation, edition: Edition) -> AsyncIterator[Play]:
    """The call is open, the first deposits may come."""
    async with playing(installation, edition) as opened:
        await opened.through(edition.calendar.moments["call_opened"])
        await opened.advance(edition.calendar.waves["pre_applications"][0])
        yield opened


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


async def test_deposits_are_received_and_acts_wait(
    installation: Installation, edition: Edition, play: Play, files: tuple[Application, Application]
) -> None:
    engine = daemon_of(installation, "temporal")
    forgetful, other = files
    await receiving.submit_applications(play.stage, [forgetful])
    await awaits(play, forgetful, "DECIDE_ADMISSIBILITY")

    await stop(engine)
    async with playing(installation, edition) as portal:  # a site started while the engine is down
        await receiving.submit_applications(portal.stage, [other])
    row = await row_of(play, other)
    assert (row.progress.version, row.progress.next_event) == (0, intake.NEXT_EVENT_RELAY)
    assert row.state == intake.APPLICATION_STATE_SUBMITTED
    assert await received(play, other) == ["application_submitted"]
    assert await waiting(play) == ["application_submitted"]
    request_id = await refused_for_now(play, forgetful)
    assert await effects(play, "review", request_id) == 0
    await start(engine)
    await awaits(play, other, "DECIDE_ADMISSIBILITY")
    assert await admit(play, forgetful, request_id)
    assert await admit(play, forgetful, request_id)
    assert await effects(play, "review", request_id) == 1

    await play.advance(edition.calendar.waves["full_applications"][0])
    await stop(engine)
    await receiving.submit_full_applications(play.stage, [forgetful])
    assert (await row_of(play, forgetful)).state == intake.APPLICATION_STATE_FULL_SUBMITTED
    assert (await received(play, forgetful))[1:] == ["full_application_submitted"]
    await start(engine)
    await awaits(play, forgetful, "CONFIRM_COMPLETENESS")

    await play.advance(edition.calendar.moments["completeness_checked"])
    await examining.check_completeness(_alone(play, forgetful))
    await play.advance(edition.calendar.waves["corrections"][0])
    await stop(engine)
    await receiving.submit_corrections(play.stage, [forgetful])
    assert (await received(play, forgetful))[2:] == ["correction_submitted"]
    assert await waiting(play) == ["correction_submitted"]
    await start(engine)
    await awaits(play, forgetful, "CONFIRM_COMPLETENESS")
    assert await waiting(play) == []


def _alone(play: Play, file: Application) -> Any:
    """The stage with one file on it."""
    return type(play.stage)(only(play.stage.edition, lambda other: other == file), play.stage.door, play.stage.rows_of)


async def test_a_deadline_passed_meanwhile_takes_nothing_away(
    installation: Installation, edition: Edition, play: Play, files: tuple[Application, Application]
) -> None:
    """The timer fires before the relay delivers: the service says that the full application came in time."""
    engine, worker, slow = (
        daemon_of(installation, "temporal"),
        daemon_of(installation, "worker"),
        difficult(installation, "without-relay"),
    )
    punctual, late = files[1], files[0]
    await receiving.submit_applications(play.stage, [punctual, late])
    await awaits(play, punctual, "DECIDE_ADMISSIBILITY")
    await awaits(play, late, "DECIDE_ADMISSIBILITY")
    for file in files:
        assert await admit(play, file, str(uuid4()))
    closing = _closing(edition)
    await play.advance(closing - timedelta(hours=2))

    await stop(engine)
    await receiving.submit_full_applications(play.stage, [punctual])
    await stop(worker)
    await play.admin.execute(
        "UPDATE clock.installation SET clock_offset = clock_offset + $1",
        closing + timedelta(days=1) - await play.clock.now(),
    )
    await start(engine)
    await start(slow)
    try:
        await play.clock.level()  # both timers fire; nothing is relayed
        assert await waiting(play) == ["full_application_submitted"]
        asked = await play.stage.door.client.get_workflow_handle(APPLICATION.id_of(str(punctual.application_id))).query(
            "standing"
        )
        assert asked["position"] == "FULL_APPLICATION"
        assert "full_application" not in asked["deadlines"]
        await eventually(lambda: _ended(play, late, intake.ENDING_LAPSED))
    finally:
        await stop(slow)
    await start(worker)
    await awaits(play, punctual, "CONFIRM_COMPLETENESS")


def _closing(edition: Edition) -> datetime:
    return edition.calendar.waves["full_applications"][-1] + timedelta(hours=6)


async def _ended(play: Play, file: Application, ending: int) -> bool:
    return bool((await row_of(play, file)).progress.ending == ending)


async def test_a_retried_act_has_one_effect(
    installation: Installation, play: Play, files: tuple[Application, Application]
) -> None:
    """The worker stopped, an act, the engine restarted: tried again under the same id, it is done once."""
    engine, worker = daemon_of(installation, "temporal"), daemon_of(installation, "worker")
    file = files[0]
    await receiving.submit_applications(play.stage, [file])
    await awaits(play, file, "DECIDE_ADMISSIBILITY")
    await stop(worker)
    request_id = await refused_for_now(play, file)
    await stop(engine)
    await start(engine)
    await start(worker)
    assert await admit(play, file, request_id)
    assert await effects(play, "review", request_id) == 1
    assert await admit(play, file, request_id)
    assert await effects(play, "review", request_id) == 1
