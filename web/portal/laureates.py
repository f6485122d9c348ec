"""Editions and laureates, for anybody: what was published with its source on each line, what is not known said so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from jalon.intake.v1 import calls_pb2
from jalon.intake.v1 import editions_pb2 as pb
from litestar import Controller, get
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from kit.errors import not_found
from web import words
from web.desk import AtDesk, Desk, together
from web.page import AnyRequest, page
from web.words import t
from wording.catalog import catalog


@dataclass(frozen=True)
class Source:
    """``href`` is empty for a title without an address."""

    name: str
    href: str


class LaureatesPages(Controller):
    """``/laureats``."""

    path = "/laureats"

    @get("/", rpcs=("ListEditions", "ListLaureates"))
    async def show_all(self, request: AnyRequest, desk: AtDesk, commune: FromQuery[str] = "") -> Template:
        """Every edition; with a commune, its laureates of any edition."""
        editions = await editions_of(desk)
        laureates = await laureates_of(desk, commune=commune) if commune else []
        return page(
            request,
            "laureates.html",
            title=t("laureates.title"),
            here="laureates",
            published=[one for one in editions if not one.computed],
            computed=[one for one in editions if one.computed],
            communes=_communes(),
            commune=commune,
            laureates=laureates,
            **_pieces(),
        )

    @get("/{edition:str}", rpcs=("ListEditions", "ListLaureates"))
    async def show(self, request: AnyRequest, desk: AtDesk, edition: FromPath[str]) -> Template:
        """One edition: its figures, its laureates."""
        editions, laureates = await together(editions_of(desk), laureates_of(desk, edition=edition))
        found = next((one for one in editions if one.key == edition), None)
        if found is None:
            raise not_found()
        title = t("laureates.edition", year=str(found.year)) if not found.computed else found.key
        return page(
            request,
            "laureates_edition.html",
            title=title,
            here="laureates",
            edition=found,
            laureates=laureates,
            rulebook=await self._rulebook(desk, found),
            **_pieces(),
        )

    async def _rulebook(self, desk: Desk, edition: pb.Edition) -> Any:
        """The words of the codes of a call run here."""
        if not edition.computed:
            return None
        call = await desk.read("intake.calls", calls_pb2.GetCallRequest(reference=edition.key))
        return await desk.rulebook(call.call_id)


async def editions_of(desk: Desk) -> list[pb.Edition]:
    """Every edition, newest first."""
    return list((await desk.read("intake.editions", pb.ListEditionsRequest())).editions)


async def laureates_of(desk: Desk, *, edition: str = "", commune: str = "") -> list[pb.Laureate]:
    """The laureates of an edition or of a commune."""
    asked = pb.ListLaureatesRequest(edition=edition, commune=commune)
    return await desk.every("intake.editions", asked, "laureates")


def sources_of(told: Iterable[str]) -> list[Source]:
    """Each source by the name of its site, numbered when a site says it twice, or by its title."""
    found = [_source(text) for text in told]
    names = Counter(one.name for one in found)
    met: Counter[str] = Counter()
    numbered = []
    for one in found:
        met[one.name] += 1
        numbered.append(Source(f"{one.name} ({met[one.name]})", one.href) if names[one.name] > 1 else one)
    return numbered


def _source(text: str) -> Source:
    parts = urlsplit(text)
    known = parts.scheme == "https" and bool(parts.hostname)
    return Source((parts.hostname or "").removeprefix("www."), text) if known else Source(text, "")


def shown(edition: pb.Edition, code: str) -> str:
    """A figure as people read it; empty when it is not known."""
    figure = next((one for one in edition.figures if one.code == code), None)
    if figure is None:
        return ""
    if not figure.HasField("value"):
        return figure.text
    return words.amount(figure.value) if code.endswith("_cents") else str(figure.value)


def place(commune: pb.Commune) -> str:
    """Its name."""
    return commune.name or words.code("commune", commune.code)


def _communes() -> list[tuple[str, str]]:
    return sorted(
        ((code, words.code("commune", code)) for code in catalog()["codes"]["commune"]), key=lambda one: one[1]
    )


def _pieces() -> dict[str, Any]:
    return {"sources_of": sources_of, "shown": shown, "place": place}
