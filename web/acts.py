"""Acts: what a person does to a file, one registry a site, two generic pages (the form, the answer)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4, uuid5

from jalon.intake.v1 import applications_pb2
from jalon.review.v1 import cases_pb2

from web import words
from web.desk import Desk, MenuEntry
from web.forms import SiteForm
from workflows.commands import Outcome
from workflows.contract.application import TextRef

Application = applications_pb2.Application


@dataclass(frozen=True)
class Letter:
    """Who is written to, when (``if admissible``), and the text."""

    to: str
    subject: str
    body: str
    when: str = ""


@dataclass(frozen=True)
class Before:
    """What a button will do, said before it is pressed. ``undo``: how and until when, or that nothing undoes it."""

    state: str
    undo: str
    letters: Sequence[Letter] = ()
    clocks: Sequence[str] = ()
    money: Sequence[str] = ()


@dataclass(frozen=True)
class Acting:
    """An act under way: who, on which file (as she saw it: ``seen_version``), under which request."""

    desk: Desk
    application: Application
    request_id: str
    seen_version: int

    async def save_text(self, kind: str, body: str) -> TextRef | None:
        """Words of the file (:func:`save_words`)."""
        return await save_words(
            self.desk, self.request_id, kind, body=body, application_id=self.application.application_id
        )


async def save_words(desk: Desk, request_id: str, kind: str, *, body: str, application_id: str = "") -> TextRef | None:
    """Words saved first; the act then cites them. None when nothing is said. The same words of the same request are
    saved once, whatever the number of tries. Without an application they belong to a session or an act."""
    if not body.strip():
        return None
    text_id = str(uuid5(UUID(request_id), f"text/{kind}/{body}"))
    saved = await desk.send(
        "review.cases",
        cases_pb2.SaveTextRequest(
            application_id=application_id,
            text_id=text_id,
            kind=cases_pb2.TextKind.Value(f"TEXT_KIND_{kind}"),
            body=body.strip(),
        ),
        str(uuid5(UUID(text_id), "save")),
    )
    return TextRef(text_id, saved.version)


Build = Callable[[Acting, Any], Awaitable[Any]]


@dataclass(frozen=True)
class Act:
    """``verb``: ``decide_admissibility``. ``message``: the update it sends (its fields come from ``build``); without
    one the act is received by a service: ``stub`` names it, and ``build`` gives the request.

    ``awaited``: the next events it answers (it is then the primary act of whoever may do it). ``stages``: where it is
    offered besides; whether it is possible is decided by the service alone.
    """

    verb: str
    form: type[SiteForm]
    before: Callable[[Desk, Application], Awaitable[Before]]
    build: Build
    message: type | None = None
    stub: str = ""
    awaited: frozenset[str] = field(default_factory=frozenset)
    stages: frozenset[str] = field(default_factory=frozenset)
    prefill: Callable[[Desk, Application], Awaitable[Mapping[str, Any]]] | None = None
    prepare: Callable[[Desk, Application, Any], Awaitable[None]] | None = None
    """Gives the form its choices (reviewers, pieces), before it is filled in or checked."""

    @property
    def rpc(self) -> str:
        """``DecideAdmissibility``: its rights."""
        return "".join(part.capitalize() for part in self.verb.split("_"))

    @property
    def received(self) -> bool:
        """True for an act that a service receives without the engine: what follows comes a moment later."""
        return self.message is None

    async def perform(self, acting: Acting, form: Any) -> Outcome:
        """Does it. Raises ``Refused`` or ``NotYetRecorded``."""
        built = await self.build(acting, form)
        if self.message is None:
            await acting.desk.send(self.stub, built, acting.request_id)
            return Outcome(acting.request_id, finished=True)
        sent: dict[str, Any] = {"application_id": acting.application.application_id, **built}
        if "expected_version" in getattr(self.message, "__dataclass_fields__", {}):
            sent.setdefault("expected_version", acting.seen_version)
        door = acting.desk.site.door
        return await door.act_as(acting.desk.visitor.who, self.message, acting.request_id, **sent)


@dataclass(frozen=True)
class Rail:
    """What the visitor may do to a file now: the one primary act, the others; ``waits_for``: who must act instead;
    ``elsewhere``: the page where what is awaited is done for many files at once; ``mine``: by this visitor."""

    primary: Act | None
    others: Sequence[Act]
    waits_for: str
    elsewhere: MenuEntry | None = None
    mine: bool = False


Registry = Mapping[str, Act]


def registry(*acts: Act) -> Registry:
    """Acts by verb."""
    return {act.verb: act for act in acts}


def rail(
    acts: Registry, desk: Desk, progress: applications_pb2.Progress, *, elsewhere: Mapping[str, MenuEntry] | None = None
) -> Rail:
    """The acts of a file for this visitor, the awaited one first. ``elsewhere``: the pages where an event is answered
    for many files at once, by event: label and address of those the visitor may open."""
    awaited, stage = words.bare("intake.NextEvent", progress.next_event), words.bare("intake.Stage", progress.stage)
    allowed = [act for act in acts.values() if desk.may(act.rpc)]
    primary = next((act for act in allowed if awaited in act.awaited), None)
    others = [act for act in allowed if act is not primary and stage in act.stages]
    role = words.bare("common.Role", progress.blocking_role)
    there = (elsewhere or {}).get(awaited)
    return Rail(
        primary,
        others,
        "" if primary else role,
        elsewhere=there if there and not primary and desk.may(*there.rpcs) else None,
        mine=role in desk.visitor.roles,
    )


def new_request() -> str:
    """A request id, made when the form is first shown: every retry of the form carries it."""
    return str(uuid4())


def request_of(values: Mapping[str, list[str]]) -> str:
    """The request id a form carries; a new one when it carries none that reads."""
    given = (values.get("request_id") or [""])[0]
    try:
        return str(UUID(given))
    except ValueError:
        return new_request()
