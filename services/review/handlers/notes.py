"""Notes: to oneself (nobody else reads them, no history tells of them) and to the agents of the file (journaled)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from jalon.review.v1 import cases_pb2 as pb

from kit import clock
from kit.admission import current
from kit.enums import from_proto, to_proto
from kit.errors import Refused, field_invalid, not_found, required
from kit.journal import Act
from services.review.domain.reasons import Reason
from services.review.domain.texts import check_words
from services.review.handlers.desk import Desk
from services.review.store import calls
from services.review.store import notes as store
from services.review.store.notes import Note

MOST = 200
OF_THE_FILE = "FILE"


class Notes(Desk):
    """Written, rewritten and taken away by their author alone."""

    async def WriteNote(self, request: pb.WriteNoteRequest, context: Any) -> pb.Note:
        """A new note, or one's own said otherwise."""
        required(request, "application_id", "note_id")
        audience = from_proto(pb.NoteAudience, request.audience, path="audience")
        if not audience:
            raise field_invalid("audience", Reason.FIELD_MISSING)
        check_words(request.body)

        async def change(act: Act) -> pb.Note:
            if await calls.tie(act.connection, act.person, request.application_id) is None:
                raise not_found()
            held = await _own(act, request)
            if request.expected_version != (held.version if held else 0):
                raise Refused(Reason.STALE_DRAFT, values={"version": str(held.version if held else 0)})
            if held is None:
                note = Note(request.note_id, request.application_id, audience, act.person, request.body, 1, act.at)
                await store.add(act.connection, note)
            else:
                note = replace(held, body=request.body, version=held.version + 1, written_at=act.at)
                await store.rewrite(act.connection, held, body=request.body, at=act.at)
            if note.audience == OF_THE_FILE:
                act.record("note_written", subject=note.application_id, facts=_facts(note), words=note.body)
            return _message(note, body="")

        return await self._journal.write(request, change)

    async def RemoveNote(self, request: pb.RemoveNoteRequest, context: Any) -> pb.Note:
        """Takes one's own note away; what the file's history told of it stays."""
        required(request, "application_id", "note_id")

        async def change(act: Act) -> pb.Note:
            held = await _own(act, request)
            if held is None:
                raise not_found()
            await store.remove(act.connection, held.note_id)
            if held.audience == OF_THE_FILE:
                act.record("note_removed", subject=held.application_id, facts=_facts(held))
            return _message(held, body="")

        return await self._journal.write(request, change)

    async def ListNotes(self, request: pb.ListNotesRequest, context: Any) -> pb.ListNotesResponse:
        """The file's notes, and the caller's own."""
        required(request, "application_id")
        person = current.get().actor.person
        found = await store.readable(self._pool, request.application_id, person, limit=MOST)
        return pb.ListNotesResponse(notes=[_message(note, body=note.body) for note in found])


async def _own(act: Act, request: Any) -> Note | None:
    """The note if there is one and it is the caller's, of this file; another's reads like a file that is not there."""
    held = await store.lock(act.connection, request.note_id)
    if held is not None and (held.author != act.person or held.application_id != request.application_id):
        raise not_found()
    return held


def _facts(note: Note) -> dict[str, str | int]:
    return {"note_id": note.note_id, "version": note.version}


def _message(note: Note, *, body: str) -> pb.Note:
    return pb.Note(
        note_id=note.note_id,
        application_id=note.application_id,
        audience=to_proto(pb.NoteAudience, note.audience),
        author_id=note.author,
        body=body,
        version=note.version,
        written_at=clock.to_timestamp(note.written_at),
    )
