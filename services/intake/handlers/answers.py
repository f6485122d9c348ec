"""What applicants still do after a deposit: answer a correction, withdraw, name the entity they created."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from jalon.intake.v1 import applications_pb2 as pb

from kit import clock
from kit.errors import Refused, field_invalid, not_found, required
from kit.journal import Act
from services.intake.domain.content import Applicant
from services.intake.domain.deadlines import paris_day, rfc3339
from services.intake.domain.decisions import UNDER_WAY, check_correction_open, check_version, corrected, not_now
from services.intake.domain.deposit import (
    Deposit,
    act_bytes,
    form_bytes,
    organization_of,
    organization_words,
    search_text,
)
from services.intake.domain.eligibility import check_created_entity, require
from services.intake.domain.moves import ApplicationAction, ApplicationState, CorrectionAction, DocumentState, move
from services.intake.domain.reasons import Reason
from services.intake.domain.receipt import Kind
from services.intake.domain.records import Application, Content, Correction, Document, LegalEntity
from services.intake.handlers.deposits import keep, piece_facts, sound_full, tell
from services.intake.handlers.room import Part, found, said
from services.intake.store import applications as store
from services.intake.store import documents as document_store
from services.intake.store.calls import rulebook_of


class Answers(Part):
    """Acts of an applicant whose application was deposited."""

    async def SubmitCorrection(self, request: pb.SubmitCorrectionRequest, context: Any) -> pb.Receipt:
        """Takes the fields and pieces asked, and nothing else; the corrected form becomes the deposited one."""

        async def change(act: Act) -> pb.Receipt:
            application = found(await store.lock_application(act.connection, request.application_id))
            correction = found(
                await document_store.get_correction(
                    act.connection, request.correction_id, application_id=application.application_id
                )
            )
            check_correction_open(correction, act.at)
            if application.state is not ApplicationState.FULL_SUBMITTED:
                raise not_now(application.state, CorrectionAction.SUBMIT_CORRECTION)
            check_version(application.full_version, expected=request.draft_version)
            before = await self._form(act, application, application.full_submitted_version or 0)
            draft = await self._form(act, application, request.draft_version)
            after = corrected(before, draft, fields=correction.fields)
            kept, sent = await self._pieces(act, application, correction)
            if after == before and not sent:
                raise Refused(Reason.CORRECTION_EMPTY)
            return await self._take(act, application, correction, content=after, kept=kept, sent=sent)

        required(request, "correction_id")
        return await self._room.journal.write(request, change)

    async def _form(self, act: Act, application: Application, version: int) -> Content:
        return found(
            await store.get_draft(act.connection, application.application_id, stage=store.FULL, version=version)
        )

    async def _pieces(
        self, act: Act, application: Application, correction: Correction
    ) -> tuple[tuple[Document, ...], tuple[Document, ...]]:
        documents = await document_store.list_documents(act.connection, application.application_id, deposited=False)
        whole = [document for document in documents if document.state is DocumentState.RECEIVED]
        kept = tuple(d for d in whole if d.deposited_at is not None and d.stage == store.FULL)
        sent = tuple(d for d in whole if d.deposited_at is None and d.piece in correction.pieces)
        return kept, sent

    async def _take(
        self,
        act: Act,
        application: Application,
        correction: Correction,
        *,
        content: Content,
        kept: tuple[Document, ...],
        sent: tuple[Document, ...],
    ) -> pb.Receipt:
        rulebook = await rulebook_of(act.connection, application.call_id)
        saved = json.dumps(content).encode()
        form = await sound_full(act, application, saved, rulebook=rulebook, closes_at=correction.closes_at)
        version = await store.save_draft(
            act.connection, application, content, stage=store.FULL, saved_by=act.person, at=act.at
        )
        deposit = Deposit(
            Kind.CORRECTION_SUBMITTED,
            application.number,
            version,
            application.state,
            received_at=act.at,
            body=form_bytes(form, (*kept, *sent)),
        )
        await store.deposit_correction(
            act.connection,
            application,
            deposit,
            requested_cents=int(form.requested_cents),
            total_cost_cents=int(form.charges_cents),
        )
        to_state = move(correction.state, CorrectionAction.SUBMIT_CORRECTION)
        await document_store.submit_correction(act.connection, correction, to_state, at=act.at, digest=deposit.digest)
        await document_store.deposit_documents(act.connection, sent, at=act.at)
        tell(act, application, deposit, correction_id=correction.correction_id, pieces=piece_facts(sent))
        return await keep(self._room, act, application, deposit=deposit, rulebook=rulebook)

    async def WithdrawApplication(self, request: pb.WithdrawApplicationRequest, context: Any) -> pb.Receipt:
        """Gives the application up; what was still asked is cancelled. The words stay in the journal."""

        async def change(act: Act) -> pb.Receipt:
            application = found(await store.lock_application(act.connection, request.application_id))
            to_state = move(application.state, ApplicationAction.WITHDRAW_APPLICATION)
            deposit = self._act(
                act, application, Kind.APPLICATION_WITHDRAWN, to_state=to_state, said={"reason": reason}
            )
            await store.end(act.connection, application, to_state, ending=to_state.value, at=act.at)
            facts = {"digest": deposit.digest, "received_at": clock.text(act.at)}
            act.record(deposit.kind.value, subject=application.application_id, facts=facts, words=reason)
            act.emit(deposit.kind.value, subject=application.application_id, facts=facts)
            rulebook = await rulebook_of(act.connection, application.call_id)
            return await keep(self._room, act, application, deposit=deposit, rulebook=rulebook)

        reason = said("reason", request.reason, longest=3000, required=False)
        return await self._room.journal.write(request, change)

    async def DeclareLegalEntity(self, request: pb.DeclareLegalEntityRequest, context: Any) -> pb.Receipt:
        """Names the entity a natural person created, once; its numbers stay here."""

        async def change(act: Act) -> pb.Receipt:
            application = found(await store.lock_application(act.connection, request.application_id))
            if application.state not in UNDER_WAY:
                raise not_now(application.state, "DECLARE_LEGAL_ENTITY")
            if not application.natural_person:
                raise Refused(Reason.NOT_A_NATURAL_PERSON)
            declared_at = await store.entity_declared_at(act.connection, application.application_id)
            if declared_at is not None:
                raise Refused(Reason.ALREADY_DECLARED, values={"received_at": rfc3339(declared_at)})
            rulebook = await rulebook_of(act.connection, application.call_id)
            require(check_created_entity(rulebook, created, today=paris_day(act.at)))
            organization = organization_of(created, application.application_id)
            entity = LegalEntity(
                organization.name, organization.siret, organization.rna, organization.legal_family, declared_at=act.at
            )
            kept = {"name": entity.name, "siret": entity.siret or "", "rna": entity.rna or ""}
            deposit = self._act(
                act,
                application,
                Kind.LEGAL_ENTITY_DECLARED,
                to_state=application.state,
                said={**kept, "legal_family": entity.legal_family},
            )
            await store.declare_legal_entity(
                act.connection,
                application.application_id,
                entity,
                organization_id=await store.keep_organization(
                    act.connection, organization, fictitious=application.fictitious
                ),
                search_words=search_text(*organization_words(organization)),
            )
            tell(act, application, deposit, legal_family=entity.legal_family)
            return await keep(self._room, act, application, deposit=deposit, rulebook=rulebook)

        created = _created(request)
        return await self._room.journal.write(request, change)

    def _act(
        self, act: Act, application: Application, kind: Kind, *, to_state: ApplicationState, said: dict[str, str]
    ) -> Deposit:
        if not application.number:
            raise not_found()
        body = act_bytes(kind, application.application_id, act.call.request_id, said=said)
        return Deposit(kind, application.number, 0, to_state, received_at=act.at, body=body)


def _created(request: pb.DeclareLegalEntityRequest) -> Applicant:
    until = said("esus_until", request.esus_until, longest=10, required=False)
    try:
        esus_until = date.fromisoformat(until) if until else None
    except ValueError as error:
        raise field_invalid("esus_until", Reason.DATE_UNCLEAR) from error
    return Applicant(
        natural_person=False,
        legal_family=said("legal_family", request.legal_family, longest=40),
        name=said("name", request.name, longest=300),
        siret=said("siret", request.siret, longest=40, required=False) or None,
        rna=said("rna", request.rna, longest=40, required=False) or None,
        esus_until=esus_until,
        contact_name="",
        contact_email="",
        contact_phone="",
    )
