"""SIGKILL at seeded random moments of a running call of twenty files: nothing lost, nothing doubled, the same end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from deploy.local.installation import Installation
from tests.faults.killing import VICTIMS, plan_of, play_under_fire
from tests.faults.outcome import End, check_nothing_lost_nothing_doubled, check_nothing_waits, ends_of
from tests.faults.small_call import playing, small_call

STEPS = 60
"""About what the calendar of a call holds."""
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


async def _played(installation: Installation, *, seed: int, victims: tuple[str, ...]) -> dict[str, End]:
    edition, plan = small_call(), plan_of(seed, STEPS, victims=victims)
    resumed = await play_under_fire(installation, edition, plan)
    print(f"player resumed {resumed} times; {len(plan.landed)} kills:", *plan.landed, sep="\n  ")
    async with playing(installation, edition) as play:
        await check_nothing_lost_nothing_doubled(play)
        await check_nothing_waits(play)
        ends = await ends_of(play)
    assert Counter(end.ending for end in ends.values()) == ENDINGS
    assert {end.stage for end in ends.values()} == {"CLOSED"}
    return ends


async def test_one_kill_of_each_kind(installation: Installation) -> None:
    await _played(installation, seed=4, victims=VICTIMS)
