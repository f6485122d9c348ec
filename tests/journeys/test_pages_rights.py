"""Rights through the pages: every route of both sites, role by role, from the source the guard reads; then by hand,
what must never be seen. Real processes, forms sent as a browser sends them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import cache
from io import BytesIO
from uuid import uuid4

import pytest
from jalon.common.v1 import plumbing_pb2 as plumbing
from jalon.intake.v1 import applications_pb2 as intake
from openpyxl import load_workbook

from deploy.local.installation import Installation
from tests.journeys.conftest import Played
from tests.journeys.pages import Route, Visit, routes, texts, visiting
from tests.journeys.people import Town
from tests.journeys.second_call import Second
from web.visitor import may
from wording.catalog import catalog

pytestmark = pytest.mark.timeout(600)
STAFF = (
    *("CALL_ADMIN", "INSTRUCTOR", "JURY_SECRETARY", "JURY_MEMBER", "JURY_CHAIR", "ASSEMBLY_OFFICE"),
    *("AUTHORISING_OFFICER", "FINANCE", "AUDITOR"),
)
PUBLIC_PAGES = {
    *("portal GET /", "portal GET /appels/{reference:str}", "portal GET /verifier"),
    *("portal GET /laureats", "portal GET /laureats/{edition:str}"),
    "portal POST /verifier",
    "portal GET /appels/{reference:str}/eligibilite",
    *("backoffice GET /avis/lien/{token:str}", "backoffice POST /avis/lien/{token:str}"),  # the link is the key
}
"""By hand: what anybody may open."""
OF_A_FILE = {"number", "application_id"}
LIVE = "/direct"
"""A page that never ends: the revisions of a session as they come."""
KEY = re.compile(r"[A-Z]{2,}(_[A-Z0-9]+)+|[a-z]+(\.[a-z_]+){2,}")
"""What no French page shows: a code (FULL_APPLICATION), a wording's key (act.request_opinion.title)."""
CODES_SHOWN = re.compile(r"^[A-Z0-9-]+$|_CP_|^[A-Z]+_[A-F0-9]{8}")
"""References of calls and acts are written with capitals."""


@cache
def every_route() -> list[Route]:
    return routes()


def values_of(second: Second, application_id: str, number: str = "") -> dict[str, str]:
    """One value for every parameter of a route."""
    return {
        "number": number or application_id,
        "application_id": application_id,
        "opinion_id": str(uuid4()),
        "run_id": second.runs["sealed"],
        "kind": "xlsx",
        "subject_id": application_id,
        "installment_id": str(uuid4()),
        "session_id": second.sessions["main"],
        "act_id": second.acts["main"],
        "verb": "decide_admissibility",
        "note_id": str(uuid4()),
        "document_id": str(uuid4()),
        "trace_id": uuid4().hex,
        "reference": "ESS-2023",
        "piece": "statutes",
        "key": "dossier",
        "step": "projet",
    }


def filled(route: Route, values: dict[str, str]) -> str:
    """The address; a parameter that a route was given since takes any id."""
    return route.at(**{**dict.fromkeys(route.names, str(uuid4())), **values})


async def number_of(second: Second, name: str) -> str:
    """The public number of a file."""
    rpc = second.town.stub("intake", "applications").GetApplication
    request = intake.GetApplicationRequest(application_id=second.id_of(name))
    application = await second.town.door.read(second.role("AUDITOR"), rpc, request)
    return str(application.number)


def traces_of(second: Second, name: str, number: str) -> list[str]:
    """What would betray a file on a page."""
    file = second.files[name]
    return [second.id_of(name), number, file.organization.name, file.project.title]


@pytest.fixture(scope="module")
async def desks(installation: Installation, second: Second) -> AsyncIterator[dict[str, Visit]]:
    """Somebody of each role of the second call, in the back-office."""
    async with AsyncExitStack() as stack:
        found = {}
        for role in STAFF:
            who = second.role(role) if role != "JURY_MEMBER" else second.aside
            entering = visiting(installation, "backoffice", call_id=second.stage.call_id, person=who.person)
            found[role] = await stack.enter_async_context(entering)
        yield found


async def test_signed_out_only_public_pages_open(installation: Installation, second: Second) -> None:
    values = values_of(second, second.id_of("sealed"))
    for site in ("backoffice", "portal"):
        async with visiting(installation, site) as visit:
            for route in every_route():
                if route.site != site or str(route) in PUBLIC_PAGES:
                    continue
                answer = await visit.ask(route, filled(route, values))
                assert answer.status_code == 303, str(route)
                assert answer.headers["location"].startswith("/entrer"), str(route)


