"""Mail that leaves: an outbox of its own."""

from __future__ import annotations

from pathlib import Path

from kit.db import run_sql

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Adds outgoing mail to intake."""
    run_sql(Path(__file__).with_suffix(".sql"))
