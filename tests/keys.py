"""Throw-away keys for tests: one per issuer, as an installation makes them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from deploy.local import keys


@dataclass(frozen=True)
class Keys:
    """Key files under one folder."""

    folder: Path

    @property
    def public(self) -> Path:
        """Public keys of every issuer."""
        return keys.issuer_keys(self.folder)

    def signing(self, issuer: str) -> Path:
        """The private key of one issuer."""
        return keys.signing_key(self.folder, issuer)


def make_keys(folder: Path) -> Keys:
    """Makes them."""
    keys.make(folder)
    return Keys(folder)
