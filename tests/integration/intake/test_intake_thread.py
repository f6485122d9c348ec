"""A thread from both sides: words and what goes with them, what each side has not read, whom the mail goes to."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import uuid4

import pytest
from jalon.common.v1 import rights_pb2
from jalon.intake.v1 import applications_pb2 as apps
from jalon.intake.v1 import calls_pb2 as calls
from jalon.intake.v1 import documents_pb2 as docs

from kit.errors import Kind
from tests.integration.harness import refused
from tests.integration.intake.intake_people import PDF, Desk, Porter
from tests.integration.intake.test_intake_mails import listed, registered


@pytest.fixture
async def porter(desk: Desk) -> Porter:
    """Somebody whose application was deposited."""
    porter = desk.porter()
    await porter.deposit()
    return porter


def words(porter: Porter, text: str = "Bonjour,", **more: Any) -> apps.PostMessageRequest:
    return apps.PostMessageRequest(application_id=porter.application_id, text=text, **more)


async def seen(porter: Porter, role: str = "") -> list[apps.Message]:
    asked = apps.ListMessagesRequest(application_id=porter.application_id)
    if role:
        return list((await porter.desk.read(porter.desk.apps.ListMessages, asked, role)).messages)
    return list((await porter.read(porter.desk.apps.ListMessages, asked)).messages)


async def unread_by_the_service(desk: Desk, **filters: Any) -> tuple[dict[str, int], int]:
    """Files of the list with how many messages wait, and how many such files are counted."""
    rows = await desk.read(
        desk.apps.ListApplications, apps.ListApplicationsRequest(call_id=desk.call_id, **filters), "INSTRUCTOR"
    )
    counts = await desk.read(
        desk.apps.CountApplications, apps.CountApplicationsRequest(call_id=desk.call_id, **filters), "INSTRUCTOR"
    )
    return {row.application_id: row.unread_count for row in rows.rows}, counts.unread


async def test_each_side_sees_what_it_has_not_read_until_it_reads_or_answers(desk: Desk, porter: Porter) -> None:
    other = desk.porter()
    await other.deposit()
    await porter.act(desk.apps.PostMessage, words(porter))
    assert await unread_by_the_service(desk) == ({porter.application_id: 1, other.application_id: 0}, 1)
    assert await unread_by_the_service(desk, unread=True) == ({porter.application_id: 1}, 1)
    (message,) = await seen(porter, "INSTRUCTOR")
    assert (message.unread, message.from_applicants, message.author) == (True, True, porter.person)
    assert [one.unread for one in await seen(porter)] == [False], "one's own is read"
    read = apps.MarkThreadReadRequest(application_id=porter.application_id, message_id=message.message_id)
    await desk.act(desk.apps.MarkThreadRead, read, "INSTRUCTOR")
    assert await unread_by_the_service(desk, unread=True) == ({}, 0)
    await porter.act(desk.apps.PostMessage, words(porter, "Et aussi…"))
    await desk.act(desk.apps.PostMessage, words(porter, "Réponse."), "INSTRUCTOR")
    assert (await unread_by_the_service(desk))[1] == 0, "an answer has read what was there"
    mine = await porter.read(desk.apps.ListMyApplications, apps.ListMyApplicationsRequest())
    assert [row.unread_count for row in mine.rows] == [1]
    newest = (await seen(porter))[0]
    assert (newest.unread, newest.from_applicants) == (True, False)
    read.message_id = newest.message_id
    await porter.act(desk.apps.MarkThreadRead, read)
    mine = await porter.read(desk.apps.ListMyApplications, apps.ListMyApplicationsRequest())
    assert [row.unread_count for row in mine.rows] == [0]
    read.message_id = message.message_id
    await porter.act(desk.apps.MarkThreadRead, read)
    assert not any(one.unread for one in await seen(porter)), "reading an older one unreads nothing"


async def test_the_same_press_twice_is_one_message(desk: Desk, porter: Porter) -> None:
    request_id, at = str(uuid4()), await desk.served.caller.now()
    for _ in range(2):
        await porter.act(desk.apps.PostMessage, words(porter), request_id=request_id, occurred_at=at)
    assert len(await seen(porter)) == 1


async def test_mail_goes_to_the_other_side_only(desk: Desk, porter: Porter) -> None:
    reviewer = str(uuid4())
    carrier, agent = await registered(desk, porter.person), await registered(desk, reviewer, "INSTRUCTOR")
    grant = calls.GrantRoleRequest(call_id=desk.call_id, person_id=reviewer, role=rights_pb2.ROLE_INSTRUCTOR)
    await desk.act(desk.calls.GrantRole, grant, "CALL_ADMIN")
    progress = apps.Progress(
        application_id=porter.application_id,
        version=5,
        stage=apps.STAGE_REVIEW,
        next_event=apps.NEXT_EVENT_CONCLUDE_REVIEW,
        reviewer_id=reviewer,
    )
    await desk.system(desk.apps.WriteProgress, apps.WriteProgressRequest(progress=progress))
    await porter.act(desk.apps.PostMessage, words(porter))
    await desk.act(desk.apps.PostMessage, words(porter, "Réponse."), "INSTRUCTOR")
    sent = [(one.email, one.site, one.kind) for one in await listed(desk, porter.application_id)]
    assert sent == [(carrier, "portal", "message"), (agent, "backoffice", "message")]


@pytest.mark.parametrize("role", ["APPLICANT", "INSTRUCTOR"])
async def test_a_document_goes_with_a_message_and_stays_out_of_the_pieces(
    role: str, desk: Desk, porter: Porter
) -> None:
    document_id = str(uuid4())
    about: dict[str, Any] = {"application_id": porter.application_id, "document_id": document_id}

    async def act(method: Any, request: Any) -> Any:
        if role == "APPLICANT":
            return await porter.act(method, request)
        return await desk.act(method, request, role)

    digest = hashlib.sha256(PDF).hexdigest()
    announced = docs.BeginUploadRequest(
        **about, piece="message", file_name="plan.pdf", size_bytes=len(PDF), digest=digest
    )
    await act(desk.docs.BeginUpload, announced)
    await act(desk.docs.UploadPart, docs.UploadPartRequest(**about, data=PDF))
    await act(desk.docs.CompleteUpload, docs.CompleteUploadRequest(**about))
    posted = await act(desk.apps.PostMessage, words(porter, document_ids=[document_id]))
    assert [one.file_name for one in posted.attachments] == ["plan.pdf"]
    for reader in ("", "INSTRUCTOR", "AUDITOR"):
        (message,) = await seen(porter, reader)
        (attached,) = message.attachments
        assert (attached.file_name, attached.media_type, attached.size_bytes) == (
            "plan.pdf",
            "application/pdf",
            len(PDF),
        )
    read = await desk.read(desk.docs.ReadDocument, docs.ReadDocumentRequest(**about), "INSTRUCTOR")
    assert (read.data, read.file_name) == (PDF, "plan.pdf")
    assert not (await porter.mine()).documents
    with refused("NOT_FOUND", Kind.NOT_FOUND):
        await act(desk.apps.PostMessage, words(porter, "encore", document_ids=[document_id]))


async def test_what_claims_to_be_another_type_does_not_go_with_a_message(desk: Desk, porter: Porter) -> None:
    with refused("DOCUMENT_TYPE_MISMATCH"):
        await porter.send("message", b"MZ" + PDF[2:], file_name="plan.pdf")
    for piece in ("statutes", "provisional_budget"):
        wrong = docs.BeginUploadRequest(
            application_id=porter.application_id,
            document_id=str(uuid4()),
            piece=piece,
            file_name="plan.pdf",
            size_bytes=len(PDF),
            digest=hashlib.sha256(PDF).hexdigest(),
        )
        with refused("PIECE_UNKNOWN", field="piece"):
            await desk.act(desk.docs.BeginUpload, wrong, "INSTRUCTOR")


async def test_a_draft_has_no_thread_and_a_letter_is_the_engine_s(desk: Desk, porter: Porter) -> None:
    draft = desk.porter()
    await draft.save(apps.PreApplication(title="Brouillon"))
    with refused("NOT_IN_THIS_STATE"):
        await draft.act(desk.apps.PostMessage, words(draft))
    for act in (desk.act, None):
        letter = words(porter, "x", template="granted")
        with refused("FIELD_UNKNOWN", field="template"):
            if act is None:
                await porter.act(desk.apps.PostMessage, letter)
            else:
                await act(desk.apps.PostMessage, letter, "INSTRUCTOR")


async def test_a_message_leaves_its_digest_in_the_history_and_no_word_of_it(desk: Desk, porter: Porter) -> None:
    await porter.act(desk.apps.PostMessage, words(porter, "Nous avons 1 000 € de côté."))
    facts = await desk.served.pool.fetchval(
        "SELECT facts::text || words FROM journal WHERE subject_id = $1::uuid AND event = 'message_written'",
        porter.application_id,
    )
    assert "message_id" in facts
    assert "de côté" not in facts


async def test_nobody_else_reads_a_document_of_the_thread(desk: Desk, porter: Porter) -> None:
    document = await porter.send("message")
    await porter.act(desk.apps.PostMessage, words(porter, document_ids=[document.document_id]))
    asked = docs.ReadDocumentRequest(application_id=porter.application_id, document_id=document.document_id)
    with refused("NOT_FOUND", Kind.NOT_FOUND):
        await desk.served.caller.read(desk.docs.ReadDocument, asked, role="SYSTEM")
    other = desk.porter()
    await other.deposit()
    with refused("NOT_FOUND", Kind.NOT_FOUND):
        await other.read(desk.docs.ReadDocument, asked)
