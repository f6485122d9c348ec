"""A session belongs to whoever signed in: one planted before opens nothing, one that ended stays so."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import asyncpg
import httpx
import pytest
from jalon.common.v1 import rights_pb2
from jalon.intake.v1 import calls_pb2
from litestar import Response, get

from kit.settings import SiteSettings
from tests.integration.web.test_web_site import NOW, Stubs, settings, token
from web.page import AnyRequest
from web.site import build

__all__ = ["settings"]
CALL, PERSON = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
SESSION = "jalon-portal-"


@dataclass
class OneApplicant:
    """A door behind which one invented applicant waits to be entered as."""

    services: Stubs

    async def now(self) -> Any:
        return NOW

    async def read(self, who: Any, rpc: Any, request: Any) -> Any:
        if rpc == "ListFictitiousPeople":
            role = rights_pb2.ROLE_APPLICANT
            one = calls_pb2.FictitiousPerson(person_id=PERSON, display_name="Porteuse", role=role)
            return calls_pb2.ListFictitiousPeopleResponse(people=[one])
        return SimpleNamespace(calls=[])


@get("/moi", signed_in=True)
async def myself(request: AnyRequest) -> Response[str]:
    return Response(request.state.visitor.person, media_type="text/plain")


@pytest.fixture
async def client(
    settings: SiteSettings,
    service_pool: Callable[[str], Awaitable[asyncpg.Pool]],
) -> AsyncIterator[httpx.AsyncClient]:
    door: Any = OneApplicant(Stubs())
    app: Any = build("portal", settings=settings, door=door, pool=await service_pool("web"), controllers=[myself])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=settings.urls["portal"]) as made:
        yield made


def session(client: httpx.AsyncClient) -> tuple[str, str]:
    """Name and value of the session's cookie."""
    (found,) = [
        (one.name, one.value or "")
        for one in client.cookies.jar
        if one.name.startswith(SESSION) and not one.name.endswith("-form")
    ]
    return found


async def enter(client: httpx.AsyncClient) -> None:
    form = {"_csrf_token": await token(client), "call_id": CALL, "person_id": PERSON}
    assert (await client.post("/entrer", data=form)).status_code == 303


async def opens(client: httpx.AsyncClient, name: str, value: str) -> bool:
    """Whether somebody else who holds this cookie is let in."""
    client.cookies.clear()
    answer = await client.get("/moi", headers={"Cookie": f"{name}={value}"})
    assert answer.status_code in (200, 303)
    return answer.status_code == 200


async def test_a_session_planted_before_signing_in_opens_nothing_after(client: httpx.AsyncClient) -> None:
    await client.post("/langue", data={"_csrf_token": await token(client), "langue": "en"})
    name, planted = session(client)
    await enter(client)
    signed_in = session(client)[1]
    assert signed_in != planted
    assert (await client.get("/moi")).text == PERSON
    assert not await opens(client, name, planted)
    assert await opens(client, name, signed_in)


async def test_a_session_copied_before_signing_out_opens_nothing_after(client: httpx.AsyncClient) -> None:
    await enter(client)
    name, copied = session(client)
    assert (await client.post("/sortir", data={"_csrf_token": await token(client)})).status_code == 303
    assert (await client.get("/moi")).status_code == 303
    assert not await opens(client, name, copied)


async def test_a_private_page_is_kept_by_nobody(client: httpx.AsyncClient) -> None:
    await enter(client)
    assert (await client.get("/moi")).headers["cache-control"] == "private, no-store"
