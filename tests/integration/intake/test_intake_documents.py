"""Pieces: announced, sent by parts, checked for what they are."""

from __future__ import annotations

import hashlib
import io
import zipfile
from uuid import uuid4

from jalon.intake.v1 import documents_pb2 as docs

from kit.files import PART_BYTES
from tests.integration.harness import refused
from tests.integration.intake.intake_people import PDF, Porter, full_application, pre_application

EXE = b"MZ\x90\x00" + b"\x00" * 200


def _office(folder: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(f"{folder}/content.xml", "<x/>")
    return data.getvalue()


async def test_large_piece_arrives_in_parts_in_any_order(invited: Porter) -> None:
    data = PDF + b"%" + b"x" * (2 * PART_BYTES)
    upload = await invited.begin("statutes", data)
    assert (upload.received_bytes, upload.part_bytes) == (0, PART_BYTES)
    with refused("UPLOAD_INCOMPLETE"):
        await invited.complete(upload.document_id)
    for offset in (PART_BYTES, 2 * PART_BYTES, 0, 0):
        upload = await invited.part(upload.document_id, data[offset : offset + PART_BYTES], offset)
    assert upload.received_bytes == len(data)
    with refused("PART_OUT_OF_RANGE", field="offset"):
        await invited.part(upload.document_id, b"xx", len(data) - 1)
    document = await invited.complete(upload.document_id)
    assert (document.state, document.media_type) == (docs.DOCUMENT_STATE_RECEIVED, "application/pdf")
    read = b""
    while part := await _read(invited, document.document_id, len(read)):
        read += part
    assert read == data
    assert "document_received" in await invited.events()
    with refused("NOT_IN_THIS_STATE"):
        await invited.part(document.document_id, b"x")


async def _read(porter: Porter, document_id: str, offset: int) -> bytes:
    request = docs.ReadDocumentRequest(application_id=porter.application_id, document_id=document_id, offset=offset)
    answer = await porter.read(porter.desk.docs.ReadDocument, request)
    return bytes(answer.data)


async def test_announcement_is_checked_before_a_byte_is_taken(invited: Porter) -> None:
    with refused("DOCUMENT_EMPTY", field="size_bytes"):
        await invited.begin("statutes", b"")
    with refused("DOCUMENT_TOO_LARGE", field="size_bytes"):
        await invited.begin("statutes", PDF, size_bytes=50 * 1024 * 1024)
    with refused("DOCUMENT_TYPE_NOT_ACCEPTED", field="file_name"):
        await invited.begin("statutes", PDF, file_name="statuts.exe")
    with refused("FILE_NAME_UNREADABLE", field="file_name"):
        await invited.begin("statutes", PDF, file_name="../statuts.pdf")
    with refused("DIGEST_UNREADABLE", field="digest"):
        await invited.begin("statutes", PDF, digest="x")
    with refused("PIECE_UNKNOWN", field="piece"):
        await invited.begin("poem", PDF)
    with refused("DATE_UNCLEAR", field="issued_on"):
        await invited.begin("statutes", PDF, issued_on="31/12/2022")
    with refused("DOCUMENT_NOT_EXPECTED"):
        await invited.begin("financial_report", PDF)


async def test_executable_named_pdf_is_refused_for_good(invited: Porter) -> None:
    upload = await invited.begin("statutes", EXE)
    await invited.part(upload.document_id, EXE)
    for _ in range(2):
        with refused("DOCUMENT_TYPE_MISMATCH"):
            await invited.complete(upload.document_id)
    with refused("NOT_IN_THIS_STATE"):
        await invited.part(upload.document_id, PDF)
    mine = await invited.mine()
    assert [document.state for document in mine.documents] == [docs.DOCUMENT_STATE_REFUSED]
    await invited.save_full(full_application())
    await invited.submit_full()
    _, facts = (await invited.facts())[-1]
    assert facts["pieces"] == []


async def test_other_bytes_than_announced_are_refused(invited: Porter) -> None:
    upload = await invited.begin("statutes", PDF)
    await invited.part(upload.document_id, PDF.replace(b"obj", b"abc"))
    with refused("DOCUMENT_DIGEST_MISMATCH"):
        await invited.complete(upload.document_id)


async def test_office_documents_are_known_for_what_they_are(invited: Porter) -> None:
    for folder, name in (("word", "projet.docx"), ("xl", "budget.xlsx")):
        document = await invited.send("project_presentation", _office(folder), file_name=name)
        assert document.state == docs.DOCUMENT_STATE_RECEIVED
    with refused("DOCUMENT_TYPE_MISMATCH"):
        await invited.send("project_presentation", _office("xl"), file_name="projet.docx")


async def test_decomposed_name_is_kept_in_one_spelling(invited: Porter) -> None:
    document = await invited.send("statutes", file_name="Statuts de l’E\u0301veil.pdf")
    assert document.file_name == "Statuts de l’Éveil.pdf"


async def test_same_announcement_resumes_and_another_one_cannot_take_its_id(invited: Porter) -> None:
    data, document_id = PDF + b"%" + b"y" * 100, str(uuid4())
    await invited.begin("statutes", data, document_id=document_id)
    await invited.part(document_id, data[:50])
    again = await invited.begin("statutes", data, document_id=document_id)
    assert again.received_bytes == 50
    with refused("ID_TAKEN", field="document_id"):
        await invited.begin("officers_list", data, document_id=document_id)


async def test_piece_is_read_by_agents_once_deposited_and_only_of_its_file(invited: Porter) -> None:
    desk = invited.desk
    document = await invited.send("statutes")
    asked = docs.ReadDocumentRequest(application_id=invited.application_id, document_id=document.document_id)
    with refused("NOT_FOUND"):
        await desk.read(desk.docs.ReadDocument, asked, "INSTRUCTOR")
    await invited.deposit_full()
    seen = await desk.read(desk.docs.ReadDocument, asked, "INSTRUCTOR")
    assert hashlib.sha256(seen.data).hexdigest() == document.digest
    other = desk.porter()
    await other.save(pre_application())
    foreign = docs.ReadDocumentRequest(application_id=other.application_id, document_id=document.document_id)
    with refused("NOT_FOUND"):
        await other.read(desk.docs.ReadDocument, foreign)
    with refused("NOT_FOUND"):
        await other.read(desk.docs.ReadDocument, asked)
