"""What an applicant does once her file is received: give it up, sign, name her account, name the entity created."""

from __future__ import annotations

from typing import Any

from jalon.intake.v1 import applications_pb2 as pb
from jalon.payments.v1 import awards_pb2
from markupsafe import Markup, escape
from wtforms import BooleanField, StringField, TextAreaField
from wtforms.fields import Field
from wtforms.validators import InputRequired

from web.acts import Act, Acting, Application, Before, Letter, registry
from web.desk import Desk
from web.forms import DayField, SelectField, SiteForm
from web.portal.stages import received
from web.words import locale, moment, t
from wording import letter

NEEDED = [InputRequired()]
BEFORE_DECISION = (
    *("ADMISSIBILITY", "FULL_APPLICATION", "COMPLETENESS", "REVIEW", "SHORTLIST", "HEARING"),
    *("JURY", "VOTE", "NOTIFICATION", "LEGAL_ENTITY"),
)
RIB = "bank_account_statement"


class PaperField(Field):  # type: ignore[misc]
    """A document to read; ``data`` is its address. Nothing is typed in it, so it is never called optional."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.flags.required = True

    def __call__(self, **more: Any) -> Markup:
        """A link."""
        return Markup('<a id="{}" href="{}">{}</a>').format(self.id, self.data or "", escape(t("deed.read_agreement")))


class WithdrawForm(SiteForm):
    """Why, if she wishes to say it."""

    reason = TextAreaField("field:reason", description="act.withdraw_application.hint")


class SignForm(SiteForm):
    """What is signed, by whom. ``digest`` is that of the text shown."""

    paper = PaperField("deed.agreement")
    digest = StringField("field:digest", validators=NEEDED, render_kw={"readonly": True, "size": 64})
    signer_name = StringField("field:signer_name", validators=NEEDED)
    agreed = BooleanField("deed.agreed", validators=NEEDED)


class AccountForm(SiteForm):
    """As on the RIB."""

    holder = StringField("field:holder", description="deed.holder_hint", validators=NEEDED)
    iban = StringField("field:iban", validators=NEEDED, render_kw={"autocomplete": "off", "size": 40})
    bic = StringField("field:bic", render_kw={"autocomplete": "off"})
    document_id = SelectField("deed.rib", description="deed.rib_hint", choices=[])


class EntityForm(SiteForm):
    """The entity a natural person created."""

    name = StringField("field:name", validators=NEEDED)
    legal_family = SelectField("field:legal_family", validators=NEEDED, choices=[])
    siret = StringField("field:siret")
    rna = StringField("field:rna", description="apply.rna_hint")
    esus_until = DayField("field:esus_until", description="apply.esus_hint")


async def award_of(desk: Desk, application: Application) -> awards_pb2.Award:
    """Its money."""
    request = awards_pb2.GetAwardRequest(application_id=application.application_id)
    found: awards_pb2.Award = await desk.read("payments.awards", request)
    return found


def _said(verb: str, **more: Any) -> Before:
    return Before(t(f"act.{verb}.state"), t(f"act.{verb}.undo"), **more)


async def _before_withdrawal(desk: Desk, application: Application) -> Before:
    subject, body = letter("withdrawn", locale=locale(), values={"number": application.number})
    return _said("withdraw_application", letters=[Letter(t("apply.to_you"), subject, body)])


async def _withdraw(acting: Acting, form: Any) -> pb.WithdrawApplicationRequest:
    return pb.WithdrawApplicationRequest(
        application_id=acting.application.application_id, reason=(form.reason.data or "").strip()
    )


async def _before_signature(desk: Desk, application: Application) -> Before:
    closes_at = (await award_of(desk, application)).agreement.closes_at
    return _said("sign_agreement", clocks=[t("act.sign_agreement.clock", closes_at=moment(closes_at))])


async def _show_agreement(desk: Desk, application: Application) -> dict[str, Any]:
    return {"digest": (await award_of(desk, application)).agreement.digest}


async def _link_agreement(desk: Desk, application: Application, form: Any) -> None:
    form.paper.data = f"/demandes/{application.application_id}/convention.pdf"


async def _sign(acting: Acting, form: Any) -> awards_pb2.SignAgreementRequest:
    award = await award_of(acting.desk, acting.application)
    return awards_pb2.SignAgreementRequest(
        application_id=acting.application.application_id,
        agreement_id=award.agreement.agreement_id,
        digest=form.digest.data,
        signer_name=form.signer_name.data.strip(),
    )


async def _before_account(desk: Desk, application: Application) -> Before:
    return _said("declare_bank_details")


async def _offer_ribs(desk: Desk, application: Application, form: Any) -> None:
    papers = [(one.document_id, one.file_name) for one in received(application) if one.piece == RIB]
    form.document_id.choices = [*papers, ("", t("deed.no_rib"))]


async def _declare_account(acting: Acting, form: Any) -> awards_pb2.DeclareBankDetailsRequest:
    return awards_pb2.DeclareBankDetailsRequest(
        application_id=acting.application.application_id,
        iban=form.iban.data.strip(),
        bic=(form.bic.data or "").strip(),
        holder=form.holder.data.strip(),
        document_id=form.document_id.data or "",
    )


async def _before_entity(desk: Desk, application: Application) -> Before:
    return _said("declare_legal_entity")


async def _offer_families(desk: Desk, application: Application, form: Any) -> None:
    form.legal_family.choices = (await desk.rulebook(application.call_id)).codes("legal_families")


async def _declare_entity(acting: Acting, form: Any) -> pb.DeclareLegalEntityRequest:
    return pb.DeclareLegalEntityRequest(
        application_id=acting.application.application_id,
        name=form.name.data.strip(),
        siret=(form.siret.data or "").strip(),
        rna=(form.rna.data or "").strip(),
        legal_family=form.legal_family.data,
        esus_until=form.esus_until.data or "",
    )


ACTS = registry(
    Act(
        verb="sign_agreement",
        form=SignForm,
        before=_before_signature,
        build=_sign,
        stub="payments.awards",
        awaited=frozenset({"SIGN_AGREEMENT"}),
        prefill=_show_agreement,
        prepare=_link_agreement,
    ),
    Act(
        verb="declare_bank_details",
        form=AccountForm,
        before=_before_account,
        build=_declare_account,
        stub="payments.awards",
        awaited=frozenset({"DECLARE_BANK_DETAILS"}),
        stages=frozenset({"AGREEMENT", "PAYMENT", "REPORT", "BALANCE"}),
        prepare=_offer_ribs,
    ),
    Act(
        verb="declare_legal_entity",
        form=EntityForm,
        before=_before_entity,
        build=_declare_entity,
        stub="intake.applications",
        awaited=frozenset({"DECLARE_LEGAL_ENTITY"}),
        prepare=_offer_families,
    ),
    Act(
        verb="withdraw_application",
        form=WithdrawForm,
        before=_before_withdrawal,
        build=_withdraw,
        stub="intake.applications",
        stages=frozenset(BEFORE_DECISION),
    ),
)
