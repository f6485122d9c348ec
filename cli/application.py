"""``jalon applications list`` and ``jalon application show``: where files stand, and one file in full."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import grpc
from google.protobuf.message import Message
from jalon.intake.v1 import applications_pb2
from jalon.payments.v1 import awards_pb2

from cli import finding
from cli.errors import MISUSED, Stop, reason_of
from cli.render import amount, blocker, date, instant, next_line, plain, word
from cli.session import Session
from cli.timeline import Line, draw_timeline, timeline
from kit import enums
from kit.errors import Kind, Refused
from wording import code_label, label, sentence

STAGES = enums.names(applications_pb2.Stage)


async def list_applications(
    session: Session, reference: str, *, stages: list[str], query: str, page: str, size: int
) -> int:
    """A page of the files of a call."""
    call = await finding.call(session, reference)
    request = applications_pb2.ListApplicationsRequest(
        call_id=call.call_id, stages=_stages(stages), query=query, page_size=size, page_token=page
    )
    answer = await session.within(call.call_id).read("intake.applications", "ListApplications", request)
    if session.out.as_json:
        session.out.document(plain(answer))
        return 0
    draw_list(session, list(answer.rows), now=await session.door.now())
    if answer.next_page_token:
        session.out.say("list.next", token=answer.next_page_token)
    return 0


def _stages(names: list[str]) -> list[Any]:
    unknown = [name for name in names if name.upper() not in STAGES]
    if unknown:
        raise Stop("cli.stage", code=MISUSED, values={"stage": unknown[0], "choices": ", ".join(STAGES)})
    return [enums.to_proto(applications_pb2.Stage, name.upper()) for name in names]


def draw_list(session: Session, rows: list[applications_pb2.ApplicationRow], *, now: datetime) -> None:
    """One line a file, the next event and who blocks."""
    locale = session.locale
    drawn = [
        [
            row.number or "—",
            row.organization + (" ⚑" if row.fictitious else ""),
            row.title,
            amount(row.requested_cents, locale=locale),
            stage(row.progress, session=session),
            next_line(row.progress, now=now, locale=locale),
            blocker(row.progress, locale=locale),
        ]
        for row in rows
    ]
    columns = ["number", "organization", "project", "requested_cents", "stage", "next", "blocks"]
    session.out.table([f"column.{name}" for name in columns], drawn)
    if any(row.fictitious for row in rows):
        session.out.say("list.fictitious", style="dim")


def stage(progress: applications_pb2.Progress, *, session: Session) -> str:
    """The stage, or how the file ended."""
    if progress.ending:
        return word(applications_pb2.Ending, progress.ending, locale=session.locale)
    return word(applications_pb2.Stage, progress.stage, locale=session.locale)


async def show(session: Session, reference: str, *, of_call: str) -> int:
    """One file: header, next event, money, history. A service that is silent is said to be; the rest is shown."""
    application = await finding.application(session, reference, of_call=of_call)
    reader = session.within(application.call_id)
    award, (lines, silent) = await asyncio.gather(
        _award(reader, application.application_id), timeline(reader, application.application_id)
    )
    if session.out.as_json:
        session.out.document(_document(application, award, lines))
        return 0
    words = await finding.rulebook_words(reader, application.call_id)
    draw_header(session, application, now=await session.door.now(), words=words)
    draw_award(session, award)
    draw_timeline(session, lines, words=words)
    for service, reason in silent.items():
        session.out.say("show.silent", style="red", service=service, why=sentence(reason, locale=session.locale))
    return 0


async def _award(session: Session, application_id: str) -> awards_pb2.Award | str | None:
    """The money of a file; None when it has none; the reason when payments cannot say."""
    request = awards_pb2.GetAwardRequest(application_id=application_id)
    try:
        found: awards_pb2.Award = await session.read("payments.awards", "GetAward", request)
        return found
    except (Refused, grpc.aio.AioRpcError) as error:
        if isinstance(error, Refused) and error.kind is Kind.NOT_FOUND:
            return None
        return reason_of(error)


def draw_header(
    session: Session, application: applications_pb2.Application, *, now: datetime, words: Mapping[str, str]
) -> None:
    """Number, organisation, project, stage, what is awaited and from whom."""
    out, locale = session.out, session.locale
    first, progress = application.pre_application, application.progress
    out.say(
        "show.header",
        style="bold",
        number=application.number or label("show.draft", locale=locale),
        organization=first.applicant.name,
        title=first.title,
    )
    if application.fictitious:
        out.say("list.fictitious", style="yellow")
    out.say("show.stage", stage=stage(progress, session=session))
    awaited = next_line(progress, now=now, locale=locale)
    if progress.blocking_role:
        awaited = f"{awaited} — {blocker(progress, locale=locale)}"
    out.say("show.next", next=awaited)
    requested = application.full_application.requested_cents or first.requested_cents
    out.say("show.requested", requested_cents=requested, track=words.get(first.track, first.track))
    out.say("show.received", at=instant(application.submitted_at, locale=locale), digest=application.digest or "—")
    out.say("show.id", application_id=application.application_id)


def draw_award(session: Session, award: awards_pb2.Award | str | None) -> None:
    """Awarded, paid, freed, what remains; the installments with the conditions they wait for."""
    out, locale = session.out, session.locale
    if award is None:
        out.say("show.no_award", style="dim")
        return
    if isinstance(award, str):
        out.say("show.silent", style="red", service="payments", why=sentence(award, locale=locale))
        return
    out.say(
        "show.money",
        style="bold",
        state=word(awards_pb2.AwardState, award.state, locale=locale),
        section=award.section,
        awarded_cents=award.awarded_cents,
        paid_cents=award.paid_cents,
        freed_cents=award.freed_cents,
        remaining_cents=award.remaining_cents,
    )
    rows = [
        [
            str(item.number),
            code_label("installment_kind", item.kind, locale=locale),
            amount(item.amount_cents, locale=locale),
            word(awards_pb2.InstallmentState, item.state, locale=locale),
            date(item.paid_at, locale=locale),
            _unmet(item, session) or "—",
        ]
        for item in award.installments
    ]
    if rows:
        columns = ["rank_count", "kind", "amount_cents", "state", "paid_on", "awaits"]
        out.table([f"column.{name}" for name in columns], rows)


def _unmet(installment: awards_pb2.Installment, session: Session) -> str:
    if installment.state != awards_pb2.INSTALLMENT_STATE_PLANNED:
        return ""
    unmet = [item.code for item in installment.conditions if not item.met]
    return ", ".join(code_label("condition", code, locale=session.locale) for code in unmet)


def _document(
    application: applications_pb2.Application, award: awards_pb2.Award | str | None, lines: list[Line]
) -> dict[str, Any]:
    """What a program may read of a file: no address, no telephone, no free text."""
    first = application.pre_application
    return {
        "application_id": application.application_id,
        "call_id": application.call_id,
        "number": application.number,
        "organization": first.applicant.name,
        "title": first.title,
        "track": first.track,
        "fictitious": application.fictitious,
        "requested_cents": application.full_application.requested_cents or first.requested_cents,
        "progress": plain(application.progress),
        "award": plain(award) if isinstance(award, Message) else None,
        "timeline": [line.as_json() for line in lines],
    }
