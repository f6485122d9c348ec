"""A real OpenID Connect provider, in a process of its own, and what a person does in front of it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit, urlunsplit

import httpx

from deploy.local.ports import choose


@dataclass(frozen=True)
class Vouching:
    """Where the provider answers, and what its people do."""

    issuer: str

    async def knows(self, subject: str, **claims: object) -> None:
        """Somebody of the provider, with what it tells of her."""
        async with httpx.AsyncClient() as client:
            answer = await client.put(f"{self.issuer}/users/{subject}", json=claims)
            assert answer.status_code == 204

    async def identify(self, address: str, subject: str) -> str:
        """She proves herself at the address a site sent her to; the path she comes back to."""
        return await self._press(address, {"sub": subject})

    async def give_up(self, address: str) -> str:
        """She does not; the path she comes back to."""
        return await self._press(address, {"action": "deny"})

    async def _press(self, address: str, form: dict[str, str]) -> str:
        async with httpx.AsyncClient() as client:
            answer = await client.post(address, data=form)
        assert answer.status_code == 302, answer.text
        parts = urlsplit(answer.headers["location"])
        return urlunsplit(("", "", parts.path, parts.query, ""))


def asked(address: str) -> dict[str, str]:
    """The parameters of the address a site sends people to."""
    return dict(parse_qsl(urlsplit(address).query))


@contextmanager
def vouching(folder: Path) -> Iterator[Vouching]:
    """The provider, until the end."""
    port = choose(["provider"], kept={}, seed=str(folder))["provider"]
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "oidc_provider_mock",
        "--port",
        str(port),
        "--require-nonce",
        "true",
    ]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, env=os.environ, text=True
    ) as process:
        assert process.stderr is not None
        try:
            said = next((line for line in process.stderr if "running on" in line), "")
            assert said, "the provider did not start"
            yield Vouching(f"http://127.0.0.1:{port}")
        finally:
            process.terminate()
            process.stderr.close()
