"""Agreements: generated, sent, signed by the beneficiary, then by the authorising officer, who commits the award."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from jalon.payments.v1 import awards_pb2 as pb

from kit import clock, db, pages
from kit.errors import Refused, field_invalid, not_found, required
from kit.files import PART_BYTES
from kit.journal import Act
from kit.money import Cents, share
from kit.pdf import render
from services.payments.domain import ledger as rules
from services.payments.domain.agreement import Party, Terms, document
from services.payments.domain.conditions import Condition
from services.payments.domain.moves import AGREEMENT, AWARD, AgreementAction, AgreementState, AwardAction, move
from services.payments.domain.plan import installments as planned
from services.payments.domain.records import Agreement, Award, Beneficiary
from services.payments.domain.rulebook import PaymentRules
from services.payments.domain.separation import Duty, take_on
from services.payments.handlers import messages
from services.payments.handlers.base import OUTSIDE, Handlers, role, viewer
from services.payments.handlers.reports import NON_PROFIT, expect_report, kept_share
from services.payments.store import accounts, agreements, awards, installments, ledger

TEMPLATE = Path(__file__).parents[1] / "templates" / "agreement.typ"
SIGNED = frozenset({AgreementState.SIGNED_BY_BENEFICIARY, AgreementState.SIGNED})
NAME_LENGTH = 200


@dataclass(frozen=True)
class Draft:
    """Terms, and the digest and size of the document that says them."""

    terms: Terms
    digest: str
    size: int


class Agreements(Handlers):
    """RPCs of agreements."""

    async def PrepareAgreement(self, request: pb.PrepareAgreementRequest, context: Any) -> pb.Agreement:
        """Generates the document outside the transaction, which then checks that its terms still hold."""
        required(request, "application_id", "agreement_id")
        draft = await self._draft(request)

        async def change(act: Act) -> pb.Agreement:
            award = await awards.lock(act, request.application_id)
            live = await agreements.live(act, award.application_id)
            if live is None or live.agreement_id != request.agreement_id:
                move(AWARD, award.state, AwardAction.COMMIT)
                terms = await self._terms(act.connection, award.application_id)
                if draft is None or draft.terms != terms:
                    raise Refused("CHANGED_MEANWHILE")
                if live is not None:
                    await _replace(act, live)
                await self._create(act, request, draft)
            kept = await agreements.lock(act, award.application_id, request.agreement_id)
            return messages.agreement(award.application_id, kept)

        return await self._journal.write(request, change)

    async def _draft(self, request: pb.PrepareAgreementRequest) -> Draft | None:
        """None when there is nothing to generate from: the transaction says why, unless it was done already."""
        try:
            terms = await self._terms(self._pool, request.application_id)
        except Refused:
            return None
        dated = clock.from_timestamp(request.context.occurred_at)
        pdf = await asyncio.to_thread(render, TEMPLATE, document(terms), timestamp=dated)
        await asyncio.to_thread(self._files.put, pdf)
        return Draft(terms, sha256(pdf).hexdigest(), len(pdf))

    async def _terms(self, connection: Any, application_id: str) -> Terms:
        now = await db.now(connection)
        award = (await awards.get(connection, application_id, now)).award
        beneficiary = await awards.get_beneficiary(connection, application_id)
        if beneficiary is None:
            raise Refused("BENEFICIARY_UNKNOWN")
        if not award.awarded_cents:
            raise Refused("NOTHING_AWARDED")
        digest = await ledger.rulebook_digest(connection, award.call_id)
        return terms_of(award, beneficiary, rules=await ledger.rules_of(connection, award.call_id), digest=digest)

    async def _create(self, act: Act, request: pb.PrepareAgreementRequest, draft: Draft) -> None:
        await agreements.create(act, request.application_id, request.agreement_id, digest=draft.digest, size=draft.size)
        facts = {
            "agreement_id": request.agreement_id,
            "digest": draft.digest,
            "amount_cents": int(draft.terms.award),
            "rulebook_digest": draft.terms.rulebook_digest,
        }
        act.record("agreement_prepared", subject=request.application_id, facts=facts)

    async def SendAgreement(self, request: pb.SendAgreementRequest, context: Any) -> pb.Agreement:
        """Sends it, to be signed before an instant to come."""
        required(request, "application_id", "agreement_id")
        if not request.HasField("closes_at"):
            raise field_invalid("closes_at", "REQUIRED")
        closes_at = clock.from_timestamp(request.closes_at)

        async def change(act: Act) -> pb.Agreement:
            await awards.lock(act, request.application_id)
            kept = await agreements.lock(act, request.application_id, request.agreement_id)
            move(AGREEMENT, kept.agreement_state, AgreementAction.SEND)
            if closes_at <= max(act.now, act.at):
                raise field_invalid("closes_at", "DEADLINE_PAST", now=clock.text(act.now))
            await agreements.send(act, kept, closes_at)
            facts = {
                "agreement_id": kept.agreement_id,
                "digest": kept.digest,
                "closes_at": clock.text(closes_at),
            }
            act.record("agreement_sent", subject=request.application_id, facts=facts)
            return await self._now(act, request)

        return await self._journal.write(request, change)

    async def _now(self, act: Act, request: Any) -> pb.Agreement:
        kept = await agreements.lock(act, request.application_id, request.agreement_id)
        return messages.agreement(request.application_id, kept)

    async def SignAgreement(self, request: pb.SignAgreementRequest, context: Any) -> pb.Agreement:
        """The beneficiary signs what was read, in time by the service's clock; the first act stands."""
        required(request, "application_id", "agreement_id", "digest")
        name = request.signer_name.strip()
        if not 0 < len(name) <= NAME_LENGTH:
            raise field_invalid("signer_name", "NAME_UNCLEAR", max=str(NAME_LENGTH))

        async def change(act: Act) -> pb.Agreement:
            await awards.lock(act, request.application_id)
            kept = await agreements.lock(act, request.application_id, request.agreement_id)
            _check_signature(kept, act, request.digest)
            await agreements.sign(act, kept, name)
            facts = {"agreement_id": kept.agreement_id, "digest": kept.digest}
            act.record("agreement_signed", subject=request.application_id, facts=facts)
            act.emit("agreement_signed", subject=request.application_id, facts={"agreement_id": kept.agreement_id})
            return await self._now(act, request)

        return await self._journal.write(request, change)

    async def LapseAgreement(self, request: pb.LapseAgreementRequest, context: Any) -> pb.Agreement:
        """Was it signed in time? Refused (``RECEIVED_IN_TIME``) if so, or while there is time (``TOO_EARLY``)."""
        required(request, "application_id", "agreement_id")

        async def change(act: Act) -> pb.Agreement:
            await awards.lock(act, request.application_id)
            kept = await agreements.lock(act, request.application_id, request.agreement_id)
            if kept.agreement_state in SIGNED:
                raise Refused("RECEIVED_IN_TIME")
            if kept.agreement_state not in (AgreementState.EXPIRED, AgreementState.CANCELLED):
                move(AGREEMENT, kept.agreement_state, AgreementAction.LAPSE)
                if kept.closes_at is None or act.now < kept.closes_at:
                    asked = {"ask_at": clock.text(kept.closes_at)} if kept.closes_at else {}
                    raise Refused("TOO_EARLY", values=asked)
                await agreements.move(act, kept, AgreementState.EXPIRED)
                facts = {"agreement_id": kept.agreement_id, "closes_at": clock.text(kept.closes_at)}
                act.record("agreement_expired", subject=request.application_id, facts=facts)
            return await self._now(act, request)

        return await self._journal.write(request, change)

    async def CountersignAgreement(self, request: pb.CountersignAgreementRequest, context: Any) -> pb.Award:
        """The authorising officer, who instructed nothing of it, signs the same document: the award is committed, its
        installments are planned."""
        required(request, "application_id", "agreement_id", "digest")

        async def change(act: Act) -> pb.Award:
            award = await awards.lock(act, request.application_id)
            kept = await agreements.lock(act, request.application_id, request.agreement_id)
            move(AGREEMENT, kept.agreement_state, AgreementAction.COUNTERSIGN)
            if request.digest != kept.digest:
                raise Refused("AGREEMENT_CHANGED")
            take_on(Duty.SIGNATORY, act.person, await accounts.duties(act, [request.application_id]))
            after = move(AWARD, award.state, AwardAction.COMMIT)
            await agreements.countersign(act, kept)
            await _commit(act, award)
            await awards.move(act, award, after)
            facts = {
                "agreement_id": kept.agreement_id,
                "digest": kept.digest,
                "amount_cents": int(award.awarded_cents),
            }
            act.record("agreement_countersigned", subject=award.application_id, facts=facts)
            await expect_report(act, award)
            return await self._award(act, award.application_id)

        return await self._journal.write(request, change)

    async def ListAgreements(self, request: pb.ListAgreementsRequest, context: Any) -> pb.ListAgreementsResponse:
        """Agreements of a call: to be signed, to be countersigned, to be sent, expired, signed."""
        required(request, "call_id")
        scope, size = f"agreements/{request.call_id}", pages.size(request.page_size)
        key = pages.decode(request.page_token, scope=scope)
        after = (key[0], clock.parse(key[1]), *key[2:]) if key else agreements.FIRST
        rows = await agreements.page(self._pool, request.call_id, viewer(), after=after, limit=size + 1)
        token = ""
        if len(rows) > size:
            last = rows[size - 1]
            token = pages.encode([last.rank, clock.text(last.ends_at), last.number, last.application_id], scope=scope)
        shown = [messages.agreement_row(row) for row in rows[:size]]
        return pb.ListAgreementsResponse(agreements=shown, next_page_token=token)

    async def ReadAgreement(self, request: pb.ReadAgreementRequest, context: Any) -> pb.ReadAgreementResponse:
        """A part of the latest agreement's document; a draft is not shown outside."""
        required(request, "application_id")
        if request.offset < 0:
            raise field_invalid("offset", "OFFSET_NEGATIVE")
        now = await db.now(self._pool)
        kept = (await awards.get(self._pool, request.application_id, now)).agreement
        if kept is None or (role() in OUTSIDE and kept.agreement_state is AgreementState.DRAFTED):
            raise not_found()
        data = await asyncio.to_thread(self._files.read, kept.digest, request.offset, PART_BYTES)
        return pb.ReadAgreementResponse(data=data, size_bytes=kept.size_bytes, digest=kept.digest)


