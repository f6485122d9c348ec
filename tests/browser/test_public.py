"""What anybody reads: editions with their sources, the laureates of a commune, nothing filled in."""

from __future__ import annotations

from playwright.async_api import expect

from tests.browser.people import NARROW, People, faults, overflow

EDITIONS = ("/laureats", "/laureats/2023", "/laureats/2015", "/laureats?commune=94071")


async def test_editions_are_read_by_anybody_each_line_with_its_source(people: People) -> None:
    page = await people.visitor(scripts=False)
    await page.goto(people.url("portal"))
    await page.get_by_role("link", name="Lauréats", exact=True).click()
    row = page.get_by_role("row", name="2020")
    await expect(row.get_by_role("cell").nth(3)).to_have_text("11")
    await expect(row.get_by_role("cell").first).to_have_text("—")
    await row.get_by_role("link", name="2020", exact=True).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Édition 2020")
    await expect(page.get_by_role("main")).to_contain_text("7 lignes pour 11 lauréats")
    for line in await page.locator("table.rows tbody tr").all():
        assert await line.get_by_role("link").count(), await line.inner_text()
    await page.goto(people.url("portal", "/laureats"))
    await page.get_by_label("Commune").select_option("Sucy-en-Brie")
    await page.get_by_role("button", name="Chercher").click()
    await expect(page.get_by_role("table")).to_contain_text("Récup'R Sucy")


async def test_public_pages_are_accessible_and_fit_a_narrow_screen(people: People) -> None:
    page = await people.visitor(width=NARROW)
    for path in EDITIONS:
        await page.goto(people.url("portal", path))
        assert await overflow(page) <= 0, path
        assert await faults(page) == [], path
