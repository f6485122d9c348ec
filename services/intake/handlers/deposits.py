"""Both deposits: one transaction each, final at once, with or without the engine."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from jalon.intake.v1 import applications_pb2 as pb

from kit import clock
from kit.journal import Act
from services.intake.domain.content import (
    FullApplication,
    PreApplication,
    parse_full_application,
    parse_pre_application,
)
from services.intake.domain.deadlines import paris_day
from services.intake.domain.decisions import check_call_open, check_not_submitted, check_version
from services.intake.domain.deposit import Deposit, all_problems, copied, form_bytes, organization_of
from services.intake.domain.eligibility import check_full_application, check_pre_application, require
from services.intake.domain.moves import ApplicationAction, DocumentState, move
from services.intake.domain.receipt import Kind, application_number, receipt
from services.intake.domain.records import Application, Content, Document, Progress
from services.intake.domain.rules import Rulebook
from services.intake.handlers.mails import tell_people
from services.intake.handlers.room import SYSTEM, Part, Room, found
from services.intake.handlers.wire import receipt_message
from services.intake.store import applications as store
from services.intake.store import documents as document_store
from services.intake.store import lists
from services.intake.store.calls import rulebook_of


class Deposits(Part):
    """Depositing the first form, then the second."""

    async def SubmitApplication(self, request: pb.SubmitApplicationRequest, context: Any) -> pb.Receipt:
        """Deposits the pre-application under a number of its own."""

        async def change(act: Act) -> pb.Receipt:
            application = found(await store.lock_application(act.connection, request.application_id))
            check_not_submitted(application, submitted_at=application.submitted_at)
            check_call_open(application.call_state)
            to_state = move(application.state, ApplicationAction.SUBMIT_APPLICATION)
            check_version(application.pre_version, expected=request.draft_version)
            rulebook = await rulebook_of(act.connection, application.call_id)
            saved = await draft_bytes(act, application, stage=store.PRE, version=request.draft_version)
            content, form = parse_pre_application(saved)
            rules = check_pre_application(rulebook, content, received_at=act.at, extended_to=application.pre_closes_at)
            require(all_problems(form, rules))
            documents = await waiting_documents(act, application, stage=store.PRE)
            organization = organization_of(content.applicant, application.application_id)
            organization_id = await store.keep_organization(
                act.connection, organization, fictitious=application.fictitious
            )
            number = await _next_number(act, application)
            deposit = Deposit(
                Kind.APPLICATION_SUBMITTED,
                number,
                request.draft_version,
                to_state,
                received_at=act.at,
                body=form_bytes(content, documents),
            )
            seen = copied(content, organization, number=number)
            await store.submit_application(
                act.connection, application, deposit, copied=seen, organization_id=organization_id
            )
            await lists.write_progress(act.connection, _received(application.application_id))
            await document_store.deposit_documents(act.connection, documents, at=act.at)
            tell(
                act,
                application,
                deposit,
                call_id=application.call_id,
                track=content.track,
                requested_cents=int(content.requested_cents),
                total_cost_cents=int(content.total_cost_cents),
                applicant_id=application.applicant_id,
                number=number,
                natural_person=content.applicant.natural_person,
            )
            return await keep(self._room, act, application, deposit=deposit, rulebook=rulebook)

        return await self._room.journal.write(request, change)

    async def SubmitFullApplication(self, request: pb.SubmitFullApplicationRequest, context: Any) -> pb.Receipt:
        """Deposits the full application with the pieces that are there; missing ones are completeness's affair."""

        async def change(act: Act) -> pb.Receipt:
            application = found(await store.lock_application(act.connection, request.application_id))
            check_not_submitted(application, submitted_at=application.full_submitted_at)
            check_call_open(application.call_state)
            to_state = move(application.state, ApplicationAction.SUBMIT_FULL_APPLICATION)
            check_version(application.full_version, expected=request.draft_version)
            rulebook = await rulebook_of(act.connection, application.call_id)
            saved = await draft_bytes(act, application, stage=store.FULL, version=request.draft_version)
            closes_at = application.full_closes_at
            content = await sound_full(act, application, saved, rulebook=rulebook, closes_at=closes_at)
            documents = await waiting_documents(act, application, stage=store.FULL)
            deposit = Deposit(
                Kind.FULL_APPLICATION_SUBMITTED,
                application.number,
                request.draft_version,
                to_state,
                received_at=act.at,
                body=form_bytes(content, documents),
            )
            await store.submit_full_application(
                act.connection,
                application,
                deposit,
                requested_cents=int(content.requested_cents),
                total_cost_cents=int(content.charges_cents),
            )
            await document_store.deposit_documents(act.connection, documents, at=act.at)
            tell(
                act,
                application,
                deposit,
                requested_cents=int(content.requested_cents),
                section=content.section.name,
                eligible_cost_cents=int(content.eligible_cost_cents),
                legal_family=application.legal_family,
                ends_on=content.ends_on.isoformat(),
                pieces=piece_facts(documents),
            )
            return await keep(self._room, act, application, deposit=deposit, rulebook=rulebook)

        return await self._room.journal.write(request, change)


