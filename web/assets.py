"""Styles and scripts, served under their digest: kept by browsers for a year, never stale."""

from __future__ import annotations

import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

FOLDER = Path(__file__).with_name("static")
YEAR = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class Asset:
    """One file of ``web/static``."""

    name: str
    digest: str
    media_type: str
    data: bytes


@cache
def assets() -> dict[str, Asset]:
    """Every file, by name; read once per process."""
    return {path.name: _asset(path) for path in sorted(FOLDER.iterdir()) if path.is_file()}


def _asset(path: Path) -> Asset:
    data = path.read_bytes()
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Asset(path.name, hashlib.sha256(data).hexdigest()[:16], kind, data)


def asset(name: str) -> str:
    """The address of a file: ``{{ asset("jalon.css") }}``."""
    return f"/static/{assets()[name].digest}/{name}"


@get("/static/{digest:str}/{name:str}", public=True, skip_session=True, exclude_from_csrf=True, include_in_schema=False)
async def serve_asset(digest: FromPath[str], name: FromPath[str]) -> Response[bytes]:
    """A file, at the address of its present content only."""
    found = assets().get(name)
    if found is None or found.digest != digest:
        raise NotFoundException
    return Response(found.data, media_type=found.media_type, headers={"Cache-Control": YEAR})
