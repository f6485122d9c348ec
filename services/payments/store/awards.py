"""Awards, beneficiaries, the conditions of payments, and the whole of one application's money."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from kit.admission import Case
from kit.clock import civil_date
from kit.db import moved, rows_of
from kit.errors import not_found
from kit.journal import Act, plumbing
from kit.money import Cents
from services.payments.domain import conditions
from services.payments.domain.entitlement import Line
from services.payments.domain.law import AGREEMENT_THRESHOLDS, in_force
from services.payments.domain.moves import AwardState
from services.payments.domain.records import Account, Agreement, Award, Beneficiary, Installment, Report
from services.payments.store.rows import fill, fill_some, queries


@dataclass(frozen=True)
class Money:
    """Everything kept of one application's money. ``facts``: what the conditions are judged on."""

    award: Award
    number: str
    facts: conditions.Facts
    agreement: Agreement | None
    account: Account | None
    report: Report | None
    installments: tuple[Installment, ...]
    entitlement: tuple[Line, ...]


async def case_rights(connection: Any, person: str, application_id: str) -> Case | None:
    """How a person is tied to a case, for admission; a person without a UUID is tied to nothing."""
    row = await queries.case_rights(connection, person=_uuid(person), application_id=application_id)
    return None if row is None else Case(str(row["call_id"]), frozenset(row["relations"]))


def _uuid(person: str) -> UUID | None:
    try:
        return UUID(person)
    except ValueError:
        return None


async def lock(act: Act, application_id: str) -> Award:
    """The award, kept still until the end of the transaction; NOT_FOUND when there is none."""
    row = await queries.lock_award(act.connection, application_id=application_id)
    if row is None:
        raise not_found()
    return fill(Award, row)


async def create(act: Act, application_id: str, **columns: Any) -> bool:
    """A new award without money; False when the application has one."""
    return await queries.reserve_award(act.connection, application_id=application_id, **columns) is not None


async def reserve_again(act: Act, award: Award, **terms: Any) -> None:
    """A new proposal after a reservation that fell before any vote."""
    moved(
        await queries.reserve_award_again(
            act.connection, application_id=award.application_id, from_state=award.state.value, **terms
        )
    )


async def move(act: Act, award: Award, to_state: AwardState) -> None:
    """The award's next state."""
    moved(
        await queries.move_award(
            act.connection, application_id=award.application_id, from_state=award.state.value, to_state=to_state.value
        )
    )


async def vote(act: Act, award: Award) -> None:
    """Voted when the act happened, in the civil year of that instant."""
    moved(
        await queries.vote_award(
            act.connection,
            application_id=award.application_id,
            from_state=award.state.value,
            voted_at=act.at,
            voted_year=civil_date(act.at).year,
        )
    )


async def claim_overpayment(act: Act, award: Award, amount: Cents) -> None:
    """What was paid beyond the entitlement and is not kept."""
    await queries.claim_overpayment(act.connection, application_id=award.application_id, to_recover_cents=int(amount))


async def record_condition(act: Act, application_id: str, code: conditions.Condition, *, since: datetime) -> bool:
    """A fact holds since an instant; False when that was known."""
    found = await queries.record_condition(act.connection, application_id=application_id, code=code.value, since=since)
    return found is not None


async def register_beneficiary(act: Act, award: Award, beneficiary: Beneficiary) -> None:
    """Who is paid; the applicant is tied to the case."""
    await queries.register_beneficiary(act.connection, application_id=award.application_id, **vars(beneficiary))
    await plumbing.relate_person(
        act.connection,
        person=beneficiary.applicant_id,
        application_id=award.application_id,
        call_id=award.call_id,
        relation="applicant",
    )


async def get_beneficiary(connection: Any, application_id: str) -> Beneficiary | None:
    """Who is paid, once registered."""
    row = await queries.get_beneficiary(connection, application_id=application_id)
    return None if row is None else fill(Beneficiary, row)


def facts_of(row: Mapping[str, Any], now: datetime) -> conditions.Facts:
    """The facts of a row that joins ``award_facts``; the legal threshold is that of the day."""
    return conditions.Facts(
        act_executory_at=row["act_executory_at"],
        decision_notified_at=row["decision_notified_at"],
        agreement_signed_at=row["agreement_signed_at"],
        bank_details_verified_at=row["bank_details_verified_at"],
        report_accepted_at=row["report_accepted_at"],
        annual_cumul=Cents(row["annual_cumul_cents"]),
        agreement_threshold=in_force(AGREEMENT_THRESHOLDS, civil_date(now)),
    )


async def get(connection: Any, application_id: str, now: datetime) -> Money:
    """The money of one application, in three statements; NOT_FOUND when there is none."""
    row = await queries.get_award(connection, application_id=application_id)
    if row is None:
        raise not_found()
    installments = await rows_of(queries.list_award_installments(connection, application_id=application_id))
    lines = await rows_of(queries.list_entitlement(connection, application_id=application_id))
    return Money(
        award=fill(Award, row),
        number=row["number"],
        facts=facts_of(row, now),
        agreement=fill_some(Agreement, row, present="agreement_id"),
        account=fill_some(Account, row, present="bank_version"),
        report=fill_some(Report, row, present="report_version"),
        installments=tuple(fill(Installment, item) for item in installments),
        entitlement=tuple(_line(line) for line in lines),
    )


def _line(row: Mapping[str, Any]) -> Line:
    return Line(row["code"], Cents(row["amount_cents"]), row["rule"], json.loads(row["line_values"]))


async def add_entitlement(act: Act, application_id: str, lines: tuple[Line, ...]) -> None:
    """The explanation of what is owed, written once."""
    await queries.add_entitlement(
        act.connection,
        application_id=application_id,
        codes=[line.code for line in lines],
        amounts=[int(line.amount) for line in lines],
        rules=[line.rule for line in lines],
        line_values=[json.dumps(dict(line.values), sort_keys=True) for line in lines],
    )
