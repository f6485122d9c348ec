"""Notes: one's own stay one's own; those of the file are for its agents, never for applicants nor the jury."""

from __future__ import annotations

import pytest
from jalon.review.v1 import cases_pb2 as pb

from kit.errors import Kind
from tests.integration.harness import refused
from tests.integration.review.review_people import Desk, new_id


def note(application_id: str, audience: str = "FILE", **more: object) -> pb.WriteNoteRequest:
    fields = {"note_id": new_id(), "body": "Appeler la mairie.", **more}
    value = pb.NoteAudience.Value(f"NOTE_AUDIENCE_{audience}")
    return pb.WriteNoteRequest(application_id=application_id, audience=value, **fields)  # type: ignore[arg-type]


async def read(desk: Desk, application_id: str, role: str = "INSTRUCTOR", *, person: str) -> list[tuple[str, str]]:
    wanted = pb.ListNotesRequest(application_id=application_id)
    answer = await desk.read(desk.cases.ListNotes, wanted, role, person=person)
    return [(one.author_id, one.body) for one in answer.notes]


async def test_a_note_to_oneself_is_read_by_nobody_else_and_leaves_no_trace(desk: Desk) -> None:
    application_id, me, colleague = await desk.case(), new_id(), new_id()
    before = await desk.journal(application_id)
    answer = await desk.act(desk.cases.WriteNote, note(application_id, "SELF"), "INSTRUCTOR", person=me)
    assert answer.body == ""  # the answer is kept with the request: words are not
    assert await read(desk, application_id, person=me) == [(me, "Appeler la mairie.")]
    assert await read(desk, application_id, person=colleague) == []
    assert await read(desk, application_id, "AUDITOR", person=new_id()) == []
    assert await desk.journal(application_id) == before


async def test_a_note_to_the_file_is_read_by_its_agents_and_told_by_its_history(desk: Desk) -> None:
    application_id, me = await desk.case(), new_id()
    await desk.act(desk.cases.WriteNote, note(application_id), "INSTRUCTOR", person=me)
    for role in ("INSTRUCTOR", "CALL_ADMIN", "FINANCE", "AUTHORISING_OFFICER", "AUDITOR"):
        assert await read(desk, application_id, role, person=new_id()) == [(me, "Appeler la mairie.")]
    assert (await desk.journal(application_id)).count("note_written") == 1


@pytest.mark.parametrize("role", ["APPLICANT", "CO_EDITOR", "JURY_MEMBER", "JURY_CHAIR", "JURY_SECRETARY", "EXPERT"])
async def test_neither_applicants_nor_the_jury_read_notes(desk: Desk, role: str) -> None:
    applicant = new_id()
    application_id = await desk.case(applicant_id=applicant)
    await desk.act(desk.cases.WriteNote, note(application_id), "INSTRUCTOR", person=new_id())
    with refused("NOT_ALLOWED", Kind.DENIED):
        await read(desk, application_id, role, person=applicant)


async def test_one_rewrites_and_removes_only_ones_own(desk: Desk) -> None:
    application_id, me = await desk.case(), new_id()
    first = note(application_id)
    await desk.act(desk.cases.WriteNote, first, "INSTRUCTOR", person=me)
    again = note(application_id, note_id=first.note_id, body="Fait.", expected_version=1)
    with refused("NOT_FOUND", Kind.NOT_FOUND):
        await desk.act(desk.cases.WriteNote, again, "INSTRUCTOR", person=new_id())
    await desk.act(desk.cases.WriteNote, again, "INSTRUCTOR", person=me)
    with refused("STALE_DRAFT"):
        await desk.act(desk.cases.WriteNote, again, "INSTRUCTOR", person=me)
    removing = pb.RemoveNoteRequest(application_id=application_id, note_id=first.note_id)
    with refused("NOT_FOUND", Kind.NOT_FOUND):
        await desk.act(desk.cases.RemoveNote, removing, "INSTRUCTOR", person=new_id())
    await desk.act(desk.cases.RemoveNote, removing, "INSTRUCTOR", person=me)
    assert await read(desk, application_id, person=me) == []
    with refused("NOT_FOUND", Kind.NOT_FOUND):
        await desk.act(desk.cases.RemoveNote, removing, "INSTRUCTOR", person=me)


@pytest.mark.parametrize(("field", "reason"), [("body", "TEXT_EMPTY"), ("audience", "FIELD_MISSING")])
async def test_a_note_says_something_to_somebody(desk: Desk, field: str, reason: str) -> None:
    request = note(await desk.case())
    request.ClearField(field)  # type: ignore[arg-type]
    with refused(reason, field=field):
        await desk.act(desk.cases.WriteNote, request, "INSTRUCTOR")
