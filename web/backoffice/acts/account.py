"""Coordonnées bancaires: verified by a person who neither liquidates nor seals, or not accepted."""

from __future__ import annotations

from typing import Any

from jalon.payments.v1 import awards_pb2
from wtforms.validators import InputRequired

from web.acts import Act, Acting, Application, Before
from web.backoffice.acts.proposing import award_of, codes
from web.backoffice.letters import to_applicant
from web.desk import Desk
from web.forms import RadioField, SiteForm
from web.words import code, t
from workflows.contract.application import RejectBankDetails, VerifyBankDetails

VERIFY, REJECT = "act.verify_bank_details", "act.reject_bank_details"
REASONS = ("ILLEGIBLE", "HOLDER_DIFFERENT", "DOCUMENT_MISSING", "DOCUMENT_EXPIRED", "AC01", "AC04")
AFTER_NOTICE = frozenset({"LEGAL_ENTITY", "AGREEMENT", "PAYMENT", "REPORT", "BALANCE"})


class VerificationForm(SiteForm):
    """How it was verified."""

    method = RadioField(f"{VERIFY}.method", validators=[InputRequired()])


class RejectionForm(SiteForm):
    """Why it is not accepted."""

    reason = RadioField("field:reason", validators=[InputRequired()])


async def prepare_verification(desk: Desk, application: Application, form: Any) -> None:
    """The ways of verifying."""
    form.method.choices = codes("verification_method")


async def prepare_rejection(desk: Desk, application: Application, form: Any) -> None:
    """The reasons that concern an account."""
    form.reason.choices = codes("return_reason", *REASONS)


async def before_verification(desk: Desk, application: Application) -> Before:
    """The account as declared, with what asks to look twice."""
    account = (await award_of(desk, application)).bank_details
    return Before(
        f"{told(account)} {t(f'{VERIFY}.state')}", t(f"{VERIFY}.undo"), money=[t(f"{VERIFY}.money"), *warnings(account)]
    )


def told(account: awards_pb2.BankDetails) -> str:
    """The account in one sentence, masked; that there is none, when there is none."""
    if not account.version:
        return t("account.none")
    match = code("holder_match", account.holder_match)
    return t("account.told", iban=account.iban_masked, holder=account.holder, match=match, version=account.version)


def warnings(account: awards_pb2.BankDetails) -> list[str]:
    """What asks to look twice."""
    return [t(f"account.{name}") for name in ("foreign", "shared") if getattr(account, name)]


async def before_rejection(desk: Desk, application: Application) -> Before:
    """Another account is asked for."""
    account = (await award_of(desk, application)).bank_details
    letters = [to_applicant(application, "bank_details_rejected", reason=t("letter.reason_chosen"))]
    return Before(f"{told(account)} {t(f'{REJECT}.state')}", t(f"{REJECT}.undo"), letters=letters)


async def build_verification(acting: Acting, form: Any) -> dict[str, Any]:
    """The version that was looked at, the way."""
    award = await award_of(acting.desk, acting.application)
    return {"version": award.bank_details.version, "method": form.method.data}


async def build_rejection(acting: Acting, form: Any) -> dict[str, Any]:
    """The version that was looked at, the reason."""
    award = await award_of(acting.desk, acting.application)
    return {"version": award.bank_details.version, "reason": form.reason.data}


VERIFY_BANK_DETAILS = Act(
    verb="verify_bank_details",
    message=VerifyBankDetails,
    form=VerificationForm,
    prepare=prepare_verification,
    before=before_verification,
    build=build_verification,
    awaited=frozenset({"VERIFY_BANK_DETAILS"}),
    stages=AFTER_NOTICE,
)
REJECT_BANK_DETAILS = Act(
    verb="reject_bank_details",
    message=RejectBankDetails,
    form=RejectionForm,
    prepare=prepare_rejection,
    before=before_rejection,
    build=build_rejection,
    stages=AFTER_NOTICE,
)
