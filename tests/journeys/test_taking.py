"""An applicant takes her data away: everything of hers, nothing said among agents, nobody else's."""

from __future__ import annotations

import io
import json
import zipfile
from uuid import uuid4

import pytest
from jalon.review.v1 import cases_pb2 as review

from deploy.local.installation import Installation
from tests.journeys.pages import visiting
from tests.journeys.second_call import Second

pytestmark = pytest.mark.timeout(600)
PLAN = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
NOTE = "Note de travail entre agents : à revoir avec le service juridique."


async def _note(second: Second, name: str) -> None:
    request = review.WriteNoteRequest(
        application_id=second.id_of(name), note_id=str(uuid4()), audience=review.NOTE_AUDIENCE_FILE, body=NOTE
    )
    stub = second.town.stub("review", "cases")
    await second.town.door.send(second.role("INSTRUCTOR"), stub.WriteNote, request, request_id=str(uuid4()))


async def test_she_takes_what_is_hers_and_nothing_said_among_agents(installation: Installation, second: Second) -> None:
    await _note(second, "sealed")
    file, who = second.files["sealed"], second.applicant("sealed")
    entering = visiting(installation, "portal", call_id=second.stage.call_id, person=who.person)
    async with entering as visit:
        answer = await visit.get(f"/demandes/{second.id_of('sealed')}/donnees.zip")
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "private, no-store"
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    held = {name: archive.read(name) for name in archive.namelist()}
    assert {"LISEZMOI.txt", "demande.json", "messages.json", "historique.json", "subvention.json"} <= held.keys()
    assert "convention.pdf" in held
    assert held["convention.pdf"].startswith(b"%PDF")
    application = json.loads(held["demande.json"])
    assert application["pre_application"]["title"] == file.project.title
    assert len([name for name in held if name.startswith("pieces/")]) == len(application["documents"])
    assert json.loads(held["messages.json"])[0]["body"]
    every = b"\n".join(held.values()).decode(errors="replace")
    for inward in (NOTE, "proposed_cents", "reviewer_id", second.role("INSTRUCTOR").person):
        assert inward not in every, inward
    names = {one.organization.name for one in second.stage.edition.applications} - {file.organization.name}
    assert [name for name in names if name in every] == []


async def test_another_persons_data_does_not_exist(installation: Installation, second: Second) -> None:
    who = second.applicant("changed")
    async with visiting(installation, "portal", call_id=second.stage.call_id, person=who.person) as visit:
        assert (await visit.get(f"/demandes/{second.id_of('sealed')}/donnees.zip")).status_code == 404
        assert (await visit.get(f"/demandes/{second.id_of('changed')}/donnees.zip")).status_code == 200


async def test_documents_joined_to_messages_are_taken_too(installation: Installation, second: Second) -> None:
    application_id, who = second.id_of("changed"), second.applicant("changed")
    async with visiting(installation, "portal", call_id=second.stage.call_id, person=who.person) as visit:
        written = await visit.client.post(
            f"/demandes/{application_id}/courriers",
            data={"_csrf_token": visit.token, "text": "Voici le plan d'accès."},
            files={"fichier": ("plan.pdf", PLAN, "application/pdf")},
        )
        assert written.status_code == 303
        answer = await visit.get(f"/demandes/{application_id}/donnees.zip")
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    newest = json.loads(archive.read("messages.json"))[0]
    assert (newest["body"], newest["attachments"]) == ("Voici le plan d'accès.", ["plan.pdf"])
    assert archive.read("messages/01-plan.pdf") == PLAN
