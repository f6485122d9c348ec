"""The full application, its checklist, corrections and their clock."""

from __future__ import annotations

from typing import Any

from jalon.review.v1 import cases_pb2 as pb

from kit import clock
from kit.errors import required
from kit.journal import Act
from services.review.domain.case import FULL_APPLICATION, Case, Correction, check_admitted, check_no_defect
from services.review.domain.completeness import check_items, check_lapse, defects
from services.review.domain.moves import (
    COMPLETENESS,
    CompletenessAction,
    CompletenessState,
    check_case_open,
    move,
)
from services.review.handlers.desk import Desk
from services.review.handlers.reading import amount, facts_of, later, pieces, ref, words
from services.review.store import cases
from services.review.store import completeness as store
from services.review.store.cases import FullApplication


class Completeness(Desk):
    """From the full application to a complete file."""

    async def ReceiveFullApplication(self, request: pb.ReceiveFullApplicationRequest, context: Any) -> pb.Case:
        """Keeps the facts of the full application and its documents."""

        async def change(act: Act) -> pb.Case:
            case = await cases.lock(act.connection, request.application_id)
            received = _received(request)
            if not await cases.is_received(act.connection, case, received):
                check_admitted(case)
                state = move(COMPLETENESS, case.completeness, CompletenessAction.RECEIVE_FULL_APPLICATION)
                await cases.receive_full_application(act.connection, case, state, received=received)
                await store.keep_pieces(
                    act.connection, case.application_id, pieces(request.pieces), received_at=received.received_at
                )
                act.record("full_application_received", subject=case.application_id, facts=_facts(request, received))
            return await self.shown(act.connection, case.application_id)

        return await self._journal.write(request, change)

    async def RequestCorrection(self, request: pb.RequestCorrectionRequest, context: Any) -> pb.Case:
        """Says what is missing and until when it may come; the clock of silence stops at this instant."""

        async def change(act: Act) -> pb.Case:
            required(request, "correction_id")
            case = await cases.lock(act.connection, request.application_id)
            check_case_open(case.state)
            state = move(COMPLETENESS, case.completeness, CompletenessAction.REQUEST_CORRECTION)
            asked = await self._asked(act, case, request)
            said = await words(act, case, asked.words, kind="CORRECTION", path="words")
            number = await store.request_correction(act.connection, case, state, asked=asked)
            facts = {
                "correction_id": asked.correction_id,
                "round": number,
                "items": [{name: value for name, value in item.items() if value} for item in asked.items],
                "closes_at": clock.text(asked.closes_at),
                **facts_of(asked.words),
            }
            act.record("correction_requested", subject=case.application_id, facts=facts, words=said)
            return await self.shown(act.connection, case.application_id)

        return await self._journal.write(request, change)

    async def RecordCorrection(self, request: pb.RecordCorrectionRequest, context: Any) -> pb.Case:
        """The answer arrived: its documents are kept, the clock runs again, the file is to check."""

        async def change(act: Act) -> pb.Case:
            required(request, "correction_id")
            case = await cases.lock(act.connection, request.application_id)
            found, digest = await store.correction(act.connection, case.application_id, request.correction_id)
            answered_at = clock.from_timestamp(request.received_at)
            if (found.suspension.answered_at, digest) != (answered_at, request.digest):
                await self._answer(act, case, found, request)
            return await self.shown(act.connection, case.application_id)

        return await self._journal.write(request, change)

    async def LapseCompleteness(self, request: pb.LapseCompletenessRequest, context: Any) -> pb.Case:
        """Asks whether the time given is over with nothing received; a second time changes nothing."""

        async def change(act: Act) -> pb.Case:
            required(request, "correction_id")
            case = await cases.lock(act.connection, request.application_id)
            found, _ = await store.correction(act.connection, case.application_id, request.correction_id)
            if found.lapsed_at is None:
                check_case_open(case.state)
                check_lapse(found.suspension, now=act.now)
                state = move(COMPLETENESS, case.completeness, CompletenessAction.LAPSE)
                await store.lapse(act.connection, case, state, correction_id=found.correction_id, lapsed_at=act.at)
                facts = {"correction_id": found.correction_id, "completeness": state.value}
                act.record("completeness_lapsed", subject=case.application_id, facts=facts)
            return await self.shown(act.connection, case.application_id)

        return await self._journal.write(request, change)

    async def ConfirmCompleteness(self, request: pb.ConfirmCompletenessRequest, context: Any) -> pb.Case:
        """Everything the checklist asks of this family is there and in date."""

        async def change(act: Act) -> pb.Case:
            case = await cases.lock(act.connection, request.application_id)
            check_case_open(case.state)
            state = move(COMPLETENESS, case.completeness, CompletenessAction.CONFIRM_COMPLETE)
            held = await store.documents(act.connection, case.application_id)
            rules = await self.rules(act, case)
            family = case.legal_family or ""
            check_no_defect(defects(rules, stage=FULL_APPLICATION, family=family, documents=held))
            await store.confirm(act.connection, case, state)
            facts = {"completeness": state.value, "pieces": sorted({document.code for document in held})}
            act.record("completeness_confirmed", subject=case.application_id, facts=facts)
            return await self.shown(act.connection, case.application_id)

        return await self._journal.write(request, change)

    async def _asked(self, act: Act, case: Case, request: pb.RequestCorrectionRequest) -> store.Asked:
        items = [{"field": item.field, "piece": item.piece, "reason": item.reason} for item in request.items]
        check_items(await self.rules(act, case), items)
        return store.Asked(
            correction_id=request.correction_id,
            items=items,
            person=act.person,
            requested_at=act.at,
            closes_at=later("closes_at", request, act=act),
            words=ref(request, "words"),
        )

    async def _answer(self, act: Act, case: Case, found: Correction, request: pb.RecordCorrectionRequest) -> None:
        check_case_open(case.state)
        state = move(COMPLETENESS, case.completeness, CompletenessAction.RECEIVE_ANSWER)
        answered_at = clock.from_timestamp(request.received_at)
        await store.record_correction(
            act.connection,
            case,
            state,
            correction_id=found.correction_id,
            answered_at=answered_at,
            digest=request.digest,
        )
        received = pieces(request.pieces)
        await store.keep_pieces(act.connection, case.application_id, received, received_at=answered_at)
        facts = {
            "correction_id": found.correction_id,
            "digest": request.digest,
            "received_at": clock.text(answered_at),
            "pieces": [{"piece": fact.piece, "digest": fact.digest} for fact in received],
        }
        act.record("correction_recorded", subject=case.application_id, facts=facts)


def _received(request: pb.ReceiveFullApplicationRequest) -> FullApplication:
    return FullApplication(
        received_at=clock.from_timestamp(request.received_at),
        digest=request.digest,
        requested_cents=amount("requested_cents", request.requested_cents),
        section=request.section,
        eligible_cost_cents=amount("eligible_cost_cents", request.eligible_cost_cents),
        legal_family=request.legal_family,
    )


def _facts(request: pb.ReceiveFullApplicationRequest, received: FullApplication) -> dict[str, Any]:
    return {
        "digest": received.digest,
        "requested_cents": int(received.requested_cents),
        "section": received.section,
        "eligible_cost_cents": int(received.eligible_cost_cents),
        "legal_family": received.legal_family,
        "received_at": clock.text(received.received_at),
        "completeness": CompletenessState.TO_CHECK.value,
        "pieces": [{"piece": fact.piece, "digest": fact.digest} for fact in request.pieces],
    }
