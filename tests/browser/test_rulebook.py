"""The administrator takes a rulebook from a file: what is wrong is said; the call is imported, opened, extended."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from playwright.async_api import Page, expect

from tests.browser.people import NARROW, People, faults, overflow, press

RULEBOOK = Path(__file__).parents[2] / "rehearsal" / "editions" / "2023" / "rulebook.json"
WINDOWS = {
    "pre_application": {"opens": "2029-02-05T00:00:00", "closes": "2029-03-15T00:00:00"},
    "full_application": {"opens": "2029-03-15T00:00:00", "closes": "2029-04-11T17:00:00"},
}


def rulebook(folder: Path, **changes: Any) -> Path:
    """The file of a call that is still to come."""
    content = json.loads(RULEBOOK.read_text())
    for name, window in WINDOWS.items():
        content["windows"][name] |= window
    content |= {"reference": "ESS-2029", "edition": 18, **changes}
    file = folder / "rulebook.json"
    file.write_text(json.dumps(content, ensure_ascii=False))
    return file


async def check(page: Page, file: Path) -> None:
    await page.set_input_files("#file", file)
    await press(page, "Vérifier le fichier")


async def test_a_call_is_imported_from_a_file_checked_opened_and_extended(people: People, tmp_path: Path) -> None:
    admin = await people.agent("Administration de l’appel à projets", scripts=False)
    await admin.goto(people.url("backoffice", "/reglement/importer"))
    (tmp_path / "wrong.json").write_text('{"a": 1,\n "b": }')
    await check(admin, tmp_path / "wrong.json")
    await expect(admin.get_by_role("alert")).to_contain_text("ligne 2")
    await check(admin, rulebook(tmp_path, jury={}))
    await expect(admin.get_by_text("empêche l’ouverture").first).to_be_visible()
    await check(admin, rulebook(tmp_path))
    await expect(admin.get_by_text("Rien ne s’oppose à l’ouverture")).to_be_visible()
    await press(admin, "Importer ce règlement")
    await expect(admin.get_by_role("heading", name="Règlement de l’appel ESS-2029")).to_be_visible()
    await press(admin, "Ouvrir l’appel")
    await expect(admin.get_by_role("status")).to_have_text("Appel ouvert, règlement figé.")
    await admin.get_by_label("dossiers complets").check()
    await admin.get_by_label("Nouvelle fermeture").fill("2029-04-20T17:00")
    await admin.get_by_label("Motif").fill("Grève des transports.")
    await press(admin, "Prolonger")
    await expect(admin.get_by_role("cell", name="20 avril 2029, 17:00")).to_be_visible()


async def test_the_pages_of_the_rulebook_are_accessible_and_fit(people: People, tmp_path: Path) -> None:
    role = "Administration de l’appel à projets"
    wide, narrow = await people.agent(role), await people.agent(role, width=NARROW)
    for page in (wide, narrow):
        for path in ("/reglement", "/reglement/importer"):
            await page.goto(people.url("backoffice", path))
            assert await faults(page) == [], path
            assert await overflow(page) <= 0, path
    await check(wide, rulebook(tmp_path, jury={}))
    assert await faults(wide) == []
