"""What the sites keep, and nothing of the files: sessions, sign-in tokens, saved views."""

from __future__ import annotations

from pathlib import Path

from kit.db import run_sql

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Makes the tables of the schema ``web``."""
    run_sql(Path(__file__).with_suffix(".sql"))
