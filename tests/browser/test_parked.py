"""What a service refused after an act was decided waits on a page, and is asked again from there."""

from __future__ import annotations

import os
from pathlib import Path

import asyncpg
from playwright.async_api import Page, expect

from tests.browser.people import NARROW, People, faults, overflow, press

PAGE = "/travail-mis-de-cote"
ADMIN = "Administration de l’appel à projets"


async def _ended(people: People, number: str, ending: str | None) -> None:
    """Gives the file's row of intake an end that its history does not say, or takes it off."""
    admin = await asyncpg.connect(people.installation.admin_url)
    await admin.execute(
        "UPDATE intake.applications SET ending = $2::text,"
        " ended_at = CASE WHEN $2::text IS NULL THEN NULL ELSE now() END,"
        " state = CASE WHEN $2::text IS NULL THEN 'SUBMITTED' ELSE 'CLOSED' END WHERE number = $1",
        number,
        ending,
    )
    await admin.close()


async def _shown(page: Page, name: str) -> None:
    """Keeps a picture, for whoever asks for them."""
    if folder := os.environ.get("JALON_PICTURES", ""):
        await page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


async def test_parked_work_is_seen_with_its_reason_and_asked_again(people: People) -> None:
    admin, instructor = await people.agent(ADMIN), await people.agent("Instructeur·rice")
    narrow = await people.agent(ADMIN, width=NARROW)
    await admin.goto(people.url("backoffice", PAGE))
    await expect(admin.get_by_text("Rien n’est mis de côté")).to_be_visible()
    number = people.take()
    await _ended(people, number, "INADMISSIBLE")
    await instructor.goto(people.url("backoffice", f"/dossiers/{number}/actes/decide_admissibility"))
    await instructor.get_by_label("Recevable", exact=True).check()
    await press(instructor, "Enregistrer la décision")
    await admin.goto(people.url("backoffice", PAGE))
    row = admin.get_by_role("row", name=number)
    await expect(row).to_contain_text("ouvrir la suite après la recevabilité")
    assert await faults(admin) == []
    await narrow.goto(people.url("backoffice", PAGE))
    assert await overflow(narrow) <= 0
    await _shown(admin, "parked")
    await _shown(narrow, "parked-narrow")
    await press(admin, "Redemander")
    await expect(row).to_be_visible()  # the cause is still there
    await _ended(people, number, None)
    await press(admin, "Redemander")
    await expect(admin.get_by_text("Rien n’est mis de côté")).to_be_visible()
    await instructor.goto(people.url("backoffice", f"/dossiers/{number}/messagerie"))
    await expect(instructor.get_by_role("heading", name="Votre demande est recevable")).to_be_visible()


async def test_parked_work_is_the_administrators_alone(people: People) -> None:
    for role in ("Instructeur·rice", "Contrôle", "Finances"):
        agent = await people.agent(role)
        answer = await agent.goto(people.url("backoffice", PAGE))
        assert answer is not None
        assert answer.status == 403, role
