"""Shows of hands."""

from __future__ import annotations

from pathlib import Path

from kit.db import run_sql

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Keeps the shows of hands of a session."""
    run_sql(Path(__file__).with_suffix(".sql"))
