"""Keyset pages: opaque tokens that name the last row shown and the filter they belong to. Never an offset."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from kit.errors import Kind, Refused

DEFAULT, LARGEST = 25, 100


def size(asked: int) -> int:
    """Rows of a page: 25 unless said, 100 at most."""
    return DEFAULT if asked <= 0 else min(asked, LARGEST)


def encode(key: list[Any], *, scope: str) -> str:
    """A token for the page after ``key``; ``scope`` is the filter, so that a token cannot serve another list."""
    data = json.dumps([_scope(scope), key], separators=(",", ":"))
    return base64.urlsafe_b64encode(data.encode()).decode()


def decode(token: str, *, scope: str) -> list[Any] | None:
    """The key of a token; None for the first page; a foreign or broken token is refused (``PAGE_TOKEN_INVALID``)."""
    if not token:
        return None
    try:
        mark, key = json.loads(base64.urlsafe_b64decode(token.encode()))
    except (ValueError, TypeError) as error:
        raise Refused("PAGE_TOKEN_INVALID", kind=Kind.INVALID) from error
    if mark != _scope(scope) or not isinstance(key, list):
        raise Refused("PAGE_TOKEN_INVALID", kind=Kind.INVALID)
    return key


def _scope(scope: str) -> str:
    return hashlib.sha256(scope.encode()).hexdigest()[:12]
