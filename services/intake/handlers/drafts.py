"""Drafts: saved as they are typed, versioned, never an act."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from jalon.intake.v1 import applications_pb2 as pb

from kit import clock
from kit.admission import current
from kit.errors import Refused, not_found, required
from kit.journal import Act, plumbing
from services.intake.domain.decisions import check_call_open, check_version, may_save_full, may_save_pre
from services.intake.domain.reasons import Reason
from services.intake.domain.records import Application
from services.intake.handlers.contents import content_of
from services.intake.handlers.room import WRITERS, Part, found, person
from services.intake.store import applications as store
from services.intake.store import calls as call_store
from services.intake.store import documents as document_store
from services.intake.store import people


class Drafts(Part):
    """Saving both forms."""

    async def SavePreApplication(self, request: pb.SavePreApplicationRequest, context: Any) -> pb.Draft:
        """Saves the first form; the first save makes the application and ties its author to it."""

        async def change(act: Act) -> pb.Draft:
            application = await store.lock_application(act.connection, request.application_id)
            if application is None:
                application = await self._create(act, request)
            elif not await self._may_write(act, application) or request.call_id not in ("", application.call_id):
                raise not_found()
            may_save_pre(application)
            check_version(application.pre_version, expected=request.expected_version)
            version = await store.save_draft(
                act.connection, application, content, stage=store.PRE, saved_by=act.person, at=act.at
            )
            return _draft(application, version, act)

        required(request, "application_id")
        person()
        content = content_of(request.content, "content")
        return await self._room.journal.write(request, change)

    async def _create(self, act: Act, request: pb.SavePreApplicationRequest) -> Application:
        required(request, "call_id")
        if act.call.role != "APPLICANT":
            raise not_found()
        call = found(await call_store.get_call(act.connection, call_id=request.call_id))
        check_call_open(call.state)
        check_version(0, expected=request.expected_version)
        made = await store.create_application(
            act.connection,
            request.application_id,
            call_id=call.call_id,
            applicant_id=act.person,
            fictitious=call.fictitious,
        )
        if not made:
            raise Refused(Reason.CHANGED_MEANWHILE)
        await plumbing.relate_person(
            act.connection,
            person=UUID(act.person),
            application_id=UUID(request.application_id),
            call_id=UUID(call.call_id),
            relation="applicant",
        )
        return found(await store.lock_application(act.connection, request.application_id))

    async def _may_write(self, act: Act, application: Application) -> bool:
        case = await people.case_rights(act.connection, act.person, application.application_id)
        wanted = {role.lower() for role in current.get().actor.roles if role in WRITERS}
        return case is not None and bool(case.relations & wanted)

    async def SaveFullApplication(self, request: pb.SaveFullApplicationRequest, context: Any) -> pb.Draft:
        """Saves the second form, before its deposit or while a correction is open."""

        async def change(act: Act) -> pb.Draft:
            application = found(await store.lock_application(act.connection, request.application_id))
            correction = await document_store.current_correction(act.connection, application.application_id)
            may_save_full(application, correction, now=act.at)
            check_version(application.full_version, expected=request.expected_version)
            version = await store.save_draft(
                act.connection, application, content, stage=store.FULL, saved_by=act.person, at=act.at
            )
            return _draft(application, version, act)

        content = content_of(request.content, "content")
        return await self._room.journal.write(request, change)


def _draft(application: Application, version: int, act: Act) -> pb.Draft:
    return pb.Draft(application_id=application.application_id, version=version, saved_at=clock.to_timestamp(act.at))
