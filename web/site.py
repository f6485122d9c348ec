"""Builds a site: templates, static files, sessions, tokens against forged forms, headers, errors, the one guard."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import asyncpg
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Litestar, Request, Response, get, post
from litestar.config.csrf import CSRFConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.stores.memory import MemoryStore
from litestar.stores.registry import StoreRegistry
from litestar.template.config import TemplateConfig
from litestar.types import ASGIApp, ControllerRouterHandler

from kit.settings import SiteSettings
from web import account, advancing, assets, entering, forms, legal, mails, progress, signing, style, words
from web.desk import Desk, MenuEntry, Site
from web.errors import HANDLERS
from web.links import OpinionLinks, SignInLinks
from web.openid import Provider
from web.page import inside, see, session_of
from web.security import Envelope
from web.store import MAX_AGE, SessionConfig, SessionStore
from web.views import SavedViews
from web.visitor import guard
from workflows.commands import Door

HERE = Path(__file__).parent
LARGEST_FORM = 2 * 1024 * 1024
"""Bytes of a request: a form with its texts, or one part (1 MiB) of a document."""


def build(
    name: str,
    *,
    settings: SiteSettings,
    door: Door,
    pool: asyncpg.Pool,
    controllers: Sequence[ControllerRouterHandler],
    menu: Sequence[MenuEntry] = (),
) -> ASGIApp:
    """The site ``portal`` or ``backoffice``, ready to be served."""
    mover = advancing.open_mover(settings.mover) if settings.mover else None
    site = Site(
        name,
        door,
        dict(settings.urls),
        demonstration=settings.demonstration,
        menu=tuple(menu),
        mover=mover.stub if mover else None,
    )
    https = settings.urls[name].startswith("https://")
    key = cookie_key(name, settings)
    sessions = SessionConfig(key=cookie(key, https=https), max_age=MAX_AGE, secure=https, samesite="lax")
    ours = [legal.LegalPages, *entrance(name, settings)]
    app = Litestar(
        route_handlers=[health, switch_language, assets.serve_asset, style.show, *ours, *controllers],
        dependencies={"desk": Provide(desk, sync_to_thread=False)},
        exception_handlers=HANDLERS,
        guards=[guard],
        middleware=[sessions.middleware],
        stores=StoreRegistry({"sessions": SessionStore(pool, name), "rate_limit": MemoryStore()}),
        csrf_config=CSRFConfig(
            secret=_secret(settings),
            cookie_name=cookie(f"{key}-form", https=https),
            cookie_secure=https,
            cookie_httponly=True,
            cookie_samesite="lax",
        ),
        template_config=TemplateConfig(instance=JinjaTemplateEngine.from_environment(environment(name))),
        request_max_body_size=LARGEST_FORM,
        on_shutdown=[mover.channel.close] if mover else [],
        openapi_config=None,
        logging_config=None,
        state=State({"site": site, "sessions": sessions, **_kept(name, settings, pool)}),
    )
    return Envelope(app, https=https)


def _kept(name: str, settings: SiteSettings, pool: asyncpg.Pool) -> dict[str, Any]:
    """What pages find beside the site."""
    comes_back_to = f"{settings.urls[name]}/entrer/retour"
    return {
        "opinion_links": OpinionLinks(pool),
        "sign_in_links": SignInLinks(pool, name),
        "provider": Provider(settings.provider, comes_back_to=comes_back_to) if settings.provider else None,
        "views": SavedViews(pool),
        "legal": legal.facts(settings),
    }


def environment(name: str) -> Environment:
    """Templates of the site first, then the shared ones; what is not given is an error, what is given is escaped."""
    made = Environment(
        loader=FileSystemLoader([HERE / name / "templates", HERE / "layout" / "templates"]),
        autoescape=True,
        auto_reload=False,  # a page never mixes two versions of its pieces
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(words.FILTERS)
    made.globals.update({**words.GLOBALS, **progress.GLOBALS, "label_of": forms.label_of, "kind_of": forms.kind_of})
    made.globals["asset"] = assets.asset
    made.tests["open_to"] = lambda rpcs, visitor: visitor.may(*rpcs)
    return made


def entrance(name: str, settings: SiteSettings) -> list[ControllerRouterHandler]:
    """How people sign in; entering as anybody, moving the clock and reading all mail exist in a demonstration alone."""
    found: list[ControllerRouterHandler] = [account.AccountPages, entering.leave]
    if settings.mover:
        found.append(advancing.TimePages)
    if settings.demonstration:
        found += [entering.Demonstration, mails.read_mails]
    else:
        found.append(entering.sign_in)
    if settings.provider:
        found.append(signing.ByProvider)
    if name == "portal":
        found += [signing.ByMail, account.NamePage]
    return found


def desk(request: Request[Any, Any, Any]) -> Desk:
    """The visitor at work, for handlers."""
    return Desk(request.app.state.site, request.state.visitor)


@get("/sante", public=True, skip_session=True, exclude_from_csrf=True)
async def health() -> Response[str]:
    """Answers as soon as the site serves."""
    return Response("ok", media_type="text/plain", headers={"Cache-Control": "no-store"})


@post("/langue", public=True, status_code=303)
async def switch_language(request: Request[Any, Any, Any]) -> Response[Any]:
    """Keeps the language chosen, and comes back."""
    form = await request.form()
    session_of(request)["locale"] = words.chosen("", str(form.get("langue", "")))
    return see(inside(str(form.get("retour", "/"))))


def cookie(name: str, *, https: bool) -> str:
    """``__Host-`` binds a cookie to its host; browsers accept it over https only."""
    return f"__Host-{name}" if https else name


def cookie_key(name: str, settings: SiteSettings) -> str:
    """Cookies ignore ports: two sites, or two checkouts, on one machine have names of their own."""
    installation = hashlib.sha256(settings.issuer_keys.read_bytes()).hexdigest()[:8]
    return f"jalon-{name}-{installation}"


def _secret(settings: SiteSettings) -> str:
    """Derived from the site's own key: the same after a restart, known to nobody else."""
    return hashlib.sha256(b"jalon/forms/" + settings.client.signing_key.read_bytes()).hexdigest()
