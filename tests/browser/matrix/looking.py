"""One page looked at in every way: by axe, on a narrow screen, with text twice as large, by keyboard, without scripts,
and for words of another language. What is wrong is a line."""

from __future__ import annotations

from dataclasses import dataclass, field

from playwright.async_api import Error, Page

from tests.browser.people import NARROW, WIDE, faults, overflow
from tests.journeys.test_pages_rights import check_french

HEIGHT = 900
TWICE = WIDE // 2
"""A window half as wide shows what one shows whose text is twice as large."""
MOST_STEPS = 60
FOCUSED = """() => {
  const one = document.activeElement;
  if (!one || one === document.body) return null;
  const style = getComputedStyle(one), box = one.getBoundingClientRect();
  const ring = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0 || style.boxShadow !== 'none';
  return {ring, box: box.width > 0 && box.height > 0, place: [...document.querySelectorAll('*')].indexOf(one),
          what: one.outerHTML.slice(0, 120)};
}"""
FORMS = """() => [...document.querySelectorAll('main form')].filter(
  form => !form.querySelector('button:not([type=button]), input[type=submit]') && !document.querySelector(
    `button[form="${form.id}"]`)).map(form => form.outerHTML.slice(0, 120))"""


@dataclass
class Looks:
    """Figures of a matrix: pages by mode, and every fault."""

    pages: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def note(self, mode: str, place: str, found: list[str]) -> None:
        """One look."""
        self.pages[mode] = self.pages.get(mode, 0) + 1
        self.faults += [f"{mode} · {place} · {one}" for one in found]

    def told(self) -> str:
        """One line a mode, then the faults."""
        rows = [f"{mode:<28}{count:>6} pages" for mode, count in self.pages.items()]
        total = sum(self.pages.values())
        return "\n".join([*rows, f"{total} regards, {len(self.faults)} défauts", *self.faults])


async def look(page: Page, place: str, looks: Looks, *, whole: bool) -> None:
    """Looks at an open page; ``whole``: by keyboard too, and by axe on a narrow screen."""
    looks.note("axe", place, await faults(page))
    looks.note("français", place, await _english(page))
    if whole:
        looks.note("clavier", place, await _by_keyboard(page))
    for mode, width in (("texte à 200 %", TWICE), ("320 px", NARROW)):
        await page.set_viewport_size({"width": width, "height": HEIGHT})
        wide = await overflow(page)
        looks.note(mode, place, [f"{wide} px de trop"] if wide > 0 else [])
    if whole:
        looks.note("axe à 320 px", place, await faults(page))
    await page.set_viewport_size({"width": WIDE, "height": HEIGHT})


async def _english(page: Page) -> list[str]:
    try:
        check_french(await page.content(), "")
    except AssertionError as found:
        return [str(found).partition("\n")[0]]
    return []


async def _by_keyboard(page: Page) -> list[str]:
    """Every step is somewhere else, seen, and ringed."""
    found, seen = [], set()
    await page.evaluate("document.activeElement && document.activeElement.blur()")
    for _ in range(MOST_STEPS):
        await page.keyboard.press("Tab")
        focused = await page.evaluate(FOCUSED)
        if focused is None or focused["place"] in seen:
            break
        seen.add(focused["place"])
        if not focused["ring"] or not focused["box"]:
            found.append(f"{'sans anneau' if not focused['ring'] else 'invisible'} : {focused['what']}")
    return found if seen else ["rien ne se prend au clavier"]


async def without_scripts(page: Page, url: str, *, heading: str) -> list[str]:
    """The same address where JavaScript is off: the same page, and each form has its button."""
    try:
        answer = await page.goto(url)
    except Error as stopped:
        return [str(stopped).partition("\n")[0]]
    if answer is None or answer.status != 200:
        return [f"réponse {answer.status if answer else '?'}"]
    said = await page.locator("h1").first.inner_text() if await page.locator("h1").count() else ""
    mute = [f"formulaire sans bouton : {form}" for form in await page.evaluate(FORMS)]
    return mute if said == heading else [f"« {said} » au lieu de « {heading} »", *mute]
