"""The pieces of a file beside those its call asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jalon.intake.v1 import applications_pb2 as pb
from jalon.intake.v1 import documents_pb2

from web.rulebooks import Words
from web.words import t

FULL_APPLICATION = "full_application"


@dataclass(frozen=True)
class Piece:
    """One piece asked, now or at a later stage: its documents, newest first."""

    code: str
    label: str
    required: bool
    now: bool
    documents: Sequence[documents_pb2.Document]

    @property
    def received(self) -> bool:
        """True when a document was received."""
        return bool(self.documents)

    @property
    def missing(self) -> bool:
        """True when it is required with the full application and nothing came."""
        return self.required and self.now and not self.documents

    @property
    def kind(self) -> str:
        """How its status is drawn."""
        return "done" if self.documents else "waiting" if self.missing else "closed"

    @property
    def state(self) -> str:
        """Its status in words."""
        if self.documents:
            return t("piece.received")
        return t("piece.asked" if self.missing else "piece.later" if self.required else "piece.optional")


def asked_of(application: pb.Application, rulebook: Words) -> list[Piece]:
    """The rulebook's pieces for the applicant's legal form, then whatever else was deposited."""
    family = application.legal_entity.legal_family or application.pre_application.applicant.legal_family
    asked: list[Piece] = []
    for piece in rulebook.content["pieces"]:
        documents = _documents(application, piece["code"])
        if piece["families"] is None or family in piece["families"] or documents:
            now = piece["stage"] == FULL_APPLICATION
            asked.append(Piece(piece["code"], rulebook.of(piece["code"]), bool(piece["required"]), now, documents))
    known = {piece.code for piece in asked}
    others = sorted({document.piece for document in application.documents} - known)
    return [*asked, *(Piece(one, rulebook.of(one), False, False, _documents(application, one)) for one in others)]


def _documents(application: pb.Application, piece: str) -> list[documents_pb2.Document]:
    found = [
        document
        for document in application.documents
        if document.piece == piece and document.state == documents_pb2.DOCUMENT_STATE_RECEIVED
    ]
    return sorted(found, key=lambda document: document.received_at.ToNanoseconds(), reverse=True)
