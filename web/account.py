"""``/compte``: where a person is signed in, and how she is called."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from jalon.intake.v1 import calls_pb2
from litestar import Controller, Response, get, post
from litestar.response import Template
from wtforms.validators import InputRequired, Length

from kit.errors import not_found
from web.desk import AtDesk, Desk
from web.forms import SiteForm, StringField, filled
from web.page import AnyRequest, flash, page, see, session_of, typed
from web.store import SessionStore
from web.words import t


class NameForm(SiteForm):
    """How she is called."""

    display_name = StringField(
        "signing.name",
        description="signing.name_hint",
        validators=[InputRequired(), Length(max=300)],
        render_kw={"autocomplete": "name", "maxlength": 300},
    )


class AccountPages(Controller):
    """One's own: nobody else's session is seen or ended here."""

    path = "/compte"

    @get("/", signed_in=True)
    async def show(self, request: AnyRequest, desk: AtDesk) -> Template:
        """Her sessions of this site, and on the portal her name."""
        return await account_page(request, desk, filled(NameForm, display_name=_known(desk.visitor.name)))

    @post("/sessions/fermer", signed_in=True, status_code=303)
    async def end(self, request: AnyRequest, desk: AtDesk) -> Response[Any]:
        """Ends one of her sessions, or every other one, at once and for ever."""
        store = sessions(request)
        chosen = (typed(request).get("session_id") or [""])[0]
        if chosen == "autres":
            await store.end_others(desk.visitor.person, here=_key(request))
        elif _is_id(chosen):
            await store.end_one(desk.visitor.person, chosen)
        flash(request, t("signing.ended"))
        return see("/compte")


class NamePage(Controller):
    """On the portal, who came by her mailbox or by a provider says how she is called."""

    @post("/compte/nom", rpcs=("RegisterPerson",), status_code=303)
    async def name(self, request: AnyRequest, desk: AtDesk) -> Response[Any]:
        """She says her name; who came by a provider is called as it says."""
        if not _may_name(request, desk):
            raise not_found()
        form = filled(NameForm, typed(request))
        if not form.validate() or not form.display_name.data.strip() or "@" in form.display_name.data:
            form.display_name.errors = [t("signing.name_missing")]
            return await account_page(request, desk, form, status=422)
        session = session_of(request)
        name = form.display_name.data.strip()
        asked = calls_pb2.RegisterPersonRequest(
            person_id=desk.visitor.person,
            display_name=name,
            email=session.get("email", ""),
            fictitious=desk.site.demonstration,
        )
        await desk.send("intake.calls", asked)
        session["name"] = name
        flash(request, t("signing.name_kept"))
        return see("/demandes")


async def account_page(request: AnyRequest, desk: Desk, form: Any, *, status: int = 200) -> Template:
    """Her sessions, and the form of her name where she may say it."""
    found = await sessions(request).of(desk.visitor.person, here=_key(request))
    shown = form if _may_name(request, desk) else None
    return page(
        request, "account.html", title=t("signing.account"), here="account", status=status, sessions=found, form=shown
    )


def _may_name(request: AnyRequest, desk: Desk) -> bool:
    return desk.site.name == "portal" and session_of(request).get("means") in ("mail", "provider")


def sessions(request: AnyRequest) -> SessionStore:
    """The sessions of this site."""
    found = request.app.state.sessions.get_store_from_app(request.app)
    assert isinstance(found, SessionStore)
    return found


def _key(request: AnyRequest) -> str:
    return request.cookies.get(request.app.state.sessions.key, "")


def _known(name: str) -> str:
    """Who is called by her address has told no name yet."""
    return "" if "@" in name else name


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
