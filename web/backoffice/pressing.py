"""Acts on what is not one file (a payment run, a session, an act of the assembly): pressed from their own page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kit.errors import Kind, Refused
from web.acts import new_request, request_of
from web.desk import Desk
from web.page import AnyRequest, flash, typed
from web.words import explain, say, t
from workflows.commands import NotYetRecorded


@dataclass(frozen=True)
class Tried:
    """What a page says of the last press: nothing the first time; what was typed is given back, with its request id."""

    request_id: str = field(default_factory=new_request)
    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    told: Sequence[str] = ()
    status: int = 200

    def one(self, name: str, otherwise: str = "") -> str:
        """The value typed in a field."""
        return next(iter(self.values.get(name, ())), otherwise)

    def all(self, name: str) -> Sequence[str]:
        """Every value ticked of a field."""
        return self.values.get(name, ())


def typed_in(request: AnyRequest) -> Tried:
    """What the form of this request holds."""
    values = typed(request)
    return Tried(request_of(values), values)


async def press(request: AnyRequest, desk: Desk, message: Any, *, tried: Tried, done: str, **sent: Any) -> Tried | None:
    """Sends the act. None: it is recorded, and ``done`` (a key) is said on the next page. Else what to show again."""
    try:
        outcome = await desk.site.door.act_as(desk.visitor.who, message, tried.request_id, **sent)
    except NotYetRecorded:
        return Tried(tried.request_id, tried.values, [say("NOT_YET_RECORDED")], 503)
    except Refused as refused:
        if refused.kind is Kind.NOT_FOUND:
            raise  # another's reads like what does not exist: the page of both
        return Tried(values=tried.values, told=explain(refused), status=409)
    flash(request, t(done) if outcome.finished else t("act.under_way"), kind="done" if outcome.finished else "waiting")
    return None
