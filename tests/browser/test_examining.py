"""The desk of those who examine: corrections piece by piece and their answer beside what was before, opinions of people
of the call and of somebody outside, notes, two people on one file."""

from __future__ import annotations

from jalon.intake.v1 import applications_pb2 as pb
from playwright.async_api import Page, expect

from rehearsal.play import Application
from tests.browser.people import NARROW, People, faults, overflow, press
from tests.faults.small_call import Play

AGENT = "Instructeur·rice"


async def file_of(play: Play, number: str) -> Application:
    found = await play.admin.fetchval("SELECT application_id FROM intake.applications WHERE number = $1", number)
    return next(file for file in play.stage.edition.applications if file.application_id == found)


async def answer(play: Play, number: str) -> None:
    """The applicant answers: fewer words, less money."""
    stage, file = play.stage, await file_of(play, number)
    who, stub, key = stage.applicant(file), stage.stub("intake", "applications"), file.application_id
    wanted = pb.GetApplicationRequest(application_id=str(key))
    mine = await stage.door.read(who, stub.GetApplication, wanted)
    form = mine.full_application
    form.presentation = "Quarante familles, trois jours par semaine."
    saving = pb.SaveFullApplicationRequest(application_id=str(key), content=form, expected_version=mine.full_version)
    draft = await stage.send(who, stub.SaveFullApplication, saving, key=f"answer/{key}")
    sending = pb.SubmitCorrectionRequest(
        application_id=str(key), correction_id=mine.corrections[0].correction_id, draft_version=draft.version
    )
    await stage.send(who, stub.SubmitCorrection, sending, key=f"answer/{key}")


async def check(page: Page, narrow: Page, url: str) -> None:
    for one in (page, narrow):
        await one.goto(url)
    assert await faults(page) == [], url
    assert await overflow(narrow) <= 0, url


async def test_a_correction_is_asked_field_by_field_and_its_answer_shown_beside_what_was(
    crowd: People, play: Play, numbers: list[str]
) -> None:
    number = numbers.pop()
    agent, narrow = await crowd.agent(AGENT), await crowd.agent(AGENT, width=NARROW)
    place = crowd.url("backoffice", f"/dossiers/{number}")
    await check(agent, narrow, f"{place}/actes/request_correction")
    await press(agent, "Demander ces compléments")
    await expect(agent.get_by_role("alert")).to_contain_text("Cochez au moins une pièce")
    await agent.locator("#items-field-presentation").check()
    await agent.locator("[name=items-field-presentation-why]").select_option("INCOMPLETE")
    await agent.locator("[name=items-field-presentation-say]").fill("Combien de familles ?")
    await press(agent, "Demander ces compléments")
    await expect(agent.get_by_role("status")).to_have_text("Compléments demandés.")
    porter = await crowd.porter(number)
    await porter.goto(crowd.url("portal", f"/demandes/{(await file_of(play, number)).application_id}/correction"))
    await expect(porter.get_by_text("Présentation du projet : Combien de familles ?")).to_be_visible()
    await expect(porter.get_by_text("incomplet")).to_be_visible()
    assert await faults(porter) == []
    await answer(play, number)
    await check(agent, narrow, f"{place}/pieces")
    changed = agent.get_by_role("row", name="Présentation du projet")
    await expect(changed.locator("ins")).to_have_text("Quarante familles, trois jours par semaine.")
    await agent.goto(f"{place}/historique")
    await expect(agent.get_by_text("Présentation du projet : Combien de familles ?")).to_be_visible()


async def test_an_act_pressed_twice_is_done_once_and_the_other_reads_what_changed(
    crowd: People, play: Play, numbers: list[str]
) -> None:
    number = numbers.pop()
    plain, other = await crowd.agent(AGENT, scripts=False), await crowd.agent(AGENT, place=1)
    place = crowd.url("backoffice", f"/dossiers/{number}")
    await other.goto(f"{place}/actes/confirm_completeness")
    await plain.goto(f"{place}/actes/request_correction")
    await plain.locator("#items-field-budget").check()
    await plain.get_by_role("button", name="Demander ces compléments").dblclick()
    await expect(plain.get_by_role("status")).to_have_text("Compléments demandés.")
    asked = await play.admin.fetchval(
        "SELECT count(*) FROM review.corrections JOIN intake.applications USING (application_id) WHERE number = $1",
        number,
    )
    assert asked == 1
    await press(other, "Confirmer")
    await expect(other.get_by_role("heading", name="Ce qui a changé entre-temps")).to_be_visible()
    await expect(other.get_by_text("Compléments demandés, à fournir avant le")).to_be_visible()


