"""Ports of an installation: free ones, chosen once and kept while nobody else takes them."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Iterable, Mapping

# Below the range the kernel gives to outgoing connections, so a stopped installation finds its ports again.
FIRST, LAST = 20_000, 31_999


def choose(names: Iterable[str], *, kept: Mapping[str, int], seed: str) -> dict[str, int]:
    """One free port of 127.0.0.1 per name: the kept one when it is free, else the next free after a place drawn from
    ``seed`` (two installations begin their search at different places)."""
    place = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:4]) % (LAST - FIRST)
    chosen: dict[str, int] = {}
    for name in names:
        port = kept.get(name, 0)
        if port and is_free(port):
            chosen[name] = port
            continue
        while not port or port in (*chosen.values(), *kept.values()) or not is_free(port):
            port = FIRST + place
            place = (place + 1) % (LAST - FIRST)
        chosen[name] = port
    return chosen


def is_free(port: int) -> bool:
    """True when a server could listen on it now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen(1)
        except OSError:
            return False
    return True
