"""*Règlement*: the rulebook of the call as it is frozen, part by part, with its digest."""

from __future__ import annotations

from jalon.intake.v1 import calls_pb2
from litestar import Controller, get
from litestar.response import Template

from web.desk import AtDesk, together
from web.page import AnyRequest, page
from web.words import t


class RulebookPage(Controller):
    """``/reglement``."""

    @get("/reglement", rpcs=("GetRulebook", "GetCall"))
    async def show(self, request: AnyRequest, desk: AtDesk) -> Template:
        """What applicants and services are bound by."""
        call_id = desk.visitor.call_id
        rulebook, call = await together(
            desk.rulebook(call_id), desk.read("intake.calls", calls_pb2.GetCallRequest(call_id=call_id))
        )
        windows = [
            ("pre_application", call.pre_application_opens_at, call.pre_application_closes_at),
            ("full_application", call.full_application_opens_at, call.full_application_closes_at),
        ]
        return page(
            request,
            "rulebook.html",
            title=t("rulebook.title", reference=call.reference),
            here="rulebook",
            rulebook=rulebook,
            call=call,
            windows=windows,
            content=rulebook.content,
        )
