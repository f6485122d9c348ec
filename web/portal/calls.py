"""The public home page: calls with their dates, to the hour."""

from __future__ import annotations

from datetime import datetime

from jalon.intake.v1 import calls_pb2
from litestar import Controller, get
from litestar.response import Template

from kit import clock
from web.desk import AtDesk
from web.page import AnyRequest, page
from web.words import showing, t


class CallsPage(Controller):
    """``/``."""

    @get("/", rpcs=("ListCalls",))
    async def show(self, request: AnyRequest, desk: AtDesk) -> Template:
        """Every call, newest first."""
        answer = await desk.read("intake.calls", calls_pb2.ListCallsRequest(page_size=100))
        calls = [(call, [window(call, name) for name in ("pre", "full")]) for call in answer.calls]
        return page(request, "calls.html", title=t("calls.title"), here="calls", calls=calls)


def window(call: calls_pb2.Call, name: str) -> tuple[str, datetime, datetime, str]:
    """A window of a call: its name, ``[opens, closes[``, and where it stands: ``open_now``, ``to_come``, ``over``."""
    opens = clock.from_timestamp(getattr(call, f"{name}_application_opens_at"))
    closes = clock.from_timestamp(getattr(call, f"{name}_application_closes_at"))
    now = showing().now
    return name, opens, closes, "to_come" if now < opens else "open_now" if now < closes else "over"
