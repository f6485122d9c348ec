"""Awards: reserved, voted, released, closed; the beneficiary and the conditions of its payments."""

from __future__ import annotations

from datetime import date
from typing import Any

from jalon.payments.v1 import awards_pb2 as pb

from kit import clock, db
from kit.errors import Refused, field_invalid, required
from kit.journal import Act
from kit.money import Cents
from services.payments.domain import ledger as rules
from services.payments.domain.conditions import Condition
from services.payments.domain.ledger import Account as Ledger
from services.payments.domain.moves import (
    AGREEMENT,
    AWARD,
    INSTALLMENT,
    AgreementAction,
    AgreementState,
    AwardAction,
    AwardState,
    InstallmentAction,
    move,
)
from services.payments.domain.records import OVER, Award, Beneficiary
from services.payments.handlers.base import Handlers, code, positive, role
from services.payments.store import agreements, awards, installments, ledger

TOLD = (Condition.ACT_EXECUTORY, Condition.DECISION_NOTIFIED)
AWARDED = (AwardState.VOTED, AwardState.COMMITTED, AwardState.CLOSED)
GIVEN_BACK = (AwardState.RELEASED, AwardState.CLOSED)


class Awards(Handlers):
    """RPCs of awards."""

    async def ReserveAward(self, request: pb.ReserveAwardRequest, context: Any) -> pb.Award:
        """Sets an amount aside; the same again changes nothing, another is refused (``RESERVED_OTHERWISE``)."""
        required(request, "application_id", "call_id", "section")
        positive(request, "amount_cents", "eligible_base_cents")
        if request.amount_cents > request.eligible_base_cents:
            raise field_invalid("amount_cents", "AMOUNT_ABOVE_BASE")

        async def change(act: Act) -> pb.Award:
            envelope = await ledger.find_envelope(act.connection, request.call_id, request.section)
            if await self._new_reservation(act, request, envelope):
                award = await awards.lock(act, request.application_id)
                movement_id = ledger.movement_id(act, "reserve", award.application_id)
                amount = Cents(request.amount_cents)
                await ledger.post(act, "award_reserved", rules.reserve(movement_id, ledger.ref(award), amount=amount))
                facts = {"section": award.section, "amount_cents": request.amount_cents}
                act.record("award_reserved", subject=award.application_id, facts=facts)
            return await self._award(act, request.application_id)

        return await self._journal.write(request, change)

    async def _new_reservation(self, act: Act, request: pb.ReserveAwardRequest, envelope_id: str) -> bool:
        terms = {
            "envelope_id": envelope_id,
            "section": request.section,
            "eligible_base_cents": request.eligible_base_cents,
        }
        if await awards.create(act, request.application_id, call_id=request.call_id, **terms):
            return True
        award = await awards.lock(act, request.application_id)
        if award.state is not AwardState.RELEASED:
            asked = (request.call_id, request.section, request.amount_cents)
            if asked != (award.call_id, award.section, award.awarded_cents):
                raise Refused("RESERVED_OTHERWISE", values={"amount_cents": str(int(award.awarded_cents))})
            return False
        move(AWARD, award.state, AwardAction.RESERVE)
        if award.voted_at is not None or award.call_id != request.call_id:
            raise Refused("RELEASED_AFTER_VOTE")
        await awards.reserve_again(act, award, **terms)
        return True

    async def VoteAward(self, request: pb.VoteAwardRequest, context: Any) -> pb.Award:
        """The reservation becomes an award; what was reserved above it is given back."""
        required(request, "application_id")
        positive(request, "amount_cents")

        async def change(act: Act) -> pb.Award:
            award = await awards.lock(act, request.application_id)
            if award.state not in AWARDED or award.awarded_cents != request.amount_cents:
                move(AWARD, award.state, AwardAction.VOTE)
                voted, reserved = Cents(request.amount_cents), award.reserved_cents
                movement_id = ledger.movement_id(act, "vote", award.application_id)
                movement = rules.vote_award(movement_id, ledger.ref(award), reserved=reserved, voted=voted)
                await awards.vote(act, award)
                await ledger.post(act, "award_voted", movement)
                facts = {"amount_cents": int(voted), "given_back_cents": int(reserved - voted)}
                act.record("award_voted", subject=award.application_id, facts=facts)
            return await self._award(act, request.application_id)

        return await self._journal.write(request, change)

    async def ReleaseAward(self, request: pb.ReleaseAwardRequest, context: Any) -> pb.Award:
        """Gives back what is not paid nor in flight; a second time changes nothing."""
        required(request, "application_id")
        reason = code(request.reason, "reason")

        async def change(act: Act) -> pb.Award:
            award = await awards.lock(act, request.application_id)
            if award.state not in GIVEN_BACK:
                amount = await self._give_back(act, award)
                facts = {"section": award.section, "amount_cents": int(amount), "reason": reason}
                act.record("award_released", subject=award.application_id, facts=facts)
                # a reservation undone because its proposal was refused never left the envelope for anybody
                if amount and reason != "REVIEW_REFUSED":
                    free_money(act, award, amount)
            return await self._award(act, request.application_id)

        return await self._journal.write(request, change)

    async def _give_back(self, act: Act, award: Award) -> Cents:
        after = _after_release(award)
        await self._cancel(act, award)
        movement_id = ledger.movement_id(act, "release", award.application_id)
        reference = ledger.ref(award)
        if award.reserved_cents:
            amount = award.reserved_cents
            await ledger.post(act, "award_released", rules.release(movement_id, reference, amount=amount))
        else:
            stage = Ledger.VOTED if award.voted_cents else Ledger.COMMITTED
            amount = award.voted_cents + award.committed_cents
            if amount:
                await ledger.post(act, "award_freed", rules.free(movement_id, reference, amount=amount, stage=stage))
        if after is not award.state:
            await awards.move(act, award, after)
        return amount

    async def _cancel(self, act: Act, award: Award) -> None:
        live = await agreements.live(act, award.application_id)
        if live is not None and live.agreement_state is not AgreementState.SIGNED:
            after = move(AGREEMENT, live.agreement_state, AgreementAction.CANCEL)
            await agreements.move(act, live, after)
        for item in await installments.of_award(act.connection, award.application_id):
            if (item.state, InstallmentAction.CANCEL) in INSTALLMENT:
                await installments.move(act, item, move(INSTALLMENT, item.state, InstallmentAction.CANCEL))

    async def CloseAward(self, request: pb.CloseAwardRequest, context: Any) -> pb.Award:
        """Everything is paid or freed; a second time changes nothing."""
        required(request, "application_id")

        async def change(act: Act) -> pb.Award:
            award = await awards.lock(act, request.application_id)
            if award.state is not AwardState.CLOSED:
                after = move(AWARD, award.state, AwardAction.CLOSE)
                plan = await installments.of_award(act.connection, award.application_id)
                if award.remaining_cents or any(item.state not in OVER for item in plan):
                    values = {"remaining_cents": str(int(award.remaining_cents))}
                    raise Refused("AWARD_NOT_SETTLED", values=values)
                await awards.move(act, award, after)
                facts = {"paid_cents": int(award.paid_cents), "freed_cents": int(award.freed_cents)}
                act.record("award_closed", subject=award.application_id, facts=facts)
            return await self._award(act, request.application_id)

        return await self._journal.write(request, change)

    async def RecordCondition(self, request: pb.RecordConditionRequest, context: Any) -> pb.Award:
        """A fact that another service knows holds since an instant; told again, it changes nothing."""
        required(request, "application_id")
        if request.code not in TOLD:
            raise field_invalid("code", "CHOICE_UNKNOWN", choices=", ".join(TOLD))
        if not request.HasField("since"):
            raise field_invalid("since", "REQUIRED")
        since = clock.from_timestamp(request.since)

        async def change(act: Act) -> pb.Award:
            await awards.lock(act, request.application_id)
            if await awards.record_condition(act, request.application_id, Condition(request.code), since=since):
                facts = {"condition": request.code, "since": clock.text(since)}
                act.record("condition_met", subject=request.application_id, facts=facts)
            return await self._award(act, request.application_id)

        return await self._journal.write(request, change)

    async def RegisterBeneficiary(self, request: pb.RegisterBeneficiaryRequest, context: Any) -> pb.Award:
        """Who is paid; from then on the applicant sees this money."""
        required(request, "application_id", "applicant_id", "number", "name", "legal_family")
        told = Beneficiary(
            applicant_id=request.applicant_id,
            number=request.number,
            name=request.name,
            siret=request.siret,
            rna=request.rna,
            legal_family=request.legal_family,
            project_title=request.project_title,
            project_ends_on=_day("project_ends_on", request.project_ends_on),
            fictitious=request.fictitious,
        )

        async def change(act: Act) -> pb.Award:
            award = await awards.lock(act, request.application_id)
            if await awards.get_beneficiary(act.connection, award.application_id) != told:
                await awards.register_beneficiary(act, award, told)
                facts = {"applicant": request.applicant_id, "number": request.number}
                act.record("beneficiary_registered", subject=award.application_id, facts=facts)
            return await self._award(act, award.application_id)

        return await self._journal.write(request, change)

    async def GetAward(self, request: pb.GetAwardRequest, context: Any) -> pb.Award:
        """The money of one application, as the reader's role sees it."""
        required(request, "application_id")
        now = await db.now(self._pool)
        return self._seen_by(await awards.get(self._pool, request.application_id, now), role())


def free_money(act: Act, award: Award, amount: Cents) -> None:
    """Tells the call that money came back to a section."""
    facts = {"application_id": award.application_id, "section": award.section, "amount_cents": int(amount)}
    act.emit("money_freed", subject=award.call_id, facts=facts)


def _day(path: str, text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise field_invalid(path, "DATE_UNCLEAR") from error


def _after_release(award: Award) -> AwardState:
    """Money in flight keeps the award committed until the accountant's answer; what was paid closes it."""
    if award.in_flight_cents:
        return award.state
    return move(AWARD, award.state, AwardAction.CLOSE if award.paid_cents else AwardAction.RELEASE)
