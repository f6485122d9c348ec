"""The intake service, and a call that is open for its first stage."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest

from services.intake.__main__ import build
from tests.integration.harness import Served, Services
from tests.integration.intake.intake_people import Desk, Porter

AtClock = Callable[[datetime | None], Awaitable[None]]


@pytest.fixture(scope="session")
async def intake(services: Services) -> Served:
    return await services("intake", build)


@pytest.fixture
async def desk(intake: Served) -> Desk:
    """A call of the test's own, in draft nowhere: open, its first window open."""
    desk = Desk(intake)
    await desk.open_call()
    return desk


@pytest.fixture
async def invited(desk: Desk, at_clock: AtClock) -> Porter:
    """An application invited to the second stage, whose window is open."""
    porter = desk.porter()
    await porter.deposit()
    await porter.invite()
    await at_clock(await desk.served.caller.now() + timedelta(days=15))
    return porter
