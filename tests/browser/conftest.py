"""A real Chromium against the real processes: an installation of the session's own, a call played until its files
wait for the decision on admissibility.

Without a browser these tests cannot be: they are left out, the last lines of the run say how many and what to
install, and the run fails where ``JALON_NEEDS_BROWSER`` is set (``.ci/run``).
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path

import asyncpg
import pytest
from playwright.async_api import Browser, async_playwright

from deploy.local.installation import Installation
from rehearsal.play import Course
from tests.browser import chromium, measure
from tests.browser.people import People
from tests.faults.small_call import Play, only, playing, small_call

HERE = Path(__file__).parent
LEFT_OUT = pytest.StashKey[int]()
find = cache(chromium.find)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves browser tests out when there is no browser."""
    ours = [item for item in items if HERE in item.path.parents]
    if ours and not find():
        config.stash[LEFT_OUT] = len(ours)
        items[:] = [item for item in items if item not in ours]
        config.hook.pytest_deselected(items=ours)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Says what was left out."""
    count = config.stash.get(LEFT_OUT, 0)
    if count:
        terminalreporter.write_line(
            f"{count} tests de navigateur n'ont pas été joués : aucun Chromium sur cette machine."
            " Installer celui de Playwright (python -m playwright install --with-deps chromium) ou celui du système"
            " (Debian : apt install chromium), ou le nommer dans JALON_CHROMIUM.",
            red=True,
        )


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fails the run where a browser is needed; keeps the measure of accessibility when asked."""
    if os.environ.get("JALON_MEASURE"):
        measure.keep()
    if session.config.stash.get(LEFT_OUT, 0) and os.environ.get("JALON_NEEDS_BROWSER"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Everything started, sites included."""
    made = Installation.create(tmp_path_factory.mktemp("browser"))
    made.start()
    try:
        yield made
    finally:
        made.remove()


@pytest.fixture(scope="session")
async def installation(started: Installation) -> Installation:
    """The same, once its call has received every pre-application."""
    async with playing(started, small_call()) as play:
        await play.through(play.stage.edition.calendar.moments["admissibility_decided"] - timedelta(seconds=1))
    return started


@pytest.fixture(scope="session")
async def waiting(installation: Installation) -> list[str]:
    """Numbers of the files that wait for the decision, those that tests name themselves (up to 006) left out: numbers
    are given in the order of deposits, which are made together."""
    admin = await asyncpg.connect(installation.admin_url)
    rows = await admin.fetch(
        "SELECT number FROM intake.applications JOIN intake.progress USING (application_id)"
        " WHERE next_event = 'DECIDE_ADMISSIBILITY' AND number > '2023-006' ORDER BY number DESC"
    )
    await admin.close()
    return [row["number"] for row in rows]


@pytest.fixture(scope="session")
def examined(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation whose call goes on to its full applications."""
    made = Installation.create(tmp_path_factory.mktemp("examined"))
    made.start()
    try:
        yield made
    finally:
        made.remove()


@pytest.fixture(scope="session")
async def play(examined: Installation) -> AsyncIterator[Play]:
    """The call played until its full applications are there, completeness still to be checked."""
    edition = only(small_call(), lambda file: file.course is Course.HEARD and not file.missing_pieces)
    async with playing(examined, edition) as found:
        await found.through(edition.calendar.moments["completeness_checked"] - timedelta(seconds=1))
        yield found


@pytest.fixture(scope="session")
async def numbers(play: Play) -> list[str]:
    """Files whose completeness is to check, each for one test."""
    rows = await play.admin.fetch(
        "SELECT number FROM intake.applications JOIN intake.progress USING (application_id)"
        " WHERE next_event = 'CONFIRM_COMPLETENESS' ORDER BY number"
    )
    return [row["number"] for row in rows]


@pytest.fixture
async def crowd(browser: Browser, examined: Installation, play: Play) -> AsyncIterator[People]:
    """Whoever opens its sites in a test."""
    people = People(browser, examined, [])
    yield people
    await people.close()


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for the session."""
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=find(), args=["--no-sandbox"])
        yield opened
        await opened.close()


@pytest.fixture
async def people(browser: Browser, installation: Installation, waiting: list[str]) -> AsyncIterator[People]:
    """Whoever opens the sites in a test; their windows are closed at its end."""
    crowd = People(browser, installation, waiting)
    yield crowd
    await crowd.close()
