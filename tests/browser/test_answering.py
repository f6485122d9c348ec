"""The applicant answers a correction of her budget: its figures without scripts, live with them, and the deposit by
keyboard alone."""

from __future__ import annotations

from playwright.async_api import Page, expect

from tests.browser.people import NARROW, People, faults, overflow, press

MOST_TABS = 150


async def _ask(crowd: People, number: str) -> None:
    agent = await crowd.agent("Instructeur·rice")
    await agent.goto(crowd.url("backoffice", f"/dossiers/{number}/actes/request_correction"))
    await agent.locator("#items-field-budget").check()
    await agent.locator("[name=items-field-budget-why]").select_option("INCOMPLETE")
    await press(agent, "Demander ces compléments")
    await expect(agent.get_by_role("status")).to_have_text("Compléments demandés.")


async def _budget(page: Page, crowd: People) -> None:
    await page.goto(crowd.url("portal", "/demandes"))
    await page.get_by_role("main").get_by_role("link").first.click()
    await page.get_by_role("link", name="Réponse à la demande de complément").click()
    await page.get_by_role("link", name="Budget et plan de financement").click()


async def _reach(page: Page, name: str) -> None:
    """Goes to a button or a link by the tab key."""
    for _ in range(MOST_TABS):
        await page.keyboard.press("Tab")
        if str(await page.evaluate("document.activeElement.innerText")).strip().startswith(name):
            return
    raise AssertionError(f"the keyboard does not reach {name!r}")


async def test_a_budget_is_balanced_on_the_page_then_answered_by_keyboard(crowd: People, numbers: list[str]) -> None:
    file = numbers.pop()
    await _ask(crowd, file)
    plain = await crowd.porter(file, scripts=False)
    await _budget(plain, crowd)
    said = plain.get_by_role("status").filter(has_text="budget")
    await expect(said).to_contain_text("budget équilibré")
    await plain.get_by_label("Montant, Achats").fill("999 999")
    await plain.get_by_role("button", name="Recalculer").click()
    await expect(plain.get_by_role("status").filter(has_text="écart de")).to_be_visible()
    await expect(plain.get_by_label("Montant, Achats")).to_have_value("999 999")

    narrow = await crowd.porter(file, width=NARROW)
    await _budget(narrow, crowd)
    assert await overflow(narrow) <= 0

    page = await crowd.porter(file)
    await _budget(page, crowd)
    panel = page.locator("[data-balance]")
    await expect(panel.get_by_role("status")).to_contain_text("budget équilibré")
    await expect(page.get_by_role("button", name="Recalculer")).to_be_hidden()
    before = await page.get_by_label("Montant, Achats").input_value()
    await page.get_by_label("Montant, Achats").fill("999 999")
    await expect(panel.get_by_role("status")).to_contain_text("écart de")
    await page.get_by_label("Montant, Achats").fill(before)
    await expect(panel.get_by_role("status")).to_contain_text("budget équilibré")
    assert await faults(page) == []

    await page.get_by_label("Intitulé, Achats").fill("Bocaux et couvercles")
    await _reach(page, "Enregistrer et continuer")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Relire et déposer")
    await _reach(page, "Déposer la réponse")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Accusé de réception")
