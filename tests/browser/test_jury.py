"""The jury by mouse, each by the right person: presence at the hearings, session prepared and convoked, a link
declared, a grid written, the session opened, followed live, closed without JavaScript; then the vote, told to all."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from uuid import UUID

import asyncpg
import pytest
from playwright.async_api import Browser, Page, expect

from deploy.local.installation import Installation
from rehearsal.edition import draw
from rehearsal.play import Course, Edition
from rehearsal.scenes import examining
from tests.browser.people import NARROW, People, faults, overflow, press
from tests.faults.small_call import Play, only, playing
from workflows.contract.names import CALL, JURY

SECRETARY, MEMBER, CHAIR = "Secrétariat du jury", "Membre du jury", "Présidence du jury"
ASSEMBLY, OFFICER = "Service des assemblées", "Ordonnateur"
CRITERIA = 6


def four_heard() -> Edition:
    """A call of four files, all shortlisted."""
    drawn = draw(2023)
    heard = {file.application_id for file in [one for one in drawn.applications if one.course is Course.HEARD][:4]}
    kept = only(drawn, lambda file: file.application_id in heard)
    return replace(kept, applications=tuple(replace(file, conflicts=()) for file in kept.applications))


@dataclass
class Room:
    """The installation of these tests, and who is in it."""

    people: People
    edition: Edition

    @asynccontextmanager
    async def playing(self, edition: Edition | None = None) -> AsyncIterator[Play]:
        """What others do meanwhile."""
        async with playing(self.people.installation, edition or self.edition) as play:
            yield play

    def url(self, path: str) -> str:
        """A page of the back-office."""
        return self.people.url("backoffice", path)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation of this module's own."""
    made = Installation.create(tmp_path_factory.mktemp("jury"))
    made.start()
    try:
        yield made
    finally:
        made.remove()


@pytest.fixture
async def room(browser: Browser, own: Installation) -> AsyncIterator[Room]:
    """The call played until its hearings are given, the clock on the last of their days."""
    found = Room(People(browser, own, []), four_heard())
    async with found.playing() as play:
        moments = play.stage.edition.calendar.moments
        await play.through(moments["hearings_scheduled"])
        await play.advance(moments["hearings_recorded"])
    try:
        yield found
    finally:
        await found.people.close()


async def whole(page: Page) -> None:
    """The page has no fault of accessibility and fits a narrow screen."""
    assert await faults(page) == [], page.url
    await page.set_viewport_size({"width": NARROW, "height": 900})
    assert await overflow(page) <= 0, page.url
    await page.set_viewport_size({"width": 1280, "height": 900})


async def hearings_held(secretary: Page, room: Room) -> None:
    """Three came, one did not."""
    await secretary.goto(room.url("/auditions"))
    await whole(secretary)
    for came in (True, True, True, False):
        named = await secretary.get_by_role("button", name="Présent").first.inner_text()
        await press(secretary, named if came else named.replace("Présent", "Absent"))
    await expect(secretary.get_by_text("audition fixée")).to_have_count(0)
    await expect(secretary.get_by_role("link", name="Donner un autre créneau")).to_have_count(1)


async def session_convoked(secretary: Page, room: Room) -> str:
    """Prepared on the three files heard; its address."""
    await secretary.goto(room.url("/jury"))
    await secretary.get_by_role("link", name="Préparer une séance").click()
    await whole(secretary)
    await secretary.get_by_label("absent à l’audition").uncheck()
    await secretary.get_by_label("Lieu").fill("Salle du conseil")
    await press(secretary, "Préparer la séance")
    await expect(secretary.get_by_text("Salle du conseil")).to_be_visible()
    await press(secretary, "Convoquer les membres")
    await whole(secretary)
    return secretary.url


async def link_declared(member: Page, room: Room, *, session: str) -> None:
    """One click, and the file is nowhere for her."""
    await member.goto(session)
    number = await member.locator(".pane-file h2 a").inner_text()
    await press(member, "Me déporter")
    await expect(member.get_by_text(number)).to_have_count(0)
    for url in (room.url(f"/dossiers/{number}"), f"{session}/notes/{number}"):
        answer = await member.goto(url)
        assert answer is not None
        assert answer.status == 404, url


async def grid_submitted(member: Page, session: str) -> None:
    """Saved as it is written, found again, then submitted."""
    await member.goto(session)
    await member.locator(".pane-file").get_by_role("link", name="Noter").click()
    await whole(member)
    await member.get_by_role("textbox", name="Motif").first.fill("Vu sur place")
    await expect(member.locator("[data-saved]")).to_contain_text("Brouillon enregistré")
    await member.reload()
    await expect(member.get_by_role("textbox", name="Motif").first).to_have_value("Vu sur place")
    await press(member, "Transmettre mes notes")
    await expect(member.get_by_role("alert")).to_contain_text("Ancrage local : note manquante")
    for place in range(CRITERIA):
        await member.locator("fieldset.criterion").nth(place).get_by_role("radio").nth(4).check()
        await member.get_by_role("textbox", name="Motif").nth(place).fill("Convaincant")
    await press(member, "Transmettre mes notes")
    await expect(member.get_by_role("status").first).to_have_text("Notes transmises.")


