"""The named queries of review, and how their rows are read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kit.db import load_queries

sql = load_queries(*sorted((Path(__file__).parents[1] / "queries").glob("*.sql")))


def opaque(value: Any) -> str | None:
    """An id as the domain writes it."""
    return None if value is None else str(value)
