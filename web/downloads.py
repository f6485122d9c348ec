"""Documents handed out as they are kept: read part after part, always as an attachment."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import quote

from litestar.response import Stream

Part = Callable[[int], Awaitable[Any]]
"""The answer (``data``, ``size_bytes``) of a service from an offset."""


async def whole(part: Part) -> AsyncIterator[bytes]:
    """A document, part after part. The first one is read before anything is answered, so that a refusal is a page."""
    first = await part(0)

    async def parts() -> AsyncIterator[bytes]:
        answer, offset = first, 0
        while answer.data:
            yield answer.data
            offset += len(answer.data)
            if offset >= answer.size_bytes:
                return
            answer = await part(offset)

    return parts()


async def attachment(part: Part, *, name: str, media_type: str) -> Stream:
    """The whole document, as a file that the browser keeps."""
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}
    return Stream(await whole(part), media_type=media_type, headers=headers)
