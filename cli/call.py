"""``jalon call``: list, show, check a rulebook, import one, name its first administrator."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from jalon.common.v1 import rights_pb2
from jalon.intake.v1 import applications_pb2, calls_pb2, people_pb2
from jalon.payments.v1 import awards_pb2

from cli import finding
from cli.errors import FAILED, MISUSED, Stop
from cli.render import amount, instant, plain, word
from cli.session import Session
from kit import telemetry
from wording import code_label, field_label, sentence
from workflows.commands import Who

LARGEST = 3_000_000
"""Bytes of a rulebook: it travels in one message."""


async def list_calls(session: Session) -> int:
    """Every call."""
    known = await finding.calls(session)
    if session.out.as_json:
        session.out.document([plain(call) for call in known])
        return 0
    rows = [
        [
            call.reference,
            _title(call, session),
            word(calls_pb2.CallState, call.state, locale=session.locale),
            instant(call.pre_application_closes_at, locale=session.locale),
            instant(call.full_application_closes_at, locale=session.locale),
        ]
        for call in known
    ]
    columns = ["column.reference", "column.title", "column.state", "column.pre_closes", "column.full_closes"]
    session.out.table(columns, rows)
    return 0


def _title(call: calls_pb2.Call, session: Session) -> str:
    return call.title_fr if session.locale == "fr" else call.title_en


async def show(session: Session, reference: str) -> int:
    """One call: windows, rulebook, counts, envelopes."""
    call = await finding.call(session, reference)
    reader = session.within(call.call_id)
    counts, envelopes = await asyncio.gather(
        reader.read(
            "intake.applications",
            "CountApplications",
            applications_pb2.CountApplicationsRequest(call_id=call.call_id),
        ),
        reader.read("payments.awards", "ListEnvelopes", awards_pb2.ListEnvelopesRequest(call_id=call.call_id)),
    )
    if session.out.as_json:
        session.out.document({"call": plain(call), "counts": plain(counts), "envelopes": plain(envelopes)["envelopes"]})
        return 0
    draw(session, call, counts=counts)
    _draw_envelopes(session, list(envelopes.envelopes))
    return 0


def draw(session: Session, call: calls_pb2.Call, *, counts: applications_pb2.CountApplicationsResponse) -> None:
    """The call's header and counts."""
    out, locale = session.out, session.locale
    state = word(calls_pb2.CallState, call.state, locale=locale)
    out.say("call.header", style="bold", reference=call.reference, title=_title(call, session), state=state)
    if call.fictitious:
        out.say("call.fictitious", style="yellow")
    for key, opens, closes in (
        ("call.pre_window", call.pre_application_opens_at, call.pre_application_closes_at),
        ("call.full_window", call.full_application_opens_at, call.full_application_closes_at),
    ):
        out.say(key, opens=instant(opens, locale=locale), closes=instant(closes, locale=locale))
    out.say("call.rulebook", version=call.rulebook_version, digest=call.rulebook_digest)
    out.say("status.received", received=counts.received, full_received=counts.full_received)


def _draw_envelopes(session: Session, envelopes: list[awards_pb2.Envelope]) -> None:
    names = ("announced", "reserved", "voted", "committed", "ordered", "paid", "freed", "remaining")
    rows = [
        [
            code_label("section", envelope.section, locale=session.locale),
            *(amount(getattr(envelope, f"{name}_cents"), locale=session.locale) for name in names),
        ]
        for envelope in envelopes
    ]
    session.out.table(["column.section", *(f"column.{name}_cents" for name in names)], rows, title="call.envelopes")


async def check(session: Session, file: Path) -> int:
    """The pre-opening check of a rulebook; exit code 1 when something stops the opening."""
    request = calls_pb2.CheckRulebookRequest(rulebook_json=_bytes(file))
    answer = await session.read("intake.calls", "CheckRulebook", request)
    blocking = [finding_ for finding_ in answer.findings if finding_.blocking]
    if session.out.as_json:
        session.out.document(plain(answer))
    else:
        draw_findings(session, list(answer.findings))
    return FAILED if blocking else 0


def draw_findings(session: Session, findings: list[calls_pb2.Finding]) -> None:
    """What the check found, with its place."""
    if not findings:
        session.out.say("check.clean", style="green")
        return
    rows = [
        [
            session.out.word("check.blocks" if item.blocking else "check.warns"),
            field_label(item.path, locale=session.locale) if item.path else "—",
            sentence(item.reason, locale=session.locale, values=item.values),
        ]
        for item in findings
    ]
    session.out.table(["column.weight", "column.place", "column.finding"], rows)


async def import_call(session: Session, file: Path, *, call_id: str, fictitious: bool) -> int:
    """Creates a call from a rulebook, or gives a draft call a new version. A person does it: ``--as`` names her."""
    if not session.asked.person:
        raise Stop("cli.who", code=MISUSED)
    flush = telemetry.setup("jalon-cli")
    acting = replace(session, who=Who(session.asked.person, frozenset({session.asked.role or "CALL_ADMIN"})))
    request = calls_pb2.ImportCallRequest(
        call_id=call_id or str(uuid4()), rulebook_json=_bytes(file), fictitious=fictitious
    )
    try:
        stub = acting.door.services.stub("intake", "calls")
        call: Any = await acting.door.send(acting.who, stub.ImportCall, request)
    finally:
        flush()
    if session.out.as_json:
        session.out.document(plain(call))
    else:
        session.out.say("call.imported", style="green", reference=call.reference, call_id=call.call_id)
    return 0


async def name_administrator(session: Session, email: str, *, name: str, of_call: str) -> int:
    """Names the first administrator of a call by her address: she names the others on the pages. ``--as`` says who."""
    if not session.asked.person:
        raise Stop("cli.who", code=MISUSED)
    flush = telemetry.setup("jalon-cli")
    try:
        call = await finding.call(session, of_call)
        who = Who(session.asked.person, frozenset({session.asked.role or "CALL_ADMIN"}), call.call_id)
        request = people_pb2.InvitePersonRequest(
            call_id=call.call_id, email=email, display_name=name, role=rights_pb2.ROLE_CALL_ADMIN
        )
        grant: Any = await session.door.send(who, session.door.services.stub("intake", "people").InvitePerson, request)
    finally:
        flush()
    if session.out.as_json:
        session.out.document(plain(grant))
    else:
        session.out.say("call.administrator", style="green", reference=call.reference, email=email)
    return 0


def _bytes(file: Path) -> bytes:
    try:
        if file.stat().st_size > LARGEST:
            raise Stop("cli.file_large", code=MISUSED, values={"file": file})
        return file.read_bytes()
    except OSError as error:
        raise Stop("cli.file", code=MISUSED, values={"file": file}) from error
