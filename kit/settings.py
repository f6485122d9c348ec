"""What a process reads from its environment, once, typed. A missing variable explains itself."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit


class MissingSetting(SystemExit):
    """A variable that must be set; the message says what it is for."""

    def __init__(self, name: str, meaning: str) -> None:
        super().__init__(f"{name} is not set: {meaning}. See .env.example.")


def read(name: str, meaning: str, *, environ: Mapping[str, str] = os.environ) -> str:
    """The value of a variable that has no default."""
    value = environ.get(name, "")
    if not value:
        raise MissingSetting(name, meaning)
    return value


def child_environment(**changes: str) -> dict[str, str]:
    """The environment of a process started from this one, with what differs."""
    return {**os.environ, **changes}


@dataclass(frozen=True)
class MailSettings:
    """Where mail leaves by (``smtp://…``), whom it comes from, and where its links lead (address of a site, by
    name)."""

    smtp_url: str
    sender: str
    urls: Mapping[str, str]

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> MailSettings | None:
        """Reads the environment; None without ``JALON_SMTP_URL``: mail then waits, and says so."""
        smtp_url = environ.get("JALON_SMTP_URL", "")
        if not smtp_url:
            return None
        if urlsplit(smtp_url).scheme not in ("smtp", "smtps") or not urlsplit(smtp_url).hostname:
            raise SystemExit("JALON_SMTP_URL is not smtp://host:port or smtps://host:port. See .env.example.")
        sender = read("JALON_MAIL_FROM", "the address mail comes from", environ=environ)
        return cls(smtp_url, sender, site_urls(environ))


def site_urls(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Where people open each site, by name."""
    meaning = "the address people open this site at (https://…)"
    return {
        name: read(f"JALON_{name.upper()}_URL", meaning, environ=environ).rstrip("/")
        for name in ("portal", "backoffice")
    }


@dataclass(frozen=True)
class ServiceSettings:
    """What every gRPC service needs. ``register_url``: an outside register this service may ask, empty for none."""

    database_url: str
    listen: str
    issuer_keys: Path
    files_dir: Path
    bank_keys: Path | None
    reflection: bool
    demonstration: bool
    register_url: str = ""
    mail: MailSettings | None = None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> ServiceSettings:
        """Reads the environment; stops with a sentence when something is missing. A demonstration sends no mail."""
        bank_keys = environ.get("JALON_BANK_KEYS")
        demonstration = environ.get("JALON_INSTALLATION") == "demonstration"
        return cls(
            database_url=read("JALON_DATABASE_URL", "the address of this service's own database role", environ=environ),
            listen=read("JALON_LISTEN", "the host:port this service answers on", environ=environ),
            issuer_keys=Path(
                read("JALON_ISSUER_KEYS", "the public keys of the doors that see people", environ=environ)
            ),
            files_dir=Path(read("JALON_FILES_DIR", "the folder where documents are kept", environ=environ)),
            bank_keys=Path(bank_keys) if bank_keys else None,
            reflection=environ.get("JALON_REFLECTION") == "1",
            demonstration=demonstration,
            mail=None if demonstration else MailSettings.from_environment(environ),
            register_url=environ.get("JALON_REGISTER_URL", ""),
        )


@dataclass(frozen=True)
class ClientSettings:
    """What a door (site, command line, rehearsal) or the worker needs to reach the rest."""

    intake: str
    review: str
    payments: str
    audit: str
    temporal: str
    namespace: str
    signing_key: Path
    payload_keys: Path

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> ClientSettings:
        """Reads the environment; stops with a sentence when something is missing."""

        def address(service: str) -> str:
            return read(f"JALON_{service.upper()}_ADDRESS", f"the host:port of the {service} service", environ=environ)

        return cls(
            intake=address("intake"),
            review=address("review"),
            payments=address("payments"),
            audit=address("audit"),
            temporal=read("TEMPORAL_ADDRESS", "the host:port of the workflow engine", environ=environ),
            namespace=environ.get("TEMPORAL_NAMESPACE", "jalon"),
            signing_key=Path(read("JALON_SIGNING_KEY", "the key this door signs assertions with", environ=environ)),
            payload_keys=Path(read("JALON_PAYLOAD_KEYS", "the key ring of workflow payloads", environ=environ)),
        )


@dataclass(frozen=True)
class ProviderSettings:
    """An OpenID Connect provider that vouches for the people of a site. ``scope``: what it is asked about them;
    ``acr``: how strongly they must have proved themselves there, empty when it does not tell."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str
    acr: str
    name: str

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> ProviderSettings | None:
        """None when no provider is named; stops with a sentence when one is named by half, or over plain http."""
        issuer = environ.get("JALON_OIDC_ISSUER", "").rstrip("/")
        if not issuer:
            return None
        parts = urlsplit(issuer)
        if parts.scheme != "https" and parts.hostname not in LOOPBACK:
            raise SystemExit(f"JALON_OIDC_ISSUER is {issuer}: who vouches for people must be reached over https.")
        return cls(
            issuer=issuer,
            client_id=read("JALON_OIDC_CLIENT_ID", "the name the identity provider gave this site", environ=environ),
            client_secret=read("JALON_OIDC_CLIENT_SECRET", "the secret it gave with that name", environ=environ),
            scope=environ.get("JALON_OIDC_SCOPE") or "openid given_name usual_name email",
            acr=environ.get("JALON_OIDC_ACR", ""),
            name=environ.get("JALON_OIDC_NAME") or "ProConnect",
        )


@dataclass(frozen=True)
class SiteSettings:
    """What a site needs beside its door. ``urls``: where people open each site, by name; ``mover``: what moves the
    clock of a demonstration, where it runs; ``legal``: a file of what the law wants said of who runs the sites."""

    client: ClientSettings
    database_url: str
    listen: str
    issuer_keys: Path
    urls: Mapping[str, str]
    demonstration: bool
    legal: Path | None = None
    mover: str = ""
    provider: ProviderSettings | None = None

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> SiteSettings:
        """Reads the environment; a demonstration that anybody could reach does not start."""
        demonstration = environ.get("JALON_INSTALLATION") == "demonstration"
        found = cls(
            client=ClientSettings.from_environment(environ),
            database_url=read("JALON_DATABASE_URL", "the address of the sites' own database role", environ=environ),
            listen=read("JALON_LISTEN", "the host:port this site answers on", environ=environ),
            issuer_keys=Path(read("JALON_ISSUER_KEYS", "the public keys of the doors", environ=environ)),
            urls=site_urls(environ),
            demonstration=demonstration,
            legal=Path(environ["JALON_LEGAL"]) if environ.get("JALON_LEGAL") else None,
            mover=environ.get("JALON_MOVER_ADDRESS", "") if demonstration else "",
            provider=ProviderSettings.from_environment(environ),
        )
        if demonstration:
            _stay_at_home([f"//{found.listen}", *found.urls.values()])
        return found


LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def _stay_at_home(addresses: list[str]) -> None:
    """In a demonstration anybody enters as anybody: it answers on this machine alone."""
    for address in addresses:
        if urlsplit(address).hostname not in LOOPBACK:
            raise SystemExit(
                f"{address} is a public address: a demonstration installation, where anybody enters as anybody,"
                " answers on 127.0.0.1 alone. Start a real installation (JALON_INSTALLATION=real) instead."
            )
