"""Whether a receipt is genuine: open to anybody who holds its file, or its number and its digest. Nothing is kept."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from jalon.intake.v1 import applications_pb2 as pb
from litestar import Controller, get, post
from litestar.datastructures import UploadFile
from litestar.middleware.rate_limit import RateLimitConfig
from litestar.params import FromQuery
from litestar.response import Template
from wtforms import StringField
from wtforms.validators import InputRequired

from web.desk import AtDesk
from web.forms import SiteForm, filled
from web.page import AnyRequest, page
from web.words import t

LIMIT = RateLimitConfig(rate_limit=("minute", 60), store="rate_limit")
"""Of one machine's files to verify."""
PART_BYTES = 256 * 1024


class ReceiptForm(SiteForm):
    """What is printed on the receipt."""

    numero = StringField("field:number", description="verify.number_hint", validators=[InputRequired()])
    empreinte = StringField("field:digest", description="verify.digest_hint", validators=[InputRequired()])


class VerifyPage(Controller):
    """``/verifier``; its address carries what is verified, so that a receipt links to it."""

    path = "/verifier"

    @get("/", rpcs=("VerifyReceipt",))
    async def show(
        self, request: AnyRequest, desk: AtDesk, numero: FromQuery[str] = "", *, empreinte: FromQuery[str] = ""
    ) -> Template:
        """The forms, and the answer when something was asked."""
        number, digest = numero.strip(), "".join(empreinte.split()).lower()
        form = filled(ReceiptForm, numero=number, empreinte=digest)
        answer = None
        if number and digest:
            asked = pb.VerifyReceiptRequest(number=number, digest=digest)
            answer = await desk.read("intake.applications", asked)
        return _page(request, form, answer=answer)

    @post("/", rpcs=("VerifyReceipt",), status_code=200, middleware=[LIMIT.middleware])
    async def show_file(self, request: AnyRequest, desk: AtDesk) -> Template:
        """The same for a file: its digest is computed here, then the file is forgotten."""
        file = (await request.form()).get("fichier")
        form = filled(ReceiptForm)
        if not isinstance(file, UploadFile) or not file.filename:
            return _page(request, form, status=422, wrong=t("verify.no_file"))
        digest = sha256()
        while part := await file.read(PART_BYTES):
            digest.update(part)
        asked = pb.VerifyReceiptRequest(file_digest=digest.hexdigest())
        answer = await desk.read("intake.applications", asked)
        return _page(request, form, answer=answer, file=file.filename, file_digest=digest.hexdigest())


def _page(request: AnyRequest, form: Any, *, status: int = 200, **more: Any) -> Template:
    shown = {"answer": None, "file": "", "file_digest": "", "wrong": "", **more}
    return page(request, "verify.html", status=status, title=t("verify.title"), here="verify", form=form, **shown)
