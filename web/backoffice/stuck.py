"""*Travail mis de côté*: what ``jalon stuck`` says of the call worked on, and the button that asks again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from jalon.common.v1 import plumbing_pb2
from jalon.intake.v1 import calls_pb2
from jalon.payments.v1 import runs_pb2
from jalon.review.v1 import bulk_pb2, jury_pb2
from litestar import Controller, Response, get, post
from litestar.response import Template
from temporalio.service import RPCError

from kit.errors import Refused
from web.acts import Before
from web.backoffice.pressing import Tried, typed_in
from web.backoffice.seen import SeenFile, seen_files
from web.desk import AtDesk, Desk, ServiceSilent, present
from web.page import AnyRequest, flash, page, see
from web.words import code, coded, locale, moment, say, t
from wording.sentences import reason_in_words
from workflows.commands.stuck import PARKED, Stuck, ask_again, found
from workflows.contract.names import APPLICATION, BULK, CALL, JURY, PAYMENT_RUN

PLACE = "/travail-mis-de-cote"
MOST = 300
"""Open entities looked at by one page: each is a question to the engine."""
RELAYED = ("intake", "review", "payments")
READS = ("AskAgain", "ListApplications", "GetOutboxAge")


@dataclass(frozen=True)
class Line:
    """One thing stuck, in words. ``entity``: ticked to be asked again; empty when asking is not the remedy."""

    where: str
    href: str
    why: str
    remedy: str
    since: str
    entity: str


@dataclass(frozen=True)
class Waiting:
    """What one service received that nobody was told yet. ``oldest``: an instant."""

    service: str
    count: int
    oldest: Any


class StuckPage(Controller):
    """``/travail-mis-de-cote``."""

    path = PLACE

    @get("/", rpcs=READS)
    async def show(self, request: AnyRequest, desk: AtDesk) -> Template:
        """What is stuck, why, since when, on which file."""
        return await _page(request, desk, Tried())

    @post("/", rpcs=READS, status_code=200)
    async def ask(self, request: AnyRequest, desk: AtDesk) -> Response[Any]:
        """What is ticked is asked again; who asked is kept."""
        tried = typed_in(request)
        wanted = [one for one in tried.all("entity") if one]
        if not wanted:
            return await _page(request, desk, Tried(values=tried.values, told=[t("stuck.nothing_ticked")], status=422))
        try:
            asked = [await _ask(desk, one, tried.request_id) for one in wanted]
        except Refused as refused:
            return await _page(request, desk, Tried(values=tried.values, told=[say(refused.reason)], status=409))
        if None in asked:
            again = Tried(tried.request_id, tried.values, [say("NOT_YET_RECORDED")], 503)
            return await _page(request, desk, again)
        flash(request, t("stuck.asked_done", count=sum(one or 0 for one in asked)))
        return see(PLACE)


async def _ask(desk: Desk, entity: str, request_id: str) -> int | None:
    kind, _, subject = entity.partition("/")
    if await _named(desk, kind, subject, files=await seen_files(desk)) is None:
        return 0
    asking = calls_pb2.AskAgainRequest(call_id=desk.visitor.call_id, subject_kind=kind, subject_id=subject)
    await desk.send("intake.calls", asking, str(uuid5(UUID(request_id), entity)))
    return await ask_again(desk.site.door.client, entity)


async def _page(request: AnyRequest, desk: Desk, tried: Tried) -> Template:
    files = await seen_files(desk)
    concerned: list[str] = []

    def among(entity: str) -> bool:
        kept = _of_the_call(entity, desk, files)
        concerned.extend([entity] * kept)
        return kept

    try:
        cases = await found(desk.site.door.client, among=among, most=MOST)
    except (RPCError, RuntimeError):
        tried, cases = Tried(tried.request_id, tried.values, [t("stuck.engine_silent")], 503), []
    lines = [line for line in [await _line(desk, case, files) for case in cases] if line]
    return page(
        request,
        "stuck.html",
        status=tried.status,
        title=t("stuck.title"),
        here="stuck",
        lines=lines,
        most=MOST if len(concerned) > MOST else 0,
        waiting=await asyncio.gather(*(_waiting(desk, service) for service in RELAYED)),
        before=Before(
            t("stuck.before_state"),
            t("stuck.before_undo"),
            money=[t("stuck.before_money")],
        ),
        tried=tried,
    )


def _of_the_call(entity: str, desk: Desk, files: Mapping[str, SeenFile]) -> bool:
    kind, _, subject = entity.partition("/")
    if kind == APPLICATION.prefix:
        return subject in files
    if kind == CALL.prefix:
        return subject == desk.visitor.call_id
    return kind in (JURY.prefix, PAYMENT_RUN.prefix, BULK.prefix)


async def _line(desk: Desk, case: Stuck, files: Mapping[str, SeenFile]) -> Line | None:
    """In words; None when it belongs to another call."""
    kind, _, subject = case.entity.partition("/")
    named = (t("stuck.worker"), "") if not subject else await _named(desk, kind, subject, files=files)
    if named is None:
        return None
    task = coded("parked_task", case.task.split(" ")[0]) or coded("parked_task", case.task) or case.task
    if case.row and case.row in files:
        named = (files[case.row].told, named[1])
    why = reason_in_words(case.reason, locale=locale())
    return Line(
        *named,
        t(f"stuck.{case.trouble}", task=task or "—", attempts=case.attempts, why=why),
        code("remedy_on_page", case.trouble),
        case.since,
        case.entity if case.trouble == PARKED else "",
    )


async def _named(desk: Desk, kind: str, subject: str, *, files: Mapping[str, SeenFile]) -> tuple[str, str] | None:
    """How an entity of the call reads, and its page; None for another call's."""
    if kind == APPLICATION.prefix:
        return (files[subject].told, f"/dossiers/{files[subject].number}") if subject in files else None
    if kind == CALL.prefix:
        return (t("stuck.call"), "/reglement") if subject == desk.visitor.call_id else None
    ids = {"call_id": desk.visitor.call_id}
    if kind == JURY.prefix:
        session = await _seen(desk, "review.jury", jury_pb2.GetSessionRequest(**ids, session_id=subject))
        return (t("stuck.jury", held_at=moment(session.held_at)), f"/jury/{subject}") if session else None
    if kind == PAYMENT_RUN.prefix:
        run = await _seen(desk, "payments.runs", runs_pb2.GetPaymentRunRequest(**ids, payment_run_id=subject))
        return (t("stuck.run", number=run.number), f"/bordereaux/{subject}") if run else None
    bulk = await _seen(desk, "review.bulk", bulk_pb2.GetBulkRequest(**ids, bulk_id=subject))
    return (t("bulk.list"), f"/actes-groupes/{subject}") if bulk else None


async def _seen(desk: Desk, stub: str, asked: Any) -> Any:
    return await present(desk.read(stub, asked), lambda: None)


async def _waiting(desk: Desk, service: str) -> Waiting:
    """``count`` −1: the service is silent."""
    try:
        answer = await desk.read(f"{service}.plumbing", plumbing_pb2.GetOutboxAgeRequest())
    except ServiceSilent:
        return Waiting(service, -1, None)
    return Waiting(service, answer.waiting, answer.oldest_at)