async def _replace(act: Act, live: Agreement) -> None:
    """A draft gives way to a new one; what was sent is no longer changed."""
    if live.agreement_state is not AgreementState.DRAFTED:
        raise Refused("AGREEMENT_ALREADY_SENT")
    await agreements.move(act, live, move(AGREEMENT, live.agreement_state, AgreementAction.CANCEL))


def _check_signature(kept: Agreement, act: Act, digest: str) -> None:
    if kept.agreement_state is AgreementState.DRAFTED:
        raise not_found()
    if kept.agreement_state in SIGNED and kept.signed_by_beneficiary_at:
        raise Refused("ALREADY_SIGNED", values={"signed_at": clock.text(kept.signed_by_beneficiary_at)})
    if kept.closes_at is not None and act.at >= kept.closes_at:
        raise Refused("AGREEMENT_CLOSED", values={"closes_at": clock.text(kept.closes_at)})
    move(AGREEMENT, kept.agreement_state, AgreementAction.SIGN)
    if digest != kept.digest:
        raise Refused("AGREEMENT_CHANGED")


async def _commit(act: Act, award: Award) -> None:
    movement_id = ledger.movement_id(act, "commit", award.application_id)
    movement = rules.commit(movement_id, ledger.ref(award), amount=award.voted_cents)
    await ledger.post(act, "award_committed", movement)
    read = await ledger.rules_of(act.connection, award.call_id)
    lines = planned(award.awarded_cents, read.plans[award.section.lower()])
    await installments.plan_all(act, award.application_id, lines)
    await awards.record_condition(act, award.application_id, Condition.AGREEMENT_SIGNED, since=act.at)


