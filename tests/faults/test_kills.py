"""SIGKILL at seeded random moments of a running call of twenty files: nothing lost, nothing doubled, the same end."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress

import asyncpg
import pytest

from deploy.local.installation import Installation
from tests.faults.killing import VICTIMS, NeverClosed, Plan, kill, plan_of, play_under_fire
from tests.faults.outcome import End, check_nothing_lost_nothing_doubled, check_nothing_waits, ends_of
from tests.faults.small_call import playing, small_call
from tests.journeys.conftest import play

KILLS_OF_EACH = 3
STEPS = 60
"""About what the calendar of a call holds."""
pytestmark = pytest.mark.timeout(900)
ENDINGS = {
    "PAID": 3,
    "PAID_REDUCED": 3,
    "INADMISSIBLE": 4,
    "LAPSED": 2,
    "WITHDRAWN": 2,
    "NOT_SHORTLISTED": 2,
    "WAITING_LIST": 2,
    "DECLINED": 2,
}


@pytest.fixture
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation of the test's own."""
    made = Installation.create(tmp_path_factory.mktemp("faults"))
    made.start()
    try:
        yield made
    finally:
        made.remove()


@pytest.fixture
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Another one, where nothing is killed."""
    made = Installation.create(tmp_path_factory.mktemp("spared"))
    try:
        yield made
    finally:
        made.remove()


async def played(installation: Installation, plan: Plan) -> dict[str, End]:
    """Plays the call under the kills of a plan; holds all that must hold; returns each file's end."""
    edition = small_call()
    resumed = await play_under_fire(installation, edition, plan)
    print(f"player resumed {resumed} times; {len(plan.landed)} kills:", *plan.landed, sep="\n  ")
    assert not plan.kills
    async with playing(installation, edition) as opened:
        await check_nothing_lost_nothing_doubled(opened)
        await check_nothing_waits(opened)
        ends = await ends_of(opened)
    assert Counter(end.ending for end in ends.values()) == ENDINGS
    assert {end.stage for end in ends.values()} == {"CLOSED"}
    return ends


async def test_one_kill_of_each_kind(installation: Installation) -> None:
    await played(installation, plan_of(4, STEPS, victims=VICTIMS))


@pytest.mark.long
@pytest.mark.parametrize("seed", [11, 12])
async def test_many_kills_change_nothing(installation: Installation, other: Installation, seed: int) -> None:
    struck = await played(installation, plan_of(seed, STEPS, victims=VICTIMS * KILLS_OF_EACH))
    installation.stop()
    other.start()
    spared = await played(other, plan_of(seed, STEPS, victims=()))
    assert struck == spared


@pytest.mark.long
async def test_kills_inside_an_advance_break_no_invariant(installation: Installation) -> None:
    """Time skipped while something was down may pass a deadline: only what must always hold is asked."""
    edition, plan = small_call(), plan_of(21, STEPS, victims=VICTIMS)
    with suppress(NeverClosed):
        await play_under_fire(installation, edition, plan, inside=True)
    print(*plan.landed, sep="\n  ")
    assert len(plan.landed) == len(VICTIMS)
    async with playing(installation, edition) as opened:
        await check_nothing_lost_nothing_doubled(opened)


@pytest.mark.long
async def test_the_worker_and_the_player_killed_in_the_middle(installation: Installation, other: Installation) -> None:
    """``kill -9``, then the demonstration resumed: the same table."""
    quiet = asyncio.subprocess.DEVNULL
    player = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "rehearsal"), env=installation.environment("rehearsal"), stdout=quiet, stderr=quiet
    )
    await _until_examined(installation)
    player.kill()
    await player.wait()
    await kill(installation, "worker")
    resumed = await asyncio.to_thread(play, installation)
    assert resumed.returncode == 0, resumed.stderr[-2000:]
    installation.stop()
    other.start()
    spared = await asyncio.to_thread(play, other)
    assert _table(resumed.stdout) == _table(spared.stdout)


async def _until_examined(installation: Installation) -> None:
    """Waits until reviews are being concluded."""
    admin = await asyncpg.connect(installation.admin_url)
    try:
        async with asyncio.timeout(300):
            while not await admin.fetchval("SELECT count(*) FROM review.journal WHERE event = 'review_concluded'"):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    finally:
        await admin.close()


def _table(printed: str) -> str:
    return printed[printed.index("Appel à projets") :]
