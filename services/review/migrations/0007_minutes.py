"""Minutes as documents."""

from __future__ import annotations

from pathlib import Path

from kit.db import run_sql

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Keeps the minutes of sessions."""
    run_sql(Path(__file__).with_suffix(".sql"))
