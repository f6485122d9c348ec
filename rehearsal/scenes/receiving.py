"""The call opens; people apply in two stages, answer corrections, give up, or forget."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from jalon.common.v1 import rights_pb2
from jalon.intake.v1 import applications_pb2 as pb
from jalon.intake.v1 import calls_pb2, documents_pb2

from kit import clock
from rehearsal.play import Application, Course, Person
from rehearsal.stage import Stage
from workflows.contract.call import OpenCall


async def prepare_call(stage: Stage) -> None:
    """The administrator registers the staff, imports the rulebook, gives roles."""
    admin = stage.as_role("CALL_ADMIN")
    calls = stage.stub("intake", "calls")
    imported = calls_pb2.ImportCallRequest(
        call_id=stage.call_id, rulebook_json=stage.edition.rulebook, fictitious=stage.edition.applications[0].fictitious
    )
    await stage.send(admin, calls.ImportCall, imported, key="call")

    async def name(person: Person) -> None:
        await stage.send(admin, calls.RegisterPerson, _person(person), key=person.person_id)
        grant = calls_pb2.GrantRoleRequest(
            call_id=stage.call_id,
            person_id=str(person.person_id),
            role=rights_pb2.Role.Value(f"ROLE_{person.role}"),
            from_at=clock.to_timestamp(await stage.door.now()),
        )
        await stage.send(admin, calls.GrantRole, grant, key=f"{person.person_id}/{person.role}")

    await stage.together((person for person in stage.edition.staff if person.role != "ACCOUNTANT"), name)


def _person(person: Person) -> calls_pb2.RegisterPersonRequest:
    return calls_pb2.RegisterPersonRequest(
        person_id=str(person.person_id),
        display_name=person.display_name,
        email=person.email,
        fictitious=person.fictitious,
    )


async def open_call(stage: Stage) -> None:
    """The rulebook is checked, frozen, hashed and handed to every service."""
    await stage.act(stage.as_role("CALL_ADMIN"), "call", OpenCall, stage.call_id)


async def submit_applications(stage: Stage, files: list[Application]) -> None:
    """Pré-candidatures: each saved as a draft, then deposited."""
    await stage.together(files, lambda file: _submit_application(stage, file))


async def save_drafts(stage: Stage, files: list[Application]) -> None:
    """Pré-candidatures begun, and not deposited."""
    await stage.together(files, lambda file: _save_draft(stage, file))


async def _submit_application(stage: Stage, file: Application) -> None:
    who, applications = stage.applicant(file), stage.stub("intake", "applications")
    saved = await _save_draft(stage, file)
    await _look_up(stage, file)
    deposit = pb.SubmitApplicationRequest(application_id=str(file.application_id), draft_version=saved.version)
    await stage.send(who, applications.SubmitApplication, deposit, key=file.application_id)


async def _save_draft(stage: Stage, file: Application) -> Any:
    who, applications = stage.applicant(file), stage.stub("intake", "applications")
    calls = stage.stub("intake", "calls")
    await stage.send(who, calls.RegisterPerson, _person(file.applicant), key=file.application_id)
    draft = pb.SavePreApplicationRequest(
        application_id=str(file.application_id), call_id=stage.call_id, content=pre_application(file)
    )
    return await stage.send(who, applications.SavePreApplication, draft, key=file.application_id)


async def _look_up(stage: Stage, file: Application) -> None:
    """The register says who a number is; a natural person has none yet."""
    number = file.organization.siret or file.organization.rna
    if number:
        request = pb.LookUpOrganizationRequest(application_id=str(file.application_id), number=number)
        rpc = stage.stub("intake", "applications").LookUpOrganization
        await stage.send(stage.applicant(file), rpc, request, key=file.application_id)


def pre_application(file: Application) -> pb.PreApplication:
    """The first form, as the applicant types it."""
    body, project = file.organization, file.project
    return pb.PreApplication(
        applicant=pb.Applicant(
            natural_person=body.legal_family == "natural_person",
            legal_family=body.legal_family,
            name=body.name,
            siret=body.siret or "",
            rna=body.rna or "",
            esus_until=body.esus_until.isoformat() if body.esus_until else "",
            contact_name=file.applicant.display_name,
            contact_email=file.applicant.email,
        ),
        track=project.track,
        title=project.title,
        summary=project.summary,
        communes=project.communes,
        total_cost_cents=project.total_cost_cents,
        requested_cents=project.requested_cents,
        jobs_planned=project.jobs_planned,
    )


async def withdraw(stage: Stage, course: Course) -> None:
    """Some give up, before or after the invitation."""

    async def one(file: Application) -> None:
        request = pb.WithdrawApplicationRequest(
            application_id=str(file.application_id), reason=file.withdrawal_reason or ""
        )
        rpc = stage.stub("intake", "applications").WithdrawApplication
        await stage.send(stage.applicant(file), rpc, request, key=file.application_id)

    await stage.together((file for file in stage.edition.applications if file.course is course), one)


async def submit_full_applications(stage: Stage, files: list[Application]) -> None:
    """Dossiers complets: form, pieces, deposit. Some forget a piece."""
    await stage.together(files, lambda file: _submit_full_application(stage, file))


async def _submit_full_application(stage: Stage, file: Application) -> None:
    who, applications = stage.applicant(file), stage.stub("intake", "applications")
    for piece in pieces_of(stage, file):
        if piece["code"] not in file.missing_pieces:
            await upload(stage, file, piece)
    draft = pb.SaveFullApplicationRequest(
        application_id=str(file.application_id), content=full_application(stage, file)
    )
    saved = await stage.send(who, applications.SaveFullApplication, draft, key=file.application_id)
    deposit = pb.SubmitFullApplicationRequest(application_id=str(file.application_id), draft_version=saved.version)
    await stage.send(who, applications.SubmitFullApplication, deposit, key=file.application_id)


def pieces_of(stage: Stage, file: Application) -> list[dict[str, Any]]:
    """The pieces the rulebook requires of this legal family at the second stage."""
    return [
        piece
        for piece in json.loads(stage.edition.rulebook)["pieces"]
        if piece["stage"] == "full_application"
        and piece["required"]
        and (piece["families"] is None or file.organization.legal_family in piece["families"])
    ]


def full_application(stage: Stage, file: Application) -> pb.FullApplication:
    """The second form, balanced."""
    project, moments = file.project, stage.edition.calendar.moments
    return pb.FullApplication(
        section=pb.Section.Value(f"SECTION_{project.section}"),
        requested_cents=project.requested_cents,
        budget=[
            pb.BudgetLine(
                side=pb.BudgetSide.Value(f"BUDGET_SIDE_{line.side}"),
                code=line.code,
                label=line.label,
                amount_cents=line.amount_cents,
                eligible=line.eligible,
            )
            for line in project.budget
        ],
        funding=[
            pb.Funding(
                funder=funding.funder,
                amount_cents=funding.amount_cents,
                status=pb.FundingStatus.Value(f"FUNDING_STATUS_{funding.status}"),
            )
            for funding in project.funding
        ],
        presentation=project.presentation,
        indicators=project.indicators,
        starts_on=clock.civil_date(moments["projects_start"]).isoformat(),
        ends_on=clock.civil_date(moments["projects_end"]).isoformat(),
        jobs_planned=project.jobs_planned,
    )


async def upload(stage: Stage, file: Application, piece: dict[str, Any]) -> None:
    """One piece, announced, sent and completed."""
    who, documents = stage.applicant(file), stage.stub("intake", "documents")
    data = paper(f"{piece['label']['fr']} (piece fictive)")
    key = f"{file.application_id}/{piece['code']}"
    application_id, document_id = str(file.application_id), stage.request_id("document", key)
    begin = documents_pb2.BeginUploadRequest(
        application_id=application_id,
        document_id=document_id,
        piece=piece["code"],
        file_name=f"{piece['code']}.pdf",
        size_bytes=len(data),
        digest=hashlib.sha256(data).hexdigest(),
        issued_on=_issued_on(piece, await stage.door.now()),
    )
    await stage.send(who, documents.BeginUpload, begin, key=key)
    part = documents_pb2.UploadPartRequest(application_id=application_id, document_id=document_id, offset=0, data=data)
    await stage.send(who, documents.UploadPart, part, key=key)
    whole = documents_pb2.CompleteUploadRequest(application_id=application_id, document_id=document_id)
    await stage.send(who, documents.CompleteUpload, whole, key=key)


def _issued_on(piece: dict[str, Any], now: datetime) -> str:
    return clock.civil_date(now).replace(day=1).isoformat() if piece["max_age_days"] else ""


def paper(title: str) -> bytes:
    """A one-page PDF that says what it stands for."""
    safe = title.encode("latin-1", "replace").replace(b"(", b"[").replace(b")", b"]")
    content = b"BT /F1 18 Tf 60 760 Td (" + safe + b") Tj ET"
    parts = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
    ]
    data, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, start=1):
        places.append(len(data))
        data += b"%d 0 obj%s endobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"trailer<</Root 1 0 R/Size %d>>\nstartxref\n%d\n%%%%EOF" % (len(parts) + 1, len(data))
    return data + b"xref\n0 %d\n0000000000 65535 f \n" % (len(parts) + 1) + table + trailer


async def submit_corrections(stage: Stage, files: list[Application]) -> None:
    """The missing pieces are sent."""

    async def one(file: Application) -> None:
        who, applications = stage.applicant(file), stage.stub("intake", "applications")
        found = await stage.door.read(
            who, applications.GetApplication, pb.GetApplicationRequest(application_id=str(file.application_id))
        )
        for piece in pieces_of(stage, file):
            if piece["code"] in file.missing_pieces:
                await upload(stage, file, piece)
        answer = pb.SubmitCorrectionRequest(
            application_id=str(file.application_id),
            correction_id=found.corrections[0].correction_id,
            draft_version=found.full_version,
        )
        await stage.send(who, applications.SubmitCorrection, answer, key=file.application_id)

    await stage.together(files, one)
