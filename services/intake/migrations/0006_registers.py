"""What registers said of the numbers of a file."""

from __future__ import annotations

from pathlib import Path

from kit.db import run_sql

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Adds the answers of registers to intake."""
    run_sql(Path(__file__).with_suffix(".sql"))
