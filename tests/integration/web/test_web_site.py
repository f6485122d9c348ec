"""A site in this process, on a real schema of sessions: headers, cookies, forms, errors. Services do as a test says."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import asyncpg
import grpc
import httpx
import pytest
from grpc.aio import AioRpcError, Metadata
from litestar import get, post

from kit.errors import Kind, Refused
from kit.settings import SiteSettings
from tests.unit.web.test_web_ground import ENVIRONMENT
from web.desk import AtDesk, ServiceSilent
from web.page import AnyRequest, page
from web.site import build

NOW = datetime(2026, 3, 1, tzinfo=UTC)


class Stubs:
    """Every RPC of every service, by name."""

    def stub(self, service: str, noun: str) -> Any:
        return SimpleNamespace(ListCalls="ListCalls", ListFictitiousPeople="ListFictitiousPeople")


@dataclass
class Services:
    """A door behind which each read fails as the test says."""

    failure: Exception
    services: Stubs

    async def now(self) -> datetime:
        return NOW

    async def read(self, who: Any, rpc: Any, request: Any) -> Any:
        raise self.failure


@get("/lecture", public=True)
async def reading(request: AnyRequest, desk: AtDesk) -> Any:
    await desk.site.door.read(None, None, None)  # type: ignore[arg-type]


@post("/saisie", public=True)
async def writing(request: AnyRequest, desk: AtDesk) -> Any:
    raise ServiceSilent("review")


@get("/fermee")
async def closed(request: AnyRequest) -> Any:
    return page(request, "error.html")


@pytest.fixture
async def settings(tmp_path: Path) -> SiteSettings:
    for name in ("issuers", "portal"):
        (tmp_path / name).write_text(name)
    made = SiteSettings.from_environment(
        {**ENVIRONMENT, "JALON_INSTALLATION": "demonstration", "JALON_ISSUER_KEYS": str(tmp_path / "issuers")}
    )
    return replace(made, client=replace(made.client, signing_key=tmp_path / "portal"))


@pytest.fixture
def door() -> Services:
    return Services(Refused("NOT_FOUND", kind=Kind.NOT_FOUND), Stubs())


def opened(settings: SiteSettings, door: Services, pool: asyncpg.Pool) -> httpx.AsyncClient:
    """A browser without scripts in front of the portal."""
    app: Any = build(
        "portal",
        settings=settings,
        door=door,  # type: ignore[arg-type]
        pool=pool,
        controllers=[reading, writing, closed],
    )
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=settings.urls["portal"])


@pytest.fixture
async def client(
    settings: SiteSettings, door: Services, service_pool: Callable[[str], Awaitable[asyncpg.Pool]]
) -> AsyncIterator[httpx.AsyncClient]:
    async with opened(settings, door, await service_pool("web")) as made:
        yield made


async def token(client: httpx.AsyncClient) -> str:
    """What a form of this site carries."""
    found = re.search(r'name="_csrf_token" value="([^"]+)"', (await client.get("/style")).text)
    assert found
    return found.group(1)


@pytest.mark.parametrize(
    ("failure", "status", "said"),
    [
        (Refused("NOT_FOUND", kind=Kind.NOT_FOUND), 404, "n’existe pas, ou ne vous est pas accessible"),
        (Refused("NOT_ALLOWED", kind=Kind.DENIED), 403, "Votre rôle ne permet pas cette action"),
        (Refused("STALE"), 409, "Le dossier a changé"),
        (Refused("ASSERTION_EXPIRED", kind=Kind.UNPROVED), 403, "Votre connexion a expiré"),
        (ServiceSilent("payments"), 503, "Le service des paiements ne répond pas"),
        (AioRpcError(grpc.StatusCode.INTERNAL, Metadata(), Metadata(), "UNEXPECTED abc123"), 500, "abc123"),
        (RuntimeError("secret"), 500, "Une erreur inattendue"),
    ],
)
async def test_every_failure_has_its_plain_page(
    client: httpx.AsyncClient, door: Services, failure: Exception, status: int, said: str
) -> None:
    door.failure = failure
    answer = await client.get("/lecture")
    assert (answer.status_code, said in answer.text) == (status, True), answer.text
    assert "secret" not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-security-policy"].startswith("default-src 'self'")


async def test_a_route_that_says_nothing_is_closed_and_an_unknown_one_is_a_page(client: httpx.AsyncClient) -> None:
    answer = await client.get("/fermee")
    assert (answer.status_code, answer.headers["location"]) == (303, "/entrer?retour=/fermee")
    unknown = await client.get("/nulle-part")
    assert unknown.status_code == 404
    assert "Page introuvable" in unknown.text
    assert (await client.get("/langue")).status_code == 405


async def test_what_was_typed_is_shown_again_when_a_service_is_silent(client: httpx.AsyncClient) -> None:
    text = "Une longue analyse que personne ne veut écrire deux fois, ni même relire sans raison."
    form = {"_csrf_token": await token(client), "body": text, "request_id": "r-1"}
    answer = await client.post("/saisie", data=form)
    assert answer.status_code == 503
    assert text in answer.text
    assert 'name="request_id" value="r-1"' in answer.text
    assert "Réessayer" in answer.text


async def test_a_form_of_elsewhere_or_too_large_is_refused(client: httpx.AsyncClient) -> None:
    forged = await client.post("/langue", data={"langue": "en"})
    assert forged.status_code == 403
    assert "rechargez la page" in forged.text
    english = await client.post("/langue", data={"langue": "en"}, headers={"Accept-Language": "en"})
    assert "reload the page" in english.text
    large = await client.post("/langue", data={"_csrf_token": await token(client), "langue": "x" * 3_000_000})
    assert large.status_code == 413


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://elsewhere.example", 403),
        ("null", 403),
        ("http://127.0.0.1:9", 403),
        ("http://127.0.0.1:8080", 303),
        ("", 403),
    ],
)
async def test_a_form_is_sent_from_this_very_site(client: httpx.AsyncClient, origin: str, status: int) -> None:
    """Even with a token that is right."""
    form = {"_csrf_token": await token(client), "langue": "en"}
    answer = await client.post("/langue", data=form, headers={"Origin": origin})
    assert answer.status_code == status
    assert ("rechargez la page" in answer.text) == (status == 403)


async def test_the_language_is_kept_and_one_comes_back_inside(client: httpx.AsyncClient) -> None:
    form = {"_csrf_token": await token(client), "langue": "en", "retour": "//elsewhere.example"}
    answer = await client.post("/langue", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert 'lang="en"' in (await client.get("/style")).text


async def test_too_many_tries_to_enter_are_slowed_down(client: httpx.AsyncClient) -> None:
    form = {"_csrf_token": await token(client), "person_id": "x", "call_id": "x"}
    statuses = [(await client.post("/entrer", data=form)).status_code for _ in range(125)]
    assert set(statuses[:100]) == {404}
    assert statuses[-1] == 429


async def test_static_files_are_kept_for_a_year_at_the_address_of_their_content(client: httpx.AsyncClient) -> None:
    found = re.search(r'href="(/static/[^"]+\.css)"', (await client.get("/style")).text)
    assert found
    answer = await client.get(found.group(1))
    assert answer.headers["cache-control"].endswith("immutable")
    assert "set-cookie" not in answer.headers
    assert (await client.get("/static/0000000000000000/jalon.css")).status_code == 404
    assert (await client.get("/sante")).text == "ok"


async def test_over_https_cookies_are_bound_to_the_host(
    settings: SiteSettings, door: Services, service_pool: Callable[[str], Awaitable[asyncpg.Pool]]
) -> None:
    real = replace(settings, demonstration=False, urls={**settings.urls, "portal": "https://aides.example"})
    async with opened(real, door, await service_pool("web")) as client:
        answer = await client.get("/style")
        form = {"_csrf_token": await token(client), "langue": "en"}
        cookies = answer.headers.get_list("set-cookie") + (await client.post("/langue", data=form)).headers.get_list(
            "set-cookie"
        )
        assert len({cookie.partition("=")[0] for cookie in cookies}) == 2  # the session's and the forms'
        for cookie in cookies:
            assert cookie.startswith("__Host-jalon-portal-")
            assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= {part.strip() for part in cookie.split(";")}
        assert answer.headers["strict-transport-security"]
        entering = await client.get("/entrer")
        assert entering.status_code == 200
        assert "Entrer en tant que" not in entering.text
        assert (await client.post("/entrer", data=form)).status_code == 405
