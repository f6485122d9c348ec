"""Pairs of roles of one call that one person never holds together."""

from __future__ import annotations

from pathlib import Path

from kit.db import run_sql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Adds the pairs to intake, and what holds them whoever writes."""
    run_sql(Path(__file__).with_suffix(".sql"))
