"""Who acts is proved: the door that saw the person signs an assertion good for one act only (Ed25519, RFC 9864).

A read carries an assertion without a verb, good for five minutes. One key per issuer; the public key set says which
roles each issuer may assert.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey

from kit import clock
from kit.errors import Kind, Refused

Places = frozenset[tuple[str, str]]
"""Roles held in somebody's place: (role, her id)."""
READ_LIFE = timedelta(minutes=5)
SYSTEM = "SYSTEM"
_ALGORITHM = "Ed25519"


@dataclass(frozen=True)
class Actor:
    """A person (or SYSTEM) as a door saw it. ``call_id`` is empty for roles that belong to no call. ``only``: the one
    application she may touch (who came by a link), empty for who signed in. ``own``: those of her ``roles`` that are
    hers; ``places``: those she holds in somebody's place, each with that person's id."""

    issuer: str
    person: str
    roles: frozenset[str]
    call_id: str
    only: str = ""
    own: frozenset[str] = frozenset()
    places: Places = frozenset()


@dataclass(frozen=True)
class Claim:
    """What a verified assertion says. ``verb`` is empty for a read."""

    actor: Actor
    verb: str
    request_id: str
    occurred_at: datetime


class Signer:
    """The signing half, held by one door."""

    def __init__(self, key_file: Path) -> None:
        data = json.loads(key_file.read_text())
        self.issuer: str = data["kid"]
        self._key = OKPKey.import_key(data)

    def act(
        self,
        person: str,
        roles: frozenset[str],
        *,
        verb: str,
        request_id: str,
        occurred_at: datetime,
        call_id: str = "",
        only: str = "",
        places: Places = frozenset(),
    ) -> str:
        """An assertion for one act: this verb, this request, this instant (and, with ``only``, this application).
        ``roles`` are her own; ``places``: those she holds in somebody's place."""
        more = {"verb": verb, "jti": request_id, "at": clock.text(occurred_at)}
        return self._sign(person, roles, call_id, {**more, **_narrowed(only, places)})

    def read(
        self,
        person: str,
        roles: frozenset[str],
        *,
        now: datetime,
        call_id: str = "",
        only: str = "",
        places: Places = frozenset(),
    ) -> str:
        """An assertion for reading during five minutes (with ``only``: one application)."""
        return self._sign(person, roles, call_id, {"at": clock.text(now), **_narrowed(only, places)})

    def _sign(self, person: str, roles: frozenset[str], call_id: str, more: dict[str, Any]) -> str:
        claims = {"iss": self.issuer, "sub": person, "roles": sorted(roles), **more}
        if call_id:
            claims["call"] = call_id
        return jwt.encode({"alg": _ALGORITHM, "kid": self.issuer}, claims, self._key, algorithms=[_ALGORITHM])


class Verifier:
    """The verifying half, held by every service. ``issuer_keys`` is a public key set; each key's ``jalon_roles`` lists
    the roles its issuer may assert."""

    def __init__(self, issuer_keys: Path) -> None:
        data = json.loads(issuer_keys.read_text())
        self._allowed = {key["kid"]: frozenset(key.get("jalon_roles", ())) for key in data["keys"]}
        self._keys = KeySet.import_key_set({"keys": [_standard(key) for key in data["keys"]]})

    def verify(self, assertion: str) -> Claim:
        """The claim, or a refusal ``ASSERTION_INVALID``; a role the issuer may not assert is ``ISSUER_NOT_ALLOWED``."""
        try:
            token = jwt.decode(assertion, self._keys, algorithms=[_ALGORITHM])
            claims = token.claims
            issuer, own, places = claims["iss"], frozenset(claims["roles"]), _places(claims.get("for", []))
            roles = own | {role for role, _ in places}
            claim = Claim(
                actor=Actor(
                    issuer=issuer,
                    person=claims["sub"],
                    roles=roles,
                    call_id=claims.get("call", ""),
                    only=claims.get("only", ""),
                    own=own,
                    places=places,
                ),
                verb=claims.get("verb", ""),
                request_id=claims.get("jti", ""),
                occurred_at=clock.parse(claims["at"]),
            )
        except (JoseError, KeyError, ValueError, TypeError) as error:
            raise Refused("ASSERTION_INVALID", kind=Kind.UNPROVED) from error
        if token.header.get("kid") != issuer or not roles <= self._allowed.get(issuer, frozenset()):
            raise Refused("ISSUER_NOT_ALLOWED", kind=Kind.UNPROVED)
        return claim

    def check_read_life(self, assertion: str, now: datetime) -> None:
        """A read assertion serves five minutes: ``ASSERTION_EXPIRED`` after that (or from a clock ahead of ours)."""
        at = self.verify(assertion).occurred_at
        if not now - READ_LIFE <= at <= now + READ_LIFE:
            raise Refused("ASSERTION_EXPIRED", kind=Kind.UNPROVED)


def person_of(assertion: str) -> str:
    """Who an assertion names. Proves nothing: for a program that hands the assertion to a service which verifies it."""
    payload = assertion.split(".")[1]
    return str(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["sub"])


def _narrowed(only: str, places: Places) -> dict[str, Any]:
    kept: dict[str, Any] = {"only": only} if only else {}
    return {**kept, "for": sorted([role, absent] for role, absent in places)} if places else kept


def _places(pairs: Any) -> Places:
    return frozenset((str(role), str(absent)) for role, absent in pairs)


def _standard(key: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in key.items() if not name.startswith("jalon_")}
