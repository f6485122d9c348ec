"""The two generic pages of acts: the form with its before-you-press box, and the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from litestar.response import Template

from kit import clock
from kit.errors import Refused, denied, not_found
from web import words
from web.acts import Act, Acting, Application, Registry, new_request, request_of
from web.desk import AtDesk, Desk
from web.forms import filled
from web.page import AnyRequest, flash, page, see, typed, typed_before
from web.timeline import Line, history
from web.words import t
from workflows.commands import NotYetRecorded

Load = Callable[[Desk, str], Awaitable[Application]]
Place = Callable[[Application], str]
TAKEN_UP_SECONDS, TAKEN_UP_TRIES = 2.0, 10
"""How long a page waits for what follows a received act; it says so when it did not come."""
STALE = ("STALE", "CHANGED_MEANWHILE", "NOT_AT_THIS_STAGE", "NOT_IN_THIS_STATE")


@dataclass(frozen=True)
class Pages:
    """``load``: the file of a number; ``place``: its own page."""

    acts: Registry
    load: Load
    place: Place

    def act(self, desk: Desk, verb: str) -> Act:
        """The act of a verb, for those whose role opens it."""
        act = self.acts.get(verb)
        if act is None:
            raise not_found()
        if not desk.may(act.rpc):
            raise denied()
        return act


def act_pages(path: str, pages: Pages) -> type[Controller]:
    """The controller of ``<path>/{number}/actes/{verb}``."""
    return type("ActPages", (_ActPages,), {"path": f"{path}/{{number:str}}/actes/{{verb:str}}", "pages": pages})


@dataclass(frozen=True)
class _Try:
    """One showing of the form: what is in it, and what came of the last try."""

    act: Act
    application: Application
    form: Any
    request_id: str
    seen: tuple[int, str]
    status: int = 200
    told: Sequence[str] = ()
    changed: Sequence[tuple[Line, str, str]] = ()


class _ActPages(Controller):
    pages: ClassVar[Pages]

    @get("/", signed_in=True)
    async def show(self, request: AnyRequest, desk: AtDesk, number: FromPath[str], verb: FromPath[str]) -> Template:
        """The form, and what the button will do."""
        act = self.pages.act(desk, verb)
        application = await self.pages.load(desk, number)
        given = await act.prefill(desk, application) if act.prefill else {}
        form = filled(act.form, typed_before(request), **given)
        if act.prepare:
            await act.prepare(desk, application, form)
        return await self._page(request, desk, _Try(act, application, form, new_request(), _now(application)))

    @post("/", signed_in=True, status_code=200)
    async def press(
        self, request: AnyRequest, desk: AtDesk, number: FromPath[str], verb: FromPath[str]
    ) -> Response[Any]:
        """Does it, and says what came of it."""
        act, values = self.pages.act(desk, verb), typed(request)
        application = await self.pages.load(desk, number)
        form, request_id, seen = filled(act.form, values), request_of(values), _seen(values, application)
        if act.prepare:
            await act.prepare(desk, application, form)
        tried = _Try(act, application, form, request_id, seen)
        if not form.validate():
            return await self._page(request, desk, replace(tried, status=422))
        try:
            outcome = await act.perform(Acting(desk, application, request_id, seen[0]), form)
        except NotYetRecorded:
            return await self._page(request, desk, replace(tried, status=503, told=[words.say("NOT_YET_RECORDED")]))
        except Refused as refused:
            return await self._page(request, desk, await _refused(desk, tried, refused))
        sentence = t(f"act.{act.verb}.done") if outcome.finished else t("act.under_way")
        flash(request, sentence, kind="done" if outcome.finished else "waiting")
        if act.received and not await self._taken_up(desk, act, application):
            flash(request, t("act.received_more"), kind="waiting")
        return see(self.pages.place(application))

    async def _taken_up(self, desk: Desk, act: Act, application: Application) -> bool:
        """Whether the file already says what follows a received act, waited for as long as a page may. What was
        received is final either way. An act that nothing awaits moves nothing."""
        if act.awaited and words.bare("intake.NextEvent", application.progress.next_event) not in act.awaited:
            return True
        for _ in range(TAKEN_UP_TRIES):
            await asyncio.sleep(TAKEN_UP_SECONDS / TAKEN_UP_TRIES)
            now = await self.pages.load(desk, application.application_id)
            if now.progress.version > application.progress.version:
                return True
        return False

    async def _page(self, request: AnyRequest, desk: Desk, tried: _Try) -> Template:
        return page(
            request,
            "act.html",
            status=tried.status,
            title=t(f"act.{tried.act.verb}.title"),
            here="mine" if desk.site.name == "portal" else "files",
            tried=tried,
            application=tried.application,
            form=tried.form,
            back=self.pages.place(tried.application),
            before=await tried.act.before(desk, tried.application),
        )


async def _refused(desk: Desk, tried: _Try, refused: Refused) -> _Try:
    """The refusal told beside its fields. Nothing was recorded, so the next try is another request; after a conflict
    the page shows what changed, and the next try answers the file as it is now."""
    left = tried.form.refuse(refused.fields)
    told = left if refused.reason == "FIELDS_INVALID" else [words.say(refused.reason, **refused.values), *left]
    again = replace(tried, request_id=new_request(), status=409, told=told)
    if refused.reason not in STALE:
        return again
    changed: list[tuple[Line, str, str]] = []
    if desk.may("ListJournal"):
        found = await history(desk, tried.application.application_id)
        lines = found.since(_instant(tried.seen[1]))
        names = await desk.people(*(person for line in lines for person in line.people))
        labels = (await desk.rulebook(tried.application.call_id)).labels
        changed = [(line, line.told(labels, names), names.get(line.actor, "")) for line in lines]
    return replace(again, changed=changed, seen=_now(tried.application))


def _now(application: Application) -> tuple[int, str]:
    """The file as it is: its version, and the instant it is looked at."""
    return application.progress.version, clock.text(words.showing().now)


def _seen(values: Mapping[str, list[str]], application: Application) -> tuple[int, str]:
    """The file as the visitor saw it when the form was made."""
    version, at = ((values.get(name) or [""])[0] for name in ("seen_version", "seen_at"))
    return (int(version) if version.isdigit() else application.progress.version), at


def _instant(text: str) -> datetime:
    try:
        return clock.parse(text)
    except ValueError:
        return words.showing().now
