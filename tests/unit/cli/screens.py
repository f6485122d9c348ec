"""A session whose output is kept: what a person would read, French spaces made plain."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from google.protobuf.timestamp_pb2 import Timestamp
from rich.console import Console

from cli.output import Output
from cli.session import Asked, Session
from kit import clock
from wording import Locale
from workflows.commands import Who


@dataclass
class Screen:
    """``session`` to draw with; ``text`` is what was drawn."""

    session: Session
    written: io.StringIO

    @property
    def text(self) -> str:
        return self.written.getvalue().replace("\u00a0", " ").replace("\u202f", " ")


def screen(locale: Locale = "fr", *, as_json: bool = False) -> Screen:
    """A wide one, without colors."""
    written = io.StringIO()
    out = Output(locale, as_json=as_json, console=Console(file=written, width=300, highlight=False, markup=False))
    nothing = cast(Any, None)
    return Screen(Session(Asked(locale), nothing, nothing, Who("", frozenset()), out), written)


def stamp(text: str) -> Timestamp:
    """The protobuf instant of an RFC 3339 text."""
    found = clock.to_timestamp(datetime.fromisoformat(text))
    assert found is not None
    return found
