"""PDF documents by typst: accessible (PDF/UA-1), archivable (PDF/A-2a), the same bytes twice for the same input.

Data reaches a template as JSON in ``sys.inputs.data``, so it is inert: markup typed by a person prints as text.
Only the fonts embedded in typst are used, so a document does not depend on the machine that made it.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typst


class RenderError(Exception):
    """A template could not be rendered: a fault of the program or of its data's shape. Holds no value of the data."""


def render(template: Path | str, data: Mapping[str, object], *, timestamp: datetime) -> bytes:
    """The PDF of ``template`` (a file, or the source itself as text) filled with ``data`` (JSON values).

    ``timestamp``: aware instant written as the document's date of creation. Takes tens of milliseconds of CPU; from
    asynchronous code call :func:`render_in_thread`.
    """
    if timestamp.tzinfo is None:
        raise ValueError("a document is dated by an aware instant")
    source: Any = template if isinstance(template, Path) else template.encode()
    root = template.parent if isinstance(template, Path) else None
    inputs = {"data": json.dumps(data, ensure_ascii=False, sort_keys=True, allow_nan=False)}
    try:
        pdf: bytes = typst.compile(
            source,
            format="pdf",
            root=root,
            ignore_system_fonts=True,
            sys_inputs=inputs,
            pdf_standards=["a-2a", "ua-1"],
            timestamp=timestamp.astimezone(UTC).replace(microsecond=0),
        )
    except typst.TypstError as error:
        name = template.name if isinstance(template, Path) else "template"
        raise RenderError(f"{name}: {_without_values(str(error))}") from None
    return pdf


async def render_in_thread(template: Path | str, data: Mapping[str, object], *, timestamp: datetime) -> bytes:
    """:func:`render`, off the event loop."""
    return await asyncio.to_thread(render, template, data, timestamp=timestamp)


def _without_values(message: str) -> str:
    """Typst quotes the values it stumbles on, and repeats what a template panics with; only field names are kept."""
    first_line = re.sub(r"^(panicked|assertion failed).*", r"\1", message.partition("\n")[0])
    return re.sub(r'"(?![a-z_]*")[^"]*("|$)', '"…"', first_line)
