"""Documents handed out as they are kept: read part after part, always as an attachment."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import quote

from litestar.response import Stream

Part = Callable[[int], Awaitable[Any]]
"""The answer (``data``, ``size_bytes``) of a service from an offset."""


async def attachment(part: Part, *, name: str, media_type: str) -> Stream:
    """The whole document. The first part is read before anything is answered, so that a refusal is a page."""
    first = await part(0)

    async def parts() -> AsyncIterator[bytes]:
        answer, offset = first, 0
        while answer.data:
            yield answer.data
            offset += len(answer.data)
            if offset >= answer.size_bytes:
                return
            answer = await part(offset)

    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}
    return Stream(parts(), media_type=media_type, headers=headers)