def terms_of(award: Award, beneficiary: Beneficiary, *, rules: PaymentRules, digest: str) -> Terms:
    """The terms the rulebook gives this award."""
    section = award.section.lower()
    rate = share(Cents(10_000), award.awarded_cents, award.eligible_base_cents)
    return Terms(
        number=beneficiary.number,
        call_title=rules.title["fr"],
        rulebook_reference=rules.reference,
        rulebook_edition=rules.edition,
        rulebook_digest=digest,
        grantor=Party("Le Département", "collectivité territoriale", address=rules.contact.get("address", "")),
        beneficiary=Party(
            name=beneficiary.name,
            legal_form=rules.legal_families.get(beneficiary.legal_family, beneficiary.legal_family),
            identifiers=_identifiers(beneficiary),
        ),
        project_title=beneficiary.project_title,
        project_summary="",
        track="",
        section=section,
        award=award.awarded_cents,
        eligible_budget=award.eligible_base_cents,
        rate_basis_points=int(rate),
        installments=planned(award.awarded_cents, rules.plans[section]),
        act_number="",
        act_date=None,
        project_ends_on=None,
        report_months=rules.report_months,
        payment_days=rules.payment_days,
        unspent_kept_basis_points=kept_share(rules, beneficiary.legal_family),
        republican_contract=beneficiary.legal_family in NON_PROFIT,
        contact=", ".join(value for key in ("service", "address", "mail") if (value := rules.contact.get(key, ""))),
        fictitious=beneficiary.fictitious,
    )


def _identifiers(beneficiary: Beneficiary) -> str:
    siret = beneficiary.siret
    shown = f"SIRET {siret[:3]} {siret[3:6]} {siret[6:9]} {siret[9:]}" if siret else ""
    return ", ".join(part for part in (shown, f"RNA {beneficiary.rna}" if beneficiary.rna else "") if part)
