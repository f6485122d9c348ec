"""Threads written from both sides, with attachments, and how far each side has read."""

from __future__ import annotations

from pathlib import Path

from kit.db import run_sql

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Adds sides, attachments and read marks to the threads of intake."""
    run_sql(Path(__file__).with_suffix(".sql"))
