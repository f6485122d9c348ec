"""The whole job as a new user does it, without documentation: an application is deposited, examined, heard, scored,
voted, signed and paid its first installment, by pages alone, each person starting from her home page. Clicks, fields
and time are counted and printed. The public accountant is the outside process of the rehearsal."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from deploy.local.installation import Installation
from rehearsal import invention
from rehearsal.edition import draw
from rehearsal.play import Course
from tests.browser.hands import Hands, Tally
from tests.browser.people import People
from tests.faults.small_call import Play, only, pay_by_accountant, playing

pytestmark = pytest.mark.long

INSTRUCTOR, ADMIN, SECRETARY = "Instructeur·rice", "Administration de l’appel à projets", "Secrétariat du jury"
MEMBER, CHAIR, ASSEMBLY, OFFICER = "Membre du jury", "Présidence du jury", "Service des assemblées", "Ordonnateur"
FINANCE, APPLICANT = "Finances", "Porteur·euse de projet"
NAME, NUMBER, TITLE = "Association Les Essais (fictive)", "2023-002", "Atelier de réparation"
PIECES = (
    "Présentation du projet, calendrier et indicateurs",
    "Budget prévisionnel équilibré et plan de financement",
    "Statuts signés",
    "Récépissé de déclaration ou parution au Journal officiel",
    "Liste des personnes chargées de l'administration",
    "Attestation des aides de minimis reçues sur trois ans",
    "Contrat d'engagement républicain signé (CER)",
)
RIB = "Relevé d'identité bancaire (RIB) au nom exact de la structure"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
CRITERIA, SEATS = 6, 5


@dataclass
class Job:
    """One installation, one application on its way."""

    people: People
    play: Play
    files: Path
    tally: Tally = field(default_factory=Tally)

    async def agent(self, role: str, *, place: int = 0) -> Hands:
        """Somebody of the Département, on her home page."""
        return Hands(await self.people.agent(role, place=place), role, self.tally)

    async def on_file(self, role: str, *, place: int = 0) -> Hands:
        """The same, on the file that waits for her."""
        return await (await self.agent(role, place=place)).link(NUMBER, within="main")

    async def applicant(self) -> Hands:
        """The person who carries the application."""
        return Hands(await self.people.porter("2023-001"), APPLICANT, self.tally)

    async def until(self, text: str) -> None:
        """Time passes."""
        await self.play.advance(datetime.fromisoformat(text))


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation of this module's own."""
    made = Installation.create(tmp_path_factory.mktemp("job"))
    made.start()
    try:
        yield made
    finally:
        made.remove()


@pytest.fixture
async def job(browser: Browser, own: Installation, tmp_path: Path) -> AsyncIterator[Job]:
    """The call open to pre-applications; somebody else's file is there and will be withdrawn."""
    drawn = draw(2023)
    others = [file for file in drawn.applications if file.course is Course.WITHDRAWN_BEFORE_INVITATION][:1]
    people = People(browser, own, [])
    async with playing(own, only(drawn, lambda file: file in others)) as play:
        await play.through(others[0].submitted_at + timedelta(hours=1))
        yield Job(people, play, tmp_path)
    await people.close()


async def pre_application(hands: Hands) -> None:
    """From the list of calls to the receipt."""
    page = hands.page
    await hands.press(page.get_by_role("main").get_by_role("heading", level=2).get_by_role("link").first)
    await hands.button("Commencer une pré-candidature")
    await hands.link("Votre structure")
    await hands.choose("Association")
    await hands.type("Nom", NAME)
    await hands.type("Numéro RNA (facultatif)", "W941000123")
    await hands.type("Personne à contacter", "Personne fictive")
    await hands.type("Adresse électronique", "personne@fictif.example")
    await hands.button("Enregistrer et continuer")
    await hands.choose("Aide au démarrage")
    await hands.type("Titre du projet", TITLE)
    await hands.type("Résumé", "Un atelier partagé. Projet fictif.")
    await hands.choose("Créteil")
    await hands.button("Enregistrer et continuer")
    await hands.type("Coût total du projet", "30 000")
    await hands.type("Montant demandé", "10 000")
    await hands.button("Enregistrer et continuer")
    await expect(page.get_by_text("Aide au démarrage")).to_be_visible()
    await hands.button("Déposer la pré-candidature")
    await hands.titled("Accusé de réception")


