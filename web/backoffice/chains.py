"""Links of chains as people read them: what each says, who did it, where it stands, what verifying its chain found."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jalon.audit.v1 import chains_pb2

from kit import clock
from web import words
from web.desk import Desk, together
from wording.values import PEOPLE

APPLICATION, CALL, JURY, RUN = "application", "call", "jury_session", "payment_run"
Labels = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Link:
    """A link of a chain. ``facts``: as recorded; ``at``: when it happened."""

    event: chains_pb2.Event
    name: str
    actor: str
    role: str
    at: datetime
    facts: Mapping[str, Any]

    @property
    def people(self) -> tuple[str, ...]:
        """Ids of who did it and of whom it is about."""
        return self.actor, *(str(self.facts[name]) for name in PEOPLE if self.facts.get(name))

    @property
    def href(self) -> str:
        """Its place in its chain."""
        return f"/controle/chaines/{self.event.subject_kind}/{self.event.subject_id}#maillon-{self.event.sequence}"

    def told(self, labels: Labels, names: Mapping[str, str]) -> str:
        """Its sentence; ``labels``: the rulebook's, for the codes facts hold."""
        facts = {name: _labeled(value, labels) for name, value in self.facts.items()}
        about = {name: names.get(str(self.facts[name]), "") for name in PEOPLE if self.facts.get(name)}
        return words.event(self.name, {**facts, **about})


@dataclass(frozen=True)
class Chain:
    """A chain and what re-deriving it found."""

    links: list[Link]
    verification: chains_pb2.Verification


def link_of(event: chains_pb2.Event) -> Link:
    """A link as the service gives it."""
    body = json.loads(event.body)
    return Link(
        event=event,
        name=str(body["event"]),
        actor=str(body["actor"]),
        role=str(body["role"]),
        at=clock.parse(body["occurred_at"]),
        facts=body["facts"],
    )


async def chain_of(desk: Desk, kind: str, subject_id: str) -> Chain:
    """A whole chain, verified now."""
    listing = chains_pb2.ListEventsRequest(subject_kind=kind, subject_id=subject_id)
    verifying = chains_pb2.VerifySubjectRequest(subject_kind=kind, subject_id=subject_id)
    events, verification = await together(
        desk.every("audit.chains", listing, "events"), desk.read("audit.chains", verifying)
    )
    return Chain([link_of(event) for event in events], verification)


async def names_in(desk: Desk, links: Iterable[Link]) -> dict[str, str]:
    """The names of everybody these links speak of."""
    return await desk.people(*(person for link in links for person in link.people))


def _labeled(value: Any, labels: Labels) -> Any:
    if isinstance(value, str) and value in labels:
        return labels[value].get(words.locale(), value)
    return value