async def test_somebody_outside_gives_one_opinion_by_a_link_that_serves_once(crowd: People, numbers: list[str]) -> None:
    number = numbers.pop()
    admin, agent = await crowd.agent("Administration de l’appel à projets"), await crowd.agent(AGENT)
    place = crowd.url("backoffice", f"/dossiers/{number}")
    await admin.goto(f"{place}/actes/assign_reviewer")
    await admin.get_by_role("radio").first.check()
    await press(admin, "Désigner")
    await agent.goto(f"{place}/actes/request_opinion")
    await agent.get_by_label("Une personne extérieure, par un lien").check()
    await agent.get_by_label("Nom de la personne extérieure").fill("Mairie d’Orly")
    await agent.get_by_label("Son adresse électronique").fill("mairie@example.org")
    await press(agent, "Demander cet avis")
    await agent.goto(f"{place}/avis")
    await press(agent, "Faire un lien pour cette personne")
    assert await faults(agent) == []
    link = await agent.get_by_label("Lien", exact=True).input_value()
    outside, late = await crowd.visitor(width=NARROW), await crowd.visitor()
    await outside.goto(link)
    assert await faults(outside) == []
    await press(outside, "Continuer")
    assert await faults(outside) == []
    assert await overflow(outside) <= 0
    for path, status in (("/dossiers", 403), (f"/dossiers/{number}", 404), (f"/dossiers/{numbers[0]}", 404)):
        found = await outside.goto(crowd.url("backoffice", path))
        assert found is not None
        assert found.status == status, path
    await outside.goto(crowd.url("backoffice", "/avis"))
    await outside.get_by_label("Avis favorable", exact=True).check()
    await outside.get_by_label("Motifs").fill("Le local est libre.")
    await press(outside, "Rendre cet avis")
    await expect(outside.get_by_role("status")).to_have_text("Avis rendu. Merci.")
    await late.goto(link)
    await expect(late.get_by_role("alert")).to_contain_text("Ce lien a déjà servi")
    await agent.goto(f"{place}/avis")
    await expect(agent.get_by_text("Le local est libre.")).to_be_visible()


async def test_an_expert_of_the_call_is_asked_and_no_longer(crowd: People, numbers: list[str]) -> None:
    number = numbers.pop()
    admin, agent = await crowd.agent("Administration de l’appel à projets"), await crowd.agent(AGENT)
    expert = await crowd.agent("Expert·e")
    place = crowd.url("backoffice", f"/dossiers/{number}")
    await admin.goto(f"{place}/actes/assign_reviewer")
    await admin.get_by_role("radio").first.check()
    await press(admin, "Désigner")
    await agent.goto(f"{place}/actes/request_opinion")
    assert await faults(agent) == []
    await agent.get_by_role("radio").first.check()
    await press(agent, "Demander cet avis")
    await expert.goto(crowd.url("backoffice", "/avis"))
    await expert.get_by_role("link", name=number).click()
    assert await faults(expert) == []
    await agent.goto(f"{place}/actes/cancel_opinion")
    await agent.get_by_role("radio").first.check()
    await press(agent, "Annuler cette demande")
    await expert.goto(crowd.url("backoffice", "/avis"))
    await expect(expert.get_by_text("Aucun avis ne vous est demandé.")).to_be_visible()


async def test_a_note_to_oneself_is_ones_own_and_a_note_to_the_file_is_the_agents(
    crowd: People, numbers: list[str]
) -> None:
    number = numbers[0]
    writer, colleague = await crowd.agent(AGENT, scripts=False), await crowd.agent(AGENT, place=1)
    place = crowd.url("backoffice", f"/dossiers/{number}/notes")
    for words, audience in (("Rappeler lundi.", "Moi seul·e"), ("Local confirmé.", "Les agents du dossier")):
        await writer.goto(place)
        await writer.get_by_label("Note", exact=True).first.fill(words)
        await writer.get_by_role("radio", name=audience).check()
        await press(writer, "Enregistrer la note")
    await colleague.goto(place)
    assert await faults(colleague) == []
    await expect(colleague.get_by_text("Local confirmé.")).to_be_visible()
    await expect(colleague.get_by_text("Rappeler lundi.")).to_have_count(0)
    await colleague.goto(crowd.url("backoffice", f"/dossiers/{number}/historique"))
    await expect(colleague.get_by_text("Note au dossier (version 1).")).to_be_visible()
    await expect(colleague.get_by_text("Rappeler lundi.")).to_have_count(0)
