"""Published editions (tables kept with the service) and calls run here whose decisions are public."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from kit.db import rows_of
from services.intake.domain.editions import (
    Edition,
    Funnel,
    Laureate,
    edition_of,
    published_editions,
    published_laureates,
)
from services.intake.store import queries

PUBLISHED = Path(__file__).parent.parent / "published"


@cache
def laureates() -> tuple[Laureate, ...]:
    """Those that were published, read once."""
    return published_laureates((PUBLISHED / "laureates.csv").read_text(encoding="utf-8"))


@cache
def editions() -> tuple[Edition, ...]:
    """Those that were published, read once."""
    return published_editions((PUBLISHED / "editions.csv").read_text(encoding="utf-8"), laureates())


async def computed_editions(connection: Any) -> list[Edition]:
    """Calls run here, once every decision is notified; newest first."""
    return [edition_of(Funnel(**dict(row))) for row in await rows_of(queries.list_public_calls(connection))]


async def computed_laureates(connection: Any) -> list[Laureate]:
    """Their laureates, by number."""
    return [_laureate(row) for row in await rows_of(queries.list_public_awards(connection))]


def _laureate(row: Any) -> Laureate:
    return Laureate(
        edition=row["reference"],
        organization=row["organization"],
        track=row["track"],
        communes=tuple((code, "") for code in row["communes"]),
        purpose=row["title"],
        total_cost_cents=row["total_cost_cents"],
        awarded_cents=row["awarded_cents"],
        computed=True,
        fictitious=row["fictitious"],
    )
