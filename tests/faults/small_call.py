"""A call of twenty files that lives every ending, and the player of it in this process.

The files are those of the 2023 edition, the envelopes cut so that the last file above the line takes the remainder.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from io import StringIO

import asyncpg
from rich.console import Console

from deploy.local.installation import Installation
from kit.settings import ClientSettings
from rehearsal.__main__ import play, rows_of
from rehearsal.clock import Clock, DatabaseOffset
from rehearsal.edition import draw
from rehearsal.play import Application, Course, Edition
from rehearsal.quiet import Quiet
from rehearsal.schedule import Step, steps
from rehearsal.stage import Stage
from workflows.commands import Door

OTHERS = {
    Course.NOT_SHORTLISTED: 2,
    Course.INADMISSIBLE: 4,
    Course.LAPSED: 2,
    Course.WITHDRAWN_BEFORE_INVITATION: 1,
    Course.WITHDRAWN_AFTER_INVITATION: 1,
}
HEARD_RANKS = (3, 4, 5, 6, 7, 11, 14, 15, 18, 19)
"""Six laureates (whole and reduced balances, a natural person, corrections), two who wait, two who are declined."""
LAUREATES = 6
TAKEN_BACK = 1_000_00
"""What the envelope of investment lacks: the last file above the line takes the remainder."""


def small_call(seed: int = 2023) -> Edition:
    """Twenty files, every ending."""
    edition = draw(seed)
    heard = sorted(_of(edition, Course.HEARD), key=lambda file: -_score(edition, file))
    chosen = [heard[rank - 1] for rank in HEARD_RANKS]
    others = [file for course, count in OTHERS.items() for file in _of(edition, course)[:count]]
    kept = {file.application_id for file in (*chosen, *others)}
    return replace(
        edition,
        rulebook=_with_envelopes(edition.rulebook, chosen[:LAUREATES]),
        applications=tuple(file for file in edition.applications if file.application_id in kept),
    )


def only(edition: Edition, keep: Callable[[Application], bool]) -> Edition:
    """The same call with fewer files."""
    return replace(edition, applications=tuple(file for file in edition.applications if keep(file)))


def _of(edition: Edition, course: Course) -> list[Application]:
    return [file for file in edition.applications if file.course is course]


def _score(edition: Edition, file: Application) -> float:
    weights: dict[str, int] = {
        criterion["code"]: criterion["weight"] for criterion in json.loads(edition.rulebook)["grid"]
    }
    sheets = [sum(weights[mark.criterion] * mark.value for mark in marks) for marks in file.marks.values()]
    return sum(sheets) / len(sheets)


def _with_envelopes(rulebook: bytes, laureates: Iterable[Application]) -> bytes:
    content = json.loads(rulebook)
    asked = dict.fromkeys(("operating", "investment"), 0)
    for file in laureates:
        assert file.review is not None
        asked[file.project.section.lower()] += file.review.instructed_cents
    asked["investment"] -= TAKEN_BACK
    for envelope in content["envelopes"]:
        envelope["announced_cents"] = asked[envelope["section"]]
    return json.dumps(content, ensure_ascii=False).encode()


@dataclass
class Play:
    """A stage with its clock and calendar, as ``python -m rehearsal`` builds them."""

    stage: Stage
    clock: Clock
    schedule: list[Step]
    admin: asyncpg.Connection

    async def through(self, until: datetime | None = None) -> None:
        """Plays every step, or those up to an instant, from where the installation stands."""
        kept = [step for step in self.schedule if until is None or step.at <= until]
        await play(self.stage, self.clock, kept, console=Console(file=StringIO()))

    async def advance(self, to: datetime) -> None:
        """Moves the installation's clock."""
        await self.clock.advance(to=to)
        self.stage.door.forget_clock()


@asynccontextmanager
async def playing(installation: Installation, edition: Edition) -> AsyncIterator[Play]:
    """Opens the rehearsal's door on an installation; a new one each time, as a resumed player would."""
    environment = {**os.environ, **installation.environment("rehearsal")}
    door = await Door.open(ClientSettings.from_environment(environment))
    admin = await asyncpg.connect(installation.admin_url)
    try:
        stage = Stage(edition, door, lambda workflow_id: rows_of(door, workflow_id))
        accountant = str(edition.person("ACCOUNTANT").person_id)

        async def pay(what: str) -> None:
            await pay_by_accountant(installation, what, accountant)

        clock = Clock(door.client, DatabaseOffset(admin), quiet=Quiet(admin))
        yield Play(stage, clock, steps(stage, pay), admin)
    finally:
        await admin.close()
        await door.close()


async def pay_by_accountant(installation: Installation, what: str, person_id: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "rehearsal.accountant", what, person_id),
        env=installation.environment("accountant"),
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"the public accountant stopped with exit code {process.returncode}: {said[-500:]!r}")
