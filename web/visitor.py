"""Who is in front of the page: her id, her name, the roles she holds for the call she works on; and what they open.

Rights have one source, the option beside each RPC: the guard of a page and a hidden button ask :func:`may`.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import grpc
from jalon.intake.v1 import calls_pb2
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from kit.contract import Method, methods, role_name
from kit.errors import Refused, denied
from web import words
from workflows.commands import Door, Who

SERVICES = (
    *("jalon.intake.v1.CallsService", "jalon.intake.v1.ApplicationsService", "jalon.intake.v1.DocumentsService"),
    "jalon.intake.v1.MailsService",
    "jalon.intake.v1.EditionsService",
    "jalon.intake.v1.PeopleService",
    *("jalon.review.v1.CasesService", "jalon.review.v1.JuryService", "jalon.review.v1.BulkService"),
    *("jalon.payments.v1.AwardsService", "jalon.payments.v1.PaymentRunsService"),
    *("jalon.audit.v1.ChainsService", "jalon.common.v1.PlumbingService"),
)
ROLES_SERVE_SECONDS = 60
NOBODY = Who("", frozenset())
PORTER = frozenset({"APPLICANT", "CO_EDITOR"})
Connection = ASGIConnection[Any, Any, Any, Any]


class NotSignedIn(Exception):
    """The page is for people who are signed in; the answer is the sign-in page."""


@dataclass(frozen=True)
class Visitor:
    """``call_id``: the call she works on (agents); ``calls``: reference by id of every call she has a role for.
    ``only``: the one application she may touch, when she came by a link to give the opinion ``opinion``."""

    person: str = ""
    name: str = ""
    roles: frozenset[str] = frozenset()
    call_id: str = ""
    calls: tuple[tuple[str, str], ...] = ()
    only: str = ""
    opinion: str = ""

    @property
    def signed_in(self) -> bool:
        """False for the public."""
        return bool(self.person)

    @property
    def who(self) -> Who:
        """As the door signs for her."""
        return Who(self.person, self.roles, self.call_id, self.only)

    @property
    def call_reference(self) -> str:
        """``ESS-2023``; empty without a call."""
        return dict(self.calls).get(self.call_id, "")

    def may(self, *verbs: str) -> bool:
        """True when her roles open every one of these RPCs."""
        return all(may(self.roles, verb) for verb in verbs)


@cache
def contract() -> dict[str, Method]:
    """Every RPC by its verb (names are unique, those that every service serves apart)."""
    return {method.verb: method for method in methods(SERVICES).values()}


def may(roles: Iterable[str], verb: str) -> bool:
    """Whether a role opens an RPC, the tie to the file left to the service. An RPC that is unknown opens to nobody."""
    method = contract().get(verb)
    if method is None or not method.declared:
        return False
    return method.rights.public or any(role_name(grant.role) in set(roles) for grant in method.rights.grants)


async def guard(connection: Connection, handler: BaseRouteHandler) -> None:
    """The one guard of a site: a route says which RPCs it needs (``rpcs``), or ``signed_in``, or ``public``."""
    await arrive(connection)
    visitor: Visitor = connection.state.visitor
    needed: tuple[str, ...] = tuple(handler.opt.get("rpcs", ()))
    if handler.opt.get("public") or (needed and not visitor.signed_in and visitor.may(*needed)):
        return
    if not visitor.signed_in:
        raise NotSignedIn
    if needed and not visitor.may(*needed):
        raise denied()
    if not needed and not handler.opt.get("signed_in"):
        raise denied()


async def arrive(connection: Connection) -> None:
    """Settles the language, the clock and the visitor of a request; a second time changes nothing."""
    if "visitor" in connection.state:
        return
    site = connection.app.state.site
    session: dict[str, Any] = connection.scope.get("session") or {}  # type: ignore[assignment]
    language = words.chosen(connection.headers.get("accept-language", ""), session.get("locale", ""))
    words.settle(language, await site.now())
    connection.state.visitor = Visitor()
    if session.get("person"):
        connection.state.visitor = await site.recognize(session)


async def agent(door: Door, session: dict[str, Any]) -> Visitor:
    """An agent, with the roles in force for the call she works on; they are asked again every minute. Who came by a
    link has no role of her own: she gives one opinion."""
    if session.get("only"):
        return Visitor(
            person=session["person"],
            name=session["name"],
            roles=frozenset({"EXPERT"}),
            call_id=session["call"],
            only=session["only"],
            opinion=session["opinion"],
        )
    if time.time() - float(session.get("roles_at", 0)) > ROLES_SERVE_SECONDS:
        try:
            await ask_roles(door, session)
        except (Refused, grpc.aio.AioRpcError):
            if "roles" not in session:
                raise
    roles: dict[str, list[str]] = session.get("roles", {})
    call_id = session.get("call", "")
    return Visitor(
        person=session["person"],
        name=session["name"],
        roles=frozenset(roles.get(call_id, ())),
        call_id=call_id,
        calls=tuple(session.get("calls", {}).items()),
    )


async def ask_roles(door: Door, session: dict[str, Any]) -> None:
    """Writes the person's roles per call, and the references of those calls, into her session."""
    calls = door.services.stub("intake", "calls")
    nobody = Who(session["person"], frozenset())
    answer = await door.read(nobody, calls.ListMyRoles, calls_pb2.ListMyRolesRequest())
    roles: dict[str, list[str]] = {}
    for grant in answer.grants:
        roles.setdefault(grant.call_id, []).append(role_name(grant.role))
    held = frozenset(role for roles_held in roles.values() for role in roles_held)
    known = await every_call(door, Who(session["person"], held))
    session["roles"] = {call_id: sorted(held) for call_id, held in roles.items()}
    session["calls"] = {call.call_id: call.reference for call in known if call.call_id in roles}
    session["roles_at"] = time.time()
    if session.get("call") not in session["calls"]:
        session["call"] = next(iter(session["calls"]), "")


async def every_call(door: Door, who: Who = NOBODY) -> list[calls_pb2.Call]:
    """The calls open to everybody, newest first; those in preparation too, for who prepares calls."""
    calls = door.services.stub("intake", "calls")
    answer = await door.read(who, calls.ListCalls, calls_pb2.ListCallsRequest(page_size=100))
    return list(answer.calls)


async def porter(door: Door, session: dict[str, Any]) -> Visitor:
    """An applicant: her files are those she is tied to."""
    return Visitor(person=session["person"], name=session["name"], roles=PORTER)
