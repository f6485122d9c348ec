"""Whether a receipt is genuine: open to anybody who holds its number and its digest."""

from __future__ import annotations

from jalon.intake.v1 import applications_pb2 as pb
from litestar import Controller, get
from litestar.params import FromQuery
from litestar.response import Template
from wtforms import StringField
from wtforms.validators import InputRequired

from web.desk import AtDesk
from web.forms import SiteForm, filled
from web.page import AnyRequest, page
from web.words import t


class ReceiptForm(SiteForm):
    """What is printed on the receipt."""

    numero = StringField("field:number", description="verify.number_hint", validators=[InputRequired()])
    empreinte = StringField("field:digest", description="verify.digest_hint", validators=[InputRequired()])


class VerifyPage(Controller):
    """``/verifier``; its address carries what is verified, so that a receipt links to it."""

    @get("/verifier", rpcs=("VerifyReceipt",))
    async def show(
        self, request: AnyRequest, desk: AtDesk, numero: FromQuery[str] = "", *, empreinte: FromQuery[str] = ""
    ) -> Template:
        """The form, and the answer when something was asked."""
        number, digest = numero.strip(), "".join(empreinte.split()).lower()
        form = filled(ReceiptForm, numero=number, empreinte=digest)
        answer = None
        if number and digest:
            asked = pb.VerifyReceiptRequest(number=number, digest=digest)
            answer = await desk.read("intake.applications", asked)
        return page(request, "verify.html", title=t("verify.title"), here="verify", form=form, answer=answer)
