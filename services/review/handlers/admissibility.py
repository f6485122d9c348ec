"""A call is handed over, a case opens, its admissibility is decided."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from jalon.review.v1 import cases_pb2 as pb

from kit import clock
from kit.errors import field_invalid, required
from kit.journal import Act, plumbing
from services.review.domain.admissibility import admit, confirm, propose_inadmissible, send_back
from services.review.domain.moves import check_case_open
from services.review.domain.reasons import Reason
from services.review.domain.rulebook import parse
from services.review.handlers.desk import Desk
from services.review.handlers.reading import amount, facts_of, ref, words
from services.review.store import calls, cases
from services.review.store.cases import Opening

KIND = "ADMISSIBILITY"


class Admissibility(Desk):
    """From the deposit to the answer on admissibility."""

    async def RegisterCall(self, request: pb.RegisterCallRequest, context: Any) -> pb.RegisterCallResponse:
        """Keeps the frozen rulebook, if its bytes have the digest announced and review can read them."""

        async def change(act: Act) -> pb.RegisterCallResponse:
            required(request, "call_id")
            if sha256(request.rulebook_json).hexdigest() != request.rulebook_digest:
                raise field_invalid("rulebook_json", Reason.DIGEST_WRONG)
            parse(request.rulebook_json)
            digest = request.rulebook_digest
            if await calls.register(act.connection, request.call_id, digest=digest, rulebook=request.rulebook_json):
                act.record("call_registered", subject=request.call_id, kind="call", facts={"rulebook_digest": digest})
            return pb.RegisterCallResponse()

        return await self._journal.write(request, change)

    async def OpenCase(self, request: pb.OpenCaseRequest, context: Any) -> pb.Case:
        """Opens the case and ties its applicant to it."""

        async def change(act: Act) -> pb.Case:
            required(request, "application_id", "call_id", "applicant_id")
            registered = await self._rulebooks.of(act.connection, request.call_id)
            registered.rules.track(request.track)
            if await cases.open_case(act.connection, request.application_id, _opening(request)):
                await plumbing.relate_person(
                    act.connection,
                    person=request.applicant_id,
                    application_id=request.application_id,
                    call_id=request.call_id,
                    relation="applicant",
                )
                act.record(
                    "case_opened",
                    subject=request.application_id,
                    facts={
                        "call_id": request.call_id,
                        "track": request.track,
                        "requested_cents": request.requested_cents,
                        "total_cost_cents": request.total_cost_cents,
                        "received_at": clock.text(clock.from_timestamp(request.received_at)),
                        "digest": request.digest,
                        "rulebook_digest": registered.digest,
                    },
                )
            return await self.shown(act.connection, request.application_id)

        return await self._journal.write(request, change)

    async def DecideAdmissibility(self, request: pb.DecideAdmissibilityRequest, context: Any) -> pb.Case:
        """Admissible; or inadmissible, proposed with its reasons to a second person."""

        async def change(act: Act) -> pb.Case:
            case = await cases.lock(act.connection, request.application_id)
            check_case_open(case.state)
            if request.admissible:
                decided = admit(case.admissibility, act.person)
            else:
                decided = propose_inadmissible(case.admissibility, act.person, reasons=request.reasons)
            ground = ref(request, "ground")
            said = await words(act, case, ground, kind=KIND, path="ground")
            await cases.decide_admissibility(act.connection, case, decided, ground=ground)
            registered = await self._rulebooks.of(act.connection, case.call_id)
            facts = {
                "admissible": request.admissible,
                "admissibility": decided.state.value,
                "reasons": [reason.value for reason in decided.reasons],
                "rulebook_digest": registered.digest,
                **facts_of(ground),
            }
            act.record("admissibility_decided", subject=case.application_id, facts=facts, words=said)
            return await self.shown(act.connection, case.application_id)

        return await self._journal.write(request, change)

    async def ConfirmInadmissibility(self, request: pb.ConfirmInadmissibilityRequest, context: Any) -> pb.Case:
        """A second person confirms, or the proposal falls."""

        async def change(act: Act) -> pb.Case:
            case = await cases.lock(act.connection, request.application_id)
            check_case_open(case.state)
            current = case.admissibility
            decided = confirm(current, act.person) if request.confirmed else send_back(current)
            await cases.confirm_inadmissibility(act.connection, case, decided)
            said = await words(act, case, case.ground, kind=KIND, path="ground") if request.confirmed else ""
            event = "inadmissibility_confirmed" if request.confirmed else "inadmissibility_sent_back"
            facts = {
                "admissibility": decided.state.value,
                "reasons": [reason.value for reason in current.reasons],
                "proposed_by": current.decided_by,
            }
            act.record(event, subject=case.application_id, facts=facts, words=said)
            return await self.shown(act.connection, case.application_id)

        return await self._journal.write(request, change)


def _opening(request: pb.OpenCaseRequest) -> Opening:
    return Opening(
        call_id=request.call_id,
        track=request.track,
        applicant_id=request.applicant_id,
        received_at=clock.from_timestamp(request.received_at),
        digest=request.digest,
        requested_cents=amount("requested_cents", request.requested_cents),
        total_cost_cents=amount("total_cost_cents", request.total_cost_cents),
    )
