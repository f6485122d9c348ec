"""What intake keeps, as messages."""

from __future__ import annotations

from collections.abc import Mapping

from jalon.common.v1 import rights_pb2
from jalon.intake.v1 import applications_pb2 as apps
from jalon.intake.v1 import calls_pb2 as calls
from jalon.intake.v1 import documents_pb2 as docs
from jalon.intake.v1 import people_pb2 as people

from kit.clock import to_timestamp
from kit.enums import from_proto, to_proto
from kit.errors import field_invalid
from services.intake.domain.opening import Finding
from services.intake.domain.reasons import Reason
from services.intake.domain.receipt import Receipt
from services.intake.domain.records import (
    Attachment,
    Call,
    Correction,
    Document,
    FictitiousPerson,
    IdentitySource,
    Juror,
    LegalEntity,
    Member,
    Message,
    Person,
    Progress,
    RoleGrant,
    Row,
    StandIn,
    Whole,
)
from services.intake.domain.registers import Answer
from services.intake.domain.selfcheck import Point
from services.intake.handlers.contents import message_of
from services.intake.handlers.room import moment


def call_message(call: Call) -> calls.Call:
    """A call."""
    return calls.Call(
        call_id=call.call_id,
        reference=call.reference,
        title_fr=call.title_fr,
        title_en=call.title_en,
        edition=call.edition,
        state=to_proto(calls.CallState, call.state),
        rulebook_version=call.rulebook_version,
        rulebook_digest=call.rulebook_digest,
        pre_application_opens_at=to_timestamp(call.pre_opens_at),
        pre_application_closes_at=to_timestamp(call.pre_closes_at),
        full_application_opens_at=to_timestamp(call.full_opens_at),
        full_application_closes_at=to_timestamp(call.full_closes_at),
        opened_at=to_timestamp(call.opened_at),
        fictitious=call.fictitious,
    )


def finding_message(finding: Finding) -> calls.Finding:
    """A point of the pre-opening check; every one of them stops opening."""
    return calls.Finding(path=finding.path, reason=finding.reason, blocking=True, values=finding.values)


def point_message(point: Point) -> calls.EligibilityPoint:
    """A rule, and what is not met of it."""
    return calls.EligibilityPoint(
        article=point.article,
        legal_basis=point.legal_basis,
        findings=[finding_message(finding) for finding in point.findings],
    )


def grant_message(grant: RoleGrant) -> calls.RoleGrant:
    """A role given."""
    return calls.RoleGrant(
        call_id=grant.call_id,
        person_id=grant.person_id,
        role=to_proto(rights_pb2.Role, grant.role),
        from_at=to_timestamp(grant.from_at),
        to_at=to_timestamp(grant.to_at),
        in_place_of_id=grant.in_place_of,
    )


def stand_in_message(stand_in: StandIn) -> calls.StandIn:
    """Who acts in whose place."""
    return calls.StandIn(
        stand_in_id=stand_in.stand_in_id,
        call_id=stand_in.call_id,
        absent_id=stand_in.absent_id,
        absent_name=stand_in.absent_name,
        deputy_id=stand_in.deputy_id,
        deputy_name=stand_in.deputy_name,
        from_at=to_timestamp(stand_in.from_at),
        to_at=to_timestamp(stand_in.to_at),
    )


def member_message(member: Member) -> people.Member:
    """A person of a call in one of her roles."""
    return people.Member(
        person_id=member.person.person_id,
        display_name=member.person.display_name,
        email=member.person.email,
        role=to_proto(rights_pb2.Role, member.role),
        from_at=to_timestamp(member.from_at),
        to_at=to_timestamp(member.to_at),
        seen=member.seen,
    )


def fictitious_message(one: FictitiousPerson) -> calls.FictitiousPerson:
    """An invented person in one of her roles."""
    return calls.FictitiousPerson(
        person_id=one.person_id,
        display_name=one.display_name,
        role=to_proto(rights_pb2.Role, one.role),
        number=one.number,
        organization=one.organization,
        waiting_count=one.waiting_count,
    )


