"""Faults that people met elsewhere, once a jury sits and money moves; each test names its case (C…)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from typing import Any
from uuid import uuid4

from jalon.payments.v1 import awards_pb2, runs_pb2
from jalon.review.v1 import jury_pb2

from kit import clock
from kit.errors import Refused
from rehearsal.invention import bank_details
from rehearsal.play import Application, Mark
from tests.journeys.people import Town, refusal_of
from tests.journeys.second_call import Second, session
from wording.values import moment
from workflows.commands import Who
from workflows.contract import jury
from workflows.contract.application import AssignReviewer, LiquidateInstallment, TextRef, VerifyBankDetails
from workflows.contract.payment_run import CountersealPaymentRun


async def _session(second: Second, key: str, who: Who) -> Any:
    request = jury_pb2.GetSessionRequest(call_id=second.stage.call_id, session_id=second.sessions[key])
    return await second.town.door.read(who, second.town.stub("review", "jury").GetSession, request)


async def _ranking(second: Second, key: str, who: Who, **weights: int) -> Any:
    request = jury_pb2.GetRankingRequest(
        call_id=second.stage.call_id,
        session_id=second.sessions[key],
        weights=[jury_pb2.Weight(criterion=name, weight=weight) for name, weight in weights.items()],
    )
    return await second.town.door.read(who, second.town.stub("review", "jury").GetRanking, request)


async def _marks(second: Second, name: str, who: Who, *, without: str = "") -> list[jury.Mark]:
    file = second.files[name]
    given = next(marks for member, marks in file.marks.items() if str(member) == who.person)
    return [
        jury.Mark(mark.criterion, mark.value, await _reason(second, file, who, mark))
        for mark in given
        if mark.criterion != without
    ]


async def _reason(second: Second, file: Application, who: Who, mark: Mark) -> TextRef:
    key = f"score/{file.application_id}/{who.person}/{mark.criterion}"
    return await second.stage.save_text(who, key, kind="SCORE", body=mark.reason, file=file.application_id)


async def test_a_blank_is_never_a_zero(town: Town, second: Second) -> None:
    """C27: one sheet whole, one with a blank, one recused after scoring, the others not sent: none counts as 0."""
    await session(second, "blank", ["blank"], until="convoked")
    key = (second.stage.call_id, second.sessions["blank"], second.id_of("blank"))
    members = [second.stage.who(person) for person in second.stage.edition.jury]
    chair, blank, recused, secretary = members[0], members[1], members[2], second.role("JURY_SECRETARY")
    await town.act(chair, jury.SubmitScore, *key, await _marks(second, "blank", chair))
    part = await _marks(second, "blank", blank, without="innovation")
    await town.refuses(
        town.door.act(blank, jury.SubmitScore, *key, part),
        "SCORE_MISSING",
        field="marks.innovation",
        french="une case vide n’est pas un zéro",
        english="a blank is not a zero",
    )
    before = (await _ranking(second, "blank", secretary)).files[0]
    await town.act(recused, jury.SubmitScore, *key, await _marks(second, "blank", recused))
    await town.act(recused, jury.DeclareConflict, *key, nature="employer")
    after = (await _ranking(second, "blank", secretary)).files[0]
    assert (after.mean_numerator, after.mean_denominator) == (before.mean_numerator, before.mean_denominator)
    file = (await _session(second, "blank", secretary)).files[0]
    assert (file.sheets_complete, file.sheets_expected) == (1, len(members) - 1)
    total = sum(second.weights.values())
    assert after.mean_numerator * total == _by_hand(second, "blank", chair) * after.mean_denominator
    await town.act(chair, jury.OpenSession, *key[:2], [member.person for member in members])
    await town.refuses(
        town.door.act(chair, jury.CloseSession, *key[:2]),
        "SCORES_MISSING",
        french=f"1 évaluations complètes sur {len(members) - 1} attendues",
        english=f"1 complete sheets of {len(members) - 1} expected",
    )


def _by_hand(second: Second, name: str, who: Who) -> int:
    """The weighted sum of one sheet, weights as the rulebook gives them."""
    weights = second.weights
    marks = next(given for member, given in second.files[name].marks.items() if str(member) == who.person)
    return sum(weights[mark.criterion] * mark.value for mark in marks)


async def test_a_chair_recused_late_hears_nothing_more(town: Town, second: Second) -> None:
    """C22, C29: the chair stands aside after the scores: the file vanishes for her, her sheet counts no more. Other
    weights recompute everything and change nothing."""
    second.files["hidden"] = replace(second.files["hidden"], conflicts=())
    await session(second, "hidden", ["hidden"], until="opened")
    chair, secretary = second.role("JURY_CHAIR"), second.role("JURY_SECRETARY")
    key = (second.stage.call_id, second.sessions["hidden"], second.id_of("hidden"))
    seated = len(second.stage.edition.jury)
    file = (await _session(second, "hidden", chair)).files[0]
    assert (file.sheets_complete, file.sheets_expected) == (seated, seated)

    official = await _ranking(second, "hidden", secretary)
    async with town.unchanged():
        other = await _ranking(second, "hidden", secretary, innovation=90)
    assert other.files[0].mean_numerator != official.files[0].mean_numerator
    assert await _ranking(second, "hidden", secretary) == official

    await town.act(chair, jury.DeclareConflict, *key, nature="family")
    assert [file for file in (await _session(second, "hidden", chair)).files if not file.recused] == []
    assert not (await _ranking(second, "hidden", chair)).files
    file = (await _session(second, "hidden", secretary)).files[0]
    assert (file.sheets_complete, file.sheets_expected) == (seated - 1, seated - 1)
    assert (await _ranking(second, "hidden", secretary)).files[0] != official.files[0]
    told_of = await town.admin.fetchval(
        "SELECT count(*) FROM intake.messages m JOIN intake.applications a USING (application_id)"
        " WHERE a.application_id = $1::text::uuid AND m.author = $2",
        key[2],
        chair.person,
    )
    assert told_of == 0
    late = town.door.act(chair, jury.SubmitScore, *key, [jury.Mark("innovation", 5)])
    assert (await refusal_of(late)).reason == "NOT_FOUND"


async def _one_passes(*acts: Awaitable[Any]) -> list[Refused]:
    """Several acts at once: one is done, the others are refused; the refusals."""
    outcomes = await asyncio.gather(*acts, return_exceptions=True)
    refused = [outcome for outcome in outcomes if isinstance(outcome, Refused)]
    assert len(refused) == len(outcomes) - 1, outcomes
    return refused


async def test_two_liquidations_at_once_are_one(town: Town, second: Second) -> None:
    """C32: two people, the same installment, the same instant: one passes, and the award is not exceeded. Whoever
    verified the account is neither of them."""
    award = await second.award("halved")
    advance = next(item for item in award.installments if item.kind == "advance")
    await town.refuses(
        town.door.act(
            second.role("FINANCE", "verifier"), LiquidateInstallment, second.id_of("halved"), advance.installment_id
        ),
        "SAME_PERSON",
        french="Une même personne ne peut pas tenir ces deux fonctions",
        english="One person cannot hold both duties",
    )
    people = (second.role("FINANCE", "liquidator"), Who(str(uuid4()), frozenset({"FINANCE"}), second.stage.call_id))
    refused = await _one_passes(
        *(town.door.act(who, LiquidateInstallment, second.id_of("halved"), advance.installment_id) for who in people)
    )
    assert {refusal.reason for refusal in refused} == {"NOT_IN_THIS_STATE"}
    await town.settle()
    after = await second.award("halved")
    due = [item for item in after.installments if item.state == awards_pb2.INSTALLMENT_STATE_LIQUIDATED]
    assert [item.amount_cents for item in due] == [advance.amount_cents]
    assert sum(item.amount_cents for item in after.installments) == after.awarded_cents


async def test_another_account_voids_the_first_seal(town: Town, second: Second) -> None:
    """C35: sealed once, then the account changes: the verification falls, the second seal is refused; B needs a person
    who neither liquidated nor sealed; the order keeps A for ever."""
    run, who = await second.run("changed"), second.applicant("changed")
    assert second.files["changed"].after_award is not None
    bank = bank_details(9_999, second.files["changed"].after_award.bank.holder)
    request = awards_pb2.DeclareBankDetailsRequest(
        application_id=second.id_of("changed"), iban=bank.iban, bic=bank.bic, holder=bank.holder
    )
    await town.door.send(who, town.stub("payments", "awards").DeclareBankDetails, request)
    await town.settle()
    sealing = town.door.act(
        second.role("AUTHORISING_OFFICER"), CountersealPaymentRun, run.call_id, run.payment_run_id, run.digest
    )
    await town.refuses(
        sealing,
        "BANK_DETAILS_NOT_VERIFIED",
        french="ne sont pas vérifiées, ou ne le sont plus",
        english="are not verified, or no longer are",
    )
    for person in (second.role("FINANCE", "liquidator"), second.role("FINANCE", "first_seal")):
        await town.refuses(
            town.door.act(person, VerifyBankDetails, second.id_of("changed"), version=2, method="CALL_BACK"),
            "SAME_PERSON",
            french="Une même personne ne peut pas tenir ces deux fonctions",
            english="One person cannot hold both duties",
        )
    await town.act(second.role("FINANCE", "verifier"), VerifyBankDetails, second.id_of("changed"), 2, "CALL_BACK")
    assert [order.bank_version for order in (await second.run("changed")).orders] == [1]
    again = town.door.act(
        second.role("AUTHORISING_OFFICER"), CountersealPaymentRun, run.call_id, run.payment_run_id, run.digest
    )
    assert (await refusal_of(again)).reason == "BANK_DETAILS_NOT_VERIFIED"


async def test_a_seal_pressed_twice_is_one_seal(town: Town, second: Second) -> None:
    """C37: pressed twice at once, replayed with the same request and with another: one order, one movement."""
    run, officer = await second.run("pressed"), second.role("AUTHORISING_OFFICER")
    key, request_id = (run.call_id, run.payment_run_id, run.digest), str(uuid4())
    pressed = [town.door.act_as(officer, CountersealPaymentRun, request_id, *key) for _ in range(2)]
    pressed.append(town.door.act(officer, CountersealPaymentRun, *key))
    outcomes = await asyncio.gather(*pressed, return_exceptions=True)
    refused = [outcome for outcome in outcomes if isinstance(outcome, Refused)]
    assert {refusal.reason for refusal in refused} <= {"ALREADY_SEALED", "NOT_AT_THIS_STAGE", "NOT_IN_THIS_STATE"}
    assert len(refused) < len(outcomes)
    await town.settle()
    sealed = await second.run("pressed")
    assert sealed.state == runs_pb2.PAYMENT_RUN_STATE_SENT
    assert [order.attempt for order in sealed.orders] == [1]
    orders = "SELECT count(*) FROM payments.payment_orders WHERE application_id = $1::text::uuid"
    assert await town.admin.fetchval(orders, second.id_of("pressed")) == 1
    request = awards_pb2.CheckInvariantsRequest(call_id=second.stage.call_id)
    check = await town.door.read(second.role("AUDITOR"), town.stub("payments", "awards").CheckInvariants, request)
    assert not check.violations


async def test_the_first_signature_stands(town: Town, second: Second) -> None:
    """C49: signed again, in two tabs, in another name: the signature and its instant do not move."""
    before = (await second.award("half_signed")).agreement
    signed_at = clock.from_timestamp(before.signed_by_beneficiary_at)

    def sign(name: str) -> Awaitable[Any]:
        request = awards_pb2.SignAgreementRequest(
            application_id=second.id_of("half_signed"),
            agreement_id=before.agreement_id,
            digest=before.digest,
            signer_name=name,
        )
        rpc = town.stub("payments", "awards").SignAgreement
        return town.door.send(second.applicant("half_signed"), rpc, request)

    await town.refuses(
        sign("Une Autre Personne"),
        "ALREADY_SIGNED",
        french=f"déjà signée, depuis le {moment(signed_at, locale='fr')} : cette première signature fait foi",
        english="already signed, since",
    )
    async with town.unchanged():
        twice = await asyncio.gather(sign("Une"), sign("Deux"), return_exceptions=True)
    assert [outcome.reason for outcome in twice if isinstance(outcome, Refused)] == ["ALREADY_SIGNED"] * 2
    assert (await second.award("half_signed")).agreement == before


async def test_a_late_retry_is_told_what_was_done(town: Town, second: Second) -> None:
    """C64: the same request long after, when the file's workflow went on and the jury's is over: done, with no second
    effect; the same id with another body is refused."""
    chair, admin = second.role("JURY_CHAIR"), second.role("CALL_ADMIN")
    file = second.files["concluded"]
    assert file.review is not None
    assign = second.stage.request_id("assign_reviewer", file.application_id)
    close = second.stage.request_id("close_session", "main")
    session_id = second.sessions["main"]
    async with town.unchanged():
        again = await town.door.act_as(
            admin, AssignReviewer, assign, str(file.application_id), str(file.review.reviewer_id)
        )
        closed = await town.door.act_as(chair, jury.CloseSession, close, second.stage.call_id, session_id)
    assert (again.finished, closed.finished) == (True, True)
    words = TextRef(str(uuid4()), 1)
    reused = {"french": "déjà été traitée avec un autre contenu", "english": "already carried out with another content"}
    other = town.door.act_as(admin, AssignReviewer, assign, str(file.application_id), str(uuid4()))
    await town.refuses(other, "REQUEST_REUSED", **reused)
    other = town.door.act_as(chair, jury.CloseSession, close, second.stage.call_id, session_id, minutes=words)
    await town.refuses(other, "REQUEST_REUSED", **reused)
