"""What a file really is: its name promises a type, its bytes must keep the promise."""

from __future__ import annotations

import io
import zipfile
from pathlib import PurePath

import filetype

TYPES = {
    ".pdf": "application/pdf",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_FOLDERS = {TYPES[".docx"]: "word/", TYPES[".xlsx"]: "xl/"}
_ARCHIVE = "application/zip"
UNKNOWN = "application/octet-stream"


def promised(file_name: str) -> str:
    """The type a name promises; empty when unknown."""
    return TYPES.get(PurePath(file_name).suffix.lower(), "")


def sniffed(data: bytes) -> str:
    """The type of the bytes of a file; ``UNKNOWN`` when nothing says it. Archives are opened and looked at, for an
    office file may begin like any other archive."""
    found = filetype.guess(data)
    kind = str(found.mime) if found else UNKNOWN
    if kind != _ARCHIVE:
        return kind
    return next((office for office, folder in _FOLDERS.items() if _holds(data, folder)), kind)


def _holds(data: bytes, folder: str) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile:
        return False
    return "[Content_Types].xml" in names and any(name.startswith(folder) for name in names)
