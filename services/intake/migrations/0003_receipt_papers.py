"""Receipts as documents, known by their digest."""

from __future__ import annotations

from pathlib import Path

from kit.db import run_sql

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Adds the documents of receipts to intake."""
    run_sql(Path(__file__).with_suffix(".sql"))
