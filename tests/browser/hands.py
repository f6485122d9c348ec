"""A person's hands at a screen: every press and every field typed is counted, by role."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Self

from playwright.async_api import Locator, Page, expect

TRIES = 5


@dataclass
class Tally:
    """What was done by whom. ``pages``: pages seen on the way."""

    clicks: Counter[str] = field(default_factory=Counter)
    typed: Counter[str] = field(default_factory=Counter)
    pages: Counter[str] = field(default_factory=Counter)

    def told(self) -> str:
        """One line a role, then the whole."""
        rows = [(role, self.clicks[role], self.typed[role], self.pages[role]) for role in self.clicks]
        rows.append(("total", self.clicks.total(), self.typed.total(), self.pages.total()))
        head = f"{'rôle':<34}{'clics':>7}{'champs':>8}{'pages':>7}"
        return "\n".join([head, *(f"{role:<34}{clicks:>7}{typed:>8}{pages:>7}" for role, clicks, typed, pages in rows)])


@dataclass
class Hands:
    """Somebody in front of ``page``."""

    page: Page
    role: str
    tally: Tally

    def __post_init__(self) -> None:
        self.tally.clicks[self.role] += 1  # the card she entered by
        self.page.on("domcontentloaded", lambda _: self.tally.pages.update([self.role]))

    async def press(self, what: Locator) -> Self:
        """A link, a button, a box."""
        self.tally.clicks[self.role] += 1
        await what.click()
        return self

    async def link(self, name: str, *, within: str = "body") -> Self:
        """A link by its whole name."""
        return await self.press(self.page.locator(within).get_by_role("link", name=name, exact=True).first)

    async def button(self, name: str) -> Self:
        """A button that sends a form; again as long as the page says that nothing was recorded yet."""
        for _ in range(TRIES):
            async with self.page.expect_navigation():
                await self.press(self.page.get_by_role("button", name=name))
            if not await self.page.get_by_text("Pas encore enregistré").count():
                return self
        raise AssertionError(f"{name!r} is never recorded")

    async def choose(self, name: str) -> Self:
        """One of a few, or a box to tick."""
        return await self.press(self.page.get_by_label(name, exact=True))

    async def type(self, name: str, text: str) -> Self:
        """Into the field of this label."""
        self.tally.typed[self.role] += 1
        await self.page.get_by_label(name, exact=True).first.fill(text)
        return self

    async def told(self, sentence: str) -> Self:
        """The page says it."""
        await expect(self.page.get_by_role("status").filter(has_text=sentence).first).to_be_visible()
        return self

    async def titled(self, title: str) -> Self:
        """The page is this one."""
        await expect(self.page.get_by_role("heading", level=1)).to_contain_text(title)
        return self

    async def next_act(self) -> Self:
        """The one act the page offers first."""
        return await self.press(self.page.locator(".rail .primary"))