async def others_score(room: Room, session: str) -> None:
    """Every grid that is still expected."""
    admin = await asyncpg.connect(room.people.installation.admin_url)
    rows = await admin.fetch("SELECT application_id FROM review.cases WHERE hearing = 'HEARD'")
    heard = {row["application_id"] for row in rows}
    rows = await admin.fetch("SELECT application_id, person_id FROM review.recusals")
    aside = {(row["application_id"], row["person_id"]) for row in rows}
    await admin.close()
    files = tuple(
        replace(file, marks={who: grid for who, grid in file.marks.items() if (file.application_id, who) not in aside})
        for file in room.edition.applications
        if file.application_id in heard
    )
    edition = replace(room.edition, session_id=UUID(session.rpartition("/")[2]), applications=files)
    async with room.playing(edition) as play:
        await examining.submit_scores(play.stage)


async def hands_counted(secretary: Page, session: str) -> None:
    """On the best ranked file; one hand too many is refused, what was typed stays."""
    await secretary.goto(session)
    for hands, said in (("60", "alert"), ("3", "status")):
        await secretary.get_by_label("Pour", exact=True).fill(hands)
        await secretary.get_by_label("Contre").fill("0")
        await secretary.get_by_label("Abstentions").fill("1")
        await press(secretary, "Noter le vote")
        await expect(secretary.get_by_role(said).first).to_be_visible()  # type: ignore[arg-type]
    await expect(secretary.locator("[data-part=votes]")).to_contain_text("pour : 3 · contre : 0 · abstentions : 1")


async def opened_and_closed(chair: Page, seen: Page, *, session: str) -> None:
    """By the chair, without JavaScript; whoever looks at the page sees it happen."""
    await chair.goto(session)
    await press(chair, "Ouvrir la séance")
    await expect(seen.locator("[data-part=state]")).to_contain_text("en séance")
    await expect(seen.locator(".ranking tbody tr").first).to_contain_text("proposé")
    await hands_counted(seen, session)
    await whole(seen)
    await chair.get_by_role("link", name="Préparer la clôture").click()
    await expect(chair.get_by_text("Rien ne permet d’y revenir")).to_be_visible()
    await press(chair, "Clore la séance")
    await expect(seen.locator("[data-part=state]")).to_contain_text("close")


async def minutes_drawn_up(secretary: Page, session: str) -> None:
    """From what is frozen; the document opens."""
    await secretary.goto(session)
    await secretary.get_by_role("link", name="Établir le procès-verbal").click()
    await whole(secretary)
    await secretary.get_by_label("Observations").fill("Le jury salue les projets.")
    await press(secretary, "Établir le procès-verbal")
    assert await downloaded(secretary, "Procès-verbal, version 1") == b"%PDF"
    await whole(secretary)


async def downloaded(page: Page, link: str) -> bytes:
    """The first bytes of what a link gives."""
    async with page.expect_download() as waiting:
        await page.get_by_role("link", name=link).first.click()
    path = await (await waiting.value).path()
    return path.read_bytes()[:4]


async def voted_and_told(assembly: Page, officer: Page, room: Room) -> None:
    """The act from its number to the notification of everybody."""
    await assembly.goto(room.url("/deliberation"))
    await whole(assembly)
    assert await downloaded(assembly, "xlsx") == b"PK\x03\x04"
    assert await downloaded(assembly, "PDF") == b"%PDF"
    await assembly.get_by_label("Numéro de l’acte").fill("2023_CP_06_047")
    day = room.edition.calendar.moments["hearings_recorded"].date().isoformat()
    await assembly.get_by_label("Date de la séance").fill(day)
    await press(assembly, "Enregistrer le vote")
    act = assembly.url
    for label, button in (
        ("Transmis le", "Enregistrer la transmission"),
        ("Exécutoire depuis le", "Déclarer l’acte exécutoire"),
    ):
        await assembly.get_by_label(label).fill(day)
        await press(assembly, button)
    async with room.playing() as play:
        await play.stage.rows_of(CALL.id_of(play.stage.call_id))
    await officer.goto(act)
    await whole(officer)
    await press(officer, "Notifier toutes les décisions")
    await expect(officer.get_by_role("status").first).to_have_text("Décisions notifiées.")


async def test_a_session_from_its_hearings_to_the_notification(room: Room) -> None:
    secretary, member = await room.people.agent(SECRETARY), await room.people.agent(MEMBER)
    await hearings_held(secretary, room)
    session = await session_convoked(secretary, room)
    await link_declared(member, room, session=session)
    await grid_submitted(member, session)
    await others_score(room, session)
    await secretary.goto(session)
    chair = await room.people.agent(CHAIR, scripts=False)
    await opened_and_closed(chair, secretary, session=session)
    async with room.playing() as play:
        await play.stage.rows_of(JURY.id_of(session.rpartition("/")[2]))
    await minutes_drawn_up(secretary, session)
    await voted_and_told(await room.people.agent(ASSEMBLY), await room.people.agent(OFFICER), room)
