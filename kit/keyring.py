"""A ring of AES-256 keys: one seals, all open. Used for workflow payloads and for bank details.

File: ``{"current": "<key id>", "keys": {"<key id>": "<base64url of 32 bytes>"}}``. Adding a key and naming it current
rotates; a key is removed only once nothing sealed with it remains.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12


class RingError(Exception):
    """What is sealed cannot be opened here: the key is absent, or the bytes or their owner were changed."""


@dataclass(frozen=True)
class KeyRing:
    """Keys by id. ``current`` seals; every key of the ring opens. Its ``repr`` shows no key."""

    current: str
    keys: Mapping[str, bytes] = field(repr=False)

    def __post_init__(self) -> None:
        if self.current not in self.keys:
            raise ValueError(f"the current key {self.current!r} is not in the ring")
        for key_id, key in self.keys.items():
            if len(key) != KEY_BYTES:
                raise ValueError(f"key {key_id!r} must have {KEY_BYTES} bytes")

    def seal(self, clear: bytes, owner: bytes) -> tuple[str, bytes]:
        """The current key's id and ``nonce ‖ ciphertext ‖ tag``. ``owner`` must be given again to open."""
        nonce = os.urandom(NONCE_BYTES)
        return self.current, nonce + AESGCM(self.keys[self.current]).encrypt(nonce, clear, owner)

    def open(self, key_id: str, sealed: bytes, *, owner: bytes) -> bytes:
        """The clear bytes. Raises :class:`RingError` when the key is absent or anything was altered."""
        key = self.keys.get(key_id)
        if key is None:
            raise RingError(f"key {key_id!r} is not in this process's ring")
        try:
            return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], owner)
        except (InvalidTag, ValueError):
            raise RingError(f"sealed with key {key_id!r}, but altered or moved from its owner") from None


def load_ring(path: Path) -> KeyRing:
    """The ring of a file. Raises ``ValueError`` when a key is not 32 bytes or the current one is absent."""
    content = json.loads(path.read_text(encoding="utf-8"))
    keys = {key_id: base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)) for key_id, text in content["keys"].items()}
    return KeyRing(content["current"], keys)


def new_key() -> str:
    """A fresh key as the file holds it: base64url of 32 random bytes."""
    return base64.urlsafe_b64encode(os.urandom(KEY_BYTES)).decode().rstrip("=")
