"""OpenID Connect as a site asks it: authorization code with PKCE, state, nonce; what the provider signed is verified.

A site of agents reads what ProConnect tells (``sub``, ``email``, ``given_name``, ``usual_name``); any provider that
tells a standard name will do. Time here is the machine's: tokens are counted on the world's clock.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from authlib.common.security import generate_token
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from kit.settings import ProviderSettings

ALGORITHMS = ["RS256", "PS256", "ES256"]
"""Never ``none``, never a secret both sides know."""
UNABLE = {"server_error", "temporarily_unavailable"}
ANSWERS_SECONDS = 5.0
METADATA_SERVES_SECONDS = 3600
LEEWAY_SECONDS = 60
Kept = dict[str, str]
"""What the session keeps between leaving and coming back: ``state``, ``nonce``, ``verifier``."""


class ProviderSilent(Exception):
    """The provider does not answer, or not as one does: try again later."""


class NotVouched(Exception):
    """The provider vouches for nobody here. ``why``: ``left`` (the person gave up there), ``stale`` (this is not the
    answer to what this session asked), ``forged`` (what came is not signed for us), ``incomplete`` (who she is, or her
    verified address, is missing)."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class Vouched:
    """Who the provider says stands there. ``email`` is verified; ``name`` is empty when it tells none."""

    issuer: str
    subject: str
    email: str
    name: str


