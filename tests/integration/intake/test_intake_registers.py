"""A register helps and never blocks: found, unknown, ceased, withheld or silent, the file says where its identity comes
from, and nobody can claim a register's word."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from jalon.intake.v1 import applications_pb2 as apps

from rehearsal.edition import draw
from services.intake.domain.registers import Entry, Outcome, family_of
from services.intake.store.registers import NoRegister, OpenRegister, RecordedRegister, register_of
from tests.integration.harness import refused
from tests.integration.intake.intake_people import Desk, Porter, natural_person, pre_application

PONT, PONT_RNA = "00000903500015", "W949000903"
CLOSED, WITHHELD = "00000901900019", "00000902700012"
Answer = tuple[int, str]


async def ask(porter: Porter, number: str) -> apps.RegisterEntry:
    request = apps.LookUpOrganizationRequest(application_id=porter.application_id, number=number)
    return await porter.act(porter.desk.apps.LookUpOrganization, request)


def form(**applicant: str) -> apps.PreApplication:
    """A first form whose applicant is another."""
    made = pre_application()
    made.applicant.MergeFrom(apps.Applicant(**applicant))
    return made


async def source_of(porter: Porter) -> tuple[str, list[str]]:
    found = (await porter.mine()).identity_source
    return apps.RegisterOutcome.Name(found.outcome).removeprefix("REGISTER_OUTCOME_"), list(found.changed)


async def test_a_found_identity_is_the_registers_until_it_is_changed(desk: Desk) -> None:
    porter = desk.porter()
    await porter.save(pre_application())
    entry = await ask(porter, "000 009 035 00015")
    assert (entry.outcome, entry.register) == (apps.REGISTER_OUTCOME_FOUND, "recorded")
    assert (entry.siret, entry.rna, entry.legal_family) == (PONT, PONT_RNA, "association")
    assert await source_of(porter) == ("UNSPECIFIED", []), "nothing of the draft changed"
    await porter.save(form(name=entry.name, siret="000 009 035 00015", rna=PONT_RNA.lower()), 1)
    assert await source_of(porter) == ("FOUND", [])
    await porter.save(form(name="Un autre nom", siret=PONT, rna=PONT_RNA), 2)
    assert await source_of(porter) == ("FOUND", ["name"])


async def test_a_name_typed_by_hand_is_told(desk: Desk) -> None:
    porter = desk.porter()
    await porter.save(form(siret=PONT, rna=PONT_RNA, name="Association du Pont Neuf (fictive)"))
    assert await source_of(porter) == ("UNSPECIFIED", []), "nobody asked: the register's words prove nothing"


@pytest.mark.parametrize(
    ("number", "outcome"),
    [("35600000009075", "UNKNOWN"), (CLOSED, "CLOSED"), (WITHHELD, "WITHHELD"), ("W941000123", "UNKNOWN")],
)
async def test_whatever_the_register_says_the_deposit_is_received(desk: Desk, number: str, outcome: str) -> None:
    porter = desk.porter()
    await porter.save(form(**{"rna" if number.startswith("W") else "siret": number}))
    entry = await ask(porter, number)
    assert apps.RegisterOutcome.Name(entry.outcome) == f"REGISTER_OUTCOME_{outcome}"
    if outcome == "WITHHELD":
        assert entry == apps.RegisterEntry(outcome=entry.outcome, register="recorded", read_at=entry.read_at)
    receipt = await porter.submit()
    assert receipt.number
    assert await source_of(porter) == (outcome, [])


async def test_a_person_without_number_has_no_source(desk: Desk) -> None:
    porter = desk.porter()
    await porter.save(natural_person())
    assert not (await porter.mine()).HasField("identity_source")


@pytest.mark.parametrize("number", ["35600000009076", "W94", "abc", "0" * 14])
async def test_a_false_number_is_not_asked(desk: Desk, number: str) -> None:
    porter = desk.porter()
    await porter.save(pre_application())
    with refused("RNA_INVALID" if number.startswith("W") else "SIRET_INVALID", field="number"):
        await ask(porter, number)


async def test_the_register_is_asked_for_ones_own_file(desk: Desk) -> None:
    porter, other = desk.porter(), desk.porter()
    await porter.save(pre_application())
    other.application_id = porter.application_id
    with refused("NOT_FOUND"):
        await ask(other, PONT)


async def test_the_recorded_register_knows_the_rehearsals_organizations() -> None:
    register = RecordedRegister()
    for file in draw(2023).applications:
        body = file.organization
        for number in (body.siret, body.rna):
            if number:
                entry = await register.look_up_organization(number)
                assert (entry.outcome, entry.name, entry.legal_family) == (Outcome.FOUND, body.name, body.legal_family)


def test_an_installation_asks_the_register_it_names() -> None:
    assert isinstance(register_of("", demonstration=True), RecordedRegister)
    assert isinstance(register_of("", demonstration=False), NoRegister)
    assert isinstance(register_of("https://register.example", demonstration=True), OpenRegister)


@pytest.mark.parametrize(
    ("category", "family"),
    [
        ("9220", "association"),
        ("9300", "foundation"),
        ("8210", "mutual"),
        ("5458", "cooperative"),
        ("6317", "cooperative"),
        ("5710", "commercial_esus"),
        ("7210", ""),
        ("", ""),
    ],
)
def test_a_legal_category_is_a_family_of_the_rulebook(category: str, family: str) -> None:
    assert family_of(category) == family


UNIT: dict[str, Any] = {
    "nom_complet": "LES ESSAIS",
    "nom_raison_sociale": "LES ESSAIS",
    "nature_juridique": "9220",
    "etat_administratif": "A",
    "statut_diffusion": "O",
    "complements": {"identifiant_association": PONT_RNA},
    "siege": {"siret": PONT, "adresse": "1 RUE DES ESSAIS", "etat_administratif": "A"},
    "matching_etablissements": [],
}
FOUND = Entry(Outcome.FOUND, "LES ESSAIS", PONT, PONT_RNA, "association", "1 RUE DES ESSAIS")
OTHER = {"siret": "00000904300019", "adresse": "2 RUE", "etat_administratif": "F", "date_fermeture": "2020-01-01"}


def results(**changes: Any) -> Answer:
    return 200, json.dumps({"results": [UNIT | changes]})


@asynccontextmanager
async def register(answer: Answer | None) -> AsyncIterator[str]:
    """A register on this machine that gives this answer; None: it takes the question and says nothing."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        if answer is None:
            await done.wait()
        else:
            status, body = answer
            writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: {len(body.encode())}\r\n\r\n{body}".encode())
            await writer.drain()
        writer.close()

    done = asyncio.Event()
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        done.set()


