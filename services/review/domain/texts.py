"""Words are saved first, by version; an act only points to them."""

from __future__ import annotations

from dataclasses import dataclass

from kit.errors import field_invalid
from services.review.domain.reasons import Reason

MAX_LENGTH = 20_000


@dataclass(frozen=True)
class TextRef:
    """A saved text (opaque id) and the version cited, from 1."""

    text_id: str
    version: int


def check_words(body: str) -> None:
    """Something is said, in bounds. Invalid: ``TEXT_EMPTY``, ``TEXT_TOO_LONG`` (``max``)."""
    if not body.strip():
        raise field_invalid("body", Reason.TEXT_EMPTY)
    check_length(body, path="body")


def check_length(body: str, *, path: str) -> None:
    """Words in bounds, blank or not. Invalid: ``TEXT_TOO_LONG`` (``max``)."""
    if len(body) > MAX_LENGTH:
        raise field_invalid(path, Reason.TEXT_TOO_LONG, max=str(MAX_LENGTH))
