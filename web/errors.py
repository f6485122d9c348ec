"""How a request ends without its page: a plain sentence that says what to do, and what was typed is kept."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, MutableMapping
from typing import Any
from urllib.parse import quote

import grpc
from litestar import Request, Response
from litestar.exceptions import HTTPException, PermissionDeniedException
from litestar.response import Template

from kit.errors import Kind, Refused
from web import words
from web.desk import ServiceSilent
from web.page import AnyRequest, flash, keep_typed, page, see, typed
from web.visitor import FORGED, NotSignedIn
from web.words import t

log = logging.getLogger(__name__)
STATUS = {
    Kind.INVALID: 400,
    Kind.NOT_FOUND: 404,
    Kind.PRECONDITION: 409,
    Kind.DENIED: 403,
    Kind.REUSED: 409,
    Kind.UNPROVED: 403,
}
SAID = {400, 403, 404, 405, 409, 413, 429, 500, 503}
Handlers = MutableMapping[int | type[Exception], Callable[[Request[Any, Any, Any], Any], Response[Any]]]


def not_signed_in(request: AnyRequest, error: Exception) -> Response[Any]:
    """To the sign-in page, and back; a form that was being sent is kept meanwhile."""
    _settle(request)
    if request.method == "POST":
        keep_typed(request)
        flash(request, t("error.signed_out"), kind="waiting")
    return see(f"/entrer?retour={quote(request.url.path)}")


def refused(request: AnyRequest, error: Exception) -> Template:
    """A refusal of a service, in its own words."""
    assert isinstance(error, Refused)
    _settle(request)
    return ended(request, STATUS.get(error.kind, 409), words.explain(error))


def silent(request: AnyRequest, error: Exception) -> Template:
    """A service does not answer: what was typed is shown, ready to be sent again under the same request id."""
    assert isinstance(error, ServiceSilent)
    _settle(request)
    return ended(request, 503, [t("error.silent", service=t(f"service.{error.service}"))])


def unexpected_status(request: AnyRequest, error: Exception) -> Template:
    """An error of the other family that a service told."""
    assert isinstance(error, grpc.aio.AioRpcError)
    reason, _, reference = (error.details() or "").partition(" ")
    if reason != "UNEXPECTED":
        return failed(request, error)
    _settle(request)
    return ended(request, 500, [words.say("UNEXPECTED", reference=reference)])


def http(request: AnyRequest, error: Exception) -> Response[Any]:
    """Litestar's own errors: no such page, too large, too many."""
    assert isinstance(error, HTTPException)
    _settle(request)
    if isinstance(error, PermissionDeniedException) and error.detail == FORGED:
        return ended(request, 403, [t("error.form_expired")])
    if error.status_code >= 500:
        return failed(request, error)
    return ended(request, error.status_code, [], headers=error.headers)


def failed(request: AnyRequest, error: Exception) -> Template:
    """What nobody expected: a reference the operators find in the log."""
    reference = uuid.uuid4().hex[:12]
    log.error("unexpected failure %s on %s", reference, request.scope.get("path_template", ""), exc_info=error)
    _settle(request)
    return ended(request, 500, [words.say("UNEXPECTED", reference=reference)])


def ended(request: AnyRequest, status: int, sentences: list[str], *, headers: dict[str, str] | None = None) -> Template:
    """The page of a status: its title, the sentences, what to do; after a form, what was typed."""
    key = status if status in SAID else (400 if status < 500 else 500)
    again = status == 503 and request.method == "POST"
    shown = page(
        request,
        "error.html",
        status=status,
        title=t(f"error.{key}.title"),
        sentences=sentences or [t(f"error.{key}.body")],
        remedy=t(f"error.{key}.remedy"),
        typed=typed(request),
        again=again,
    )
    shown.headers.update({"Cache-Control": "no-store", **(headers or {})})
    return shown


def _settle(request: AnyRequest) -> None:
    """An error may come before the visitor's language is known."""
    now = words.showing().now
    kept = request.scope.get("session")
    chosen = kept.get("locale", "") if isinstance(kept, dict) else ""
    words.settle(words.chosen(request.headers.get("accept-language", ""), chosen), now)


HANDLERS: Handlers = {
    NotSignedIn: not_signed_in,
    Refused: refused,
    ServiceSilent: silent,
    grpc.aio.AioRpcError: unexpected_status,
    HTTPException: http,
    Exception: failed,
}
