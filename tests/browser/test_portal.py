"""An applicant's journey on the portal: a call that is open now, a draft, its deposit, its receipt; by mouse, and
without scripts."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import asyncpg
import pytest
from playwright.async_api import FilePayload, Page, expect

from deploy.local.installation import Installation
from kit.settings import ClientSettings
from tests.browser.people import NARROW, People, faults, overflow
from tests.journeys.people import Desk, Town, later, open_desk, rulebook
from workflows.commands import Door

SAVED = re.compile("Brouillon enregistré le")


@pytest.fixture(scope="module")
async def reference(installation: Installation) -> AsyncIterator[str]:
    """A call open to pre-applications now; its public reference."""
    environment = {**os.environ, **installation.environment("rehearsal")}
    door = await Door.open(ClientSettings.from_environment(environment))
    admin = await asyncpg.connect(installation.admin_url)
    now = await door.now()
    content = rulebook(opens=later(now, -1), closes=later(now, 30))
    desk: Desk = await open_desk(Town(installation, door, admin), content)
    found = await admin.fetchval("SELECT reference FROM intake.calls WHERE call_id = $1::uuid", desk.call_id)
    yield str(found)
    await admin.close()
    await door.close()


async def _begin(page: Page, people: People, reference: str) -> None:
    await page.goto(people.url("portal", f"/appels/{reference}"))
    await page.get_by_role("button", name="Commencer une pré-candidature").click()
    await expect(page.get_by_text("Brouillon, non déposé.")).to_be_visible()


async def _structure(page: Page) -> None:
    await page.get_by_label("Association", exact=True).check()
    await page.get_by_label("Nom", exact=True).fill("Association Les Essais (fictive)")
    await page.get_by_label("Numéro RNA").fill("W941000123")
    await page.get_by_label("Personne à contacter").fill("Personne fictive")
    await page.get_by_label("Adresse électronique").fill("personne@fictif.example")


async def _found_in_the_register(page: Page) -> None:
    """A false key is told beside its field; a true number fills the rest, and the page says where it comes from."""
    for number in ("000 009 035 00016", "000 009 035 00015"):
        await page.get_by_label("Numéro SIRET").fill(number)
        await page.get_by_role("button", name="Rechercher dans le registre").click()
        if number.endswith("6"):
            await expect(page.get_by_role("alert")).to_contain_text("SIRET")
    await expect(page.get_by_label("Nom", exact=True)).to_have_value("Association du Pont Neuf (fictive)")
    await expect(page.get_by_role("main")).to_contain_text("Identité reprise du registre")


async def _project(page: Page) -> None:
    await page.get_by_label("Aide au démarrage").check()
    await page.get_by_label("Titre du projet").fill("Atelier de réparation")
    await page.get_by_label("Résumé").fill("Un atelier partagé. Projet fictif.")
    await page.get_by_label("Créteil", exact=True).check()


async def _deposit(page: Page) -> None:
    await page.get_by_role("button", name="Enregistrer et continuer").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Relire et déposer")
    await expect(page.locator(".before")).to_contain_text("Votre pré-candidature est reçue et numérotée")
    await page.get_by_role("button", name="Déposer la pré-candidature").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Accusé de réception")
    await expect(page.get_by_role("main")).to_contain_text("Le silence gardé jusqu’au")


async def test_from_a_draft_to_a_receipt_that_anybody_verifies(people: People, reference: str) -> None:
    page = await people.porter("2023-002")
    await _begin(page, people, reference)
    await page.get_by_role("link", name="Votre structure").click()
    await _structure(page)
    await expect(page.locator("[data-saved]")).to_have_text(SAVED)
    await page.reload()
    await expect(page.get_by_label("Numéro RNA")).to_have_value("W941000123")
    await page.get_by_role("button", name="Enregistrer et continuer").click()
    await _project(page)
    await page.get_by_role("button", name="Enregistrer et continuer").click()
    await page.get_by_label("Coût total du projet").fill("30 000")
    await page.get_by_label("Montant demandé").fill("100")
    await page.get_by_role("button", name="Enregistrer et continuer").click()
    await page.get_by_role("button", name="Déposer la pré-candidature").click()
    await page.get_by_role("link", name="montant inférieur au minimum du volet").click()
    await page.get_by_label("Montant demandé").fill("10 000,00")
    await _deposit(page)
    assert await faults(page) == []
    address = await page.locator("a[href*='/verifier?']").get_attribute("href")
    async with page.expect_download() as downloading:
        await page.get_by_role("link", name="Télécharger l’accusé de réception (PDF)").click()
    paper = (await (await downloading.value).path()).read_bytes()
    stranger = await people.visitor()
    parts = urlsplit(address or "")
    await stranger.goto(people.url("portal", f"{parts.path}?{parts.query}"))
    await expect(stranger.get_by_role("status")).to_contain_text("Cet accusé de réception est authentique")
    await stranger.get_by_label("Empreinte").fill("0" * 64)
    await stranger.get_by_role("button", name="Vérifier", exact=True).click()
    await expect(stranger.get_by_role("status")).to_contain_text("Aucun accusé de réception")
    for held, told in ((paper, "Cet accusé de réception est authentique"), (paper + b" ", "n’est pas un accusé")):
        file: FilePayload = {"name": "accuse.pdf", "mimeType": "application/pdf", "buffer": held}
        await stranger.get_by_label("L’accusé de réception (PDF)").set_input_files(file)
        await stranger.get_by_role("button", name="Vérifier ce fichier").click()
        await expect(stranger.get_by_role("status")).to_contain_text(told)


async def test_whoever_asks_first_is_told_which_rule_is_not_met(people: People, reference: str) -> None:
    page = await people.visitor(scripts=False)
    await page.goto(people.url("portal", f"/appels/{reference}"))
    await page.get_by_role("link", name="Vérifier si mon projet peut candidater").click()
    await page.get_by_role("button", name="Vérifier").click()
    await expect(page.get_by_role("alert")).to_contain_text("Commune du projet")
    await page.get_by_label("Aide au démarrage").check()
    await page.get_by_label("Commune du projet").select_option("Une commune hors de cette liste")
    await page.get_by_label("Association", exact=True).check()
    await page.get_by_label("Montant demandé").fill("20 000")
    await page.get_by_role("button", name="Vérifier").click()
    await expect(page.get_by_role("status")).to_contain_text("Non")
    await expect(page.get_by_role("table")).to_contain_text("Montant supérieur au plafond du volet (15 000,00 €)")
    await expect(page.get_by_role("table")).to_contain_text("Seules les communes du territoire")
    await page.get_by_label("Commune du projet").select_option("Créteil")
    await page.get_by_label("Montant demandé").fill("10 000")
    await page.get_by_role("button", name="Vérifier").click()
    await expect(page.get_by_role("status")).to_contain_text("Oui")


async def test_the_same_without_scripts(people: People, reference: str) -> None:
    page = await people.porter("2023-004", scripts=False)
    await _begin(page, people, reference)
    await page.get_by_role("link", name="Votre structure").click()
    await _found_in_the_register(page)
    await _structure(page)
    await page.get_by_role("button", name="Enregistrer et continuer").click()
    await _project(page)
    await page.get_by_role("button", name="Enregistrer le brouillon").click()
    await expect(page.get_by_role("main")).to_contain_text("2 fait sur 3")
    await page.get_by_role("link", name="Coût et montant demandé").click()
    await page.get_by_label("Coût total du projet").fill("30000")
    await page.get_by_label("Montant demandé").fill("10000")
    await _deposit(page)


async def test_two_windows_on_one_draft_lose_nothing(people: People, reference: str) -> None:
    page = await people.porter("2023-005", scripts=False)
    await _begin(page, people, reference)
    await page.get_by_role("link", name="Votre projet").click()
    other = await page.context.new_page()
    await other.goto(page.url)
    for window, title in ((page, "Premier titre"), (other, "Second titre")):
        await window.get_by_label("Titre du projet").fill(title)
        await window.get_by_role("button", name="Enregistrer le brouillon").click()
    await expect(other.get_by_role("alert")).to_contain_text("Ce brouillon a été modifié ailleurs entre-temps")
    await expect(other.locator(".diff")).to_contain_text("Premier titre")
    await expect(other.get_by_label("Titre du projet")).to_have_value("Second titre")
    await other.get_by_role("button", name="Enregistrer le brouillon").click()
    await page.reload()
    await page.get_by_role("link", name="Votre projet").click()
    await expect(page.get_by_label("Titre du projet")).to_have_value("Second titre")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_pages_are_accessible_and_narrow(people: People, reference: str, scheme: str) -> None:
    page = await people.porter("2023-006", width=NARROW, color_scheme=scheme)
    await _begin(page, people, reference)
    base = urlsplit(page.url).path
    file = base.removesuffix("/candidature")
    steps = [f"{base}{end}" for end in ("", "/structure", "/projet", "/montants", "/relecture")]
    asked = "track=start_up&commune=94028&legal_family=association&requested_cents=1"
    public = (f"/appels/{reference}", f"/appels/{reference}/eligibilite?{asked}", "/verifier")
    for path in (*public, *steps, file, f"{file}/courriers", f"{file}/pieces"):
        await page.goto(people.url("portal", path))
        assert await faults(page) == [], path
        assert await overflow(page) <= 0, path
