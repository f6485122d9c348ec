"""Which page templates axe finds no fault in: noted at each look, kept for the accessibility statement.

``JALON_MEASURE=1 make test`` (or a part of it) writes what it saw into ``web/accessibility.json``.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from web.legal import HERE, MEASURED, templates

seen: dict[str, int] = defaultdict(int)
"""Template (``portal/mine.html``) → faults found, over every look of this run."""


def note(site: str, template: str, faults: int) -> None:
    """One look at a page."""
    if not template:
        return  # not one of ours: a document, an address that answers no page
    seen[place(site, template)] += faults


def place(site: str, template: str) -> str:
    """``portal/mine.html``; ``layout/…`` for a page of both sites."""
    folder = site if (HERE / site / "templates" / template).exists() else "layout"
    return f"{folder}/{template}"


def merged(kept: Mapping[str, Any], looks: Mapping[str, int], *, on: date) -> dict[str, Any]:
    """The measure with what was just seen: what has a fault leaves it, what is gone from the tree too."""
    known = templates("portal") | templates("backoffice")
    clean = {*kept.get("clean", ()), *(name for name, faults in looks.items() if not faults)}
    faulty = {name for name, faults in looks.items() if faults}
    return {"measured_on": on.isoformat(), "clean": sorted((clean & known) - faulty)}


def keep(file: Path = MEASURED) -> None:
    """Writes it."""
    kept = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    text = json.dumps(merged(kept, seen, on=datetime.now(UTC).date()), indent=2)
    file.write_text(text + "\n", encoding="utf-8")
