"""Applications: drafts, deposits, ends, and the whole of one of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from kit.db import moved, rows_of
from services.intake.domain.deposit import Copied, Deposit, Organization
from services.intake.domain.moves import ApplicationState, CallState
from services.intake.domain.records import Application, Content, LegalEntity, Whole
from services.intake.store import changed, queries, uuid_or_none
from services.intake.store.lists import progress_of

PRE, FULL = "PRE_APPLICATION", "FULL_APPLICATION"


async def lock_application(connection: Any, application_id: str) -> Application | None:
    """An application, kept still until the end of the transaction."""
    row = await queries.lock_application(connection, application_id=UUID(application_id))
    return _application(row) if row else None


async def create_application(
    connection: Any, application_id: str, *, call_id: str, applicant_id: str, fictitious: bool
) -> bool:
    """Makes an empty draft; False when it exists."""
    row = await queries.create_application(
        connection,
        application_id=UUID(application_id),
        call_id=UUID(call_id),
        applicant_id=UUID(applicant_id),
        fictitious=fictitious,
    )
    return row is not None


async def save_draft(
    connection: Any, application: Application, content: Content, *, stage: str, saved_by: str, at: datetime
) -> int:
    """Keeps the next version of a form; returns it."""
    current = application.pre_version if stage == PRE else application.full_version
    save = queries.save_pre_application if stage == PRE else queries.save_full_application
    row = await save(
        connection,
        application_id=UUID(application.application_id),
        version=current + 1,
        from_state=application.state.value,
        content=json.dumps(content),
        saved_by=saved_by,
        saved_at=at,
    )
    moved(row)
    return current + 1


async def get_draft(connection: Any, application_id: str, *, stage: str, version: int) -> Content | None:
    """One saved version of a form."""
    text = await queries.get_draft(connection, application_id=UUID(application_id), stage=stage, version=version)
    return json.loads(text) if text is not None else None


async def take_number(connection: Any, call_id: str, year: int) -> int:
    """The next sequence number of a call and year of deposit."""
    return int(await queries.take_number(connection, call_id=UUID(call_id), year=year))


async def keep_organization(connection: Any, organization: Organization, *, fictitious: bool) -> str:
    """The id of the organization of this identity, made when it is new."""
    found = await queries.keep_organization(
        connection,
        identity=organization.identity,
        name=organization.name,
        search_name=organization.search_name,
        siret=organization.siret,
        rna=organization.rna,
        legal_family=organization.legal_family,
        fictitious=fictitious,
    )
    return str(found)


async def submit_application(
    connection: Any, application: Application, deposit: Deposit, *, copied: Copied, organization_id: str
) -> None:
    """The first deposit, with what lists show of it."""
    status = await queries.submit_application(
        connection,
        application_id=UUID(application.application_id),
        from_state=application.state.value,
        to_state=deposit.to_state.value,
        version=deposit.version,
        number=deposit.number,
        submitted_at=deposit.received_at,
        digest=deposit.digest,
        organization_id=UUID(organization_id),
        organization_name=copied.organization_name,
        title=copied.title,
        track=copied.track,
        communes=list(copied.communes),
        legal_family=copied.legal_family,
        natural_person=copied.natural_person,
        requested_cents=copied.requested_cents,
        total_cost_cents=copied.total_cost_cents,
        search_text=copied.search_text,
    )
    changed(status)


async def submit_full_application(
    connection: Any, application: Application, deposit: Deposit, *, requested_cents: int, total_cost_cents: int
) -> None:
    """The second deposit."""
    status = await queries.submit_full_application(
        connection,
        application_id=UUID(application.application_id),
        from_state=application.state.value,
        to_state=deposit.to_state.value,
        version=deposit.version,
        submitted_at=deposit.received_at,
        digest=deposit.digest,
        requested_cents=requested_cents,
        total_cost_cents=total_cost_cents,
    )
    changed(status)


async def deposit_correction(
    connection: Any, application: Application, deposit: Deposit, *, requested_cents: int, total_cost_cents: int
) -> None:
    """The corrected form becomes the deposited one."""
    status = await queries.deposit_correction(
        connection,
        application_id=UUID(application.application_id),
        version=deposit.version,
        digest=deposit.digest,
        requested_cents=requested_cents,
        total_cost_cents=total_cost_cents,
    )
    changed(status)


@dataclass(frozen=True)
class Received:
    """A form as a receipt keeps it. ``body``: its canonical document (``content``, and ``pieces``: digest by id)."""

    kind: str
    received_at: datetime
    digest: str
    body: dict[str, Any]


async def keep_receipt(connection: Any, application_id: str, deposit: Deposit) -> None:
    """What was received, byte for byte."""
    await queries.keep_receipt(
        connection,
        application_id=UUID(application_id),
        number=deposit.number,
        kind=deposit.kind.value,
        received_at=deposit.received_at,
        digest=deposit.digest,
        body=deposit.body,
    )


async def list_deposits(connection: Any, application_id: str) -> list[Received]:
    """The full application and its corrections as received, oldest first."""
    found = await rows_of(queries.list_deposits(connection, application_id=UUID(application_id)))
    return [Received(row["kind"], row["received_at"], row["digest"], json.loads(row["body"])) for row in found]


async def invite(
    connection: Any, application: Application, to_state: ApplicationState, *, closes_at: datetime | None
) -> None:
    """Opens the second stage for one application."""
    status = await queries.invite_full_application(
        connection,
        application_id=UUID(application.application_id),
        from_state=application.state.value,
        to_state=to_state.value,
        closes_at=closes_at,
    )
    changed(status)


async def end(
    connection: Any, application: Application, to_state: ApplicationState, *, ending: str, at: datetime
) -> None:
    """The end of an application; a correction still open is cancelled."""
    row = await queries.end_application(
        connection,
        application_id=UUID(application.application_id),
        from_state=application.state.value,
        to_state=to_state.value,
        ending=ending,
        ended_at=at,
    )
    moved(row)


async def declare_legal_entity(
    connection: Any, application_id: str, entity: LegalEntity, *, organization_id: str, search_words: str
) -> None:
    """The entity a natural person created."""
    status = await queries.declare_legal_entity(
        connection,
        application_id=UUID(application_id),
        organization_id=UUID(organization_id),
        name=entity.name,
        siret=entity.siret,
        rna=entity.rna,
        legal_family=entity.legal_family,
        declared_at=entity.declared_at,
        search_words=search_words,
    )
    changed(status)


async def entity_declared_at(connection: Any, application_id: str) -> datetime | None:
    """When the entity was named, if it was."""
    found: datetime | None = await queries.entity_declared_at(connection, application_id=UUID(application_id))
    return found


async def find_number(connection: Any, number: str, *, call_id: str) -> tuple[str, str] | None:
    """Application and call of a public number."""
    row = await queries.find_number(connection, number=number, call_id=uuid_or_none(call_id))
    return (str(row["application_id"]), str(row["call_id"])) if row else None


async def get_application(connection: Any, application_id: str, *, writes: bool) -> Whole | None:
    """An application but its pieces and corrections. ``writes``: newest version of the forms, else the deposited."""
    row = await queries.get_application(connection, application_id=UUID(application_id), writes=writes)
    if row is None:
        return None
    return Whole(
        application=_application(row),
        pre_content=json.loads(row["pre_content"]) if row["pre_content"] else None,
        full_content=json.loads(row["full_content"]) if row["full_content"] else None,
        progress=progress_of(row),
        entity=_entity(row),
    )


def _application(row: Any) -> Application:
    return Application(
        application_id=str(row["application_id"]),
        call_id=str(row["call_id"]),
        applicant_id=str(row["applicant_id"]),
        state=ApplicationState(row["state"]),
        fictitious=row["fictitious"],
        pre_version=row["pre_version"],
        full_version=row["full_version"],
        pre_submitted_version=row["pre_submitted_version"],
        full_submitted_version=row["full_submitted_version"],
        number=row["number"] or "",
        submitted_at=row["submitted_at"],
        full_submitted_at=row["full_submitted_at"],
        own_closes_at=row["own_closes_at"],
        digest=row["digest"] or "",
        legal_family=row["legal_family"],
        natural_person=row["natural_person"],
        ending=row["ending"],
        call_state=CallState(row["call_state"]),
        rulebook_version=row["rulebook_version"],
        pre_closes_at=row["pre_closes_at"],
        call_full_closes_at=row["call_full_closes_at"],
    )


def _entity(row: Any) -> LegalEntity | None:
    if row["entity_name"] is None:
        return None
    return LegalEntity(
        row["entity_name"], row["entity_siret"], row["entity_rna"], row["entity_family"], row["declared_at"]
    )