@pytest.mark.parametrize(
    ("answer", "number", "entry"),
    [
        (results(), PONT, FOUND),
        (results(), PONT_RNA, FOUND),
        (results(), "35600000009075", Entry(Outcome.UNKNOWN)),
        ((200, '{"results": []}'), PONT, Entry(Outcome.UNKNOWN)),
        (results(statut_diffusion="P"), PONT, Entry(Outcome.WITHHELD)),
        (results(matching_etablissements=[OTHER]), "00000904300019", None),
        (results(nature_juridique=None), PONT, None),
        ((500, "{}"), PONT, Entry(Outcome.SILENT)),
        ((429, "{}"), PONT, Entry(Outcome.SILENT)),
        ((200, "<html>"), PONT, Entry(Outcome.SILENT)),
        ((200, '{"results": 3}'), PONT, Entry(Outcome.SILENT)),
        ((200, '{"results": [3]}'), PONT, Entry(Outcome.SILENT)),
        (None, PONT, Entry(Outcome.SILENT)),
    ],
)
async def test_the_open_register_is_read_or_is_silent(answer: Answer | None, number: str, entry: Entry | None) -> None:
    async with register(answer) as url:
        found = await OpenRegister(url, seconds=0.3 if answer is None else 3.0).look_up_organization(number)
    if entry is not None:
        assert found == entry
    elif number == PONT:
        assert (found.outcome, found.legal_family) == (Outcome.FOUND, "")
    else:
        assert (found.outcome, found.closed_on) == (Outcome.CLOSED, "2020-01-01")


async def test_a_register_that_is_not_there_is_silent() -> None:
    async with register(None) as url:
        pass
    assert await OpenRegister(url).look_up_organization(PONT) == Entry(Outcome.SILENT)
