"""What the law wants said on both sites: accessibility (with what was measured), who publishes, personal data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from litestar import Controller, get
from litestar.response import Template

from kit.settings import SiteSettings
from web import words
from web.page import AnyRequest, page
from web.words import t
from wording.catalog import catalog
from wording.values import filled

HERE = Path(__file__).parent
DEMONSTRATION = HERE / "legal.json"
MEASURED = HERE / "accessibility.json"
NAMES = ("publisher", "address", "phone", "mail", "director", "host", "data_protection", "accessibility")
"""What an installation says of itself (``JALON_LEGAL``: a JSON object of texts); what is not given is said to be so."""
PAGES: Mapping[str, tuple[str, ...]] = {
    "accessibility": ("status", "measure", "outside", "report", "remedies", "made"),
    "notice": ("publisher", "director", "host", "content", "software"),
    "privacy": ("why", "what", "who", "kept", "not", "rights", "traces"),
}
FRAMES = ("base.html", "layout.html", "file.html")
"""What pages are set in: never a page by themselves."""
KEPT = ("draft", "refused", "granted", "acts", "proof", "session", "technical")
"""The lines of the table of durations."""


@dataclass(frozen=True)
class Rate:
    """How many page templates of a site the automatic check found no fault in, of how many there are."""

    clean: int
    total: int
    measured_on: str

    @property
    def basis_points(self) -> int:
        """Rounded down: no rate looks better than it is."""
        return self.clean * 10_000 // self.total if self.total else 0


@dataclass(frozen=True)
class Section:
    """A heading, its paragraphs, and the rows of its table (what, how long)."""

    name: str
    title: str
    paragraphs: list[str]
    rows: list[tuple[str, str]]


class LegalPages(Controller):
    """The three pages, open to anybody."""

    @get("/accessibilite", public=True)
    async def accessibility(self, request: AnyRequest) -> Template:
        """The statement, with the measured rate."""
        return _page(request, "accessibility")

    @get("/mentions-legales", public=True)
    async def notice(self, request: AnyRequest) -> Template:
        """Who publishes, who hosts."""
        return _page(request, "notice")

    @get("/donnees-personnelles", public=True)
    async def privacy(self, request: AnyRequest) -> Template:
        """What is kept of people, why, how long, whom to write to."""
        return _page(request, "privacy")


def facts(settings: SiteSettings) -> dict[str, str]:
    """What this installation says of itself. A demonstration says what is invented; a real one what it was given."""
    given = DEMONSTRATION if settings.demonstration else settings.legal
    read: dict[str, Any] = json.loads(given.read_text(encoding="utf-8")) if given else {}
    return {name: str(read.get(name, "")) for name in NAMES}


@cache
def rate(site: str) -> Rate:
    """What the browser tests measured, kept in the tree; a template they have not seen counts as not clean."""
    measured = json.loads(MEASURED.read_text(encoding="utf-8"))
    known = templates(site)
    return Rate(len(known & set(measured["clean"])), len(known), measured["measured_on"])


def templates(site: str) -> set[str]:
    """The page templates of a site, those both share included, by their place: ``portal/mine.html``."""
    folders = (HERE / site / "templates", HERE / "layout" / "templates")
    return {
        f"{folder.parent.name}/{path.name}"
        for folder in folders
        for path in folder.glob("*.html")
        if path.name not in FRAMES and path.read_text(encoding="utf-8").startswith("{% extends")
    }


def _page(request: AnyRequest, name: str) -> Template:
    values = {**request.app.state.legal, **_measure(request.app.state.site.name)}
    sections = [_section(f"legal.{name}.{part}", part, values) for part in PAGES[name]]
    return page(request, "legal.html", title=t(f"legal.{name}.title"), here=name, sections=sections)


def _measure(site: str) -> dict[str, object]:
    found = rate(site)
    return {
        "clean": found.clean,
        "total": found.total,
        "rate_basis_points": found.basis_points,
        "measured_on": found.measured_on,
    }


def _section(key: str, part: str, values: Mapping[str, object]) -> Section:
    language = words.locale()
    paragraphs = [filled(text, values, locale=language) for text in catalog()["paragraphs"][key][language]]
    rows = [(t(f"legal.kept.{row}"), t(f"legal.kept.{row}.long")) for row in KEPT] if part == "kept" else []
    return Section(part, t(key), paragraphs, rows)