def juror_message(juror: Juror) -> calls.Juror:
    """Somebody of the jury, by name."""
    return calls.Juror(
        person_id=juror.person_id,
        display_name=juror.display_name,
        role=to_proto(rights_pb2.Role, juror.role),
        in_force=juror.in_force,
    )


def person_message(person: Person) -> calls.Person:
    """A person, for agents."""
    return calls.Person(
        person_id=person.person_id,
        display_name=person.display_name,
        email=person.email,
        fictitious=person.fictitious,
    )


def receipt_message(receipt: Receipt, application_id: str) -> apps.Receipt:
    """The receipt of what was received from this application."""
    return apps.Receipt(
        application_id=application_id,
        number=receipt.number,
        kind=receipt.kind,
        received_at=to_timestamp(receipt.received_at),
        digest=receipt.digest,
        tacit_refusal_on=receipt.tacit_refusal_on.isoformat() if receipt.tacit_refusal_on else "",
        service_in_charge=f"{receipt.service.service}, {receipt.service.address}",
        remedies=[remedy.value for remedy in receipt.remedies],
        appeal_months=receipt.appeal_months if receipt.remedies else 0,
    )


def correction_message(correction: Correction) -> apps.Correction:
    """A correction as the applicant sees it."""
    items = [apps.CorrectionItem(field=i.field, piece=i.piece, reason=i.reason) for i in correction.items]
    return apps.Correction(
        correction_id=correction.correction_id,
        application_id=correction.application_id,
        state=to_proto(apps.CorrectionState, correction.state),
        items=items,
        closes_at=to_timestamp(correction.closes_at),
        submitted_at=to_timestamp(correction.submitted_at),
    )


def document_message(document: Document) -> docs.Document:
    """A piece."""
    return docs.Document(
        document_id=document.document_id,
        application_id=document.application_id,
        piece=document.piece,
        file_name=document.file_name,
        media_type=document.media_type,
        size_bytes=document.size_bytes,
        digest=document.digest,
        state=to_proto(docs.DocumentState, document.state),
        issued_on=document.issued_on.isoformat() if document.issued_on else "",
        received_at=to_timestamp(document.received_at),
        deposited_at=to_timestamp(document.deposited_at),
    )


def progress_message(progress: Progress) -> apps.Progress:
    """What lists show."""
    return apps.Progress(
        application_id=progress.application_id,
        version=progress.version,
        stage=to_proto(apps.Stage, progress.stage),
        next_event=to_proto(apps.NextEvent, progress.next_event),
        next_event_at=to_timestamp(progress.next_event_at),
        blocking_role=to_proto(rights_pb2.Role, progress.blocking_role),
        reviewer_id=progress.reviewer_id,
        proposed_cents=progress.proposed_cents,
        awarded_cents=progress.awarded_cents,
        paid_cents=progress.paid_cents,
        ending=to_proto(apps.Ending, progress.ending),
    )


def progress_of(message: apps.Progress) -> Progress:
    """What the engine writes; a stage must be said, and nothing is negative."""
    for name in ("version", "proposed_cents", "awarded_cents", "paid_cents"):
        if getattr(message, name) < 0:
            raise field_invalid(f"progress.{name}", Reason.NUMBER_TOO_SMALL, min="0")
    stage = from_proto(apps.Stage, message.stage, path="progress.stage")
    if not stage:
        raise field_invalid("progress.stage", Reason.FIELD_MISSING)
    return Progress(
        application_id=message.application_id,
        version=message.version,
        stage=stage,
        next_event=from_proto(apps.NextEvent, message.next_event, path="progress.next_event") or "NOTHING",
        next_event_at=moment(message, "next_event_at"),
        blocking_role=from_proto(rights_pb2.Role, message.blocking_role, path="progress.blocking_role"),
        reviewer_id=message.reviewer_id,
        proposed_cents=message.proposed_cents,
        awarded_cents=message.awarded_cents,
        paid_cents=message.paid_cents,
        ending=from_proto(apps.Ending, message.ending, path="progress.ending"),
    )


