"""What holds on every answer of both sites, whatever was asked: headers, cookies, what is kept by whom."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any

import asyncpg
import httpx
import pytest

from kit.errors import Kind, Refused
from kit.settings import SiteSettings
from tests.integration.web.test_web_site import Services, Stubs, settings, token
from web.backoffice.rulebook import RulebookPage
from web.site import build

__all__ = ["settings"]
Sites = dict[str, httpx.AsyncClient]
ASKED = [("GET", "/entrer"), ("GET", "/nulle-part"), ("POST", "/langue"), ("GET", "/sante"), ("GET", "/compte")]


@pytest.fixture
async def sites(settings: SiteSettings, service_pool: Callable[[str], Awaitable[asyncpg.Pool]]) -> AsyncIterator[Sites]:
    """A browser in front of each site."""
    door: Any = Services(Refused("NOT_FOUND", kind=Kind.NOT_FOUND), Stubs())
    pool, found = await service_pool("web"), {}
    for name, pages in (("portal", []), ("backoffice", [RulebookPage])):
        app: Any = build(name, settings=replace(settings, demonstration=False), door=door, pool=pool, controllers=pages)
        found[name] = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=settings.urls[name])
    yield found
    for client in found.values():
        await client.aclose()


@pytest.mark.parametrize("name", ["portal", "backoffice"])
@pytest.mark.parametrize(("method", "path"), ASKED)
async def test_every_answer_is_sealed(sites: Sites, name: str, method: str, path: str) -> None:
    answer = await sites[name].request(method, path)
    headers = answer.headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'self'"
    assert policy["form-action"] == policy["default-src"]
    assert policy["frame-ancestors"] == policy["object-src"] == policy["base-uri"] == "'none'"
    assert not {"'unsafe-inline'", "'unsafe-eval'", "*"} & set(headers["content-security-policy"].split())
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert "no-store" in headers["cache-control"]
    assert "server" not in headers


async def test_cookies_of_the_two_sites_and_of_two_installations_never_meet(sites: Sites) -> None:
    for client in sites.values():
        await client.post("/langue", data={"_csrf_token": await token(client), "langue": "en"})
    names = [{one.name for one in client.cookies.jar} for client in sites.values()]
    assert [len(found) for found in names] == [2, 2]
    assert not names[0] & names[1]


async def test_no_page_of_the_office_opens_before_signing_in_a_public_rulebook_included(sites: Sites) -> None:
    answer = await sites["backoffice"].get("/reglement")
    assert (answer.status_code, answer.headers["location"]) == (303, "/entrer?retour=/reglement")


@pytest.mark.parametrize("cookie", ["", "x", "a" * 64, "'; DROP TABLE sessions; --", "a" * 4000])
async def test_a_cookie_that_was_made_up_is_nobody_s(sites: Sites, cookie: str) -> None:
    client = sites["portal"]
    await client.post("/langue", data={"_csrf_token": await token(client), "langue": "en"})
    (name,) = [one.name for one in client.cookies.jar if not one.name.endswith("-form")]
    client.cookies.clear()
    answer = await client.get("/compte", headers={"Cookie": f"{name}={cookie}"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/entrer?retour=/compte")


async def test_nobody_chooses_where_signing_in_leads(sites: Sites) -> None:
    for elsewhere in (
        "https://elsewhere.example/",
        "//elsewhere.example",
        "/\\elsewhere.example",
        "javascript:alert(1)",
    ):
        page = await sites["portal"].get("/entrer", params={"retour": elsewhere})
        assert elsewhere not in page.text
