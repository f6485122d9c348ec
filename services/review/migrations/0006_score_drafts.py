"""Drafts of score sheets."""

from __future__ import annotations

from pathlib import Path

from kit.db import run_sql

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Keeps what a member has written so far."""
    run_sql(Path(__file__).with_suffix(".sql"))
