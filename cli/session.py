"""One command under way: the door it uses, who acts, the language, where it writes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from rich.console import Console
from temporalio.client import Client
from temporalio.service import RPCError

from cli import errors
from cli.output import Output
from cli.place import Place, find
from wording import Locale
from workflows.commands import Door, Who

AUDITOR = str(uuid5(NAMESPACE_URL, "jalon/cli/auditor"))
"""Who reads from the command line when nobody is named: a technical auditor."""
ENGINE_SECONDS = 5.0


@dataclass(frozen=True)
class Asked:
    """What every command was asked: language, who acts in which role, which installation."""

    locale: Locale = "fr"
    person: str = ""
    role: str = ""
    state: Path | None = None


@dataclass(frozen=True)
class Session:
    """``who`` acts for the call last looked at, since some roles are held for a call."""

    asked: Asked
    place: Place
    door: Door
    who: Who
    out: Output

    @property
    def locale(self) -> Locale:
        """The language of the answer."""
        return self.asked.locale

    def within(self, call_id: str) -> Session:
        """The same, acting for a call."""
        return replace(self, who=replace(self.who, call_id=call_id))

    async def read(self, stub: str, rpc: str, request: Any) -> Any:
        """Reads ``rpc`` of a stub (``intake.calls``)."""
        service, _, noun = stub.partition(".")
        return await self.door.read(self.who, getattr(self.door.services.stub(service, noun), rpc), request)

    async def engine(self) -> Client:
        """The workflow engine, once it answered. Raises :class:`errors.Stop` when it does not."""
        try:
            async with asyncio.timeout(ENGINE_SECONDS):
                await self.door.client.service_client.check_health()
        except (RPCError, RuntimeError, TimeoutError) as error:
            raise errors.Stop("cli.engine_silent", values={"address": self.place.settings.temporal}) from error
        return self.door.client


Command = Callable[[Session], Awaitable[int]]


def run(asked: Asked, command: Command, *, as_json: bool = False) -> int:
    """Opens a session, runs the command in it, and turns every known error into its sentence and its exit code."""
    try:
        place = find(asked.state)
        return asyncio.run(_inside(asked, place, command, Output(asked.locale, as_json=as_json)))
    except errors.KNOWN as error:
        sentences, code = errors.told(error, locale=asked.locale)
        complain(sentences)
        return code


async def _inside(asked: Asked, place: Place, command: Command, out: Output) -> int:
    door = await Door.open(place.settings)
    who = Who(asked.person or AUDITOR, frozenset({asked.role or "AUDITOR"}))
    try:
        return await command(Session(asked, place, door, who, out))
    finally:
        await door.close()


def complain(sentences: list[str]) -> None:
    """On standard error, a line each."""
    console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    for line in sentences:
        console.print(line, style="red")
