"""The two forms and the answer to a correction: what is written, until when, what deposits it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jalon.intake.v1 import applications_pb2 as pb
from jalon.intake.v1 import calls_pb2, documents_pb2

from kit.errors import Refused
from web.desk import Desk
from web.portal import drafts, questions
from web.portal.drafts import Step
from web.rulebooks import Words


@dataclass(frozen=True)
class Draft:
    """A form being written. ``key``: its address and its words (``candidature``, ``dossier``, ``correction``).

    ``asked``: the fields a correction opens, None for all; ``pieces``: the codes of those that may be sent.
    """

    key: str
    application: pb.Application
    content: Any
    version: int
    closes_at: Any
    steps: Sequence[Step]
    rulebook: Words
    fact: str
    asked: frozenset[str] | None = None
    pieces: tuple[str, ...] = ()
    correction_id: str = ""

    @property
    def base(self) -> str:
        """Where its pages are."""
        return f"/demandes/{self.application.application_id}/{self.key}"

    @property
    def request_id(self) -> str:
        """Of its deposit."""
        return drafts.one_time(self.application.application_id, self.fact + self.correction_id)

    def step(self, name: str) -> Step | None:
        """A group by its address."""
        return next((step for step in self.steps if step.name == name), None)

    def following(self, step: Step) -> str:
        """The page after a group."""
        place = list(self.steps).index(step) + 1
        if place < len(self.steps):
            return f"{self.base}/{self.steps[place].name}"
        return f"/demandes/{self.application.application_id}/pieces" if self.pieces else f"{self.base}/relecture"

    async def save(self, desk: Desk, content: Any) -> pb.Draft:
        """Saves the whole form."""
        kept = {"application_id": self.application.application_id, "expected_version": self.version, "content": content}
        made = pb.SavePreApplicationRequest if self.key == "candidature" else pb.SaveFullApplicationRequest
        found: pb.Draft = await desk.send("intake.applications", made(**kept))
        return found

    async def deposit(self, desk: Desk, version: int) -> None:
        """Deposits a version; pressed again, it is one deposit."""
        kept: dict[str, Any] = {"application_id": self.application.application_id, "draft_version": version}
        message: Any
        if self.key == "candidature":
            message = pb.SubmitApplicationRequest(**kept)
        elif self.key == "dossier":
            message = pb.SubmitFullApplicationRequest(**kept)
        else:
            message = pb.SubmitCorrectionRequest(**kept, correction_id=self.correction_id)
        await desk.send("intake.applications", message, self.request_id)


async def draft_of(desk: Desk, key: str, application: pb.Application) -> Draft | None:
    """The form of this address if it may be written now."""
    rulebook = await desk.rulebook(application.call_id)
    state = pb.ApplicationState.Name(application.state)
    if key == "candidature" and state == "APPLICATION_STATE_DRAFT":
        call = await desk.read("intake.calls", calls_pb2.GetCallRequest(call_id=application.call_id))
        return Draft(
            key,
            application,
            application.pre_application,
            application.pre_version,
            call.pre_application_closes_at,
            questions.PRE,
            rulebook,
            "application_submitted",
        )
    if key == "dossier" and state == "APPLICATION_STATE_INVITED":
        return Draft(
            key,
            application,
            _carried_on(application),
            application.full_version,
            application.full_closes_at,
            questions.FULL,
            rulebook,
            "full_application_submitted",
            pieces=expected_pieces(application, rulebook, "full_application"),
        )
    correction = open_correction(application)
    return _answer(application, rulebook, correction) if key == "correction" and correction else None


def _carried_on(application: pb.Application) -> pb.FullApplication:
    """The second form; before its first save, what the first one already says."""
    if application.full_version:
        return application.full_application
    pre = application.pre_application
    return pb.FullApplication(requested_cents=pre.requested_cents, jobs_planned=pre.jobs_planned)


def _answer(application: pb.Application, rulebook: Words, correction: pb.Correction) -> Draft:
    asked = frozenset(item.field.partition("[")[0].partition(".")[0] for item in correction.items if item.field)
    steps = [step for step in questions.FULL if asked & set(drafts.field_names(step))]
    return Draft(
        "correction",
        application,
        application.full_application,
        application.full_version,
        correction.closes_at,
        steps,
        rulebook,
        "correction_submitted",
        asked=asked,
        pieces=tuple(item.piece for item in correction.items if item.piece),
        correction_id=correction.correction_id,
    )


def open_correction(application: pb.Application) -> pb.Correction | None:
    """What is asked of the applicant now."""
    return next((one for one in application.corrections if one.state == pb.CORRECTION_STATE_OPEN), None)


def received(application: pb.Application) -> list[documents_pb2.Document]:
    """The pieces that are whole."""
    return [one for one in application.documents if one.state == documents_pb2.DOCUMENT_STATE_RECEIVED]


def waiting(application: pb.Application) -> list[documents_pb2.Document]:
    """Those that no deposit has taken yet."""
    return [one for one in received(application) if not one.HasField("deposited_at")]


def expected_pieces(application: pb.Application, rulebook: Words, stage: str) -> tuple[str, ...]:
    """The pieces the rulebook asks of this legal family at a stage."""
    family = application.pre_application.applicant.legal_family
    return tuple(
        piece["code"]
        for piece in rulebook.content["pieces"]
        if piece["stage"] == stage and (piece["families"] is None or family in piece["families"])
    )


def writing(application: pb.Application) -> str:
    """The address of the form that is being written; empty when none is."""
    if application.state == pb.APPLICATION_STATE_DRAFT:
        return "candidature"
    if application.state == pb.APPLICATION_STATE_INVITED:
        return "dossier"
    return "correction" if open_correction(application) else ""


def is_stale(refused: Refused) -> bool:
    """True when somebody saved meanwhile."""
    return refused.reason == "STALE_DRAFT"
