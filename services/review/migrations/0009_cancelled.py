"""Sessions given up."""

from __future__ import annotations

from pathlib import Path

from kit.db import run_sql

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """A session may be cancelled before any result."""
    run_sql(Path(__file__).with_suffix(".sql"))