async def _next_number(act: Act, application: Application) -> str:
    year = paris_day(act.at).year
    return application_number(year, await store.take_number(act.connection, application.call_id, year))


async def draft_bytes(act: Act, application: Application, *, stage: str, version: int) -> bytes:
    """A saved form, as its reader takes it."""
    content: Content = found(
        await store.get_draft(act.connection, application.application_id, stage=stage, version=version)
    )
    return json.dumps(content).encode()


async def sound_full(
    act: Act, application: Application, saved: bytes, *, rulebook: Rulebook, closes_at: datetime
) -> FullApplication:
    """A second form that may be received now; everything wrong with it is told at once."""
    content, form = parse_full_application(saved)
    rules = check_full_application(
        rulebook,
        content,
        pre_application=await deposited_pre_application(act, application),
        pieces=every_piece(rulebook),
        received_at=act.at,
        extended_to=closes_at,
    )
    require(all_problems(form, rules))
    return content


def tell(act: Act, application: Application, deposit: Deposit, *, words: str = "", **facts: Any) -> None:
    """One line of history, one leaf and one fact to relay, of the same name and the same facts."""
    told = {"digest": deposit.digest, "received_at": clock.text(deposit.received_at), **facts}
    act.record(deposit.kind.value, subject=application.application_id, facts=told, words=words)
    act.emit(deposit.kind.value, subject=application.application_id, facts=told)


async def deposited_pre_application(act: Act, application: Application) -> PreApplication:
    """The first form as it was deposited."""
    version = application.pre_submitted_version or 0
    content, _ = parse_pre_application(await draft_bytes(act, application, stage=store.PRE, version=version))
    return content


async def waiting_documents(act: Act, application: Application, *, stage: str) -> tuple[Document, ...]:
    """Whole pieces of a stage that no deposit has taken yet."""
    documents = await document_store.list_documents(act.connection, application.application_id, deposited=False)
    return tuple(
        document
        for document in documents
        if document.state is DocumentState.RECEIVED and document.deposited_at is None and document.stage == stage
    )


async def keep(room: Room, act: Act, application: Application, *, deposit: Deposit, rulebook: Rulebook) -> pb.Receipt:
    """Keeps the bytes received, issues their receipt, and writes to those who carry the file that it is there."""
    await tell_people(
        room,
        act,
        application.application_id,
        kind=f"receipt_{deposit.kind.value}",
        path=f"/demandes/{application.application_id}/recus/{deposit.kind.value}",
        call_id=application.call_id,
        facts={"number": deposit.number},
    )
    await store.keep_receipt(act.connection, application.application_id, deposit)
    issued = receipt(
        rulebook, number=deposit.number, kind=deposit.kind, received_at=deposit.received_at, digest=deposit.digest
    )
    return receipt_message(issued, application.application_id)


def every_piece(rulebook: Rulebook) -> frozenset[str]:
    """No piece stops a deposit: an incomplete file is received, then completed."""
    return frozenset(piece.code for piece in rulebook.pieces)


def piece_facts(documents: tuple[Document, ...]) -> list[dict[str, str]]:
    """What the history says of pieces: code, digest, date on the document."""
    return [
        {
            "piece": document.piece,
            "digest": document.digest,
            "issued_on": document.issued_on.isoformat() if document.issued_on else "",
        }
        for document in documents
    ]


def _received(application_id: str) -> Progress:
    """ "Received, being taken in charge": what lists show until the engine says more."""
    return Progress(
        application_id=application_id,
        version=0,
        stage="PRE_APPLICATION",
        next_event="RELAY",
        next_event_at=None,
        blocking_role=SYSTEM,
        reviewer_id="",
        proposed_cents=0,
        awarded_cents=0,
        paid_cents=0,
        ending="",
    )
