"""``make bench``: our act compared to a bare workflow with as many updates and activities, on one engine, in one run.

Our act: door → update → activity → RPC → transaction, progress included. At rest one act at a time; under load 32 in
parallel, each on its own entity. Both sides are warmed up and measured in turn; medians of the repetitions are printed.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from uuid import uuid4

from deploy.local.daemon import Daemon, Program
from deploy.local.installation import Installation
from deploy.local.places import CHECKOUT
from rehearsal.edition import draw
from rehearsal.play import Course
from rehearsal.stage import Stage
from tests.bench.bare import TASK_QUEUE, Bare
from tests.faults.small_call import Play, only, playing
from workflows.contract.application import ConfirmInadmissibility, DecideAdmissibility

REPETITIONS = 3
AT_REST = 120
PARALLEL = 32
EACH = 8
LATENCY_AIM = 1.5
THROUGHPUT_AIM = 0.8

Act = Callable[[int], Awaitable[None]]
"""One act on the entity of this index."""


@dataclass
class Figures:
    """One side's repetitions. Milliseconds; acts per second."""

    p50: list[float] = field(default_factory=list)
    p95: list[float] = field(default_factory=list)
    rate: list[float] = field(default_factory=list)

    def row(self, name: str) -> str:
        """The medians."""
        return f"{name:24}{median(self.p50):10.1f}{median(self.p95):10.1f}{median(self.rate):12.1f}"


async def ours(stage: Stage) -> Act:
    """An application found inadmissible, then sent back by the second reader: two acts that can follow for ever."""
    first, second = stage.as_role("INSTRUCTOR", "first"), stage.as_role("INSTRUCTOR", "second")
    files = [str(file.application_id) for file in stage.edition.applications]
    decided = dict.fromkeys(files, False)

    async def act(index: int) -> None:
        application_id = files[index % len(files)]
        if decided[application_id]:
            outcome = await stage.door.act(second, ConfirmInadmissibility, application_id, confirmed=False)
        else:
            reasons = ["NO_IDENTIFIED_HOLDER"]
            outcome = await stage.door.act(
                first, DecideAdmissibility, application_id, admissible=False, reasons=reasons
            )
        assert outcome.finished
        decided[application_id] = not decided[application_id]

    return act


async def bare(play: Play) -> Act:
    """As many bare workflows."""
    client = play.stage.door.client
    handles = [
        await client.start_workflow(Bare.run, id=f"bench/{uuid4()}", task_queue=TASK_QUEUE) for _ in range(PARALLEL)
    ]

    async def act(index: int) -> None:
        request_id = str(uuid4())
        await handles[index % len(handles)].execute_update(Bare.step, request_id, id=request_id)

    return act


async def measure(act: Act, figures: Figures) -> None:
    """One repetition: at rest, then under load."""
    times = [await _timed(act, index % PARALLEL) for index in range(AT_REST)]
    figures.p50.append(median(times))
    figures.p95.append(quantiles(times, n=20)[18])

    async def follow(index: int) -> None:
        for _ in range(EACH):
            await act(index)

    began = time.perf_counter()
    await asyncio.gather(*(follow(index) for index in range(PARALLEL)))
    figures.rate.append(PARALLEL * EACH / (time.perf_counter() - began))


async def _timed(act: Act, index: int) -> float:
    began = time.perf_counter()
    await act(index)
    return (time.perf_counter() - began) * 1000


async def compare(installation: Installation) -> tuple[Figures, Figures]:
    """The bare side, and ours."""
    whole = draw(2023)
    edition = only(whole, lambda file: file.course is not Course.WITHDRAWN_BEFORE_INVITATION)
    async with playing(installation, edition) as play:
        await play.through(edition.calendar.waves["pre_applications"][-1])
        sides: Sequence[tuple[Act, Figures]] = ((await bare(play), Figures()), (await ours(play.stage), Figures()))
        for act, _ in sides:
            await measure(act, Figures())  # warm-up, thrown away
        for _ in range(REPETITIONS):
            for act, figures in sides:
                await measure(act, figures)
        return sides[0][1], sides[1][1]


def main() -> None:
    """Starts an installation of its own, measures, prints, forgets it."""
    with tempfile.TemporaryDirectory(prefix="jalon-bench-") as folder:
        installation = Installation.create(Path(folder) / "installation")
        worker = _bare_worker(installation)
        try:
            installation.start()
            worker.launch()
            theirs, mine = asyncio.run(compare(installation))
        finally:
            worker.kill()
            installation.remove()
    _print(theirs, mine)


def _bare_worker(installation: Installation) -> Daemon:
    return Daemon(
        Program(
            name="bare",
            command=[sys.executable, "-m", "tests.bench.worker"],
            environment={**installation.environment("worker"), "OTEL_SERVICE_NAME": "jalon-bare"},
            log=installation.folder / "logs" / "bare.log",
            ready=lambda: True,
            folder=CHECKOUT,
        )
    )


def _print(theirs: Figures, mine: Figures) -> None:
    latency = median(mine.p50) / median(theirs.p50)
    rate = median(mine.rate) / median(theirs.rate)
    print(f"{'':24}{'p50 (ms)':>10}{'p95 (ms)':>10}{f'{PARALLEL} à la fois (actes/s)':>28}".replace("(actes/s)", "/s"))
    print(theirs.row("workflow nu"))
    print(mine.row("notre acte"))
    print(f"Latence au repos : {latency:.2f} × (visé : {LATENCY_AIM} × au plus).")
    print(f"Débit : {rate:.2f} × (visé : {THROUGHPUT_AIM} × au moins).")


if __name__ == "__main__":
    main()
