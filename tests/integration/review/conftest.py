"""The review service, and a call it was handed."""

from __future__ import annotations

import pytest

from services.review.__main__ import build
from tests.integration.harness import Served, Services
from tests.integration.review.review_people import Desk


@pytest.fixture(scope="session")
async def review(services: Services) -> Served:
    return await services("review", build)


@pytest.fixture
async def desk(review: Served) -> Desk:
    """A call of the test's own, registered in review."""
    desk = Desk(review)
    await desk.open_call()
    return desk
