"""A piece on its way to the documents service: announced, sent by parts, checked; an interrupted one resumes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4, uuid5

from jalon.intake.v1 import applications_pb2 as pb
from jalon.intake.v1 import documents_pb2
from litestar.datastructures import UploadFile

from kit.errors import Refused
from web.desk import Desk
from web.downloads import whole
from web.portal.stages import received

PART_BYTES = 1024 * 1024
STUB = "intake.documents"


@dataclass(frozen=True)
class Paper:
    """A file as it is announced: its piece, name, size, SHA-256, and the date it bears."""

    piece: str
    file_name: str
    size_bytes: int
    digest: str
    issued_on: str = ""

    def document_id(self, application_id: str) -> str:
        """The same file for the same piece is the same document: that is what resuming rests on."""
        return str(uuid5(UUID(application_id), f"{self.piece}/{self.digest}/{self.file_name}/{self.issued_on}"))


@dataclass(frozen=True)
class Announced:
    """An upload under way; ``whole``: nothing is left to send."""

    document_id: str
    received_bytes: int
    whole: bool = False


async def announce(desk: Desk, application: pb.Application, paper: Paper) -> Announced:
    """Announces a file, or learns how much of it is already there."""
    document_id = paper.document_id(application.application_id)
    kept = [one for one in received(application) if one.piece == paper.piece]
    if kept and max(kept, key=lambda one: one.received_at.ToNanoseconds()).document_id == document_id:
        return Announced(document_id, paper.size_bytes, whole=True)
    try:
        upload = await _begin(desk, application.application_id, paper, document_id)
    except Refused as refused:
        if not any(fault.reason == "ID_TAKEN" for fault in refused.fields):
            raise
        document_id = str(uuid4())  # sent before, then replaced or refused: it begins anew
        upload = await _begin(desk, application.application_id, paper, document_id)
    return Announced(document_id, upload.received_bytes)


async def _begin(desk: Desk, application_id: str, paper: Paper, document_id: str) -> Any:
    request = documents_pb2.BeginUploadRequest(
        application_id=application_id,
        document_id=document_id,
        piece=paper.piece,
        file_name=paper.file_name,
        size_bytes=paper.size_bytes,
        digest=paper.digest,
        issued_on=paper.issued_on,
    )
    return await desk.send(STUB, request)


async def send_part(desk: Desk, application_id: str, document_id: str, *, offset: int, data: bytes) -> int:
    """Sends a part; the bytes held."""
    request = documents_pb2.UploadPartRequest(
        application_id=application_id, document_id=document_id, offset=offset, data=data
    )
    return int((await desk.send(STUB, request)).received_bytes)


async def complete(desk: Desk, application_id: str, document_id: str) -> documents_pb2.Document:
    """Says that all was sent; refused when it is not what it claims."""
    request = documents_pb2.CompleteUploadRequest(application_id=application_id, document_id=document_id)
    found: documents_pb2.Document = await desk.send(STUB, request)
    return found


async def send_whole(desk: Desk, application: pb.Application, file: UploadFile, *, piece: str, issued_on: str) -> str:
    """Sends a file that came with a form; its document's id."""
    digest, size = sha256(), 0
    async for part in _parts(file):
        digest.update(part)
        size += len(part)
    announced = await announce(desk, application, Paper(piece, file.filename, size, digest.hexdigest(), issued_on))
    if announced.whole:
        return announced.document_id
    offset = 0
    async for part in _parts(file):
        await send_part(desk, application.application_id, announced.document_id, offset=offset, data=part)
        offset += len(part)
    await complete(desk, application.application_id, announced.document_id)
    return announced.document_id


async def _parts(file: UploadFile) -> AsyncIterator[bytes]:
    await file.seek(0)
    while part := await file.read(PART_BYTES):
        yield part


async def bytes_of(desk: Desk, stub: str, ask: Callable[[int], Any]) -> AsyncIterator[bytes]:
    """What a service keeps, part after part; ``ask`` makes the request of an offset."""
    return await whole(lambda offset: desk.read(stub, ask(offset)))