class Provider:
    """The provider of a site, as its discovery document describes it."""

    def __init__(self, settings: ProviderSettings, *, comes_back_to: str) -> None:
        self.settings = settings
        self._comes_back_to = comes_back_to
        self._metadata: dict[str, Any] = {}
        self._keys: KeySet | None = None
        self._read_at = 0.0

    async def leave(self) -> tuple[str, Kept]:
        """Where the person goes, and what must be kept until she comes back. Raises :class:`ProviderSilent`."""
        metadata = await self._described()
        kept = {"state": generate_token(48), "nonce": generate_token(48), "verifier": generate_token(64)}
        address = prepare_grant_uri(
            str(metadata["authorization_endpoint"]),
            self.settings.client_id,
            "code",
            redirect_uri=self._comes_back_to,
            scope=self.settings.scope,
            state=kept["state"],
            nonce=kept["nonce"],
            code_challenge=create_s256_code_challenge(kept["verifier"]),
            code_challenge_method="S256",
            acr_values=self.settings.acr or None,
        )
        return str(address), kept

    async def come_back(self, answer: Mapping[str, str], kept: Kept) -> Vouched:
        """Who came back. ``answer``: the parameters of the address she came back to. Raises :class:`ProviderSilent` or
        :class:`NotVouched`."""
        if answer.get("error") in UNABLE:
            raise ProviderSilent
        if answer.get("error"):
            raise NotVouched("left")
        if not kept or not hmac.compare_digest(answer.get("state", ""), kept["state"]):
            raise NotVouched("stale")
        tokens = await self._exchange(answer.get("code", ""), kept["verifier"])
        claims = await self._verified(str(tokens.get("id_token", "")))
        self._check(claims, nonce=kept["nonce"])
        told = {**claims, **await self._told(str(tokens.get("access_token", "")), subject=str(claims["sub"]))}
        return self._vouched(told)

    def _vouched(self, told: Mapping[str, Any]) -> Vouched:
        email = str(told.get("email") or "")
        if not email or told.get("email_verified") is False:
            raise NotVouched("incomplete")
        last = told.get("usual_name") or told.get("family_name")
        whole = " ".join(str(part) for part in (told.get("given_name"), last) if part)
        return Vouched(self.settings.issuer, str(told["sub"]), email, whole or str(told.get("name") or ""))

    def _check(self, claims: Mapping[str, Any], *, nonce: str) -> None:
        """That the token is the provider's, for us, of now, and the answer to this very request."""
        options = {
            "iss": {"essential": True, "value": self.settings.issuer},
            "aud": {"essential": True, "value": self.settings.client_id},
        }
        token = CodeIDToken(claims, {}, options, {"nonce": nonce, "client_id": self.settings.client_id})
        try:
            token.validate(now=int(time.time()), leeway=LEEWAY_SECONDS)
        except JoseError as error:
            raise NotVouched("forged") from error
        if not isinstance(claims["sub"], str) or not claims["sub"]:
            raise NotVouched("incomplete")

    async def _exchange(self, code: str, verifier: str) -> dict[str, Any]:
        if not code:
            raise NotVouched("stale")
        metadata = await self._described()
        body = prepare_token_request(
            "authorization_code", redirect_uri=self._comes_back_to, code=code, code_verifier=verifier
        )
        ways = metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        secret = (self.settings.client_id, self.settings.client_secret)
        sent: dict[str, Any] = {"headers": {"Content-Type": "application/x-www-form-urlencoded"}}
        if "client_secret_basic" in ways:
            sent["auth"] = secret
        else:
            body += "&" + str(httpx.QueryParams({"client_id": secret[0], "client_secret": secret[1]}))
        answer = await self._ask("POST", str(metadata["token_endpoint"]), content=body, **sent)
        if answer.status_code in (400, 401, 403):
            raise NotVouched("stale")  # the code was used, or is too old
        return _read(answer)

    async def _told(self, access_token: str, *, subject: str) -> dict[str, Any]:
        """What the provider tells of her besides: plain, or signed as ProConnect does."""
        metadata = await self._described()
        if not access_token or not metadata.get("userinfo_endpoint"):
            return {}
        headers = {"Authorization": f"Bearer {access_token}"}
        answer = await self._ask("GET", str(metadata["userinfo_endpoint"]), headers=headers)
        signed = answer.headers.get("content-type", "").startswith("application/jwt")
        told = await self._verified(answer.text) if signed and answer.is_success else _read(answer)
        if told.get("sub") != subject:
            raise NotVouched("forged")
        return told

    async def _verified(self, token: str) -> dict[str, Any]:
        """What a token says, its signature checked with the keys the provider publishes; they may have changed since
        they were last read."""
        for fresh in (False, True):
            if fresh:
                self._keys = None
            keys = await self._published()
            try:
                return dict(jwt.decode(token, keys, algorithms=ALGORITHMS).claims)
            except (JoseError, ValueError) as error:
                if fresh or not _names_another_key(token, keys):
                    raise NotVouched("forged") from error
        raise AssertionError("unreachable")

    async def _published(self) -> KeySet:
        if self._keys is None:
            metadata = await self._described()
            try:
                published: Any = _read(await self._ask("GET", str(metadata["jwks_uri"])))
                self._keys = KeySet.import_key_set(published)
            except (JoseError, KeyError, ValueError) as error:
                raise ProviderSilent from error
        return self._keys

    async def _described(self) -> dict[str, Any]:
        if time.monotonic() - self._read_at > METADATA_SERVES_SECONDS or not self._metadata:
            address = f"{self.settings.issuer}/.well-known/openid-configuration"
            found = _read(await self._ask("GET", address))
            needed = {"authorization_endpoint", "token_endpoint", "jwks_uri"}
            if str(found.get("issuer", "")).rstrip("/") != self.settings.issuer or not needed <= set(found):
                raise ProviderSilent
            self._metadata, self._read_at = found, time.monotonic()
        return self._metadata

    async def _ask(self, method: str, address: str, **sent: Any) -> httpx.Response:
        try:
            async with httpx.AsyncClient(timeout=ANSWERS_SECONDS) as client:
                answer = await client.request(method, address, **sent)
        except httpx.HTTPError as error:
            raise ProviderSilent from error
        if answer.status_code >= 500:
            raise ProviderSilent
        return answer


def _read(answer: httpx.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError as error:
        raise ProviderSilent from error
    if not answer.is_success or not isinstance(found, dict):
        raise ProviderSilent
    return found


def _names_another_key(token: str, keys: KeySet) -> bool:
    try:
        named = jws.extract_compact(token.encode()).headers().get("kid")
    except (JoseError, ValueError):
        return False
    return named is not None and named not in {key.kid for key in keys.keys}
