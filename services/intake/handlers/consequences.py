"""What the engine asks of intake: invitations, corrections, expiry, ends, progress. Each may be asked twice."""

from __future__ import annotations

from typing import Any

from jalon.intake.v1 import applications_pb2 as pb

from kit import clock
from kit.enums import from_proto
from kit.errors import Refused, field_invalid, required
from kit.journal import Act
from services.intake.domain import decisions
from services.intake.domain.deadlines import rfc3339
from services.intake.domain.moves import ApplicationState, CorrectionState
from services.intake.domain.reasons import Reason
from services.intake.domain.records import Application, Correction, Item
from services.intake.handlers.room import Part, found, moment, needed_moment, said
from services.intake.handlers.wire import application_message, correction_message, progress_message, progress_of
from services.intake.store import applications as store
from services.intake.store import documents as document_store
from services.intake.store import lists
from services.intake.store.calls import rulebook_of


class Consequences(Part):
    """SYSTEM's part of ``jalon.intake.v1.ApplicationsService``."""

    async def InviteFullApplication(self, request: pb.InviteFullApplicationRequest, context: Any) -> pb.Application:
        """Opens the second stage for one application; a later closing instant extends it."""

        async def change(act: Act) -> pb.Application:
            application = found(await store.lock_application(act.connection, request.application_id))
            to_state = decisions.invite(application, closes_at)
            if to_state is not None:
                await store.invite(act.connection, application, to_state, closes_at=closes_at)
                closing = max(application.full_closes_at, closes_at or application.full_closes_at)
                facts = {"closes_at": clock.text(closing)}
                act.record("full_application_invited", subject=application.application_id, facts=facts)
            return await self._header(act, application)

        required(request, "application_id")
        closes_at = moment(request, "closes_at")
        return await self._room.journal.write(request, change)

    async def _header(self, act: Act, application: Application) -> pb.Application:
        whole = found(await store.get_application(act.connection, application.application_id, writes=False))
        return application_message(whole)

    async def OpenCorrection(self, request: pb.OpenCorrectionRequest, context: Any) -> pb.Correction:
        """Asks the applicant for fields and pieces, until a closing instant."""

        async def change(act: Act) -> pb.Correction:
            application = found(await store.lock_application(act.connection, request.application_id))
            present = await document_store.get_correction(
                act.connection, request.correction_id, application_id=application.application_id
            )
            if present is not None and (present.items, present.closes_at) == (items, closes_at):
                return correction_message(present)
            await self._check_opening(act, application)
            decisions.check_items(await rulebook_of(act.connection, application.call_id), items)
            if closes_at <= act.now:
                raise Refused(Reason.CLOSING_IN_PAST, values={"closes_at": rfc3339(closes_at)})
            correction = Correction(
                correction_id=request.correction_id,
                application_id=application.application_id,
                state=CorrectionState.OPEN,
                items=items,
                opened_at=act.at,
                closes_at=closes_at,
                submitted_at=None,
            )
            await document_store.open_correction(act.connection, correction)
            act.record("correction_opened", subject=application.application_id, facts=_asked(correction))
            return correction_message(correction)

        required(request, "application_id", "correction_id")
        closes_at = needed_moment(request, "closes_at")
        items = tuple(_item(item, index) for index, item in enumerate(request.items))
        return await self._room.journal.write(request, change)

    async def _check_opening(self, act: Act, application: Application) -> None:
        if application.state is not ApplicationState.FULL_SUBMITTED:
            raise decisions.not_now(application.state, "OPEN_CORRECTION")
        if await document_store.current_correction(act.connection, application.application_id) is not None:
            raise Refused(Reason.CORRECTION_ALREADY_OPEN)

    async def LapseFullApplication(self, request: pb.LapseFullApplicationRequest, context: Any) -> pb.Application:
        """Whether the full application never came."""

        async def change(act: Act) -> pb.Application:
            application = found(await store.lock_application(act.connection, request.application_id))
            to_state = decisions.lapse_full_application(application, act.now)
            if to_state is not None:
                await store.end(act.connection, application, to_state, ending=to_state.value, at=act.at)
                facts = {"closes_at": clock.text(application.full_closes_at)}
                act.record("full_application_lapsed", subject=application.application_id, facts=facts)
            return await self._header(act, application)

        required(request, "application_id")
        return await self._room.journal.write(request, change)

    async def LapseCorrection(self, request: pb.LapseCorrectionRequest, context: Any) -> pb.Correction:
        """Whether the answer never came."""

        async def change(act: Act) -> pb.Correction:
            application = found(await store.lock_application(act.connection, request.application_id))
            correction = await self._correction(act, request)
            to_state = decisions.lapse_correction(correction, application, act.now)
            if to_state is not None:
                await document_store.move_correction(act.connection, correction, to_state)
                facts = {"correction_id": correction.correction_id, "closes_at": clock.text(correction.closes_at)}
                act.record("correction_lapsed", subject=application.application_id, facts=facts)
            return correction_message(await self._correction(act, request))

        required(request, "application_id", "correction_id")
        return await self._room.journal.write(request, change)

    async def _correction(self, act: Act, request: pb.LapseCorrectionRequest) -> Correction:
        return found(
            await document_store.get_correction(
                act.connection, request.correction_id, application_id=request.application_id
            )
        )

    async def CloseApplication(self, request: pb.CloseApplicationRequest, context: Any) -> pb.Application:
        """Ends the application; an end that is there already stands, and the answer says which."""

        async def change(act: Act) -> pb.Application:
            application = found(await store.lock_application(act.connection, request.application_id))
            to_state = decisions.close(application, ending)
            if to_state is not None:
                await store.end(act.connection, application, to_state, ending=ending, at=act.at)
                act.record("application_closed", subject=application.application_id, facts={"ending": ending})
            return await self._header(act, application)

        required(request, "application_id", "ending")
        ending = from_proto(pb.Ending, request.ending, path="ending")
        return await self._room.journal.write(request, change)

    async def WriteProgress(self, request: pb.WriteProgressRequest, context: Any) -> pb.Progress:
        """Writes what lists show, unless a newer version is there; answers with what stands."""

        async def change(act: Act) -> pb.Progress:
            return progress_message(found(await lists.write_progress(act.connection, progress)))

        progress = progress_of(request.progress)
        if not progress.application_id:
            raise field_invalid("progress.application_id", Reason.FIELD_MISSING)
        return await self._room.journal.write(request, change)


def _item(item: pb.CorrectionItem, index: int) -> Item:
    return Item(
        field=said(f"items[{index}].field", item.field, longest=100, required=False),
        piece=said(f"items[{index}].piece", item.piece, longest=60, required=False),
        reason=said(f"items[{index}].reason", item.reason, longest=60),
    )


def _asked(correction: Correction) -> dict[str, Any]:
    return {
        "correction_id": correction.correction_id,
        "closes_at": clock.text(correction.closes_at),
        "fields": sorted(item.field for item in correction.items if item.field),
        "pieces": sorted(item.piece for item in correction.items if item.piece),
    }
