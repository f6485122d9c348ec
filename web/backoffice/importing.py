"""A rulebook taken from a file: checked first, with what is wrong said place by place, then imported as a draft."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid5

from jalon.common.v1 import rights_pb2
from jalon.intake.v1 import calls_pb2
from litestar import Controller, Response, get, post
from litestar.datastructures import UploadFile
from litestar.response import Template

from kit.errors import Refused
from web.backoffice.pressing import Tried, typed_in
from web.desk import AtDesk, Desk
from web.page import AnyRequest, flash, page, see, session_of
from web.words import explain, say, t
from web.words import field as label

READING = ("CheckRulebook", "ImportCall")
LARGEST = 1_000_000
"""Characters of a rulebook on this page."""


class ImportPage(Controller):
    """``/reglement/importer``."""

    path = "/reglement/importer"

    @get("/", rpcs=READING)
    async def show(self, request: AnyRequest, desk: AtDesk) -> Template:
        """The choice of a file."""
        return _page(request, Tried())

    @post("/verifier", rpcs=READING, status_code=200)
    async def check(self, request: AnyRequest, desk: AtDesk) -> Template:
        """What the file says, and what would stop the opening."""
        text = await _read(request)
        if text is None:
            return _page(request, Tried(told=[t("import.unreadable")], status=422))
        return await _checked(request, desk, text, Tried())

    @post("/", rpcs=(*READING, "GrantRole"), status_code=200)
    async def take(self, request: AnyRequest, desk: AtDesk) -> Response[Any]:
        """A new call, or a new version of a draft one; whoever imports a new call administers it."""
        tried = typed_in(request)
        text = tried.one("rulebook")
        known = dict(desk.visitor.calls)
        reference = str((_content(text) or {}).get("reference", ""))
        call_id = next((one for one, name in known.items() if name == reference), "") or str(
            uuid5(UUID(tried.request_id), "call")
        )
        message = calls_pb2.ImportCallRequest(
            call_id=call_id, rulebook_json=text.encode(), fictitious=desk.site.demonstration
        )
        try:
            await desk.send("intake.calls", message, tried.request_id)
            if call_id not in known:
                grant = calls_pb2.GrantRoleRequest(
                    call_id=call_id, person_id=desk.visitor.person, role=rights_pb2.ROLE_CALL_ADMIN
                )
                await desk.send("intake.calls", grant, str(uuid5(UUID(tried.request_id), "role")))
        except Refused as refused:
            return await _checked(request, desk, text, Tried(told=explain(refused), status=409))
        session = session_of(request)
        session["call"], session["roles_at"] = call_id, 0
        desk.site.rulebooks.pop(call_id, None)
        flash(request, t("import.done"))
        return see("/reglement")


async def _read(request: AnyRequest) -> str | None:
    """The text of the file sent; None when there is none, or it is no text of this size."""
    file = (await request.form()).get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        return None
    data = await file.read()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    return text if 0 < len(text) <= LARGEST else None


def _content(text: str) -> dict[str, Any] | None:
    try:
        content = json.loads(text)
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


async def _checked(request: AnyRequest, desk: Desk, text: str, tried: Tried) -> Template:
    content = _content(text)
    if content is None:
        return _page(request, Tried(told=[t("import.not_json", why=_why(text))], status=422))
    answer = await desk.read("intake.calls", calls_pb2.CheckRulebookRequest(rulebook_json=text.encode()))
    return _page(request, tried, text=text, content=content, findings=told(answer.findings))


def _why(text: str) -> str:
    """Where a text stops being JSON."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return t("import.place", line=error.lineno, column=error.colno)
    except RecursionError:
        return ""
    return t("import.no_object")


def told(findings: Sequence[calls_pb2.Finding]) -> list[tuple[str, str, bool]]:
    """``(place, sentence, blocking)``, the blocking ones first."""
    ordered = sorted(findings, key=lambda one: not one.blocking)
    return [(label(one.path) if one.path else "", say(one.reason, **one.values), one.blocking) for one in ordered]


def _page(request: AnyRequest, tried: Tried, **found: Any) -> Template:
    nothing: dict[str, Any] = {"text": "", "content": None, "findings": []}
    shown = {**nothing, **found, "tried": tried}
    return page(request, "import.html", status=tried.status, title=t("import.title"), here="rulebook", **shown)
