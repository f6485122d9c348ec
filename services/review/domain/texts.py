"""Words are saved first, by version; an act only points to them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TextRef:
    """A saved text (opaque id) and the version cited, from 1."""

    text_id: str
    version: int
