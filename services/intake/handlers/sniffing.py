"""What a file really is: its name promises a type, its bytes must keep the promise."""

from __future__ import annotations

import io
import zipfile
from pathlib import PurePath

import magic

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
_ZIPPED = ("application/zip", "application/octet-stream")


def promised(file_name: str) -> str:
    """The type a name promises; empty when unknown."""
    return TYPES.get(PurePath(file_name).suffix.lower(), "")


def sniffed(data: bytes) -> str:
    """The type of the bytes of a file. Office files that libmagic only knows as archives are opened and looked at."""
    kind = str(magic.from_buffer(data, mime=True))
    return (
        next((office for office, folder in _FOLDERS.items() if _holds(data, folder)), kind) if kind in _ZIPPED else kind
    )


def _holds(data: bytes, folder: str) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile:
        return False
    return "[Content_Types].xml" in names and any(name.startswith(folder) for name in names)
