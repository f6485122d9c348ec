"""Convention: generated, sent to be signed, signed by the authorising officer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wtforms.validators import InputRequired

from kit import clock
from web.acts import Act, Acting, Application, Before
from web.backoffice.acts.proposing import NoForm, award_of, derived, proposed_end
from web.backoffice.letters import to_applicant
from web.desk import Desk
from web.forms import BooleanField, MomentField, SiteForm
from web.words import amount, moment, t
from workflows.contract.application import CountersignAgreement, PrepareAgreement, SendAgreement

PREPARE, SEND, SIGN = "act.prepare_agreement", "act.send_agreement", "act.countersign_agreement"


async def before_preparation(desk: Desk, application: Application) -> Before:
    """A document is made; nobody is told."""
    return Before(t(f"{PREPARE}.state"), t(f"{PREPARE}.undo"))


async def build_preparation(acting: Acting, form: Any) -> dict[str, Any]:
    """The id of the agreement."""
    return {"agreement_id": derived(acting, "agreement")}


class SendingForm(SiteForm):
    """Until when it may be signed."""

    closes_at = MomentField("field:closes_at", validators=[InputRequired()])


async def prefill(desk: Desk, application: Application) -> Mapping[str, Any]:
    """The rulebook's time to sign."""
    return {"closes_at": await proposed_end(desk, application, "agreement_signature")}


async def before_sending(desk: Desk, application: Application) -> Before:
    """The beneficiary is written to; her time to sign runs."""
    closes_at = clock.text(await proposed_end(desk, application, "agreement_signature"))
    return Before(
        t(f"{SEND}.state"),
        t(f"{SEND}.undo"),
        letters=[to_applicant(application, "agreement_sent", closes_at=closes_at)],
        clocks=[t(f"{SEND}.clock", closes_at=moment(closes_at))],
    )


async def build_sending(acting: Acting, form: Any) -> dict[str, Any]:
    """The agreement prepared, its date."""
    award = await award_of(acting.desk, acting.application)
    return {"agreement_id": award.agreement.agreement_id, "closes_at": clock.text(form.closes_at.data)}


class SignatureForm(SiteForm):
    """Signed after reading."""

    read = BooleanField(f"{SIGN}.read", description=f"{SIGN}.read_hint", validators=[InputRequired()])


async def before_signature(desk: Desk, application: Application) -> Before:
    """The money is committed, the installments are planned."""
    award = await award_of(desk, application)
    committed = t(f"{SIGN}.money", awarded=amount(award.awarded_cents))
    digest = t(f"{SIGN}.digest", digest=award.agreement.digest)
    return Before(f"{t(f'{SIGN}.state')} {digest}", t(f"{SIGN}.undo"), money=[committed])


async def build_signature(acting: Acting, form: Any) -> dict[str, Any]:
    """The agreement as it was read: a later version would have changed the file's own, and the act would be stale."""
    agreement = (await award_of(acting.desk, acting.application)).agreement
    return {"agreement_id": agreement.agreement_id, "digest": agreement.digest}


PREPARE_AGREEMENT = Act(
    verb="prepare_agreement",
    message=PrepareAgreement,
    form=NoForm,
    before=before_preparation,
    build=build_preparation,
    awaited=frozenset({"SEND_AGREEMENT"}),
)
SEND_AGREEMENT = Act(
    verb="send_agreement",
    message=SendAgreement,
    form=SendingForm,
    prefill=prefill,
    before=before_sending,
    build=build_sending,
    awaited=frozenset({"SEND_AGREEMENT"}),
)
COUNTERSIGN_AGREEMENT = Act(
    verb="countersign_agreement",
    message=CountersignAgreement,
    form=SignatureForm,
    before=before_signature,
    build=build_signature,
    awaited=frozenset({"COUNTERSIGN_AGREEMENT"}),
)
