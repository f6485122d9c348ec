"""Every page somebody can reach by links, from her first one: a few addresses of each kind."""

from __future__ import annotations

import re
from collections import Counter, deque
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import parse_qsl, urlsplit

from playwright.async_api import Error, Page

from tests.browser import measure
from tests.browser.matrix.looking import Looks, look, without_scripts
from tests.browser.people import People
from tests.journeys.pages import Route, routes

LOOKED_AT = 3
"""Addresses of one kind that are looked at, whoever reaches them."""
EACH = 2
"""Addresses of one kind that one person opens."""
LEFT = re.compile(r"/(export|sortir|entrer|static|direct|temps)\b|/telechargement|\.(pdf|xlsx|csv|ics|ods|json|zip)$")
LINKS = "() => [...document.querySelectorAll('a[href]:not([download])')].map(one => one.href)"


@dataclass
class Crawl:
    """What was reached, by kind, over a whole matrix."""

    people: People
    looks: Looks = field(default_factory=Looks)
    looked: Counter[str] = field(default_factory=Counter)
    whole: set[str] = field(default_factory=set)
    templates: set[str] = field(default_factory=set)

    def forget_kinds(self) -> None:
        """Another moment of the call: every kind is looked at again."""
        self.looked.clear()

    async def walk(self, page: Page, who: str, *, start: str) -> None:
        """Follows the links of a person signed in on ``page``."""
        plain = await self._without_scripts(page)
        opened: Counter[str] = Counter()
        waiting, known = deque([start]), {start}
        while waiting:
            url = waiting.popleft()
            kind = kind_of(url)
            if not kind or opened[kind] >= EACH:
                continue
            opened[kind] += 1
            if not await self._open(page, url, who):
                continue
            for link in await page.evaluate(LINKS):
                bare = link.partition("#")[0]
                if bare.startswith(origin(start)) and bare not in known and not LEFT.search(urlsplit(bare).path):
                    known.add(bare)
                    waiting.append(bare)
            if self.looked[kind] < LOOKED_AT:
                self.looked[kind] += 1
                await self._look(page, plain, place=f"{who} {url.removeprefix(origin(start))}")
        await plain.context.close()

    async def _open(self, page: Page, url: str, who: str) -> bool:
        try:
            answer = await page.goto(url, wait_until="load")
        except Error:
            return False  # a document: it is downloaded
        status = answer.status if answer else 0
        if status != 200:
            self.looks.note("réponses", f"{who} {url}", [f"réponse {status}"])
        return status == 200 and await page.evaluate("document.contentType") == "text/html"

    async def _look(self, page: Page, plain: Page, *, place: str) -> None:
        site, name = await page.evaluate("[document.documentElement.className, document.documentElement.dataset.page]")
        template = measure.place(site, name or "")
        self.templates.add(template)
        heading = await page.locator("h1").first.inner_text() if await page.locator("h1").count() else ""
        url = page.url
        await look(page, place, self.looks, whole=template not in self.whole)
        self.whole.add(template)
        self.looks.note("sans JavaScript", place, await without_scripts(plain, url, heading=heading))

    async def _without_scripts(self, page: Page) -> Page:
        state = await page.context.storage_state()
        return await self.people.visitor(scripts=False, storage_state=state)


def origin(url: str) -> str:
    """``http://127.0.0.1:8080``."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def kind_of(url: str) -> str:
    """The route of an address and the names of its parameters; empty when no page is there."""
    parts = urlsplit(url)
    path = parts.path.rstrip("/") or "/"
    for pattern, route in _patterns():
        if pattern.fullmatch(path):
            asked = ",".join(sorted({name for name, _ in parse_qsl(parts.query)}))
            fixed = path if len(route.names) == 1 and "verb" in route.names else route.path
            return f"{_act(path, route)}?{asked}" if "verb" in route.names else f"{fixed}?{asked}"
    return path if path in ("/aide", "/style") else f"autre {path}" if path.count("/") == 1 else ""


def _act(path: str, route: Route) -> str:
    """An act is a kind by itself."""
    return f"{route.path} {path.rpartition('/')[2]}"


@cache
def _patterns() -> list[tuple[re.Pattern[str], Route]]:
    found = [route for route in routes() if route.method == "GET"]
    found.sort(key=lambda route: len(route.names))  # what is named exactly comes before a parameter
    return [
        (re.compile(re.sub(r"\\?\{\w+:\w+\\?\}", "[^/]+", route.path.rstrip("/") or "/")), route) for route in found
    ]
