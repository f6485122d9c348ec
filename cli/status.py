"""``jalon status``: which processes answer, what waits to be relayed, where the files of the current call stand."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import grpc
from jalon.common.v1 import plumbing_pb2
from jalon.intake.v1 import applications_pb2

from cli import finding, health
from cli.errors import FAILED, Stop
from cli.render import lapse
from cli.session import Session
from kit import clock
from kit.errors import Refused
from wording import enum_label, sentence
from wording.values import moment


async def status(session: Session) -> int:
    """Exit code 1 when a process does not answer."""
    seen = [*await health.processes(session.place.addresses), await _engine(session)]
    boxes = await health.outboxes(session)
    counts = await _counts(session)
    if session.out.as_json:
        session.out.document(_document(seen, boxes, counts))
    else:
        await _clock(session)
        show(session, seen, boxes)
        _show_counts(session, counts)
    return 0 if all(item.up for item in seen) else FAILED


async def _engine(session: Session) -> health.Health:
    try:
        await session.engine()
    except Stop:
        return health.Health("temporal", session.place.settings.temporal, up=False)
    return health.Health("temporal", session.place.settings.temporal, up=True)


async def _counts(session: Session) -> tuple[str, applications_pb2.CountApplicationsResponse] | str:
    """The reference of the newest call and its counts; else the key of the sentence that says why there are none."""
    try:
        call = await finding.call(session, "")
        request = applications_pb2.CountApplicationsRequest(call_id=call.call_id)
        reader = session.within(call.call_id)
        return call.reference, await reader.read("intake.applications", "CountApplications", request)
    except Stop as stop:
        return stop.key
    except (Refused, grpc.aio.AioRpcError):
        return "status.no_counts"


async def _clock(session: Session) -> None:
    plumbing = session.door.services.stub("intake", "plumbing")
    try:
        told = await plumbing.GetNow(plumbing_pb2.GetNowRequest(), timeout=health.SECONDS)
    except grpc.aio.AioRpcError:
        return
    now = moment(clock.from_timestamp(told.now), locale=session.locale)
    session.out.say("status.demonstration" if told.demonstration else "status.real", style="bold", now=now)


def show(session: Session, seen: list[health.Health], boxes: list[health.Outbox]) -> None:
    """The processes and the outboxes."""
    out = session.out
    out.table(
        ["column.process", "column.address", "column.state"],
        [[item.name, item.address, out.word("state.up" if item.up else "state.down")] for item in seen],
        title="status.processes",
    )
    show_outboxes(session, boxes)


def show_outboxes(session: Session, boxes: list[health.Outbox]) -> None:
    """What waits to be relayed, service by service."""
    rows = []
    for box in boxes:
        if box.fault:
            rows.append([box.service, "—", "—", sentence(box.fault, locale=session.locale)])
        else:
            age = lapse(box.age, locale=session.locale) if box.waiting else "—"
            rows.append([box.service, str(box.waiting), age, box.oldest])
    session.out.table(
        ["column.service", "column.waiting_count", "column.age", "column.oldest"], rows, title="status.outboxes"
    )


def _show_counts(session: Session, counts: tuple[str, applications_pb2.CountApplicationsResponse] | str) -> None:
    if isinstance(counts, str):
        session.out.say(counts, style="dim")
        return
    reference, found = counts
    session.out.say("status.call", style="bold", reference=reference)
    session.out.say("status.received", received=found.received, full_received=found.full_received)
    for enum, items, title in (
        (applications_pb2.Stage, found.by_stage, "column.stage"),
        (applications_pb2.Ending, found.by_ending, "column.ending"),
    ):
        rows = [[enum_label(enum, item.key, locale=session.locale), str(item.count)] for item in items if item.count]
        if rows:
            session.out.table([title, "column.files_count"], rows)


def _document(
    seen: list[health.Health],
    boxes: list[health.Outbox],
    counts: tuple[str, applications_pb2.CountApplicationsResponse] | str,
) -> dict[str, Any]:
    document: dict[str, Any] = {
        "processes": [asdict(item) for item in seen],
        "outboxes": [{**asdict(box), "age": box.age.total_seconds()} for box in boxes],
        "call": None,
    }
    if not isinstance(counts, str):
        reference, found = counts
        document["call"] = {
            "reference": reference,
            "received": found.received,
            "full_received": found.full_received,
            "by_stage": {item.key: item.count for item in found.by_stage},
            "by_ending": {item.key: item.count for item in found.by_ending},
        }
    return document
