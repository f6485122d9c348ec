"""Pieces: those the rulebook asks for now, what was received, and sending one with or without scripts."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from jalon.intake.v1 import applications_pb2 as pb
from jalon.intake.v1 import documents_pb2
from litestar import Controller, Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath
from litestar.response import Stream, Template

from kit.errors import Refused, not_found
from web import words
from web.desk import AtDesk, Desk
from web.page import AnyRequest, flash, page, see, typed
from web.portal import drafts, uploads
from web.portal.stages import Draft, draft_of, expected_pieces, received, writing
from web.portal.uploads import Paper
from web.rulebooks import Words
from web.words import t

LARGEST_FILE = 32 * 1024 * 1024
"""Bytes of a form that carries a whole piece: above any rulebook's limit, which the service applies."""
WRITES = ("GetApplication", "BeginUpload", "UploadPart", "CompleteUpload")
LATER = ("agreement", "report")


class PiecesPages(Controller):
    """``/demandes/{application_id}/pieces``."""

    path = "/demandes/{application_id:uuid}/pieces"

    @get("/", rpcs=WRITES)
    async def show(self, request: AnyRequest, desk: AtDesk, application_id: FromPath[UUID]) -> Template:
        """What is asked, what is there."""
        return await _page(request, desk, await drafts.read(desk, application_id))

    @post("/{piece:str}", rpcs=WRITES, status_code=200, request_max_body_size=LARGEST_FILE)
    async def send(
        self, request: AnyRequest, desk: AtDesk, application_id: FromPath[UUID], *, piece: FromPath[str]
    ) -> Response[Any]:
        """A piece sent with the form."""
        application = await drafts.read(desk, application_id)
        file, values = (await request.form()).get("fichier"), typed(request)
        if not isinstance(file, UploadFile) or not file.filename:
            return await _page(request, desk, application, wrong={piece: [t("pieces.no_file")]})
        try:
            await uploads.send_whole(
                desk, application, file, piece=piece, issued_on=(values.get("issued_on") or [""])[0]
            )
        except Refused as refused:
            return await _page(request, desk, application, wrong={piece: words.explain(refused)})
        flash(request, t("pieces.received", name=file.filename))
        return see(f"/demandes/{application_id}/pieces#{piece}")

    @post("/{piece:str}/parties", rpcs=WRITES, status_code=200)
    async def send_part(
        self, request: AnyRequest, desk: AtDesk, application_id: FromPath[UUID], *, piece: FromPath[str]
    ) -> Response[Any]:
        """The same by parts: first the announcement, then each part; the answer says how much is held."""
        form, values = await request.form(), {name: found[0] for name, found in typed(request).items()}
        part = form.get("part")
        try:
            if not isinstance(part, UploadFile):
                size = values.get("size", "0")
                paper = Paper(
                    piece,
                    values.get("file_name", ""),
                    int(size) if size.isdigit() else 0,
                    values.get("digest", ""),
                    values.get("issued_on", ""),
                )
                announced = await uploads.announce(desk, await drafts.read(desk, application_id), paper)
                held, whole, document_id = announced.received_bytes, announced.whole, announced.document_id
            else:
                document_id, whole = values.get("document_id", ""), False
                offset = values.get("offset", "0")
                data, place = await part.read(), int(offset) if offset.isdigit() else 0
                held = await uploads.send_part(desk, str(application_id), document_id, offset=place, data=data)
            if not whole and held >= int(values.get("size") or 0):
                await uploads.complete(desk, str(application_id), document_id)
                whole = True
        except Refused as refused:
            return Response({"sentence": " ".join(words.explain(refused))}, status_code=422)
        if whole:
            flash(request, t("pieces.received", name=values.get("file_name", "")))
        return Response({"document_id": document_id, "received_bytes": held, "whole": whole})

    @get("/{piece:str}/{document_id:uuid}", rpcs=("GetApplication", "ReadDocument"))
    async def read(
        self, desk: AtDesk, application_id: FromPath[UUID], piece: FromPath[str], *, document_id: FromPath[UUID]
    ) -> Stream:
        """A received piece, as a file to keep."""
        application = await drafts.read(desk, application_id)
        document = next((one for one in received(application) if one.document_id == str(document_id)), None)
        if document is None:
            raise not_found()

        def ask(offset: int) -> documents_pb2.ReadDocumentRequest:
            return documents_pb2.ReadDocumentRequest(
                application_id=str(application_id), document_id=str(document_id), offset=offset
            )

        return download(await uploads.bytes_of(desk, uploads.STUB, ask), document.file_name)


def download(data: Any, file_name: str) -> Stream:
    """A file that the browser keeps rather than shows: nothing an applicant sent is run here."""
    safe = "".join(mark if mark.isascii() and (mark.isalnum() or mark in "._-") else "_" for mark in file_name)
    headers = {"Content-Disposition": f'attachment; filename="{safe}"', "Cache-Control": "private, no-store"}
    return Stream(data, media_type="application/octet-stream", headers=headers)


async def _page(
    request: AnyRequest, desk: Desk, application: pb.Application, wrong: dict[str, list[str]] | None = None
) -> Template:
    rulebook = await desk.rulebook(application.call_id)
    draft = await draft_of(desk, writing(application), application) if writing(application) else None
    return page(
        request,
        "pieces.html",
        status=422 if wrong else 200,
        title=t("apply.step.pieces"),
        here="mine",
        application=application,
        rulebook=rulebook,
        draft=draft,
        rows=[_row(application, rulebook, code) for code in _expected(application, rulebook, draft)],
        wrong=wrong or {},
        limit=rulebook.content["upload"]["max_bytes"],
    )


def _expected(application: pb.Application, rulebook: Words, draft: Draft | None) -> tuple[str, ...]:
    if draft is not None:
        return draft.pieces
    if application.state == pb.APPLICATION_STATE_FULL_SUBMITTED:
        return tuple(code for stage in LATER for code in expected_pieces(application, rulebook, stage))
    return ()


def _row(application: pb.Application, rulebook: Words, code: str) -> dict[str, Any]:
    rule = next(piece for piece in rulebook.content["pieces"] if piece["code"] == code)
    return {
        "code": code,
        "label": rulebook.of(code),
        "required": rule["required"],
        "dated": rule["max_age_days"] is not None,
        "received": [one for one in received(application) if one.piece == code],
    }
