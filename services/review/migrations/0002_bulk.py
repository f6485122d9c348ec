"""Bulk acts."""

from __future__ import annotations

from pathlib import Path

from kit.db import run_sql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Adds the tables of bulk acts."""
    run_sql(Path(__file__).with_suffix(".sql"))
