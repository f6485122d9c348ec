"""One life with a worker that keeps nothing in memory: each task replays its run from the beginning."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from deploy.local.installation import Installation
from rehearsal.play import Course
from tests.faults.killing import daemon_of
from tests.faults.outcome import check_nothing_lost_nothing_doubled, check_nothing_waits, ends_of
from tests.faults.small_call import only, playing, small_call
from tests.faults.worker import difficult

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation of the test's own."""
    made = Installation.create(tmp_path_factory.mktemp("cold"))
    made.start()
    try:
        yield made
    finally:
        made.remove()


async def test_a_whole_life_is_replayed_at_each_task(installation: Installation) -> None:
    worker, cold = daemon_of(installation, "worker"), difficult(installation, "cold")
    await asyncio.to_thread(worker.stop)
    await asyncio.to_thread(cold.start)
    whole = small_call()
    heard = [file for file in whole.applications if file.course is Course.HEARD]
    returned = next(file for file in heard if file.after_award and file.after_award.report_returned)
    corrected = next(file for file in heard if file.missing_pieces)
    edition = only(whole, lambda file: file in (returned, corrected))
    try:
        async with playing(installation, edition) as play:
            await play.through()
            await check_nothing_lost_nothing_doubled(play)
            await check_nothing_waits(play)
            ends = await ends_of(play)
    finally:
        await asyncio.to_thread(cold.stop)
    assert {end.stage for end in ends.values()} == {"CLOSED"}
    assert {end.ending for end in ends.values()} <= {"PAID", "PAID_REDUCED"}
    assert len(ends) == 2
