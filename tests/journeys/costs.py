"""What a page costs behind the site: the RPCs it makes and the statements they run, read from its own trace.

``kept()`` is what the tree holds of the last measure (``page_costs.json``): a page may cost less, never more.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

KEPT = Path(__file__).with_name("page_costs.json")
WAIT_SECONDS, SETTLE_SECONDS = 30.0, 6.0
"""Spans leave each process in batches, every five seconds."""
ARRIVING = {"GetNow", "ListMyRoles"}
"""Asked once for many pages, so neither they nor their statements are a page's: the clock serves two seconds, roles a
minute (with the calls they are held for)."""
SPANS = """
SELECT s.trace_id, s.name, s.kind, s.service, s.attributes ? 'db.statement' AS statement, coalesce(p.name, '') AS parent
FROM audit.spans s LEFT JOIN audit.spans p ON p.trace_id = s.trace_id AND p.span_id = s.parent_span_id
WHERE s.trace_id = ANY($1)
"""
ROOTS = """
SELECT DISTINCT ON (service, name) service, name, trace_id FROM audit.spans
WHERE parent_span_id = '' AND service IN ('jalon-backoffice', 'jalon-portal') AND started_at >= $1 AND kind = 'SERVER'
ORDER BY service, name, started_at DESC
"""


@dataclass(frozen=True)
class Cost:
    """``rpcs``: names, with how many times each was made; ``statements``: those of every service for this page."""

    rpcs: dict[str, int]
    statements: int

    @property
    def calls(self) -> int:
        """How many RPCs."""
        return sum(self.rpcs.values())


def kept() -> dict[str, Cost]:
    """By route (``backoffice GET /dossiers``)."""
    found: dict[str, Any] = json.loads(KEPT.read_text())
    return {route: Cost(one["rpcs"], one["statements"]) for route, one in found.items()}


def keep(costs: dict[str, Cost]) -> None:
    """Writes what was measured."""
    content = {route: {"rpcs": one.rpcs, "statements": one.statements} for route, one in sorted(costs.items())}
    KEPT.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")


async def measured(admin: asyncpg.Connection, since: Any, wanted: set[str]) -> dict[str, Cost]:
    """The cost of the last visit of each route since an instant of the machine, once every trace has arrived."""
    async with asyncio.timeout(WAIT_SECONDS):
        while True:
            roots = {_route(row): row["trace_id"] for row in await admin.fetch(ROOTS, since)}
            if wanted <= set(roots):
                break
            await asyncio.sleep(0.5)
    await asyncio.sleep(SETTLE_SECONDS)  # the services' own batches
    by_trace: dict[str, list[Any]] = {}
    for row in await admin.fetch(SPANS, list(roots.values())):
        by_trace.setdefault(row["trace_id"], []).append(row)
    return {route: _cost(by_trace.get(trace, [])) for route, trace in roots.items() if route in wanted}


def _cost(spans: list[Any]) -> Cost:
    made = Counter(_verb(row["name"]) for row in spans if row["kind"] == "CLIENT" and _is_rpc(row["name"]))
    arriving = {*ARRIVING, *(["ListCalls"] if made["ListMyRoles"] else [])}
    made["ListCalls"] -= made["ListMyRoles"]
    rpcs = {name: count for name, count in sorted(made.items()) if name not in ARRIVING and count > 0}
    return Cost(rpcs, sum(row["statement"] and _verb(row["parent"]) not in arriving for row in spans))


def _verb(name: str) -> str:
    """``jalon.intake.v1.CallsService/ListCalls`` → ``ListCalls``."""
    return name.rpartition("/")[2]


def _is_rpc(name: str) -> bool:
    return "jalon." in name


def _route(row: Any) -> str:
    return f"{row['service'].removeprefix('jalon-')} {row['name']}"


def span_name(method: str, path: str) -> str:
    """The name of a page's span: its method and its address, parameters unfilled."""
    return f"{method} " + re.sub(r"\{(\w+):\w+\}", r"{\1}", path)