async def send(hands: Hands, piece: str, file: Path) -> None:
    """One piece, by its own form."""
    panel = hands.page.locator("section.panel", has=hands.page.get_by_role("heading", name=piece))
    hands.tally.typed[hands.role] += 1
    await panel.locator("input[type=file]").set_input_files(file)
    await hands.press(panel.locator("button"))
    await expect(panel).to_contain_text(file.name)


async def full_application(job: Job, hands: Hands) -> None:
    """From her list of applications to the second receipt."""
    await hands.link("Mes demandes")
    await hands.link(TITLE)
    await hands.link("Remplir et déposer le dossier complet")
    await hands.link("Budget et plan de financement")
    await hands.choose("fonctionnement")
    await hands.type("Montant, Achats", "20 000")
    await hands.press(hands.page.get_by_role("checkbox", name="Achats").first)
    await hands.type("Montant, Charges de personnel", "10 000")
    await hands.type("Montant, Subventions publiques", "10 000")
    await hands.type("Montant, Fonds propres", "20 000")
    await hands.button("Enregistrer et continuer")
    await hands.type("Présentation du projet", "Un atelier ouvert trois jours par semaine.")
    await hands.type("Indicateurs", "Objets réparés, personnes accueillies.")
    await hands.type("Début du projet", "2023-12-01")
    await hands.type("Fin du projet", "2024-12-31")
    await hands.button("Enregistrer et continuer")
    for place, piece in enumerate(PIECES):
        paper = job.files / f"piece-{place}.pdf"
        paper.write_bytes(PDF + str(place).encode())
        await send(hands, piece, paper)
    await hands.link("Relire et déposer")
    await expect(hands.page.get_by_text("Fonctionnement", exact=False).first).to_be_visible()
    await hands.button("Déposer le dossier complet")
    await hands.titled("Accusé de réception")


async def admitted(job: Job) -> None:
    """The instructor, on the first stage."""
    hands = await (await job.on_file(INSTRUCTOR)).next_act()
    await hands.choose("Recevable")
    await hands.button("Enregistrer la décision")
    await hands.told("Décision de recevabilité enregistrée.")


async def reviewed(job: Job) -> None:
    """Completeness, reviewer, conclusion; then the administrator shortlists."""
    hands = await (await job.on_file(INSTRUCTOR)).next_act()
    await (await hands.button("Confirmer")).next_act()
    await hands.press(hands.page.get_by_role("radio").first)
    await (await hands.button("Désigner")).next_act()
    await hands.type("Analyse", "Budget équilibré, assiette vérifiée. Analyse fictive.")
    await hands.button("Conclure l’instruction")
    admin = await (await job.on_file(ADMIN)).next_act()
    await admin.choose("Présélectionnée")
    await admin.button("Enregistrer la décision")


async def heard(job: Job) -> None:
    """A slot is given; on its day presence is recorded."""
    hands = await (await job.on_file(SECRETARY)).next_act()
    await hands.type("Date de l’audition", "2023-05-23T09:30")
    await hands.button("Convoquer à cette date")
    await job.until("2023-05-23T12:00:00+02:00")
    await hands.link("Auditions")
    await hands.button("Présent")
    await hands.told("Présence notée")


async def scored(hands: Hands) -> None:
    """A whole grid, from the home page."""
    await hands.press(hands.page.locator("main .checklist a").first)
    await hands.press(hands.page.locator(".pane-file").get_by_role("link", name="Noter"))
    for place in range(CRITERIA):
        await hands.press(hands.page.locator("fieldset.criterion").nth(place).get_by_role("radio").nth(4))
        hands.tally.typed[hands.role] += 1
        await hands.page.get_by_role("textbox", name="Motif").nth(place).fill("Convaincant")
    await hands.button("Transmettre mes notes")
    await hands.told("Notes transmises.")


async def deliberated(job: Job) -> None:
    """The session from its preparation to its closing, every member scoring."""
    secretary = await (await job.agent(SECRETARY)).link("Jury")
    await secretary.link("Préparer une séance")
    await secretary.type("Date de la séance", "2023-06-08T09:00")
    await secretary.button("Préparer la séance")
    await secretary.button("Convoquer les membres")
    for place in range(SEATS):
        await scored(await job.agent(MEMBER, place=place))
    chair = await job.agent(CHAIR)
    await scored(chair)
    await job.until("2023-06-08T09:05:00+02:00")
    await chair.button("Ouvrir la séance")
    await chair.link("Préparer la clôture")
    await chair.button("Clore la séance")
    await job.play.stage.rows_of(f"jury/{chair.page.url.split('/jury/')[1][:36]}")


