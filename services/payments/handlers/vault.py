"""Account numbers at rest: sealed with the key ring; a keyed fingerprint tells two accounts apart."""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass
from hashlib import sha256

from kit.keyring import KeyRing

_PURPOSE = b"jalon/bank-fingerprint/1"


@dataclass(frozen=True)
class Details:
    """What a RIB says, in clear: never in a history, a leaf, an answer kept or a log."""

    iban: str
    bic: str
    holder: str

    def __repr__(self) -> str:
        return "Details(…)"


def seal(ring: KeyRing, details: Details, *, application_id: str, version: int) -> tuple[str, bytes]:
    """Key id and sealed bytes, good for this version of this application only."""
    clear = json.dumps(vars(details), ensure_ascii=False).encode()
    return ring.seal(clear, _owner(application_id, version))


def unseal(ring: KeyRing, key_id: str, sealed: bytes, *, application_id: str, version: int) -> Details:
    """The clear details; ``RingError`` when the key is absent or the bytes were altered or moved."""
    return Details(**json.loads(ring.open(key_id, sealed, owner=_owner(application_id, version))))


def fingerprints(ring: KeyRing, iban: str) -> list[bytes]:
    """The account's fingerprint under every key of the ring, the current key's first."""
    ordered = [ring.current, *(key_id for key_id in ring.keys if key_id != ring.current)]
    keys = [hmac.digest(ring.keys[key_id], _PURPOSE, sha256) for key_id in ordered]
    return [hmac.digest(key, iban.encode(), sha256) for key in keys]


def _owner(application_id: str, version: int) -> bytes:
    return f"bank/{application_id}/{version}".encode()
