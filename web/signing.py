"""The doors of a real installation: an identity provider, and on the portal a link sent to a mailbox.

A site says to intake what it verified; intake says who that is (``RecognizePerson``), and on the portal makes a person
of whom it does not know. The answer to an address is the same whether it is known or not.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from jalon.intake.v1 import calls_pb2, people_pb2
from litestar import Controller, Response, get, post
from litestar.middleware.rate_limit import RateLimitConfig
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template
from wtforms.validators import InputRequired, Length, Regexp

from kit.errors import Kind, Refused
from web.desk import Site, answered
from web.forms import SiteForm, StringField, filled
from web.links import SIGN_IN_SECONDS, SignInLinks
from web.mails import AT_THE_DOOR, send_mail
from web.openid import NotVouched, Provider, ProviderSilent
from web.page import AnyRequest, flash, inside, page, see, session_of, typed
from web.store import renew
from web.words import t

ADDRESS = r"[^@\s<>,;:\"()]+@[^@\s<>,;:\"()]+\.[^@\s<>,;:\"().]{2,}"
KEPT = ("locale", "typed")
"""What a session keeps through signing in: the language, and the form that was being written."""
SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)
BROWSERS = (("Firefox", "Firefox"), ("Edg", "Edge"), ("Chrome", "Chrome"), ("Safari", "Safari"))
LIMIT = RateLimitConfig(rate_limit=("minute", 20), store="rate_limit")
"""Of one machine: links asked, and returns from the provider."""


class MailboxForm(SiteForm):
    """Where to send the link."""

    email = StringField(
        "signing.email",
        description="signing.email_hint",
        validators=[InputRequired(), Length(max=254), Regexp(f"^{ADDRESS}$", message="")],
        render_kw={"type": "email", "autocomplete": "email", "maxlength": 254},
    )


class ByProvider(Controller):
    """There and back. It begins by a plain link: a form may only be sent to this site."""

    path = "/entrer"

    @get("/identite", public=True, middleware=[LIMIT.middleware])
    async def leave(self, request: AnyRequest, *, retour: FromQuery[str] = "/") -> Response[Any]:
        """To the provider; what the answer must match is kept in the session."""
        provider: Provider = request.app.state.provider
        try:
            address, kept = await provider.leave()
        except ProviderSilent:
            return closed(request, "silent", status=503)
        session_of(request)["asked"] = {**kept, "back": inside(retour)}
        return Redirect(address, status_code=303)

    @get("/retour", public=True, middleware=[LIMIT.middleware])
    async def come_back(self, request: AnyRequest) -> Response[Any]:
        """From the provider: the answer serves once, for the session that asked."""
        provider: Provider = request.app.state.provider
        asked: dict[str, str] = session_of(request).pop("asked", {})
        try:
            seen = await provider.come_back(dict(request.query_params), asked)
            person = await recognize(
                request, issuer=seen.issuer, subject=seen.subject, email=seen.email, display_name=seen.name
            )
        except ProviderSilent:
            return closed(request, "silent", status=503)
        except NotVouched as reason:
            return closed(request, reason.why, status=403)
        except Refused as refused:
            if refused.kind is not Kind.NOT_FOUND:
                raise
            return closed(request, "unknown", status=403)
        return await let_in(request, person, means="provider", back=asked["back"])


class ByMail(Controller):
    """A link to a mailbox, for who applies."""

    path = "/entrer/lien"

    @post("/", public=True, status_code=200, middleware=[LIMIT.middleware])
    async def send(self, request: AnyRequest) -> Response[Any]:
        """Sends a link, and says the same whatever the address is to us."""
        values = typed(request)
        form = filled(MailboxForm, {**values, "email": [one.strip() for one in values.get("email", [])]})
        back = inside((values.get("retour") or ["/"])[0])
        if not form.validate():
            form.email.errors = [t("signing.email_unclear")]
            return doors(request, back=back, form=form, status=422)
        site: Site = request.app.state.site
        made = await links(request).make(form.email.data, back)
        if made is not None:
            token, until = made[0], await site.now() + timedelta(seconds=SIGN_IN_SECONDS)
            path = f"/entrer/lien/{token}"
            await send_mail(site, "sign_in", email=form.email.data, path=path, deadline_at=until, opens=True)
        return page(request, "link_sent.html", title=t("signing.sent"), email=form.email.data)

    @get("/{token:str}", public=True)
    async def show(self, request: AnyRequest, token: FromPath[str]) -> Template:
        """What the link will do; only the button does it, since programs that look at mails open links."""
        found = await links(request).read(token)
        status = 200 if found else 404
        return page(request, "link_use.html", title=t("signing.by_link"), mailbox=found, token=token, status=status)

    @post("/{token:str}", public=True, status_code=303, middleware=[LIMIT.middleware])
    async def use(self, request: AnyRequest, token: FromPath[str]) -> Response[Any]:
        """Signs in, once."""
        found = await links(request).use(token)
        if found is None:
            return page(request, "link_use.html", title=t("signing.by_link"), mailbox=None, token=token, status=404)
        person = await recognize(request, email=found.email)
        back = found.back
        if person.display_name.lower() == found.email:  # nobody told her name yet
            back = "/compte"
            flash(request, t("signing.name_wanted"), kind="waiting")
        return await let_in(request, person, means="mail", back=back)


async def recognize(request: AnyRequest, **seen: Any) -> calls_pb2.Person:
    """Who stands at the door. Raises ``Refused`` (``PERSON_UNKNOWN``) or ``ServiceSilent``."""
    site: Site = request.app.state.site
    rpc = site.door.services.stub("intake", "people").RecognizePerson
    asked = people_pb2.RecognizePersonRequest(**seen)
    found: calls_pb2.Person = await answered("intake", site.door.send(AT_THE_DOOR, rpc, asked))
    return found


async def let_in(request: AnyRequest, person: calls_pb2.Person, *, means: str, back: str) -> Response[Any]:
    """A new session, whose id nobody saw before; what was being written, and said, is kept."""
    await renew(request, request.app.state.sessions)
    kept = {name: value for name, value in session_of(request).items() if name in (*KEPT, "flashes")}
    who = {"person": person.person_id, "name": person.display_name, "email": person.email}
    request.set_session({**kept, **who, "means": means, "device": device(request.headers.get("user-agent", ""))})
    return see(back)


def doors(request: AnyRequest, *, back: str, form: Any = None, status: int = 200) -> Template:
    """The ways to sign in to this site."""
    return page(
        request, "sign_in.html", title=t("sign_in.title"), status=status, back=back, **offered(request, form=form)
    )


def offered(request: AnyRequest, *, form: Any = None) -> Mapping[str, Any]:
    """What a page of doors shows: the provider's name (empty: none), the form of the mailbox (None: not here)."""
    provider: Provider | None = request.app.state.provider
    by_mail = request.app.state.site.name == "portal"
    return {
        "provider": provider.settings.name if provider else "",
        "mailbox": (form or filled(MailboxForm)) if by_mail else None,
    }


def closed(request: AnyRequest, why: str, *, status: int) -> Template:
    """A door that did not open, and what to do."""
    provider: Provider = request.app.state.provider
    return page(
        request,
        "door_closed.html",
        title=t(f"signing.{why}.title"),
        status=status,
        why=why,
        name=provider.settings.name,
    )


def links(request: AnyRequest) -> SignInLinks:
    """The links of this site."""
    found: SignInLinks = request.app.state.sign_in_links
    return found


def device(user_agent: str) -> str:
    """``Firefox, Linux``: enough for a person to know her own; the rest is not kept."""
    browser = next((name for mark, name in BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in SYSTEMS if mark in user_agent), "")
    return ", ".join(part for part in (browser, system) if part)
