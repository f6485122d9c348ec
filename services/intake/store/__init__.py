"""Rows ↔ frozen values, through the named queries of ``services/intake/queries``."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

from kit.db import load_queries
from kit.errors import Refused
from services.intake.domain.reasons import Reason

QUERIES = tuple(sorted((Path(__file__).parent.parent / "queries").glob("*.sql")))
queries: Any = load_queries(*QUERIES)


def changed(status: str) -> None:
    """A guarded change that touched no row was overtaken by another one (``CHANGED_MEANWHILE``)."""
    if status.endswith(" 0"):
        raise Refused(Reason.CHANGED_MEANWHILE)


def uuid_or_none(text: str) -> UUID | None:
    """An empty id is no id."""
    return UUID(text) if text else None
