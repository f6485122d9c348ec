"""An account in clear: read by who verifies it or follows its payment, and each reading is an event of the file."""

from __future__ import annotations

from typing import Any

from jalon.payments.v1 import awards_pb2
from litestar import Controller, Response, get, post
from litestar.params import FromPath
from litestar.response import Template

from kit.errors import Refused, not_found
from web.backoffice.acts.proposing import award_of
from web.backoffice.file import file_page, load
from web.backoffice.pressing import Tried, typed_in
from web.desk import AtDesk, Desk
from web.page import AnyRequest
from web.words import explain

READING = ("GetApplication", "GetAward", "DiscloseBankDetails")


class AccountPages(Controller):
    """``/dossiers/{number}/rib``."""

    path = "/dossiers/{number:str}/rib"

    @get("/", rpcs=READING)
    async def ask(self, request: AnyRequest, desk: AtDesk, number: FromPath[str]) -> Template:
        """What a reading is, before it is made."""
        return await _page(request, desk, number, Tried())

    @post("/", rpcs=READING, status_code=200)
    async def read(self, request: AnyRequest, desk: AtDesk, number: FromPath[str]) -> Response[Any]:
        """The account, once."""
        application, tried = await load(desk, number), typed_in(request)
        version = tried.one("version")
        message = awards_pb2.DiscloseBankDetailsRequest(
            application_id=application.application_id, version=int(version) if version.isdigit() else 0
        )
        try:
            clear = await desk.send("payments.awards", message, tried.request_id)
        except Refused as refused:
            return await _page(request, desk, number, Tried(told=explain(refused), status=409))
        return await _page(request, desk, number, Tried(), clear=clear)


async def _page(request: AnyRequest, desk: Desk, number: str, tried: Tried, clear: Any = None) -> Template:
    application = await load(desk, number)
    account = (await award_of(desk, application)).bank_details
    if not account.version:
        raise not_found()
    iban = " ".join(clear.iban[at : at + 4] for at in range(0, len(clear.iban), 4)) if clear else ""
    return await file_page(
        request,
        desk,
        application,
        tab="rib",
        status=tried.status,
        account=account,
        clear=clear,
        iban=iban,
        tried=tried,
    )
