"""Money: each "must never" and each forbidden pair, by hand, through the real processes."""

from __future__ import annotations

import asyncio
import json
from hashlib import sha256
from uuid import uuid4

import pytest
import rfc8785
from jalon.payments.v1 import awards_pb2 as payments

from kit.errors import Refused
from tests.journeys.people import RULEBOOK, Town, refusal_of, said
from tests.journeys.second_call import Second
from workflows.commands import Who
from workflows.contract.application import (
    CountersignAgreement,
    LiquidateInstallment,
    PrepareAgreement,
)
from workflows.contract.call import ActRow, NotifyDecisions, RecordAct
from workflows.contract.payment_run import PreparePaymentRun, SealPaymentRun

# Authorising officer, assembly office


async def test_nothing_is_told_nor_promised_before_the_act_is_executory(town: Town, second: Second) -> None:
    officer, instructor = second.role("AUTHORISING_OFFICER"), second.role("INSTRUCTOR", "first")
    await town.refuses(
        town.door.act(officer, NotifyDecisions, second.stage.call_id, second.acts["unexecutory"]),
        "ACT_NOT_EXECUTORY",
        french="L’acte n’est pas encore exécutoire : rien ne peut être notifié ni payé avant",
        english="The act is not executory yet: nothing can be notified or paid before",
    )
    for name in ("unexecutory", "unnotified"):
        await town.refuses(
            town.door.act(instructor, PrepareAgreement, second.id_of(name), str(uuid4())),
            "NOT_AT_THIS_STAGE",
            french="n’est pas possible à l’étape",
            english="cannot be done at the stage",
        )
        request = payments.PrepareAgreementRequest(application_id=second.id_of(name), agreement_id=str(uuid4()))
        await town.refuses(
            town.door.send(instructor, town.stub("payments", "awards").PrepareAgreement, request),
            "BENEFICIARY_UNKNOWN",
            french="la décision doit d’abord être notifiée",
            english="the decision must be notified first",
        )


async def test_nothing_is_voted_above_the_jury_nor_twice(town: Town, second: Second) -> None:
    """The assembly's act carries what the jury proposed, once."""
    file = second.files["unnotified"]
    assert file.review is not None
    row = ActRow(str(file.application_id), "GRANTED", file.review.instructed_cents + 1_00, file.project.section)
    voted = town.door.act(
        second.role("ASSEMBLY_OFFICE"),
        RecordAct,
        second.stage.call_id,
        str(uuid4()),
        session_id=second.sessions["unnotified"],
        number="ESSAI_2",
        session_on=second.stage.edition.calendar.act_session_on.isoformat(),
        rows=[row],
    )
    async with town.unchanged():
        refusal = await refusal_of(voted)
    assert refusal.reason == "FIELDS_INVALID"
    assert said(refusal, "fr")
    assert said(refusal, "en")


@pytest.mark.parametrize("name", ["unverified", "unsigned", "half_signed"])
async def test_nothing_is_liquidated_before_its_conditions(town: Town, second: Second, name: str) -> None:
    """An account not verified, an agreement not signed by both: no installment is due."""
    liquidator, award = second.role("FINANCE", "liquidator"), await second.award(name)
    if name != "unverified":
        assert not award.installments
        refused = town.door.act(liquidator, LiquidateInstallment, second.id_of(name), str(uuid4()))
        await town.refuses(
            refused, "NOT_AT_THIS_STAGE", french="n’est pas possible à l’étape", english="cannot be done at the stage"
        )
        return
    advance, balance = sorted(award.installments, key=lambda item: item.number)
    for item, french, english in (
        (advance, "Il manque : coordonnées bancaires vérifiées.", "Unmet: bank details verified."),
        (balance, "compte rendu financier accepté", "financial report accepted"),
    ):
        refused = town.door.act(liquidator, LiquidateInstallment, second.id_of(name), item.installment_id)
        await town.refuses(refused, "CONDITIONS_UNMET", french=french, english=english)
    gathered = town.door.act(
        liquidator, PreparePaymentRun, second.stage.call_id, str(uuid4()), [advance.installment_id]
    )
    async with town.unchanged():
        assert (await refusal_of(gathered)).reason in {"NOT_IN_THIS_STATE", "BANK_DETAILS_NOT_VERIFIED"}


# Finance


