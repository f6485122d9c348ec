"""Chains of events and spans."""

from pathlib import Path

from kit.db import run_sql

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Runs the SQL beside this file."""
    run_sql(Path(__file__).with_suffix(".sql"))
