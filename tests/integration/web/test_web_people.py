"""*Personnes*, on the real intake: roles given, ended, refused with their sentence; a stand-in that both see and that
opens the absent person's tasks."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from jalon.common.v1 import rights_pb2
from jalon.intake.v1 import applications_pb2_grpc, calls_pb2

from kit.actor import Signer
from kit.clock import PARIS
from kit.settings import SiteSettings
from services.intake.__main__ import build as build_intake
from tests.integration.harness import Served, Services
from tests.integration.intake.intake_people import Desk
from tests.integration.web.test_web_signing import STUBS
from tests.integration.web.test_web_site import settings, token
from web.backoffice.home import HomePage
from web.backoffice.people import PeoplePages
from web.site import build
from workflows.commands import Door
from workflows.services import Services as Stubs

__all__ = ["settings"]
Enter = Callable[[str], Awaitable[httpx.AsyncClient]]


@dataclass
class Office:
    """A call and its people, by role."""

    desk: Desk
    enter: Enter

    async def named(self, name: str, role: str) -> str:
        """Somebody of the call."""
        person = str(uuid4())
        register = calls_pb2.RegisterPersonRequest(
            person_id=person, display_name=name, email=f"{person}@example.org", fictitious=True
        )
        await self.desk.act(self.desk.calls.RegisterPerson, register, "CALL_ADMIN")
        grant = calls_pb2.GrantRoleRequest(
            call_id=self.desk.call_id, person_id=person, role=rights_pb2.Role.Value(f"ROLE_{role}")
        )
        await self.desk.act(self.desk.calls.GrantRole, grant, "CALL_ADMIN")
        return person

    async def day(self, days: int) -> str:
        """A civil day from now."""
        return (await self.desk.served.caller.now() + timedelta(days=days)).astimezone(PARIS).date().isoformat()


@pytest.fixture
async def office(
    settings: SiteSettings,
    services: Services,
    signers: dict[str, Signer],
    service_pool: Callable[[str], Awaitable[asyncpg.Pool]],
) -> AsyncIterator[Office]:
    served: Served = await services("intake", build_intake)
    desk = Desk(served)
    await desk.open_call()
    stubs: dict[str, Any] = {noun: stub(served.channel) for noun, stub in STUBS.items()}
    stubs["applications"] = applications_pb2_grpc.ApplicationsServiceStub(served.channel)  # type: ignore[no-untyped-call]
    door = Door(client=None, services=Stubs({}, {"intake": stubs}), signer=signers["backoffice"])  # type: ignore[arg-type]
    app: Any = build(
        "backoffice",
        settings=settings,
        door=door,
        pool=await service_pool("web"),
        controllers=[HomePage, PeoplePages],
    )
    clients: list[httpx.AsyncClient] = []

    async def enter(person: str) -> httpx.AsyncClient:
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=settings.urls["backoffice"])
        clients.append(client)
        form = {"_csrf_token": await token(client), "call_id": desk.call_id, "person_id": person}
        assert (await client.post("/entrer", data=form)).status_code == 303
        return client

    yield Office(desk, enter)
    for client in clients:
        await client.aclose()


async def send(client: httpx.AsyncClient, path: str, **form: str) -> httpx.Response:
    """A form of the page, as the page makes it."""
    return await client.post(path, data={"_csrf_token": await token(client), "request_id": str(uuid4()), **form})


async def test_an_administrator_gives_and_ends_roles_and_is_told_which_do_not_go_together(office: Office) -> None:
    admin = await office.enter(await office.named("Aline Admin", "CALL_ADMIN"))
    person = await office.named("Irène Instructrice", "INSTRUCTOR")
    email = f"{person}@example.org"
    refused = await send(admin, "/personnes/inviter", email=email, display_name="Irène", role="AUTHORISING_OFFICER")
    assert refused.status_code == 409
    assert "la même personne ne peut pas tenir aussi le rôle" in refused.text
    assert f'value="{email}"' in refused.text
    new = f"{uuid4()}@example.org"
    first, last = await office.day(2), await office.day(9)
    form = {"email": new, "display_name": "Nour Nouvelle", "role": "FINANCE", "first_on": first, "last_on": last}
    assert (await send(admin, "/personnes/inviter", **form)).status_code == 303
    page = (await admin.get("/personnes")).text
    assert "Nour Nouvelle" in page
    assert "pas encore venu·e" in page
    sent = await office.desk.served.pool.fetch("SELECT kind, path FROM mails WHERE email = $1", new)
    assert [(row["kind"], row["path"]) for row in sent] == [("invitation", "/entrer")]
    row = page[page.rindex("Nour Nouvelle") :]
    hidden = dict(re.findall(r'name="(person_id|role|begins)" value="([^"]*)"', row)[:3])
    assert hidden["begins"]
    assert (await send(admin, "/personnes/role", **hidden)).status_code == 303
    assert "Nour Nouvelle" not in (await admin.get("/personnes")).text
    ended = await send(admin, "/personnes/role", person_id=person, role="INSTRUCTOR")
    assert ended.status_code == 303
    assert "Rôles terminés (1)" in (await admin.get("/personnes")).text
    unclear = await send(admin, "/personnes/inviter", **{**form, "first_on": "demain"})
    assert unclear.status_code == 422


async def test_a_stand_in_is_seen_by_both_opens_what_waits_and_ends(office: Office) -> None:
    admin = await office.enter(await office.named("Aline Admin", "CALL_ADMIN"))
    absent, deputy = (
        await office.named("Agathe Absente", "INSTRUCTOR"),
        await office.named("Denis Dupuis", "ORGANISER"),
    )
    first, last = await office.day(0), await office.day(11)
    form = {"absent_id": absent, "deputy_id": deputy, "first_on": first, "last_on": last}
    assert (await send(admin, "/personnes/remplacements", **form)).status_code == 303
    assert "Denis Dupuis remplace Agathe Absente du " in (await admin.get("/personnes")).text
    hers, his = await (await office.enter(absent)).get("/"), await (at_desk := await office.enter(deputy)).get("/")
    assert "Denis Dupuis vous remplace du " in hers.text
    assert "vous remplacez Agathe Absente du " in his.text
    assert "instructrice" in his.text or "instructeur" in his.text
    assert (await at_desk.get("/personnes")).status_code == 403
    again = await send(admin, "/personnes/remplacements", **{**form, "deputy_id": absent})
    assert (again.status_code, "choisir une autre personne" in again.text) == (409, True)
    (kept,) = re.findall(r'name="stand_in_id" value="([^"]+)"', (await admin.get("/personnes")).text)
    assert (await send(admin, "/personnes/remplacements/fin", stand_in_id=kept)).status_code == 303
    assert "Aucun remplacement en cours ni à venir" in (await admin.get("/personnes")).text