async def test_who_verified_an_account_seals_nothing_paid_on_it(town: Town, second: Second) -> None:
    run = await second.run("aside")
    await town.refuses(
        town.door.act(second.role("FINANCE", "verifier"), SealPaymentRun, run.call_id, run.payment_run_id, run.digest),
        "SAME_PERSON",
        french="Une même personne ne peut pas tenir ces deux fonctions",
        english="One person cannot hold both duties",
    )


async def test_finance_does_not_seal_what_it_prepared(town: Town, second: Second) -> None:
    preparer, run = second.role("FINANCE", "liquidator"), await second.run("aside")
    assert run.prepared_by == preparer.person
    await town.refuses(
        town.door.act(preparer, SealPaymentRun, run.call_id, run.payment_run_id, run.digest),
        "SAME_PERSON",
        french="Une même personne ne peut pas tenir ces deux fonctions",
        english="One person cannot hold both duties",
    )


async def test_an_installment_is_paid_once(town: Town, second: Second) -> None:
    """What is in a run is neither liquidated again nor gathered in another run."""
    liquidator, award = second.role("FINANCE", "liquidator"), await second.award("aside")
    advance = next(item for item in award.installments if item.kind == "advance")
    again = town.door.act(liquidator, LiquidateInstallment, second.id_of("aside"), advance.installment_id)
    await town.refuses(
        again, "NOT_IN_THIS_STATE", french="Cette action n’est pas possible", english="This cannot be done"
    )
    other = town.door.act(liquidator, PreparePaymentRun, second.stage.call_id, str(uuid4()), [advance.installment_id])
    await town.refuses(
        other, "NOT_IN_THIS_STATE", french="Cette action n’est pas possible", english="This cannot be done"
    )


# Instructor and authorising officer are two people on one file


async def test_who_prepared_the_agreement_does_not_sign_it(town: Town, second: Second) -> None:
    agreement = (await second.award("half_signed")).agreement
    instructor = second.role("INSTRUCTOR", "third")
    officer = Who(instructor.person, frozenset({"AUTHORISING_OFFICER"}), second.stage.call_id)
    await town.refuses(
        town.door.act(
            officer, CountersignAgreement, second.id_of("half_signed"), agreement.agreement_id, agreement.digest
        ),
        "SAME_PERSON",
        french="Une même personne ne peut pas tenir ces deux fonctions",
        english="One person cannot hold both duties",
    )


async def test_the_envelope_is_never_exceeded(town: Town, second: Second) -> None:
    """100 000 € announced, 50 reservations of 7 000 € together: 14 pass, each other one is told what remains."""
    body = json.loads(RULEBOOK.read_bytes())
    body["envelopes"] = [{"section": section, "announced_cents": 100_000_00} for section in ("operating", "investment")]
    data, call_id, awards = rfc8785.dumps(body), str(uuid4()), town.stub("payments", "awards")
    register = payments.RegisterCallRequest(
        call_id=call_id, rulebook_digest=sha256(data).hexdigest(), rulebook_json=data
    )
    await town.system(awards.RegisterCall, register)

    async def reserve() -> Refused | None:
        request = payments.ReserveAwardRequest(
            application_id=str(uuid4()),
            call_id=call_id,
            section="OPERATING",
            amount_cents=7_000_00,
            eligible_base_cents=14_000_00,
        )
        try:
            await town.system(awards.ReserveAward, request)
        except Refused as refused:
            return refused
        return None

    outcomes = await asyncio.gather(*(reserve() for _ in range(50)))
    refused = [refusal for refusal in outcomes if refusal is not None]
    assert len(outcomes) - len(refused) == 14
    assert {refusal.reason for refusal in refused} == {"ENVELOPE_EXCEEDED"}
    last = [refusal for refusal in refused if refusal.values["remaining_cents"] == "200000"]
    assert last
    assert "montant de 7 000,00 € : il reste 2 000,00 €" in said(last[-1], "fr")
    assert "amount of €7,000.00: €2,000.00 remains" in said(last[-1], "en")
    question = payments.ListEnvelopesRequest(call_id=call_id)
    page = await town.door.read(second.role("AUDITOR"), awards.ListEnvelopes, question)
    assert {item.section: item.remaining_cents for item in page.envelopes}["OPERATING"] == 2_000_00
    check = await town.door.read(
        second.role("AUDITOR"), awards.CheckInvariants, payments.CheckInvariantsRequest(call_id=call_id)
    )
    assert not check.violations
