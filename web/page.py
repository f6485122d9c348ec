"""A page: its template with what every page shows, and the flashes kept for it."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode

from litestar import Request
from litestar.response import Redirect, Template
from litestar.utils.scope.state import ScopeState

from web import words
from web.visitor import Visitor

AnyRequest = Request[Any, Any, Any]
LONGEST_KEPT = 30_000
"""Characters of a form kept in the session while its person signs in again."""


def page(request: AnyRequest, template: str, *, status: int = 200, **context: Any) -> Template:
    """``template`` with its context. ``title`` (a sentence) names the page; ``here``: the menu's entry it is under."""
    site = request.app.state.site
    visitor: Visitor = request.state.get("visitor") or Visitor()
    shown = {
        "site": site,
        "visitor": visitor,
        "path": request.url.path,
        "template": template,
        "here": "",
        "flashes": flashes(request),
        "other_language": address(request, langue="en" if words.locale() == "fr" else "fr"),
        **context,
    }
    return Template(template, context=shown, status_code=status)


def flash(request: AnyRequest, sentence: str, *, kind: str = "done") -> None:
    """A sentence for the next page. ``kind``: ``done``, ``waiting`` or ``blocked``."""
    session = session_of(request)
    session["flashes"] = [*session.get("flashes", ()), [kind, sentence]]


def flashes(request: AnyRequest) -> list[tuple[str, str]]:
    """The sentences kept for this page; they are said once."""
    kept = session_of(request).pop("flashes", ())
    return [(kind, sentence) for kind, sentence in kept]


def session_of(request: AnyRequest) -> dict[str, Any]:
    """The session's data, to read and to change; an empty one where no session is read."""
    session = request.scope.get("session")
    return session if isinstance(session, dict) else {}


def address(request: AnyRequest, **changes: str) -> str:
    """The present address with some parameters changed; an empty value removes one."""
    kept = [(name, value) for name, value in parse_qsl(request.url.query) if name not in changes]
    parameters = [*kept, *((name, value) for name, value in changes.items() if value)]
    return f"{request.url.path}?{urlencode(parameters)}" if parameters else request.url.path


def see(path: str) -> Redirect:
    """After an act: the page to read (303), so that reloading it does nothing twice."""
    return Redirect(path, status_code=303)


def inside(path: str) -> str:
    """A path of this site; anything else is the home page (an address given by the visitor is not followed)."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) and "\n" not in path else "/"


def typed(request: AnyRequest) -> dict[str, list[str]]:
    """What the visitor typed in the form of this request, files and the token left out."""
    form = ScopeState.from_scope(request.scope).form  # read once, by the check of the token
    found: dict[str, list[str]] = {}
    for name, value in (form if isinstance(form, dict) else {}).items():
        texts = [text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)]
        if texts and name != "_csrf_token":
            found[name] = texts
    return found


def keep_typed(request: AnyRequest) -> None:
    """Keeps a form in the session, for when its person has signed in again."""
    found = typed(request)
    if sum(len(value) for values in found.values() for value in values) <= LONGEST_KEPT:
        session_of(request)["typed"] = {request.url.path: found}


def typed_before(request: AnyRequest) -> dict[str, list[str]]:
    """The form kept for this address, once; empty when there is none."""
    kept: dict[str, dict[str, list[str]]] = session_of(request).get("typed", {})
    return kept.pop(request.url.path, {})
