"""The ground of the sites: entering, the list, a file, one act; by mouse, without scripts, on a narrow screen."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime, timedelta

import pytest
from playwright.async_api import Page, expect

from kit.clock import PARIS
from tests.browser.people import NARROW, People, faults, overflow, press
from web.legal import templates

INSTRUCTOR = "Instructeur·rice"
LIST = ("/", "/dossiers", "/dossiers?onglet=reception", "/dossiers?q=zzz")
FILE = ("/dossiers/2023-001", "/dossiers/2023-001/historique", "/dossiers/2023-001/actes/decide_admissibility")
LEGAL = ("/accessibilite", "/mentions-legales", "/donnees-personnelles")
HEAVIEST, HEAVIEST_HTML = 150_000, 60_000


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_page_of_the_ground_is_accessible(people: People, scheme: str) -> None:
    agent = await people.agent(INSTRUCTOR, color_scheme=scheme)
    for path in (*LIST, *FILE, "/style", "/entrer", "/dossiers/2023-999", *LEGAL):
        await agent.goto(people.url("backoffice", path))
        assert await faults(agent) == [], path
    porter = await people.porter("2023-002", color_scheme=scheme)
    for path in ("/", "/demandes", "/style", "/nulle-part", *LEGAL):
        await porter.goto(people.url("portal", path))
        assert await faults(porter) == [], path


async def test_nothing_overflows_a_narrow_screen(people: People) -> None:
    agent = await people.agent(INSTRUCTOR, width=NARROW)
    for path in (*LIST, *FILE, "/style", "/entrer"):
        await agent.goto(people.url("backoffice", path))
        assert await overflow(agent) <= 0, path
    porter = await people.porter("2023-002", width=NARROW)
    for path in ("/", "/demandes", *LEGAL):
        await porter.goto(people.url("portal", path))
        assert await overflow(porter) <= 0, path


async def test_legal_pages_are_linked_from_every_page_and_say_what_was_measured(people: People) -> None:
    for site in ("portal", "backoffice"):
        visitor = await people.visitor()
        await visitor.goto(people.url(site, "/entrer"))
        links = visitor.get_by_role("navigation", name="Informations légales").get_by_role("link")
        assert [await one.get_attribute("href") for one in await links.all()] == list(LEGAL)
        await links.first.click()
        await expect(visitor.get_by_role("heading", level=1)).to_have_text("Déclaration d’accessibilité")
        await expect(visitor.get_by_role("main")).to_contain_text(f"parmi les {len(templates(site))} de ce site")


async def test_a_page_is_light_and_asks_no_other_host(people: People) -> None:
    agent = await people.agent(INSTRUCTOR)
    asked: list[str] = []
    agent.on("request", lambda request: asked.append(request.url))
    await agent.goto(people.url("backoffice", "/dossiers"), wait_until="networkidle")
    sizes = {url: len(await (await agent.request.get(url)).body()) for url in set(asked)}
    assert all(url.startswith(people.url("backoffice")) for url in sizes)
    assert sizes[people.url("backoffice", "/dossiers")] <= HEAVIEST_HTML
    assert sum(sizes.values()) <= HEAVIEST


async def test_the_list_is_filtered_searched_and_opened(people: People) -> None:
    agent = await people.agent(INSTRUCTOR)
    await agent.get_by_role("link", name="Dossiers", exact=True).click()
    await agent.get_by_role("link", name=re.compile("À recevoir")).click()
    assert await agent.locator("tbody tr").count() > 1
    await agent.get_by_role("link", name=re.compile("^Tous")).click()
    await agent.get_by_role("link", name=re.compile("^Recevabilité")).click()
    row = agent.locator("tbody tr").first
    name = (await row.locator("td").nth(1).inner_text()).removesuffix("⚑").strip()
    await agent.get_by_label("Rechercher un nom, un n°, un SIRET").fill(name.upper())
    await agent.get_by_role("button", name="Rechercher").click()
    await agent.locator("tbody tr").first.locator("td").nth(2).click()  # the whole row opens the file
    await expect(agent.get_by_role("heading", level=1)).to_contain_text(name)
    await agent.get_by_role("link", name="Historique").click()
    await expect(agent.locator(".timeline li").last).to_contain_text("Pré-candidature déposée")


async def _open_decision(people: People, agent: Page, number: str) -> None:
    await agent.goto(people.url("backoffice", f"/dossiers/{number}"))
    await agent.get_by_role("link", name="Décider de la recevabilité").click()


async def test_an_act_by_mouse(people: People) -> None:
    agent = await people.agent(INSTRUCTOR)
    number = people.take()
    await _open_decision(people, agent, number)
    await expect(agent.locator(".before")).to_contain_text("11 avril 2023, 17:00")
    await agent.get_by_text("Au porteur de projet (si recevable)").click()
    await expect(agent.locator(".letter-body").first).to_contain_text("Votre pré-candidature est recevable.")
    await agent.get_by_label("Recevable", exact=True).check()
    await agent.get_by_label("Explication").fill("Le projet agit dans le territoire.")
    await agent.get_by_role("button", name="Enregistrer la décision").dblclick()
    await expect(agent.get_by_role("status")).to_have_text("Décision de recevabilité enregistrée.")
    promised = "Déposer le dossier complet avant le 11 avril 2023, 17:00"
    await expect(agent.locator(".next-line")).to_contain_text(promised)
    await agent.get_by_role("link", name="Historique").click()
    await expect(agent.locator(".timeline")).to_contain_text("Le projet agit dans le territoire.")
    porter = await people.porter(number)
    await porter.get_by_role("link", name="Mes demandes").click()
    await expect(porter.locator(".next-line")).to_contain_text("sinon la demande est classée sans suite")


async def test_the_same_act_without_scripts(people: People) -> None:
    agent = await people.agent(INSTRUCTOR, scripts=False)
    await _open_decision(people, agent, people.take())
    await press(agent, "Enregistrer la décision")
    await expect(agent.get_by_role("alert")).to_contain_text("La demande est-elle recevable ?")
    await agent.get_by_label("Non recevable", exact=True).check()
    await agent.get_by_label("Explication").fill("Projet porté hors du territoire.")
    await press(agent, "Enregistrer la décision")
    await expect(agent.get_by_role("alert")).to_contain_text("Choisissez au moins un motif.")
    assert await faults(agent) == []
    await expect(agent.get_by_label("Explication")).to_have_value("Projet porté hors du territoire.")
    await agent.get_by_label("projet hors du territoire").check()
    await press(agent, "Enregistrer la décision")
    await expect(agent.get_by_role("status")).to_have_text("Décision de recevabilité enregistrée.")
    await expect(agent.locator(".rail")).to_contain_text("Confirmer la non-recevabilité")


async def test_two_people_on_one_file_see_what_changed(people: People) -> None:
    first, second = await people.agent(INSTRUCTOR), await people.agent(INSTRUCTOR, place=1)
    number = people.take()
    for agent in (first, second):
        await _open_decision(people, agent, number)
        await agent.get_by_label("Recevable", exact=True).check()
    await second.get_by_label("Explication").fill("Mon analyse.")
    await press(first, "Enregistrer la décision")
    await expect(first.get_by_role("status")).to_have_text("Décision de recevabilité enregistrée.")
    await press(second, "Enregistrer la décision")
    await expect(second.get_by_role("heading", name="Ce qui a changé entre-temps")).to_be_visible()
    await expect(second.locator(".notice.blocked li").first).to_be_visible()
    await expect(second.get_by_label("Explication")).to_have_value("Mon analyse.")
    assert await faults(second) == []


async def test_signed_out_in_mid_form_nothing_typed_is_lost(people: People) -> None:
    agent = await people.agent(INSTRUCTOR)
    await _open_decision(people, agent, people.take())
    await agent.get_by_label("Explication").fill("Une phrase à ne pas perdre.")
    elsewhere = await agent.context.new_page()
    await elsewhere.goto(people.url("backoffice"))
    await elsewhere.get_by_role("button", name="Se déconnecter").click()
    await press(agent, "Enregistrer la décision")
    await expect(agent.get_by_text("ce que vous aviez saisi est conservé")).to_be_visible()
    if await agent.get_by_role(
        "link", name="ESS-2023", exact=True
    ).count():  # another test may have opened a newer call
        await agent.get_by_role("link", name="ESS-2023", exact=True).click()
    section = agent.locator("section", has=agent.get_by_role("heading", name=INSTRUCTOR))
    await section.locator(".enter").first.click()
    await expect(agent.get_by_label("Explication")).to_have_value("Une phrase à ne pas perdre.")


async def test_another_role_is_told_who_acts_and_another_persons_file_does_not_exist(people: People) -> None:
    office, number = await people.agent("Service des assemblées"), people.take()
    await office.goto(people.url("backoffice", f"/dossiers/{number}"))
    await expect(office.locator(".rail")).to_contain_text("Doit agir : instructeur·rice.")
    answer = await office.goto(people.url("backoffice", f"/dossiers/{number}/actes/decide_admissibility"))
    assert answer is not None
    assert answer.status == 403
    porter, other = await people.porter("2023-001"), await people.porter("2023-002")
    await other.goto(people.url("portal", "/demandes"))
    theirs = await other.locator("h2 a").first.get_attribute("href")
    answer = await porter.goto(people.url("portal", theirs or ""))
    assert answer is not None
    assert answer.status == 404


async def test_english_is_one_click_away(people: People) -> None:
    agent = await people.agent(INSTRUCTOR)
    await agent.goto(people.url("backoffice", "/dossiers"))
    await agent.get_by_role("button", name="English").click()
    await expect(agent.get_by_role("heading", level=1)).to_have_text("Applications")
    assert await agent.locator("html").get_attribute("lang") == "en"


async def test_answers_are_sealed_and_forms_of_elsewhere_refused(people: People) -> None:
    agent = await people.agent(INSTRUCTOR)
    answer = await agent.request.get(people.url("backoffice", "/dossiers"))
    assert answer.headers["content-security-policy"].startswith("default-src 'self'")
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "private, no-store"
    for name in ("x-content-type-options", "x-frame-options", "referrer-policy", "cross-origin-opener-policy"):
        assert answer.headers[name]
    assert "server" not in answer.headers
    cookies = await agent.context.cookies()
    assert cookies
    assert all(cookie["httpOnly"] and cookie["sameSite"] == "Lax" for cookie in cookies)
    forged = await agent.request.post(people.url("backoffice", "/sortir"), form={"_csrf_token": "x"})
    assert forged.status == 403
    await agent.reload()
    await expect(agent.get_by_role("button", name="Se déconnecter")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False])
async def test_time_is_moved_from_the_banner(people: People, *, scripts: bool) -> None:
    """By two minutes: the files of the other tests keep their dates."""
    agent = await people.agent(INSTRUCTOR, scripts=scripts, width=NARROW)
    await agent.goto(people.url("backoffice", "/dossiers/2023-001"))
    await agent.get_by_role("link", name="Avancer le temps").click()
    await expect(agent.get_by_role("link", name="Juste après la prochaine échéance de ce dossier")).to_have_count(0)
    here = await agent.locator("main time").first.get_attribute("datetime")
    later = datetime.fromisoformat(here or "").astimezone(PARIS) + timedelta(minutes=3)
    await agent.get_by_label("Date et heure").fill(f"{later:%Y-%m-%dT%H:%M}")
    await agent.get_by_role("button", name="Voir ce qui se passera").click()
    if scripts:
        assert await faults(agent) == []
    assert await overflow(agent) <= 0
    await agent.get_by_role("button", name="Avancer jusqu").click()
    arrived = agent.get_by_text("Le temps a avancé")
    async with asyncio.timeout(40):
        while not await arrived.count():
            await (agent.wait_for_timeout(500) if scripts else agent.get_by_role("link", name="Recharger").click())
    await agent.get_by_role("link", name="Revenir à la page").click()
    await expect(agent).to_have_url(people.url("backoffice", "/dossiers/2023-001"))
