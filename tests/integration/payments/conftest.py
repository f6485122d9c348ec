"""The payments service on a real database, and the people who act in it."""

from __future__ import annotations

import pytest

from services.payments.__main__ import build
from tests.integration.harness import Served, Services
from tests.integration.payments.payments_people import Desk, register_call


@pytest.fixture(scope="session")
async def payments(services: Services) -> Served:
    """The service, served."""
    return await services("payments", build)


@pytest.fixture
async def desk(payments: Served) -> Desk:
    """A call of its own for each test: 90 000 € of operating, 60 000 € of investment."""
    return await register_call(payments)
