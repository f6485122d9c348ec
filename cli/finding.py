"""What a reference names: a call (``ESS-2023``), an application (``2023-014`` or its id)."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from jalon.intake.v1 import applications_pb2, calls_pb2

from cli.errors import MISUSED, Stop
from cli.session import Session
from kit.errors import Kind, Refused

LABELED = ("tracks", "pieces", "legal_families", "grid")
"""Parts of a rulebook whose lines have a code and a label."""


def is_id(text: str) -> bool:
    """True for a UUID as ids are written."""
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


async def every(session: Session, stub: str, rpc: str, *, request: Any, rows: str) -> list[Any]:
    """All the rows of a list, page after page; ``rows``: the field that holds them."""
    found: list[Any] = []
    request.page_size = 100
    while True:
        page = await session.read(stub, rpc, request)
        found += getattr(page, rows)
        if not page.next_page_token:
            return found
        request.page_token = page.next_page_token


async def calls(session: Session) -> list[calls_pb2.Call]:
    """Every call, newest first."""
    return await every(session, "intake.calls", "ListCalls", request=calls_pb2.ListCallsRequest(), rows="calls")


async def call(session: Session, reference: str) -> calls_pb2.Call:
    """The call of a reference or an id; the newest when nothing is said."""
    if reference:
        asked = {"call_id": reference.lower()} if is_id(reference) else {"reference": reference}
        found: calls_pb2.Call = await session.read("intake.calls", "GetCall", calls_pb2.GetCallRequest(**asked))
        return found
    known = await calls(session)
    if not known:
        raise Stop("cli.no_call")
    return known[0]


async def rulebook_words(session: Session, call_id: str) -> dict[str, str]:
    """The words a call's rulebook gives to its own codes: tracks, pieces, legal families, criteria."""
    answer = await session.read("intake.calls", "GetRulebook", calls_pb2.GetRulebookRequest(call_id=call_id))
    rulebook = json.loads(answer.rulebook_json)
    items = [item for group in LABELED for item in rulebook.get(group, ())]
    return {item["code"]: item["label"][session.locale] for item in items if "label" in item}


async def application(session: Session, reference: str, *, of_call: str = "") -> applications_pb2.Application:
    """The application of an id or a number. A number is looked for in the call named, else in each, newest first."""
    if is_id(reference):
        return await _application(session, application_id=reference.lower())
    if not reference[:4].isdigit():
        raise Stop("cli.reference_unclear", code=MISUSED, values={"reference": reference})
    among = [await call(session, of_call)] if of_call else await calls(session)
    for candidate in among:
        try:
            return await _application(session.within(candidate.call_id), number=reference, call_id=candidate.call_id)
        except Refused as refused:
            if refused.kind is not Kind.NOT_FOUND:
                raise
    raise Stop("cli.no_application", values={"reference": reference})


async def _application(session: Session, **asked: str) -> applications_pb2.Application:
    request = applications_pb2.GetApplicationRequest(**asked)
    found: applications_pb2.Application = await session.read("intake.applications", "GetApplication", request)
    return found
