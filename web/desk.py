"""The visitor at work: reads and writes through the site's door, with what a screen needs around them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import grpc
from jalon.intake.v1 import calls_pb2
from litestar.di import NamedDependency

from kit.errors import Refused, not_found
from web.rulebooks import Words, words_of
from web.visitor import Visitor, agent, porter
from workflows.commands import Door

T = TypeVar("T")
A = TypeVar("A")
B = TypeVar("B")
SILENT = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
MOST_NAMES = 5000


class ServiceSilent(Exception):
    """A service did not answer: nothing is lost, the person may try again."""

    def __init__(self, service: str) -> None:
        super().__init__(service)
        self.service = service


@dataclass
class Site:
    """One of the two sites: its door, where both are opened, what its menu offers; ``mover``: what moves the clock of a
    demonstration. ``names``, ``rulebooks``: small caches."""

    name: str
    door: Door
    urls: dict[str, str]
    demonstration: bool
    menu: tuple[MenuEntry, ...] = ()
    mover: Any = None
    names: dict[str, str] = field(default_factory=dict)
    rulebooks: dict[str, Words] = field(default_factory=dict)

    async def now(self) -> datetime:
        """The installation's clock."""
        return await answered("intake", self.door.now())

    async def recognize(self, session: dict[str, Any]) -> Visitor:
        """Whoever is signed in."""
        return await answered("intake", (agent if self.name == "backoffice" else porter)(self.door, session))


@dataclass(frozen=True)
class MenuEntry:
    """An entry of the menu: its label, its address, the RPCs of its page, and the name ``page(here=…)`` says."""

    label: str
    href: str
    rpcs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Desk:
    """What handlers are given."""

    site: Site
    visitor: Visitor

    def may(self, *verbs: str) -> bool:
        """Whether the visitor's roles open these RPCs."""
        return self.visitor.may(*verbs)

    async def now(self) -> datetime:
        """The installation's clock."""
        return await self.site.now()

    async def read(self, stub: str, request: Any, rpc: str = "") -> Any:
        """Reads: ``read("intake.applications", GetApplicationRequest(…))``. ``rpc``: when its request's name is not its
        own plus ``Request``. Raises :class:`kit.errors.Refused` or :class:`ServiceSilent`."""
        service, call = self._rpc(stub, rpc or rpc_of(request))
        return await answered(service, self.site.door.read(self.visitor.who, call, request))

    async def send(self, stub: str, request: Any, request_id: str = "") -> Any:
        """Writes straight to a service: a draft, or an applicant's act with a deadline."""
        service, call = self._rpc(stub, rpc_of(request))
        return await answered(service, self.site.door.send(self.visitor.who, call, request, request_id=request_id))

    async def every(self, stub: str, request: Any, rows: str) -> list[Any]:
        """All the rows of a bounded list, page after page; ``rows``: the field that holds them."""
        found: list[Any] = []
        request.page_size = 100
        while True:
            page = await self.read(stub, request)
            found += getattr(page, rows)
            if not page.next_page_token:
                return found
            request.page_token = page.next_page_token

    async def rulebook(self, call_id: str = "") -> Words:
        """The words and figures of a call's rulebook; a frozen one is read once per process."""
        wanted = call_id or self.visitor.call_id
        kept = self.site.rulebooks.get(wanted)
        if kept is None:
            kept = words_of(await self.read("intake.calls", calls_pb2.GetRulebookRequest(call_id=wanted)))
            if kept.frozen:
                self.site.rulebooks[wanted] = kept
        return kept

    async def people(self, *ids: str) -> dict[str, str]:
        """Names by person id, for those who may read them; others are left out."""
        names = self.site.names
        asked = sorted({one for one in ids if _is_person(one)})
        if not self.may("GetPerson"):
            return {}
        await asyncio.gather(*(self._learn(one) for one in asked if one not in names))
        return {one: names[one] for one in asked if names.get(one)}

    async def _learn(self, person_id: str) -> None:
        if len(self.site.names) > MOST_NAMES:
            self.site.names.clear()
        try:
            person = await self.read("intake.calls", calls_pb2.GetPersonRequest(person_id=person_id))
        except Refused:
            self.site.names[person_id] = ""
        else:
            self.site.names[person_id] = person.display_name

    def _rpc(self, stub: str, rpc: str) -> tuple[str, Any]:
        service, _, noun = stub.partition(".")
        return service, getattr(self.site.door.services.stub(service, noun), rpc)


AtDesk = NamedDependency[Desk]
"""How a handler asks for it: ``desk: AtDesk``."""


def rpc_of(request: Any) -> str:
    """``GetCallRequest`` → ``GetCall``."""
    return str(request.DESCRIPTOR.name).removesuffix("Request")


async def answered(service: str, answer: Awaitable[T]) -> T:
    """The answer of a service; :class:`ServiceSilent` when it gives none."""
    try:
        return await answer
    except grpc.aio.AioRpcError as error:
        if error.code() in SILENT:
            raise ServiceSilent(service) from error
        raise


async def together(first: Awaitable[A], second: Awaitable[B]) -> tuple[A, B]:
    """Two independent reads at once."""
    one, two = await asyncio.gather(first, second)
    return one, two


async def present(answer: Awaitable[T], otherwise: Callable[[], T]) -> T:
    """What a service has of a file that may not have reached it yet."""
    try:
        return await answer
    except Refused as refused:
        if refused.kind is not not_found().kind:
            raise
        return otherwise()


def _is_person(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
