"""The acts of agents, one module a noun, one line each here; rails show them in this order."""

from __future__ import annotations

from web import words
from web.acts import Application, Registry, registry
from web.backoffice.acts import (
    account,
    admissibility,
    agreement,
    completeness,
    confirmation,
    hearing,
    opinion,
    payment,
    proposing,
    review,
)
from web.desk import Desk

ACTS = registry(
    admissibility.DECIDE_ADMISSIBILITY,
    confirmation.CONFIRM_INADMISSIBILITY,
    completeness.CONFIRM_COMPLETENESS,
    completeness.REQUEST_CORRECTION,
    review.CONCLUDE_REVIEW,
    review.ASSIGN_REVIEWER,
    review.DECIDE_SHORTLIST,
    opinion.REQUEST_OPINION,
    opinion.CANCEL_OPINION,
    hearing.RECORD_HEARING,
    hearing.SCHEDULE_HEARING,
    agreement.PREPARE_AGREEMENT,
    agreement.SEND_AGREEMENT,
    agreement.COUNTERSIGN_AGREEMENT,
    account.VERIFY_BANK_DETAILS,
    account.REJECT_BANK_DETAILS,
    payment.LIQUIDATE_INSTALLMENT,
    payment.ACCEPT_REPORT,
    payment.RETURN_REPORT,
)


async def offered(desk: Desk, application: Application) -> Registry:
    """The acts a rail chooses from. "Agreement to prepare and send" awaits the one or the other of two acts, and only
    the agreement itself tells which."""
    awaited = words.bare("intake.NextEvent", application.progress.next_event)
    if awaited != "SEND_AGREEMENT" or not desk.may("GetAward"):
        return ACTS
    prepared = bool((await proposing.award_of(desk, application)).agreement.agreement_id)
    left_out = "prepare_agreement" if prepared else "send_agreement"
    return {verb: act for verb, act in ACTS.items() if verb != left_out}