@pytest.mark.parametrize("role", STAFF)
async def test_each_route_opens_to_whom_its_rights_name(role: str, desks: dict[str, Visit], second: Second) -> None:
    """A route whose RPCs are not this role's says 403 to forms and pages alike; the others never do for the role."""
    visit = desks[role]
    values = values_of(second, second.id_of("sealed"))
    for route in every_route():
        if route.site != "backoffice" or route.path.endswith(LIVE):
            continue
        opens = route.public or route.signed_in or all(may({role}, rpc) for rpc in route.rpcs)
        if opens and route.method == "POST":
            continue  # it would act
        answer = await visit.ask(route, filled(route, values))
        if opens:
            assert answer.status_code in {200, 303, 400, 403, 404, 409}, str(route)
            assert answer.status_code != 403 or route.signed_in, str(route)
        else:
            assert answer.status_code == 403, (str(route), answer.status_code)


@pytest.mark.parametrize("role", STAFF)
async def test_a_file_of_another_call_is_no_page(
    role: str, installation: Installation, played: Played, second: Second
) -> None:
    """By its id, to an agent of another call: 404 wherever her role opens the page, 403 elsewhere; nothing of it."""
    person = str(played.edition.person(role).person_id)
    call_id = str(played.edition.call_id)
    betrayed = traces_of(second, "sealed", await number_of(second, "sealed"))[2:]
    values = values_of(second, second.id_of("sealed"))
    async with visiting(installation, "backoffice", call_id=call_id, person=person) as visit:
        for route in every_route():
            if route.site != "backoffice" or not (route.names & OF_A_FILE) or role == "AUDITOR":
                continue
            answer = await visit.ask(route, filled(route, values))
            opens = route.signed_in or all(may({role}, rpc) for rpc in route.rpcs)
            wanted = {404, 403} if route.signed_in else {404} if opens else {403}
            assert answer.status_code in wanted, (str(route), answer.status_code)
            assert not [word for word in betrayed if word in answer.text], str(route)


async def test_an_applicant_finds_no_page_of_another_s_file(installation: Installation, second: Second) -> None:
    """Every route of the portal that names a file: 404, page or form; an unknown one reads the same."""
    mine, other = second.applicant("unsigned"), second.id_of("aside")
    betrayed = traces_of(second, "aside", await number_of(second, "aside"))[2:]
    async with visiting(installation, "portal", call_id=second.stage.call_id, person=mine.person) as visit:
        for route in every_route():
            if route.site != "portal" or not (route.names & OF_A_FILE):
                continue
            answer = await visit.ask(route, filled(route, values_of(second, other)))
            nowhere = await visit.ask(route, filled(route, values_of(second, str(uuid4()))))
            # an empty form may be wrong before anybody looks whose it is
            wanted = {404} if route.method == "GET" else {404, 422}
            assert answer.status_code == nowhere.status_code, (str(route), answer.status_code, nowhere.status_code)
            assert answer.status_code in wanted, (str(route), answer.status_code)
            assert not [word for word in betrayed if word in answer.text], str(route)
        assert (await visit.get(f"/demandes/{second.id_of('unsigned')}")).status_code == 200


async def test_a_recused_member_sees_the_file_by_no_page(desks: dict[str, Visit], second: Second) -> None:
    """By its id and its number, on every page of it: 404 or none of her business; and not one word of it on any other
    page she opens, searches and downloads included."""
    visit, number = desks["JURY_MEMBER"], await number_of(second, "aside")
    betrayed = traces_of(second, "aside", number)
    for route in every_route():
        if route.site != "backoffice" or route.path.endswith(LIVE):
            continue
        opens = route.public or route.signed_in or all(may({"JURY_MEMBER"}, rpc) for rpc in route.rpcs)
        if route.names & OF_A_FILE:
            for name in (second.id_of("aside"), number):
                path = filled(route, values_of(second, second.id_of("aside"), number=name))
                answer = await visit.ask(route, path)
                assert answer.status_code in ({404} if opens and not route.signed_in else {404, 403}), str(route)
                assert not [word for word in betrayed[2:] if word in answer.text], str(route)
        elif opens and route.method == "GET":
            answer = await visit.get(filled(route, values_of(second, second.id_of("sealed"))))
            shown = answer.text.replace("/deport", "")
            assert not [word for word in betrayed[2:] if word in shown], str(route)
    for query in (f"/dossiers?q={betrayed[2]}", f"/dossiers?q={number}"):
        answer = await visit.get(query)
        found = answer.text.replace(f'value="{betrayed[2]}"', "")
        assert answer.status_code == 403 or betrayed[3] not in found, query


