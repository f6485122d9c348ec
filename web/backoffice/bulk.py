"""One act on many files: chosen in *Dossiers*, what stands in the way said before, run, watched, stopped, resumed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from jalon.intake.v1 import applications_pb2
from jalon.review.v1 import bulk_pb2 as pb
from litestar import Controller, Response, get, post
from litestar.params import FromPath
from litestar.response import Template

from kit.enums import to_proto
from kit.errors import not_found
from web.backoffice.bulk_acts import ACTS, BulkKind
from web.backoffice.pressing import Tried, press, typed_in
from web.backoffice.view import View
from web.desk import AtDesk, Desk, together
from web.forms import filled
from web.page import AnyRequest, page, see
from web.visitor import may
from web.words import bare, say, t
from workflows.commands import NotYetRecorded
from workflows.contract.bulk import BulkFile, ResumeBulk, StartBulk, StopBulk
from workflows.contract.names import BULK

MOST = 100
PLACE = "/actes-groupes"
Rows = Mapping[str, applications_pb2.ApplicationRow]


@dataclass(frozen=True)
class Line:
    """One file of a bulk act: ``kind`` is how its result is drawn, ``said`` the result in words."""

    row: applications_pb2.ApplicationRow
    kind: str
    said: str


class BulkPages(Controller):
    """``/actes-groupes``."""

    path = PLACE

    @get("/", rpcs=("ListBulks",))
    async def listed(self, request: AnyRequest, desk: AtDesk) -> Template:
        """One's own, newest first; everybody's for the administrator."""
        token = request.query_params.get("page", "")
        asked = pb.ListBulksRequest(call_id=desk.visitor.call_id, page_token=token)
        found = await desk.read("review.bulk", asked)
        people = await desk.people(*(bulk.person_id for bulk in found.bulks))
        return page(
            request,
            "bulks.html",
            title=t("bulk.list"),
            here="files",
            bulks=found.bulks,
            people=people,
            first=PLACE if token else "",
            following=f"{PLACE}?page={found.next_page_token}" if found.next_page_token else "",
        )

    @get("/nouveau", rpcs=("CheckBulk", "ListApplications"))
    async def prepare(self, request: AnyRequest, desk: AtDesk) -> Template:
        """Which files it will be done to, which it will not and why."""
        values = {name: request.query_params.getall(name) for name in request.query_params}
        return await _preview(request, desk, Tried(values=values))

    @post("/", rpcs=("StartBulk", "CheckBulk", "ListApplications"), status_code=200)
    async def start(self, request: AnyRequest, desk: AtDesk) -> Response[Any]:
        """Runs it on the files that nothing stood in the way of."""
        tried = typed_in(request)
        kind = _kind(desk, tried)
        form = await _form(desk, kind, tried)
        files = _files(tried)
        if not form.validate() or not files:
            return await _preview(request, desk, tried)
        bulk_id = str(uuid5(UUID(tried.request_id), "bulk"))
        sent = {"call_id": desk.visitor.call_id, "bulk_id": bulk_id, "act": kind.act, "files": files}
        again = await press(request, desk, StartBulk, tried=tried, done="bulk.started", **sent, **kind.build(form))
        return await _preview(request, desk, again) if again else see(f"{PLACE}/{bulk_id}")

    @get("/{bulk_id:str}", rpcs=("GetBulk", "ListApplications"))
    async def watch(self, request: AnyRequest, desk: AtDesk, bulk_id: FromPath[str]) -> Template:
        """A result per file, as it is now."""
        return await _watched(request, desk, bulk_id, Tried())

    @post("/{bulk_id:str}/arret", rpcs=("GetBulk", "ListApplications", "StopBulk"), status_code=200)
    async def stop(self, request: AnyRequest, desk: AtDesk, bulk_id: FromPath[str]) -> Response[Any]:
        """No file begins any more."""
        return await _moved(request, desk, bulk_id, message=StopBulk, done="bulk.stopped")

    @post("/{bulk_id:str}/reprise", rpcs=("GetBulk", "ListApplications", "ResumeBulk"), status_code=200)
    async def resume(self, request: AnyRequest, desk: AtDesk, bulk_id: FromPath[str]) -> Response[Any]:
        """The files left go on."""
        return await _moved(request, desk, bulk_id, message=ResumeBulk, done="bulk.resumed")


async def _moved(request: AnyRequest, desk: Desk, bulk_id: str, *, message: Any, done: str) -> Response[Any]:
    bulk = await _bulk(desk, bulk_id)
    sent = {"call_id": bulk.call_id, "bulk_id": bulk.bulk_id}
    again = await press(request, desk, message, tried=typed_in(request), done=done, **sent)
    return await _watched(request, desk, bulk_id, again) if again else see(f"{PLACE}/{bulk.bulk_id}")


async def _bulk(desk: Desk, bulk_id: str) -> pb.Bulk:
    try:
        known = str(UUID(bulk_id))
    except ValueError as error:
        raise not_found() from error
    found: pb.Bulk = await desk.read("review.bulk", pb.GetBulkRequest(call_id=desk.visitor.call_id, bulk_id=known))
    return found


def _kind(desk: Desk, tried: Tried) -> BulkKind:
    """The act asked, for those whose roles open it."""
    kind = ACTS.get(tried.one("acte"))
    if kind is None or not may(desk.visitor.roles, kind.rpc):
        raise not_found()
    return kind


async def _form(desk: Desk, kind: BulkKind, tried: Tried) -> Any:
    given = {name: list(found) for name, found in tried.values.items()} if tried.one("apercu") else None
    form = filled(kind.form, given, **await kind.prefill(desk))
    await kind.prepare(desk, form)
    return form


def _files(tried: Tried) -> list[BulkFile]:
    """The files of the preview, as they were seen: ``<id>:<version>``."""
    found = [value.partition(":") for value in tried.all("dossier")]
    return [BulkFile(application_id, int(version)) for application_id, _, version in found[:MOST] if version.isdigit()]


async def _chosen(desk: Desk, tried: Tried) -> tuple[list[str], Rows]:
    """The files ticked, or the first hundred of the whole view."""
    if tried.one("tous"):
        view = View.of({name: tried.one(name) for name in tried.values}).without_page()
        answer = await desk.read("intake.applications", view.listing(desk.visitor.call_id, size=MOST))
        return [row.application_id for row in answer.rows], {row.application_id: row for row in answer.rows}
    ids = [value.partition(":")[0] for value in tried.all("dossier")][:MOST]
    return ids, await _rows(desk, ids)


async def _rows(desk: Desk, ids: Sequence[str]) -> Rows:
    if not ids:
        return {}
    asked = applications_pb2.ListApplicationsRequest(
        call_id=desk.visitor.call_id, application_ids=list(ids), page_size=MOST
    )
    answer = await desk.read("intake.applications", asked)
    return {row.application_id: row for row in answer.rows}


async def _preview(request: AnyRequest, desk: Desk, tried: Tried) -> Template:
    kind = _kind(desk, tried)
    form = await _form(desk, kind, tried)
    ready = bool(tried.one("apercu") or not kind.asks) and form.validate()
    ids, rows = await _chosen(desk, tried)
    asked = pb.CheckBulkRequest(
        call_id=desk.visitor.call_id,
        act=to_proto(pb.BulkAct, kind.act),
        application_ids=ids,
        reviewer_id=tried.one("reviewer_id") if ready else "",
    )
    found = (await desk.read("review.bulk", asked)).obstacles if ids else []
    known = {one.application_id: one.reason for one in found}
    possible = [rows[one] for one in ids if one in rows and known.get(one) == ""]
    return page(
        request,
        "bulk_preview.html",
        status=tried.status,
        title=t(f"bulk.{kind.act.lower()}.title"),
        here="files",
        kind=kind,
        tried=tried,
        form=form,
        ready=ready,
        possible=possible,
        blocked=[Line(rows[one], "blocked", _why(known[one])) for one in ids if one in rows and known.get(one)],
        chosen=len(ids),
        before=await kind.before(desk, possible, form),
        back=f"/dossiers?{View.of({name: tried.one(name) for name in tried.values}).text()}",
    )


def _why(reason: str) -> str:
    """What stands in the way; nothing has changed "meanwhile" here, so an act of another stage is said to be one."""
    return t("bulk.other_stage") if reason == "NOT_IN_THIS_STATE" else say(reason)


async def _watched(request: AnyRequest, desk: Desk, bulk_id: str, tried: Tried) -> Template:
    bulk = await _bulk(desk, bulk_id)
    ids = [file.application_id for file in bulk.files]
    results, rows = await together(_results(desk, bulk), _rows(desk, ids))
    lines = [_line(rows[one], (results or {}).get(one, "")) for one in ids if one in rows]
    kept = {file.result for file in bulk.files}
    people = await desk.people(bulk.person_id, bulk.reviewer_id)
    rulebook = await desk.rulebook(bulk.call_id)
    return page(
        request,
        "bulk.html",
        status=tried.status,
        title=t("bulk.one", act=word_of(bulk)),
        here="files",
        bulk=bulk,
        tried=tried,
        lines=lines,
        people=people,
        state=bare("review.BulkState", bulk.state),
        counts={kind: sum(line.kind == kind for line in lines) for kind in ("done", "blocked", "waiting")},
        unread=results is None,
        again=_again(bulk, lines) if kept != {""} else "",
        pieces=", ".join(rulebook.of(item.piece) for item in bulk.items),
    )


def word_of(bulk: pb.Bulk) -> str:
    """``Désigner l'instructeur·rice``."""
    return t(f"bulk.{bare('review.BulkAct', bulk.act).lower()}.title")


async def _results(desk: Desk, bulk: pb.Bulk) -> dict[str, str] | None:
    """The result of each file: as review keeps it once finished, as the engine tells it before; None: not told now."""
    if bare("review.BulkState", bulk.state) == "FINISHED":
        return {file.application_id: file.result for file in bulk.files}
    try:
        found = await desk.site.door.rows(BULK, bulk.bulk_id)
    except NotYetRecorded:
        return None
    return {row.partition("/")[2]: result for row, result in found.items()}


def _line(row: applications_pb2.ApplicationRow, result: str) -> Line:
    if result in ("", "waiting"):
        return Line(row, "waiting", t("bulk.waiting"))
    if result.upper() == "DONE":
        return Line(row, "done", t("bulk.done"))
    return Line(row, "blocked", say(result))


def _again(bulk: pb.Bulk, lines: Sequence[Line]) -> str:
    """The preview of the same act on what was refused; empty when nothing was."""
    refused = [line.row.application_id for line in lines if line.kind == "blocked"]
    if not refused:
        return ""
    act = bare("review.BulkAct", bulk.act)
    return f"{PLACE}/nouveau?acte={act}" + "".join(f"&dossier={one}" for one in refused)
