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


ASKED_OF_AWARD = {"prepare_agreement", "send_agreement", "verify_bank_details", "reject_bank_details"}


async def offered(desk: Desk, application: Application) -> Registry:
    """The acts a rail chooses from. "Agreement to prepare and send" awaits the one or the other of two acts, and an
    account is verified once: the award alone tells which is left."""
    stage = words.bare("intake.Stage", application.progress.stage)
    asked = [act for verb, act in ACTS.items() if verb in ASKED_OF_AWARD and stage in act.stages and desk.may(act.rpc)]
    awaited = words.bare("intake.NextEvent", application.progress.next_event)
    if not desk.may("GetAward") or not (asked or awaited == "SEND_AGREEMENT"):
        return ACTS
    award = await proposing.award_of(desk, application)
    left_out = {"prepare_agreement" if award.agreement.agreement_id else "send_agreement"}
    account = words.bare("payments.BankDetailsState", award.bank_details.state)
    if account != "DECLARED":
        left_out.add("verify_bank_details")
    if account not in ("DECLARED", "VERIFIED"):
        left_out.add("reject_bank_details")
    return {verb: act for verb, act in ACTS.items() if verb not in left_out}
