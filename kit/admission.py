"""Who is let in: the assertion is verified against the very request, then the rights beside the RPC. Default: no.

No relation to the case reads like a case that does not exist (NOT_FOUND); a related person in the wrong role is told
so (PERMISSION_DENIED).
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from jalon.common.v1 import context_pb2, rights_pb2

from kit import clock
from kit.actor import Actor, Claim, Verifier
from kit.contract import Method, role_name
from kit.errors import FieldFault, Kind, Refused, denied, invalid, not_found

RECUSED = "recused"
OF_ONESELF = frozenset({"GetAnswer"})
"""Tell a person only what is hers already."""
ONE_BY_ONE = frozenset(
    {"APPLICANT", "CO_EDITOR", "EXPERT", "JURY_MEMBER", "JURY_CHAIR", "ORGANISER", "ADVISER", "FUNDER"}
)
"""Roles that reach files one by one: being of the call says nothing of its other files."""
HEX_IDS = {"trace_id", "span_id"}
"""Ids of the tracing standard (W3C), not ours."""


@dataclass(frozen=True)
class Case:
    """How a person is tied to an application: its call and her live relations."""

    call_id: str
    relations: frozenset[str]


CaseOf = Callable[[str, str], Awaitable[Case | None]]
"""``(person, application_id)`` → the tie, or None when there is no such application."""


@dataclass(frozen=True)
class Call:
    """One admitted call: what handlers and the journal need to know of it."""

    method: Method
    actor: Actor
    role: str
    assertion: str
    request_id: str
    occurred_at: datetime | None
    row: str
    in_place_of: str = ""
    """Whose place she acted in, when her own roles and ties would not have let her in."""


current: ContextVar[Call] = ContextVar("jalon_call")


async def admit(method: Method, request: Any, read_assertion: str, *, verifier: Verifier, case_of: CaseOf) -> Call:
    """Lets a call in, or raises the refusal that fits."""
    if not method.declared:
        raise denied()
    check_fields(request)
    assertion = request.context.assertion if method.writes else read_assertion
    if method.rights.public and not assertion:
        return Call(method, Actor("", "", frozenset(), ""), "PUBLIC", "", "", None, "")
    claim = verifier.verify(assertion)
    _check_purpose(method, request, claim)
    _check_narrowed(method, request, claim.actor)
    role, absent = ("PUBLIC", "") if method.rights.public else await _granted(method, request, claim, case_of)
    context = request.context if method.writes else None
    return Call(
        method=method,
        actor=claim.actor,
        role=role,
        assertion=assertion if context else "",
        request_id=context.request_id if context else "",
        occurred_at=clock.from_timestamp(context.occurred_at) if context else None,
        row=context.row if context else "",
        in_place_of=absent,
    )


def check_fields(request: Message) -> None:
    """However deep: every ``…_id`` given is a UUID, every instant is in the calendar, every text can be kept."""
    faults = tuple(FieldFault(path, reason) for path, reason in _faults(request))
    if faults:
        raise invalid(*faults)


def _faults(message: Message, within: str = "") -> Iterator[tuple[str, str]]:
    for field, value in message.ListFields():
        path = f"{within}{field.name}"
        items = [(f"{path}[{n}]", item) for n, item in enumerate(value)] if field.is_repeated else [(path, value)]
        for place, item in items:
            if isinstance(item, Timestamp):
                if not _is_dated(item):
                    yield place, "DATE_UNCLEAR"
            elif isinstance(item, Message):
                yield from _faults(item, f"{place}.")
            elif isinstance(item, str) and "\0" in item:
                yield place, "TEXT_UNREADABLE"
            elif isinstance(item, str) and _is_named(field.name) and not _is_uuid(item):
                yield place, "ID_INVALID"


def _is_named(field: str) -> bool:
    return field.endswith(("_id", "_ids")) and field not in HEX_IDS


def _is_dated(stamp: Timestamp) -> bool:
    try:
        clock.from_timestamp(stamp)
    except (ValueError, OverflowError):
        return False
    return True


def _is_uuid(value: str) -> bool:
    try:
        return str(uuid.UUID(value)) == value
    except ValueError:
        return False


def _check_purpose(method: Method, request: Any, claim: Claim) -> None:
    """The assertion was made for this verb, this request and this instant (or for a parent act of this row)."""
    if not method.writes:
        if claim.verb:
            raise Refused("ASSERTION_FOR_ANOTHER_VERB", kind=Kind.UNPROVED)
        return
    context = request.context
    if not _is_uuid(context.request_id):
        raise invalid(FieldFault("context.request_id", "ID_INVALID"))
    parents = {*method.rights.derived_from, *method.rights.chosen_in}
    if claim.verb not in (parents if context.row else {method.verb}):
        raise Refused("ASSERTION_FOR_ANOTHER_VERB", kind=Kind.UNPROVED)
    if not _is_same_act(context, claim):
        raise Refused("ASSERTION_FOR_ANOTHER_REQUEST", kind=Kind.UNPROVED)


def _check_narrowed(method: Method, request: Any, actor: Actor) -> None:
    """Who came by a link to one application reaches nothing else: another reads like none; her own answers are hers."""
    if not actor.only or method.rights.public or method.verb in OF_ONESELF:
        return
    if not method.names_case:
        raise denied()
    if request.application_id != actor.only:
        raise not_found()


def _is_same_act(context: context_pb2.CommandContext, claim: Claim) -> bool:
    if not _is_uuid(claim.request_id) or context.occurred_at != clock.to_timestamp(claim.occurred_at):
        return False
    of_parent = str(uuid.uuid5(uuid.UUID(claim.request_id), context.row))
    return context.request_id == (of_parent if context.row else claim.request_id)


async def _granted(method: Method, request: Any, claim: Claim, case_of: CaseOf) -> tuple[str, str]:
    """The role that lets her in, her own first; and in whose place she holds it."""
    actor = claim.actor
    application_id = request.application_id if method.names_case else ""
    case = await case_of(actor.person, application_id) if application_id and actor.person != "SYSTEM" else None
    # The row of a frozen result is not the act of whoever closed it on that file: a recused chair does not block it.
    # The row of a bulk act is: whoever chose the files acts on each.
    row = method.writes and request.context.row and claim.verb in method.rights.derived_from
    if case is not None and RECUSED in case.relations and not row:
        raise not_found()
    call_id = case.call_id if case else (request.call_id if method.names_call else "")
    # A case read by its id, and unknown here, is of no call: it must read like another's.
    lost = bool(application_id) and case is None and not method.writes
    ties = [("", actor.own, case)]
    for absent in sorted({absent for _, absent in actor.places}):
        hers = await case_of(absent, application_id) if application_id else None
        ties.append((absent, frozenset(role for role, whose in actor.places if whose == absent), hers))
    for whose, roles, tie in ties:
        for grant in (one for one in method.rights.grants if role_name(one.role) in roles):
            reaches = _reaches(grant, actor, call_id=call_id, case=tie)
            if reaches and not (lost and grant.scope == rights_pb2.SCOPE_CALL):
                return role_name(grant.role), whose
    raise not_found() if application_id and not _is_related(actor, case) else denied()


def _is_related(actor: Actor, case: Case | None) -> bool:
    """Tied to the case, or of its call in a role that reaches every file of it."""
    if case is None:
        return False
    return bool(case.relations) or (actor.call_id == case.call_id and bool(actor.roles - ONE_BY_ONE))


def _reaches(grant: rights_pb2.Grant, actor: Actor, *, call_id: str, case: Case | None) -> bool:
    match grant.scope:
        case rights_pb2.SCOPE_ANY:
            return True
        case rights_pb2.SCOPE_CALL:
            return bool(actor.call_id) and call_id in ("", actor.call_id)
        case rights_pb2.SCOPE_CASE:
            return case is not None and role_name(grant.role).lower() in case.relations
    return False
