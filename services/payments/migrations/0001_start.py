"""The tables of payments."""

from __future__ import annotations

from pathlib import Path

from kit.db import PLUMBING, run_sql

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Makes the tables every service has, then those of money."""
    run_sql(PLUMBING, Path(__file__).with_suffix(".sql"))
