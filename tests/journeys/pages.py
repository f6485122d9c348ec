"""The two sites as a browser without a screen reaches them: who enters, every route there is, what a page shows."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

import httpx
from litestar import Litestar
from litestar.di import Provide

from deploy.local.installation import Installation
from web.backoffice.pages import CONTROLLERS as BACKOFFICE
from web.portal.pages import CONTROLLERS as PORTAL
from web.site import desk

TOKEN = re.compile(r'name="_csrf_token" value="([^"]+)"')
UNSEEN = {"script", "style", "code", "pre", "title"}
SECONDS = 60.0


@dataclass(frozen=True)
class Route:
    """One route and method of a site, with what its guard demands."""

    site: str
    method: str
    path: str
    rpcs: tuple[str, ...]
    public: bool
    signed_in: bool

    def __str__(self) -> str:
        return f"{self.site} {self.method} {self.path}"

    def at(self, **values: str) -> str:
        """The address, its parameters filled in."""
        return re.sub(r"\{(\w+):\w+\}", lambda found: values[found.group(1)], self.path)

    @property
    def names(self) -> set[str]:
        """Its parameters."""
        return set(re.findall(r"\{(\w+):\w+\}", self.path))


def routes() -> list[Route]:
    """Every route of both sites, as they are served."""
    found = []
    for site, controllers in (("backoffice", BACKOFFICE), ("portal", PORTAL)):
        app = Litestar([*controllers], openapi_config=None, dependencies={"desk": Provide(desk, sync_to_thread=False)})
        found += [Route(site, *one) for one in _handled(app)]
    return found


def _handled(app: Litestar) -> Iterator[Any]:
    for route in sorted(app.routes, key=lambda one: one.path):
        for handler in getattr(route, "route_handlers", ()):
            for method in sorted(handler.http_methods & {"GET", "POST"}):
                opt = handler.opt
                yield (
                    method,
                    route.path,
                    tuple(opt.get("rpcs", ())),
                    bool(opt.get("public")),
                    bool(opt.get("signed_in")),
                )


@dataclass
class Visit:
    """Somebody on a site; ``token`` goes with every form."""

    client: httpx.AsyncClient
    token: str = ""

    async def get(self, path: str) -> httpx.Response:
        """A page."""
        return await self.client.get(path)

    async def ask(self, route: Route, path: str) -> httpx.Response:
        """A page, or an empty form sent."""
        if route.method == "GET":
            return await self.client.get(path)
        return await self.client.post(path, data={"_csrf_token": self.token})


@asynccontextmanager
async def visiting(
    installation: Installation, site: str, *, call_id: str = "", person: str = "", language: str = "fr"
) -> AsyncIterator[Visit]:
    """Enters a site as somebody of a call; as nobody without a person."""
    async with httpx.AsyncClient(
        base_url=installation.addresses[site], timeout=SECONDS, headers={"Accept-Language": language}
    ) as client:
        entrance = await client.get("/entrer")
        visit = Visit(client, _token(entrance.text))
        if person:
            form = {"_csrf_token": visit.token, "call_id": call_id, "person_id": person, "retour": "/"}
            entered = await client.post("/entrer", data=form)
            assert entered.status_code == 303, entered.text
        yield visit


def _token(page: str) -> str:
    found = TOKEN.search(page)
    assert found, page[:500]
    return found.group(1)


class _Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[tuple[str, str]] = []
        self._open: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("br", "img", "input", "meta", "link", "hr", "wbr", "col", "source"):
            return
        language = dict(attrs).get("lang") or (self._open[-1][1] if self._open else "")
        self._open.append((tag, language))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if data.strip() and not any(tag in UNSEEN for tag, _ in self._open):
            self.texts.append((" ".join(data.split()), self._open[-1][1] if self._open else ""))


def texts(page: str, language: str) -> list[str]:
    """What a page says in its own language: parts marked as another's are left out."""
    seen = _Seen()
    seen.feed(page)
    return [text for text, spoken in seen.texts if spoken in ("", language)]
