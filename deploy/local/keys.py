"""Secrets of an installation, made once, in files only its owner reads; nothing here ever enters the tree."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from joserfc.jwk import OKPKey

from deploy.local.errors import LaunchError
from kit.keyring import new_key

PORTAL = ("APPLICANT", "CO_EDITOR")
BACKOFFICE = (
    *("INSTRUCTOR", "EXPERT", "ORGANISER", "ADVISER", "FUNDER", "JURY_MEMBER", "JURY_CHAIR", "JURY_SECRETARY"),
    *("AUTHORISING_OFFICER", "ASSEMBLY_OFFICE", "FINANCE", "AUDITOR", "CALL_ADMIN"),
)
DOOR = "DOOR"
# Who may sign an assertion: one key per issuer, and the roles that issuer may assert (names of the contract's roles).
# ``rehearsal`` speaks for everybody: it exists in demonstrations alone.
ISSUERS = {
    "portal": (*PORTAL, DOOR),
    "backoffice": (*BACKOFFICE, DOOR),
    "cli": BACKOFFICE,
    "rehearsal": (*PORTAL, *BACKOFFICE),
    "worker": ("SYSTEM",),
    "treasury": ("ACCOUNTANT",),
}
REAL_ISSUERS = tuple(issuer for issuer in ISSUERS if issuer != "rehearsal")
RINGS = ("payload", "bank")


def make(folder: Path, *, issuers: Iterable[str] = tuple(ISSUERS)) -> None:
    """Write what is missing under ``folder``: ``issuers.json`` (public JWKS, kid = issuer, ``jalon_roles``: what it
    may assert), ``<issuer>.key.json`` (private Ed25519 JWK), ``<ring>.ring.json`` (key ring), ``postgres.password``.
    What is there is kept."""
    issuers = tuple(issuers)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for issuer in issuers:
        if not signing_key(folder, issuer).exists():
            key = OKPKey.generate_key("Ed25519", {"kid": issuer, "use": "sig"})
            write(signing_key(folder, issuer), json.dumps(key.as_dict(private=True)))
    for ring in RINGS:
        if not key_ring(folder, ring).exists():
            write(key_ring(folder, ring), json.dumps({"current": "k1", "keys": {"k1": new_key()}}))
    if not password_file(folder).exists():
        write(password_file(folder), secrets.token_urlsafe(24))
    public = [
        OKPKey.import_key(json.loads(signing_key(folder, issuer).read_text())).as_dict(private=False)
        | {"jalon_roles": list(ISSUERS[issuer])}
        for issuer in issuers
    ]
    write(issuer_keys(folder), json.dumps({"keys": public}, indent=1))


def signing_key(folder: Path, issuer: str) -> Path:
    """Private key of one issuer."""
    return folder / f"{issuer}.key.json"


def issuer_keys(folder: Path) -> Path:
    """Public keys of all issuers."""
    return folder / "issuers.json"


def key_ring(folder: Path, ring: str) -> Path:
    """``payload`` (what the engine keeps) or ``bank`` (bank details)."""
    return folder / f"{ring}.ring.json"


def password_file(folder: Path) -> Path:
    """Password of the administrative account of our own PostgreSQL."""
    return folder / "postgres.password"


def role(service: str) -> str:
    """The login role of a service."""
    return f"jalon_{service}"


def role_password(admin_url: str, service: str) -> str:
    """The password of a service's role, derived from the administrative one: nothing more to keep or to pass on."""
    admin = unquote(urlsplit(admin_url).password or "")
    if not admin:
        raise LaunchError(
            "DATABASE_URL ne contient pas de mot de passe, et ceux des services en dérivent :"
            " écrire postgresql://compte:motdepasse@hôte:port/base."
        )
    digest = hmac.new(admin.encode(), role(service).encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def role_url(admin_url: str, service: str) -> str:
    """The address of the database for one service's own role."""
    parts = urlsplit(admin_url)
    host = parts.netloc.rpartition("@")[2]
    account = f"{role(service)}:{quote(role_password(admin_url, service), safe='')}"
    return urlunsplit(parts._replace(netloc=f"{account}@{host}"))


def write(path: Path, text: str) -> None:
    """Replace a file in one step; only its owner can read it."""
    fresh = path.with_name(path.name + ".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
