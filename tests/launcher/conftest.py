"""One installation for this folder: its database alone (no process, no engine)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.installation import Installation


@pytest.fixture(scope="session")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A demonstration's PostgreSQL, with its roles, schemas and clock."""
    installation = Installation.create(tmp_path_factory.mktemp("bare") / "demonstration")
    try:
        installation.start(only=(), engine=False)
        yield installation
    finally:
        installation.remove()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a test makes an installation of its own."""
    return tmp_path / "installation"
