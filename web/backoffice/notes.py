"""*Notes* on a file: to oneself, which nobody else reads, and to the file, which its agents read."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid5

from jalon.review.v1 import cases_pb2
from litestar import Controller, Response, get, post
from litestar.params import FromPath
from litestar.response import Template

from kit.errors import Refused
from web.backoffice.file import file_page, load, place
from web.backoffice.pressing import Tried, typed_in
from web.desk import AtDesk, Desk
from web.page import AnyRequest, flash, see
from web.words import explain, t

AUDIENCES = {"self": cases_pb2.NOTE_AUDIENCE_SELF, "file": cases_pb2.NOTE_AUDIENCE_FILE}
READING = ("GetApplication", "ListNotes")


class NotesPages(Controller):
    """``/dossiers/{number}/notes``."""

    path = "/dossiers/{number:str}/notes"

    @get("/", rpcs=READING)
    async def show(self, request: AnyRequest, desk: AtDesk, number: FromPath[str]) -> Template:
        """Both kinds, newest first."""
        return await _page(request, desk, number, Tried())

    @post("/", rpcs=(*READING, "WriteNote"), status_code=200)
    async def write(self, request: AnyRequest, desk: AtDesk, number: FromPath[str]) -> Response[Any]:
        """A new note, or one's own said otherwise."""
        application, tried = await load(desk, number), typed_in(request)
        version = tried.one("version")
        message = cases_pb2.WriteNoteRequest(
            application_id=application.application_id,
            note_id=tried.one("note_id") or str(uuid5(UUID(tried.request_id), "note")),
            audience=AUDIENCES.get(tried.one("audience"), cases_pb2.NOTE_AUDIENCE_SELF),
            body=tried.one("body").strip(),
            expected_version=int(version) if version.isdigit() else 0,
        )
        return await _send(request, desk, number, message, tried=tried, done="notes.written")

    @post("/{note_id:uuid}/retirer", rpcs=(*READING, "RemoveNote"), status_code=200)
    async def remove(
        self, request: AnyRequest, desk: AtDesk, number: FromPath[str], *, note_id: FromPath[UUID]
    ) -> Response[Any]:
        """Takes one's own note away."""
        application = await load(desk, number)
        message = cases_pb2.RemoveNoteRequest(application_id=application.application_id, note_id=str(note_id))
        return await _send(request, desk, number, message, tried=typed_in(request), done="notes.removed")


async def _send(
    request: AnyRequest, desk: Desk, number: str, message: Any, *, tried: Tried, done: str
) -> Response[Any]:
    try:
        await desk.send("review.cases", message, tried.request_id)
    except Refused as refused:
        again = Tried(values=tried.values, told=explain(refused), status=409)
        return await _page(request, desk, number, again)
    flash(request, t(done))
    return see(f"{place(await load(desk, number))}/notes")


async def _page(request: AnyRequest, desk: Desk, number: str, tried: Tried) -> Template:
    application = await load(desk, number)
    answer = await desk.read("review.cases", cases_pb2.ListNotesRequest(application_id=application.application_id))
    mine = [one for one in answer.notes if one.audience == cases_pb2.NOTE_AUDIENCE_SELF]
    shared = [one for one in answer.notes if one.audience == cases_pb2.NOTE_AUDIENCE_FILE]
    names = await desk.people(*(one.author_id for one in shared))
    return await file_page(
        request,
        desk,
        application,
        tab="notes",
        status=tried.status,
        mine=mine,
        shared=shared,
        names=names,
        tried=tried,
    )
