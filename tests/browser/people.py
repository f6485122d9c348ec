"""People at a screen: they enter as somebody, read pages, press buttons."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from weakref import WeakSet

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page, Route

from deploy.local.installation import Installation
from tests.browser import measure

WIDE, NARROW = 1280, 320
SCRIPTLESS: WeakSet[BrowserContext] = WeakSet()
"""Windows where JavaScript is off."""
PATIENCE_MS = 40_000
TRIES = 5
ENTRANCE = "/entrer?appel=ESS-2023"
"""Where the people of the call that was played are, whatever other calls a test opens."""


@dataclass
class People:
    """Everybody in a test, each with a browser of her own."""

    browser: Browser
    installation: Installation
    waiting: list[str]
    _opened: list[BrowserContext] = field(default_factory=list)

    def take(self) -> str:
        """The number of a file that waits for the decision on admissibility and that no other test touches."""
        return self.waiting.pop()

    async def visitor(self, *, width: int = WIDE, scripts: bool = True, **more: Any) -> Page:
        """Somebody in front of a screen, not signed in. ``scripts`` False: JavaScript is off."""
        context = await self.browser.new_context(
            viewport={"width": width, "height": 900}, locale="fr-FR", java_script_enabled=scripts, **more
        )
        context.set_default_timeout(PATIENCE_MS)
        self._opened.append(context)
        if not scripts:
            SCRIPTLESS.add(context)
        return await context.new_page()

    def url(self, site: str, path: str = "/") -> str:
        """The address of a page."""
        return self.installation.addresses[site] + path

    async def agent(self, role: str, *, place: int = 0, **more: Any) -> Page:
        """An agent by the name of her role on the page (``Instructeur·rice``), signed in."""
        page = await self.visitor(**more)
        await page.goto(self.url("backoffice", ENTRANCE))
        await page.locator("section", has=page.get_by_role("heading", name=role)).locator(".enter").nth(place).click()
        await page.wait_for_url(self.url("backoffice"))
        return page

    async def porter(self, number: str, **more: Any) -> Page:
        """The person who carries a file, signed in."""
        page = await self.visitor(**more)
        await page.goto(self.url("portal", ENTRANCE))
        await page.locator(".enter", has_text=number).click()
        await page.wait_for_url(self.url("portal"))
        return page

    async def close(self) -> None:
        """Closes every window."""
        for context in self._opened:
            await context.close()


async def press(page: Page, button: str) -> None:
    """Presses a button, and again as long as the page says that nothing was recorded yet (a slow machine)."""
    for _ in range(TRIES):
        async with page.expect_navigation():
            await page.get_by_role("button", name=button).click()
        if not await page.get_by_text("Pas encore enregistré").count():
            return


async def faults(page: Page) -> list[str]:
    """What axe says is wrong on the page, one line a kind. Where JavaScript is off axe cannot run: it is shown the same
    page in a window of the same person whose own scripts are left out."""
    if page.context in SCRIPTLESS:
        twin = await _twin(page)
        try:
            return await faults(twin)
        finally:
            await twin.context.close()
    found = await Axe().run(page)
    site, template = await page.evaluate("[document.documentElement.className, document.documentElement.dataset.page]")
    measure.note(site, template or "", len(found.response["violations"]))
    return [f"{item['id']}: {item['help']} — {item['nodes'][0]['html'][:160]}" for item in found.response["violations"]]


async def _twin(page: Page) -> Page:
    """What the page shows now, be it the answer to a form, styles included and scripts left out."""
    assert page.context.browser
    context = await page.context.browser.new_context(
        viewport=page.viewport_size, locale="fr-FR", storage_state=await page.context.storage_state()
    )
    twin, shown = await context.new_page(), await page.content()

    async def answer(route: Route) -> None:
        if route.request.resource_type == "document":
            await route.fulfill(body=shown, content_type="text/html; charset=utf-8")
        elif route.request.resource_type == "script":
            await route.abort()
        else:
            await route.continue_()

    await twin.route("**/*", answer)
    await twin.goto(page.url)
    return twin


async def overflow(page: Page) -> int:
    """How many pixels the page is wider than its window."""
    width: int = await page.evaluate("document.scrollingElement.scrollWidth - window.innerWidth")
    return width
