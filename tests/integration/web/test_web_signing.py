"""Signing in as a real installation does: agents by a real provider, applicants by a link; intake is real too."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from jalon.common.v1 import plumbing_pb2_grpc
from jalon.intake.v1 import calls_pb2, calls_pb2_grpc, mails_pb2_grpc, people_pb2_grpc
from litestar import Response, get

from kit.actor import Signer
from kit.settings import ProviderSettings, SiteSettings
from services.intake.__main__ import build as build_intake
from tests.integration.harness import Served, Services
from tests.integration.web.provider import Vouching, asked, vouching
from tests.integration.web.test_web_site import settings, token
from web.page import AnyRequest
from web.site import build
from workflows.commands import Door
from workflows.services import Services as Stubs

__all__ = ["settings"]
Pools = Callable[[str], Awaitable[asyncpg.Pool]]
STUBS = {
    "calls": calls_pb2_grpc.CallsServiceStub,
    "people": people_pb2_grpc.PeopleServiceStub,
    "mails": mails_pb2_grpc.MailsServiceStub,
    "plumbing": plumbing_pb2_grpc.PlumbingServiceStub,
}


@get("/moi", signed_in=True)
async def myself(request: AnyRequest) -> Response[str]:
    return Response(f"{request.state.visitor.person} {request.state.visitor.name}", media_type="text/plain")


@pytest.fixture(scope="module")
async def intake(services: Services) -> Served:
    return await services("intake", build_intake)


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vouching]:
    with vouching(tmp_path_factory.mktemp("provider")) as found:
        yield found


@pytest.fixture
async def opened(
    settings: SiteSettings, intake: Served, signers: dict[str, Signer], service_pool: Pools, provider: Vouching
) -> AsyncIterator[Callable[..., Awaitable[httpx.AsyncClient]]]:
    """``await opened("portal")``: a browser in front of a real site, whose provider may be another."""
    made: list[httpx.AsyncClient] = []

    async def open_site(name: str, *, issuer: str = provider.issuer) -> httpx.AsyncClient:
        vouched = ProviderSettings(issuer, f"jalon-{name}", "secret", "openid profile email", "", "ProConnect")
        stubs: dict[str, Any] = {noun: stub(intake.channel) for noun, stub in STUBS.items()}
        door = Door(client=None, services=Stubs({}, {"intake": stubs}), signer=signers[name])  # type: ignore[arg-type]
        real = replace(settings, demonstration=False, provider=vouched)
        app: Any = build(name, settings=real, door=door, pool=await service_pool("web"), controllers=[myself])
        headers = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=settings.urls[name], headers=headers)
        made.append(client)
        return client

    yield open_site
    await asyncio.gather(*(client.aclose() for client in made))


async def registered(intake: Served) -> tuple[str, str]:
    """An agent somebody named: her id and her address."""
    person = str(uuid4())
    request = calls_pb2.RegisterPersonRequest(person_id=person, display_name="Agnès", email=f"{person}@example.org")
    stub = calls_pb2_grpc.CallsServiceStub(intake.channel)  # type: ignore[no-untyped-call]
    await intake.caller.act(stub.RegisterPerson, request, role="CALL_ADMIN")
    return person, request.email


async def leaving(site: httpx.AsyncClient, back: str = "/moi") -> str:
    """The address the site sends her to."""
    answer = await site.get(f"/entrer/identite?retour={back}")
    assert answer.status_code == 303
    return str(answer.headers["location"])


async def test_an_agent_signs_in_by_the_provider_and_out_on_the_server(
    opened: Callable[..., Awaitable[httpx.AsyncClient]], intake: Served, provider: Vouching
) -> None:
    person, email = await registered(intake)
    subject, site = str(uuid4()), await opened("backoffice")
    claims = {"given_name": "Agnès", "usual_name": "Martin", "email": email.upper()}
    await provider.knows(subject, **claims)
    page = (await site.get("/entrer")).text
    assert "S’identifier avec ProConnect" in page
    assert "Entrer en tant que" not in page
    assert 'name="email"' not in page
    address = await leaving(site)
    said = asked(address)
    assert said["code_challenge_method"] == "S256"
    assert len(said["state"]) >= 32 <= len(said["nonce"])
    assert said["redirect_uri"].endswith("/entrer/retour")
    answer = await site.get(await provider.identify(address, subject))
    assert (answer.status_code, answer.headers["location"]) == (303, "/moi")
    assert (await site.get("/moi")).text == f"{person} Agnès Martin"
    form = {"_csrf_token": await token(site)}
    assert (await site.post("/sortir", data=form)).status_code == 303
    assert (await site.get("/moi")).status_code == 303


async def test_she_is_known_by_her_name_there_when_her_address_changes(
    opened: Callable[..., Awaitable[httpx.AsyncClient]], intake: Served, provider: Vouching
) -> None:
    person, email = await registered(intake)
    subject, site = str(uuid4()), await opened("backoffice")
    for address in (email, f"mariee-{email}"):
        await provider.knows(subject, email=address, usual_name="Martin")
        await site.get(await provider.identify(await leaving(site), subject))
        assert (await site.get("/moi")).text.startswith(person)


async def test_nobody_enters_whom_nobody_named_and_no_account_is_made(
    opened: Callable[..., Awaitable[httpx.AsyncClient]], intake: Served, provider: Vouching
) -> None:
    subject, site = str(uuid4()), await opened("backoffice")
    await provider.knows(subject, email=f"{subject}@example.org")
    before = await intake.pool.fetchval("SELECT count(*) FROM persons")
    answer = await site.get(await provider.identify(await leaving(site), subject))
    assert answer.status_code == 403
    assert "Demandez à l’administratrice" in answer.text
    assert (await site.get("/moi")).status_code == 303
    assert await intake.pool.fetchval("SELECT count(*) FROM persons") == before


@pytest.mark.parametrize("claims", [{"usual_name": "Martin"}, {"email": "x@example.org", "email_verified": False}])
async def test_without_a_verified_address_nobody_is_known(
    opened: Callable[..., Awaitable[httpx.AsyncClient]], provider: Vouching, claims: dict[str, object]
) -> None:
    subject, site = str(uuid4()), await opened("backoffice")
    await provider.knows(subject, **claims)
    answer = await site.get(await provider.identify(await leaving(site), subject))
    assert answer.status_code == 403
    assert "Il manque votre adresse" in answer.text


async def test_an_answer_to_another_window_a_used_one_and_giving_up_sign_nobody_in(
    opened: Callable[..., Awaitable[httpx.AsyncClient]], intake: Served, provider: Vouching
) -> None:
    _, email = await registered(intake)
    subject, mine, other = str(uuid4()), await opened("backoffice"), await opened("backoffice")
    await provider.knows(subject, email=email)
    back = await provider.identify(await leaving(mine), subject)
    for site, path in ((other, back), (mine, "/entrer/retour"), (mine, back)):
        answer = await site.get(path)
        assert (answer.status_code, "est à recommencer" in answer.text) == (403, True), path
        assert (await site.get("/moi")).status_code == 303
    gave_up = await mine.get(await provider.give_up(await leaving(mine)))
    assert (gave_up.status_code, "a été interrompue" in gave_up.text) == (403, True)
    # a token made for another request: this window's state, the other's nonce
    state = asked(await leaving(mine))["state"]
    theirs = await leaving(other)
    mixed = await provider.identify(theirs.replace(asked(theirs)["state"], state), subject)
    forged = await mine.get(mixed)
    assert forged.status_code == 403
    assert (await mine.get("/moi")).status_code == 303


async def test_a_provider_that_is_down_is_said_so(opened: Callable[..., Awaitable[httpx.AsyncClient]]) -> None:
    site = await opened("backoffice", issuer="http://127.0.0.1:9")
    answer = await site.get("/entrer/identite")
    assert answer.status_code == 503
    assert "ne répond pas pour le moment" in answer.text


async def test_a_session_planted_before_the_provider_opens_nothing_after(
    opened: Callable[..., Awaitable[httpx.AsyncClient]], intake: Served, provider: Vouching
) -> None:
    _, email = await registered(intake)
    subject, site = str(uuid4()), await opened("backoffice")
    await provider.knows(subject, email=email)
    address = await leaving(site)
    planted = {one.name: one.value for one in site.cookies.jar if not one.name.endswith("-form")}
    await site.get(await provider.identify(address, subject))
    assert (await site.get("/moi")).status_code == 200
    site.cookies.clear()
    for name, value in planted.items():
        assert (await site.get("/moi", headers={"Cookie": f"{name}={value}"})).status_code == 303


async def ask_link(site: httpx.AsyncClient, email: str, **more: str) -> httpx.Response:
    return await site.post("/entrer/lien", data={"_csrf_token": await token(site), "email": email, **more})


async def links_to(intake: Served, email: str) -> list[str]:
    """Paths of the links that were sent to a mailbox, newest first."""
    rows = await intake.pool.fetch(
        "SELECT path FROM mails WHERE lower(email) = lower($1) ORDER BY position DESC", email
    )
    return [row["path"] for row in rows]


async def test_an_applicant_signs_in_by_a_link_says_her_name_and_comes_back(
    opened: Callable[..., Awaitable[httpx.AsyncClient]], intake: Served
) -> None:
    site, email = await opened("portal"), f"Nouvelle.{uuid4().hex[:8]}@example.org"
    sent = await ask_link(site, f" {email} ", retour="/moi")
    assert sent.status_code == 200
    assert email in sent.text
    (path,) = await links_to(intake, email)
    for _ in range(2):  # a program that looks at mails opens it first
        looked = await site.get(path)
        assert (looked.status_code, email.lower() in looked.text) == (200, True)
    assert (await site.get("/moi")).status_code == 303
    used = await site.post(path, data={"_csrf_token": await token(site)})
    assert (used.status_code, used.headers["location"]) == (303, "/compte")
    again = await site.post(path, data={"_csrf_token": await token(site)})
    assert (again.status_code, "a déjà servi" in again.text) == (404, True)
    account = await site.get("/compte")
    assert "lien reçu par courriel" in account.text
    assert "Firefox, Linux" in account.text
    wrong = await site.post("/compte/nom", data={"_csrf_token": await token(site), "display_name": " "})
    assert wrong.status_code == 422
    named = await site.post("/compte/nom", data={"_csrf_token": await token(site), "display_name": "Ada Neuve"})
    assert named.status_code == 303
    person = (await site.get("/moi")).text.removesuffix(" Ada Neuve")
    second = await opened("portal")
    await ask_link(second, email.upper(), retour="/moi")
    entered = await second.post((await links_to(intake, email))[0], data={"_csrf_token": await token(second)})
    assert entered.headers["location"] == "/moi"
    assert (await second.get("/moi")).text == f"{person} Ada Neuve"


async def test_known_and_unknown_addresses_are_answered_alike_and_a_mailbox_gets_three_links(
    opened: Callable[..., Awaitable[httpx.AsyncClient]], intake: Served
) -> None:
    site, known, unknown = await opened("portal"), (await registered(intake))[1], f"{uuid4()}@example.org"
    pages = []
    for email in (known, unknown):
        answer = await ask_link(site, email)
        pages.append((answer.status_code, re.sub(r'value="[^"]*"', "", answer.text).replace(email, "")))
    assert pages[0] == pages[1]
    for _ in range(4):
        assert (await ask_link(site, unknown)).status_code == 200
    assert len(await links_to(intake, unknown)) == 3
    for wrong in ("", "ada", "ada@example", "a b@example.org", "ada@example.org,zoe@example.org"):
        answer = await ask_link(site, wrong)
        assert (answer.status_code, "Écrivez une adresse complète" in answer.text) == (422, True), wrong


async def test_a_link_is_no_way_out_of_the_site_nor_into_the_other(
    opened: Callable[..., Awaitable[httpx.AsyncClient]], intake: Served
) -> None:
    site, office = await opened("portal"), await opened("backoffice")
    person, email = await registered(intake)
    await ask_link(site, email, retour="//elsewhere.example/")
    (path,) = await links_to(intake, email)
    assert (await office.get(path)).status_code == 404
    answer = await site.post(path, data={"_csrf_token": await token(site)})
    assert answer.headers["location"] == "/"
    assert (await site.get("/moi")).text == f"{person} Agnès"


async def test_tries_to_get_links_are_slowed_down(opened: Callable[..., Awaitable[httpx.AsyncClient]]) -> None:
    site = await opened("portal")
    answers = [(await ask_link(site, "ada")).status_code for _ in range(25)]
    assert answers[0] == 422
    assert answers[-1] == 429


async def test_she_ends_a_session_from_another_and_it_opens_nothing(
    opened: Callable[..., Awaitable[httpx.AsyncClient]], intake: Served
) -> None:
    _, email = await registered(intake)
    here, there = await opened("portal"), await opened("portal")
    for site in (here, there):
        await ask_link(site, email)
        await site.post((await links_to(intake, email))[0], data={"_csrf_token": await token(site)})
        assert (await site.get("/moi")).status_code == 200
    (other,) = re.findall(r'name="session_id" value="([0-9a-f-]{36})"', (await here.get("/compte")).text)
    form = {"_csrf_token": await token(here), "session_id": other}
    assert (await here.post("/compte/sessions/fermer", data=form)).status_code == 303
    assert (await there.get("/moi")).status_code == 303
    assert (await here.get("/moi")).status_code == 200
