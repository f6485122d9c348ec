"""How people are known at a door, and who acts in whose place."""

from __future__ import annotations

from pathlib import Path

from kit.db import run_sql

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Adds identities and stand-ins; roles kept apart are kept apart in somebody's place too."""
    run_sql(Path(__file__).with_suffix(".sql"))