async def test_a_file_is_in_no_export_of_who_is_recused_from_it(
    town: Town, second: Second, installation: Installation
) -> None:
    """Neither in the table for spreadsheets nor in the plain one; whoever is not recused finds it in both."""
    aside, other = second.role("INSTRUCTOR", "third"), second.role("INSTRUCTOR", "first")
    tie = plumbing.RelatePersonRequest(
        application_id=second.id_of("received"),
        call_id=second.stage.call_id,
        person_id=aside.person,
        relation="instructor",
        recused=True,
    )
    await town.system(town.stub("intake", "plumbing").RelatePerson, tie)
    name = second.files["received"].organization.name
    for who, finds in ((aside, False), (other, True)):
        async with visiting(installation, "backoffice", call_id=second.stage.call_id, person=who.person) as visit:
            plain = await visit.get("/dossiers/export/csv")
            table = await visit.get("/dossiers/export/xlsx")
        assert (plain.status_code, table.status_code) == (200, 200)
        sheet = load_workbook(BytesIO(table.content), read_only=True).worksheets[0]
        cells = {str(cell) for row in sheet.iter_rows(values_only=True) for cell in row}
        assert second.files["sealed"].organization.name in cells
        assert (name in plain.text, name in cells) == (finds, finds)


@cache
def english_only() -> frozenset[str]:
    """Sentences of the English that no French one equals."""
    pairs = [pair for part in catalog().values() for pair in _pairs(part)]
    french = {pair["fr"] for pair in pairs}
    return frozenset(
        pair["en"] for pair in pairs if len(pair["en"]) > 3 and pair["en"] not in french and "{" not in pair["en"]
    )


def _pairs(part: object) -> list[dict[str, str]]:
    if isinstance(part, dict):
        if set(part) >= {"fr", "en"} and all(isinstance(value, str) for value in part.values()):
            return [part]
        return [pair for value in part.values() for pair in _pairs(value)]
    return []


@pytest.mark.parametrize("role", STAFF)
async def test_no_english_and_no_code_on_a_french_page(role: str, desks: dict[str, Visit], second: Second) -> None:
    """Every page this role opens, of the call and of a file that is paid."""
    visit, number = desks[role], await number_of(second, "sealed")
    values = values_of(second, second.id_of("sealed"), number=number)
    for route in every_route():
        opens = route.signed_in or (bool(route.rpcs) and all(may({role}, rpc) for rpc in route.rpcs))
        if route.site != "backoffice" or route.method != "GET" or not opens or route.path.endswith(LIVE):
            continue
        answer = await visit.get(filled(route, values))
        if "text/html" not in answer.headers.get("content-type", ""):
            continue
        await asyncio.sleep(0)
        check_french(answer.text, str(route))


async def test_no_english_on_the_portal(installation: Installation, second: Second) -> None:
    """What an applicant reads, from the list to the receipt."""
    for name in ("sealed", "unsigned", "uploads", "received"):
        person = second.applicant(name).person
        async with visiting(installation, "portal", call_id=second.stage.call_id, person=person) as visit:
            values = values_of(second, second.id_of(name), number=second.id_of(name))
            for route in every_route():
                if route.site != "portal" or route.method != "GET":
                    continue
                answer = await visit.get(filled(route, values))
                if "text/html" in answer.headers.get("content-type", ""):
                    check_french(answer.text, f"{route} of {name}")


def check_french(page: str, place: str) -> None:
    """Holds that nothing on a page is in English, nor a key or a code."""
    said = texts(page, "fr")
    english = [text for text in said if text in english_only()]
    assert not english, (place, english)
    codes = [text for text in said for word in text.split() if KEY.fullmatch(word) and not CODES_SHOWN.search(word)]
    assert not codes, (place, codes)


async def test_the_english_pages_are_not_french(installation: Installation, town: Town, second: Second) -> None:
    """The same list in English says other words: the test above can fail."""
    who = second.role("INSTRUCTOR")
    async with visiting(
        installation, "backoffice", call_id=second.stage.call_id, person=who.person, language="en"
    ) as visit:
        said = texts((await visit.get("/dossiers")).text, "en")
    assert any(text in english_only() for text in said)
