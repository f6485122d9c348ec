"""Who crawls: somebody of each role, and who carries a file of each kind."""

from __future__ import annotations

import asyncpg
from playwright.async_api import Page

from tests.browser.matrix.crawling import Crawl
from tests.browser.people import ENTRANCE, People

FILES = """
SELECT DISTINCT ON (p.stage, p.next_event) a.number FROM intake.applications a
JOIN intake.progress p USING (application_id) WHERE a.number IS NOT NULL ORDER BY p.stage, p.next_event, a.number
"""


async def crawl_everybody(crawl: Crawl) -> None:
    """Each role of the back-office, then the portal of a few people, then both sites as nobody."""
    people = crawl.people
    for role in await _roles(people):
        page = await people.agent(role)
        await crawl.walk(page, role, start=people.url("backoffice"))
        await page.context.close()
    admin = await asyncpg.connect(people.installation.admin_url)
    numbers = [row["number"] for row in await admin.fetch(FILES)]
    await admin.close()
    for number in numbers:
        page = await people.porter(number)
        await crawl.walk(page, f"porteur de {number}", start=people.url("portal", "/demandes"))
        await page.context.close()
    page = await people.visitor()
    await crawl.walk(page, "public", start=people.url("portal"))
    await page.context.close()


async def _roles(people: People) -> list[str]:
    page: Page = await people.visitor()
    await page.goto(people.url("backoffice", ENTRANCE))
    roles = [text.strip() for text in await page.locator("section:has(.enter) h2").all_inner_texts()]
    await page.context.close()
    return roles
