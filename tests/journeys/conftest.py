"""A whole demonstration installation of the session's own: real database, real engine, real processes; the 2023 call
played once through the real doors, then read by every test."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from jalon.intake.v1 import applications_pb2

from deploy.local.installation import Installation
from kit.settings import ClientSettings
from rehearsal.edition import draw
from rehearsal.play import Edition
from tests.journeys.people import Desk, Town, later, open_desk, rulebook
from tests.journeys.second_call import Second, play_second_call
from workflows.commands import Door, Who

PLAY_SECONDS = 600


@dataclass
class Played:
    """A played call: its installation, its edition, and what the player printed."""

    installation: Installation
    edition: Edition
    printed: str

    @property
    def auditor(self) -> Who:
        """Somebody who may read everything."""
        return Who(str(self.edition.person("AUDITOR").person_id), frozenset({"AUDITOR"}), str(self.edition.call_id))


def play(installation: Installation, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs the rehearsal against an installation, as ``make demo`` does."""
    return subprocess.run(
        [sys.executable, "-m", "rehearsal", *arguments],
        env={**installation.environment("rehearsal"), "COLUMNS": "160"},
        capture_output=True,
        text=True,
        timeout=PLAY_SECONDS,
        check=False,
    )


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Everything started."""
    made = Installation.create(tmp_path_factory.mktemp("installation"))
    made.start()
    try:
        yield made
    finally:
        made.remove()


@pytest.fixture(scope="session")
def played(installation: Installation) -> Played:
    """The 2023 call, played to its end."""
    done = play(installation, "--alone")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-5000:]
    return Played(installation, draw(2023), done.stdout)


@pytest.fixture(scope="session")
async def door(installation: Installation) -> AsyncIterator[Door]:
    """The rehearsal's door, for reading."""
    opened = await Door.open(ClientSettings.from_environment({**os.environ, **installation.environment("rehearsal")}))
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
async def town(door: Door, installation: Installation) -> AsyncIterator[Town]:
    """The installation as those who err, cheat or pry reach it."""
    admin = await asyncpg.connect(installation.admin_url)
    yield Town(installation, door, admin)
    await admin.close()


@pytest.fixture(scope="session")
async def second(town: Town, played: Played) -> Second:
    """A second call, left in mid-course, in the installation where the first one was played."""
    return await play_second_call(town)


@pytest.fixture(scope="session")
async def desk(town: Town, second: Second) -> Desk:
    """A third call, open to pre-applications for two months."""
    now = await town.door.now()
    return await open_desk(town, rulebook(opens=later(now, -1), closes=later(now, 60)))


async def rows_of(door: Door, played: Played) -> list[Any]:
    """Every row of the call's list."""
    found: list[Any] = []
    request = applications_pb2.ListApplicationsRequest(call_id=str(played.edition.call_id), page_size=100)
    while True:
        page = await door.read(played.auditor, door.services.stub("intake", "applications").ListApplications, request)
        found += page.rows
        if not page.next_page_token:
            return found
        request.page_token = page.next_page_token


def log_of(installation: Installation, name: str) -> str:
    """What a process wrote."""
    path = Path(installation.folder) / "logs" / f"{name}.log"
    return path.read_text() if path.exists() else ""
