"""Links by which somebody outside gives one opinion."""

from __future__ import annotations

from pathlib import Path

from kit.db import run_sql

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Makes the table of links."""
    run_sql(Path(__file__).with_suffix(".sql"))
