"""Bytes of documents: written by parts beside their final place, named by their digest once whole. Written once."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

PART_BYTES = 1024 * 1024


class FileStore:
    """A folder of files named by SHA-256; uploads under way are named by their document id. Blocking: call it in a
    thread (``asyncio.to_thread``)."""

    def __init__(self, root: Path) -> None:
        self._whole = root / "whole"
        self._parts = root / "parts"
        self._whole.mkdir(parents=True, exist_ok=True)
        self._parts.mkdir(parents=True, exist_ok=True)

    def write_part(self, document_id: str, offset: int, data: bytes) -> int:
        """Puts a part at its offset; returns the bytes held. Repeating a part is harmless."""
        path = self._parts / document_id
        with path.open("r+b" if path.exists() else "w+b") as file:
            file.seek(offset)
            file.write(data)
            file.flush()
            return file.seek(0, os.SEEK_END)

    def head(self, document_id: str, length: int = 4096) -> bytes:
        """The first bytes of an upload under way: what its type is sniffed from."""
        path = self._parts / document_id
        return path.read_bytes()[:length] if path.exists() else b""

    def digest(self, document_id: str) -> tuple[str, int]:
        """SHA-256 (hex) and size of an upload under way."""
        path = self._parts / document_id
        if not path.exists():
            return hashlib.sha256(b"").hexdigest(), 0
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size

    def complete(self, document_id: str, digest: str) -> None:
        """Makes an upload whole: durable, then named by its digest too. A second time is harmless; the upload itself
        stays until :meth:`discard`, so that a transaction that fails afterwards can be tried again."""
        source, target = self._parts / document_id, self._place(digest)
        if target.exists():
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        with source.open("rb") as file:
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            target.hardlink_to(source)
        _sync(target.parent)

    def discard(self, document_id: str) -> None:
        """Forgets an upload under way."""
        (self._parts / document_id).unlink(missing_ok=True)

    def put(self, data: bytes) -> str:
        """Stores whole bytes made by the service itself; returns their digest."""
        digest = hashlib.sha256(data).hexdigest()
        self.write_part(f"own-{digest}", 0, data)
        self.complete(f"own-{digest}", digest)
        self.discard(f"own-{digest}")
        return digest

    def read(self, digest: str, offset: int, length: int = PART_BYTES) -> bytes:
        """A part of a whole file; empty at its end."""
        with self._place(digest).open("rb") as file:
            file.seek(offset)
            return file.read(length)

    def size(self, digest: str) -> int:
        """Size of a whole file."""
        return self._place(digest).stat().st_size

    def __iter__(self) -> Iterator[str]:
        """Digests of every whole file."""
        return (path.name for path in sorted(self._whole.glob("*/*")))

    def _place(self, digest: str) -> Path:
        return self._whole / digest[:2] / digest


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