def entity_message(entity: LegalEntity) -> apps.LegalEntity:
    """The entity a natural person created."""
    return apps.LegalEntity(
        name=entity.name,
        siret=entity.siret or "",
        rna=entity.rna or "",
        legal_family=entity.legal_family,
        declared_at=to_timestamp(entity.declared_at),
    )


def application_message(whole: Whole) -> apps.Application:
    """An application with what is known of it; absent parts stay absent."""
    application = whole.application
    message = apps.Application(
        application_id=application.application_id,
        call_id=application.call_id,
        number=application.number,
        state=to_proto(apps.ApplicationState, application.state),
        pre_version=application.pre_version,
        full_version=application.full_version,
        submitted_at=to_timestamp(application.submitted_at),
        full_submitted_at=to_timestamp(application.full_submitted_at),
        full_closes_at=to_timestamp(application.full_closes_at),
        digest=application.digest,
        documents=[document_message(document) for document in whole.documents],
        corrections=[correction_message(correction) for correction in whole.corrections],
        fictitious=application.fictitious,
        applicant_id=application.applicant_id,
    )
    if whole.pre_content is not None:
        message.pre_application.CopyFrom(message_of(whole.pre_content, apps.PreApplication))
    if whole.full_content is not None:
        message.full_application.CopyFrom(message_of(whole.full_content, apps.FullApplication))
    if whole.progress is not None:
        message.progress.CopyFrom(progress_message(whole.progress))
    if whole.entity is not None:
        message.legal_entity.CopyFrom(entity_message(whole.entity))
    if whole.source is not None:
        message.identity_source.CopyFrom(source_message(whole.source))
    return message


def source_message(source: IdentitySource) -> apps.IdentitySource:
    """Where an identity comes from; without an answer, from somebody's hand."""
    if source.answer is None:
        return apps.IdentitySource()
    return apps.IdentitySource(
        outcome=to_proto(apps.RegisterOutcome, source.answer.entry.outcome),
        register=source.answer.register,
        read_at=to_timestamp(source.answer.read_at),
        changed=source.changed,
    )


def entry_message(answer: Answer) -> apps.RegisterEntry:
    """What a register says of a number."""
    entry = answer.entry
    return apps.RegisterEntry(
        outcome=to_proto(apps.RegisterOutcome, entry.outcome.value),
        register=answer.register,
        read_at=to_timestamp(answer.read_at),
        name=entry.name,
        siret=entry.siret,
        rna=entry.rna,
        legal_family=entry.legal_family,
        address=entry.address,
        closed_on=entry.closed_on,
    )


def row_message(row: Row) -> apps.ApplicationRow:
    """A line of a list."""
    return apps.ApplicationRow(
        application_id=row.application_id,
        number=row.number,
        organization=row.organization,
        title=row.title,
        track=row.track,
        communes=row.communes,
        requested_cents=row.requested_cents,
        state=to_proto(apps.ApplicationState, row.state),
        submitted_at=to_timestamp(row.submitted_at),
        progress=progress_message(row.progress) if row.progress else None,
        fictitious=row.fictitious,
        unread_count=row.unread,
    )


def thread_message(message: Message, attachments: Mapping[str, Attachment]) -> apps.Message:
    """A message of the thread with what goes with it."""
    return apps.Message(
        message_id=message.message_id,
        application_id=message.application_id,
        template=message.template,
        values_json=message.values_json,
        text=message.text,
        posted_at=to_timestamp(message.posted_at),
        author=message.author,
        from_applicants=message.from_applicants,
        unread=message.unread,
        attachments=[
            apps.Attachment(
                document_id=one.document_id,
                file_name=one.file_name,
                media_type=one.media_type,
                size_bytes=one.size_bytes,
            )
            for document_id in message.document_ids
            if (one := attachments.get(document_id))
        ],
    )
