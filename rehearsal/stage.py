"""The stage: the edition being played, the door everybody comes through, and deterministic request ids.

The same seed asks the same requests: playing a scene again after a crash changes nothing that was done.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID, uuid5

from jalon.review.v1 import cases_pb2

from kit import clock
from rehearsal.play import Application, Edition, Person
from workflows.commands import Door, NotYetRecorded, Outcome, Who
from workflows.contract.application import TextRef
from workflows.contract.names import verb_of
from workflows.state import Context

P = ParamSpec("P")
T = TypeVar("T")
AT_ONCE = 12
PATIENCE_SECONDS = 60.0


@dataclass
class Stage:
    """What every scene needs. ``rows_of(workflow_id)`` waits until the rows of an act have their results."""

    edition: Edition
    door: Door
    rows_of: Callable[[str], Awaitable[Mapping[str, str]]]

    def __post_init__(self) -> None:
        self._room = asyncio.Semaphore(AT_ONCE)
        self.call_id = str(self.edition.call_id)

    def stub(self, service: str, noun: str) -> Any:
        """A service's stub."""
        return self.door.services.stub(service, noun)

    def applicant(self, file: Application) -> Who:
        """The person who carries a file."""
        return Who(str(file.applicant.person_id), frozenset({"APPLICANT"}))

    def who(self, person: Person) -> Who:
        """A member of the staff, in the role of the script."""
        return Who(str(person.person_id), frozenset({person.role}), self.call_id)

    def as_role(self, role: str, duty: str = "") -> Who:
        """The staff member of a role and duty."""
        return self.who(self.edition.person(role, duty))

    def request_id(self, *parts: object) -> str:
        """The request of one act of this play, the same each time it is played."""
        return str(uuid5(self.edition.call_id, "/".join(str(part) for part in parts)))

    async def act(
        self,
        who: Who,
        key: object,
        message: Callable[Concatenate[Context, P], Any],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Outcome:
        """An act through the engine, tried again under the same id while it is not recorded."""
        request_id = self.request_id(verb_of(message), key)  # type: ignore[arg-type]
        deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        while True:
            try:
                outcome = await self.door.act_as(who, message, request_id, *args, **kwargs)
            except NotYetRecorded:
                outcome = None
            if outcome is not None and outcome.finished:
                return outcome
            if asyncio.get_running_loop().time() > deadline:
                raise TimeoutError(f"{verb_of(message)} is not carried out")  # type: ignore[arg-type]

    async def send(self, who: Who, rpc: Any, request: Any, *, key: object) -> Any:
        """A write straight to a service."""
        verb = type(request).__name__.removesuffix("Request")
        return await self.door.send(who, rpc, request, request_id=self.request_id(verb, key))

    async def save_text(self, who: Who, key: object, *, kind: str, body: str, file: UUID | None = None) -> TextRef:
        """Words saved first; the act then cites them."""
        text_id = self.request_id("text", key)
        request = cases_pb2.SaveTextRequest(
            application_id=str(file) if file else "",
            text_id=text_id,
            kind=cases_pb2.TextKind.Value(f"TEXT_KIND_{kind}"),
            body=body,
        )
        saved = await self.send(who, self.stub("review", "cases").SaveText, request, key=f"text/{key}")
        return TextRef(text_id, saved.version)

    async def together(self, items: Iterable[T], play: Callable[[T], Awaitable[Any]]) -> None:
        """Plays something for each item, a dozen at a time."""

        async def one(item: T) -> None:
            async with self._room:
                await play(item)

        async with asyncio.TaskGroup() as group:
            for item in items:
                group.create_task(one(item))


def moment(at: datetime) -> Any:
    """A protobuf instant."""
    return clock.to_timestamp(at)


def text(at: datetime) -> str:
    """An instant as messages carry it."""
    return clock.text(at)