async def voted(job: Job) -> None:
    """The act, then its notification; what each is sent to from the file."""
    await job.until("2023-10-02T18:00:00+02:00")
    hands = await (await job.on_file(ASSEMBLY)).next_act()
    await hands.type("Numéro de l’acte", "2023_CP_10_047")
    await hands.type("Date de la séance", "2023-10-02")
    await hands.button("Enregistrer le vote")
    await job.play.stage.rows_of(f"call/{job.play.stage.call_id}")
    await hands.type("Transmis le", "2023-10-02")
    await hands.button("Enregistrer la transmission")
    await hands.type("Exécutoire depuis le", "2023-10-02")
    await hands.button("Déclarer l’acte exécutoire")
    officer = await (await job.on_file(OFFICER)).next_act()
    await officer.link("2023_CP_10_047")
    await officer.button("Notifier toutes les décisions")
    await officer.told("Décisions notifiées.")
    await job.play.stage.rows_of(f"call/{job.play.stage.call_id}")


async def agreed(job: Job) -> None:
    """Agreement prepared, sent, signed on both sides; the account given with its paper."""
    hands = await (await job.on_file(INSTRUCTOR)).next_act()
    await (await hands.button("Préparer la convention")).next_act()
    await hands.button("Envoyer")
    porter = await (await (await job.applicant()).link("Mes demandes")).link(TITLE)
    await porter.link("Signer la convention")
    await porter.type("Nom du signataire", "Personne fictive")
    await porter.press(porter.page.get_by_role("checkbox"))
    await porter.button("Signer")
    await expect(porter.page.locator(".next-line")).to_contain_text("Contresigner la convention")
    await account_given(job, porter)
    officer = await (await job.on_file(OFFICER)).next_act()
    await officer.press(officer.page.get_by_role("checkbox"))
    await officer.button("Signer")
    await officer.told("l’attribution est engagée")


async def account_given(job: Job, porter: Hands) -> None:
    """The paper first, then what it says."""
    bank = invention.bank_details(77, NAME)
    rib = job.files / "rib.pdf"
    rib.write_bytes(PDF)
    await porter.link("Pièces jointes")
    await send(porter, RIB, rib)
    await porter.press(porter.page.locator(".crumb a").last)
    await porter.link("Donner votre compte bancaire")
    await porter.type("Titulaire du compte", bank.holder)
    await porter.type("IBAN", bank.iban)
    await porter.button("Enregistrer le compte")


async def paid(job: Job) -> None:
    """Three people of finance and the authorising officer, none twice; then the public accountant."""
    verifier = await (await job.on_file(FINANCE)).next_act()
    await verifier.press(verifier.page.get_by_role("radio").first)
    await verifier.button("Déclarer le compte vérifié")
    liquidator = await (await job.on_file(FINANCE, place=1)).next_act()
    await liquidator.press(liquidator.page.get_by_role("radio").first)
    await (await liquidator.button("Liquider")).next_act()
    await liquidator.button("Préparer un bordereau")
    await expect(liquidator.page.get_by_text("Vous l’avez préparé")).to_be_visible()
    for role, place, button in ((FINANCE, 2, "Apposer le premier visa"), (OFFICER, 0, "Apposer le second visa")):
        sealer = await job.agent(role, place=place)
        await sealer.press(sealer.page.locator("main .checklist a").first)
        await sealer.button(button)
        await sealer.told("Visa apposé.")
    for what in ("take", "pay"):
        accountant = str(job.play.stage.edition.person("ACCOUNTANT").person_id)
        await pay_by_accountant(job.people.installation, what, accountant)


async def test_an_application_from_its_draft_to_its_first_installment(job: Job) -> None:
    started = time.monotonic()
    porter = await job.applicant()
    await pre_application(porter)
    await job.until("2023-03-20T10:00:00+01:00")
    await admitted(job)
    await full_application(job, porter)
    await job.until("2023-04-14T10:00:00+02:00")
    await reviewed(job)
    await heard(job)
    await deliberated(job)
    await voted(job)
    await agreed(job)
    await paid(job)
    last = await (await (await job.applicant()).link("Mes demandes")).link(TITLE)
    await expect(last.page.get_by_role("main")).to_contain_text("7 000,00 €, Payé")
    print(f"\n{job.tally.told()}\nen {time.monotonic() - started:.0f} s de machine")
