"""The slots of hearings."""

from __future__ import annotations

from pathlib import Path

from kit.db import run_sql

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Keeps each slot of a hearing, where and how long."""
    run_sql(Path(__file__).with_suffix(".sql"))
