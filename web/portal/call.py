"""One call, in plain words: dates to the hour, tracks, amounts, rate, pieces, criteria, what each rule rests on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid5

from jalon.intake.v1 import applications_pb2 as pb
from jalon.intake.v1 import calls_pb2
from litestar import Controller, Response, get, post
from litestar.params import FromPath
from litestar.response import Template

from web.acts import new_request, request_of
from web.desk import AtDesk, Desk
from web.page import AnyRequest, page, see, typed
from web.portal.calls import window
from web.words import locale

STAGES = ("full_application", "agreement", "report")


class CallPage(Controller):
    """``/appels/{reference}``."""

    path = "/appels/{reference:str}"

    @get("/", rpcs=("GetCall", "GetRulebook"))
    async def show(self, request: AnyRequest, desk: AtDesk, reference: FromPath[str]) -> Template:
        """What is asked, of whom, until when, and what is given."""
        call = await call_of(desk, reference)
        rulebook = await desk.rulebook(call.call_id)
        windows = [window(call, name) for name in ("pre", "full")]
        return page(
            request,
            "call.html",
            title=call.title_fr if locale() == "fr" else call.title_en,
            here="calls",
            call=call,
            windows=windows,
            open_now=windows[0][3] == "open_now",
            rulebook=rulebook,
            bases={base["code"]: base["text"] for base in rulebook.content.get("legal_bases", ())},
            stages=[(stage, _pieces(rulebook.content, stage)) for stage in STAGES],
            total_weight=sum(item["weight"] for item in rulebook.content.get("grid", ())),
            request_id=new_request(),
        )

    @post("/candidater", signed_in=True, status_code=303)
    async def begin(self, request: AnyRequest, desk: AtDesk, reference: FromPath[str]) -> Response[Any]:
        """Makes a draft; the same press twice makes one."""
        call = await call_of(desk, reference)
        request_id = request_of(typed(request))
        application_id = str(uuid5(UUID(request_id), "application"))
        draft = pb.SavePreApplicationRequest(application_id=application_id, call_id=call.call_id)
        draft.content.applicant.SetInParent()
        await desk.send("intake.applications", draft, request_id)
        return see(f"/demandes/{application_id}/candidature")


async def call_of(desk: Desk, reference: str) -> calls_pb2.Call:
    """The call of a public reference."""
    found: calls_pb2.Call = await desk.read("intake.calls", calls_pb2.GetCallRequest(reference=reference))
    return found


def _pieces(content: Mapping[str, Any], stage: str) -> list[Mapping[str, Any]]:
    return [piece for piece in content.get("pieces", ()) if piece["stage"] == stage]
