"""The desk of each role: its pages are whole and accessible, and acts on a file are done by mouse."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.people import NARROW, People, faults, overflow, press

FILE = "/dossiers/2023-004"
TABS = (
    "",
    "/pieces",
    "/instruction",
    "/avis",
    "/notes",
    "/historique",
    "/traces",
    "/messagerie",
    "/decision",
    "/convention",
    "/versements",
)
DESKS = {
    "Instructeur·rice": (*(FILE + tab for tab in TABS), f"{FILE}/actes/assign_reviewer", "/reglement", "/deliberation"),
    "Administration de l’appel à projets": ("/jury", "/controle"),
    "Finances": (
        "/versements",
        "/versements/calendrier",
        "/conventions",
        "/enveloppes",
        "/enveloppes/operating/announced",
    ),
    "Contrôle": (
        "/controle?dossier=2023-004",
        "/controle?q=2023-999",
        "/controle?q=07/02/2023",
        "/controle?q=isembrault",
    ),
    "Expert·e": ("/avis",),
}


@pytest.mark.parametrize("role", DESKS)
async def test_the_pages_of_a_desk_are_accessible_and_fit(people: People, role: str) -> None:
    wide, narrow = await people.agent(role), await people.agent(role, width=NARROW)
    for path in DESKS[role]:
        answer = await wide.goto(people.url("backoffice", path))
        assert answer is not None
        assert answer.status == 200, path
        assert await faults(wide) == [], path
        await narrow.goto(people.url("backoffice", path))
        assert await overflow(narrow) <= 0, path


async def test_a_second_person_confirms_an_inadmissibility(people: People) -> None:
    first, second = await people.agent("Instructeur·rice"), await people.agent("Instructeur·rice", place=1)
    place = people.url("backoffice", f"/dossiers/{people.take()}")
    await first.goto(f"{place}/actes/decide_admissibility")
    await first.get_by_label("Non recevable", exact=True).check()
    await first.get_by_label("projet hors du territoire").check()
    await press(first, "Enregistrer la décision")
    for agent in (first, second):
        await agent.goto(place)
        await agent.get_by_role("link", name="Confirmer la non-recevabilité").click()
        await agent.get_by_label("Oui, la demande n’est pas recevable").check()
        await press(agent, "Enregistrer la réponse")
    await expect(first.get_by_role("alert")).to_be_visible()  # nobody confirms what she proposed
    await expect(second.get_by_role("status")).to_have_text("Réponse enregistrée.")
    await second.get_by_role("link", name="Messagerie").click()
    await expect(second.get_by_role("heading", name="Votre demande n’est pas recevable")).to_be_visible()


async def test_a_reviewer_is_named_and_an_auditor_sees_the_link(people: People) -> None:
    admin, auditor = await people.agent("Administration de l’appel à projets"), await people.agent("Contrôle")
    number = people.take()
    await admin.goto(people.url("backoffice", f"/dossiers/{number}/actes/assign_reviewer"))
    await admin.get_by_role("radio").first.check()
    await press(admin, "Désigner")
    await expect(admin.get_by_role("status")).to_have_text("Instruction confiée.")
    await auditor.goto(people.url("backoffice", f"/controle?dossier={number}"))
    await expect(auditor.get_by_role("cell", name="Instruction confiée à")).to_be_visible()
    await auditor.get_by_role("button", name="Vérifier toutes les chaînes").click()
    await expect(auditor.get_by_text("Toutes les chaînes sont intactes")).to_be_visible()
