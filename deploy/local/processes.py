"""The processes of Jalon, in the order they start, with the variables each one is given.

``docker-compose.yml`` runs the same list; a test holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from deploy.local.places import Kind

SERVICES = ("audit", "intake", "review", "payments")  # audit first: the others' migrations append to its chains
SITES = ("portal", "backoffice")  # opened with a browser
WEB = "web"  # schema and login role that the sites share
SCHEMAS = (*SERVICES, WEB)
MOVER = "mover"  # moves the clock of a demonstration

COMMON = ("JALON_INSTALLATION", "JALON_LISTEN", "JALON_ISSUER_KEYS", "OTEL_SERVICE_NAME", "OTEL_EXPORTER_OTLP_ENDPOINT")
DATABASE = ("JALON_DATABASE_URL", "JALON_FILES_DIR", "JALON_REFLECTION")
ADDRESSES = tuple(f"JALON_{service.upper()}_ADDRESS" for service in SERVICES)
ENGINE = ("TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE", "JALON_PAYLOAD_KEYS")
URLS = tuple(f"JALON_{site.upper()}_URL" for site in SITES)
MAIL = ("JALON_SMTP_URL", "JALON_MAIL_FROM", *URLS)
CLIENT = (*(name for name in COMMON if name != "JALON_LISTEN"), *ADDRESSES, *ENGINE, "JALON_SIGNING_KEY")
PROVIDER = tuple(f"JALON_OIDC_{name}" for name in ("ISSUER", "CLIENT_ID", "CLIENT_SECRET", "SCOPE", "ACR", "NAME"))
SITE = (*COMMON, *ADDRESSES, *ENGINE, "JALON_SIGNING_KEY", "JALON_DATABASE_URL", *URLS, *PROVIDER)


@dataclass(frozen=True)
class Process:
    """One process: ``python -m <module>``, serving on ``JALON_LISTEN``: gRPC (its own RPCs, or health alone), or
    pages (``health``: ``http``, answered at ``/sante``)."""

    name: str
    module: str
    variables: tuple[str, ...]
    health: Literal["grpc", "http"] = "grpc"
    demonstration: bool = False  # exists in no real installation

    def needs(self, root: Path) -> Path:
        """The file that must exist for this process to be runnable."""
        return root.joinpath(*self.module.split("."), "__main__.py")


PROCESSES = (
    Process("audit", module="services.audit", variables=(*COMMON, *DATABASE)),
    Process("intake", module="services.intake", variables=(*COMMON, *DATABASE, *MAIL, "JALON_REGISTER_URL")),
    Process("review", module="services.review", variables=(*COMMON, *DATABASE)),
    Process("payments", module="services.payments", variables=(*COMMON, *DATABASE, "JALON_BANK_KEYS")),
    Process("worker", module="workflows", variables=(*COMMON, *ADDRESSES, *ENGINE, "JALON_SIGNING_KEY")),
    Process(MOVER, module="rehearsal.mover", variables=(*CLIENT, "JALON_LISTEN"), demonstration=True),
    Process("portal", module="web.portal", variables=SITE, health="http"),
    Process("backoffice", module="web.backoffice", variables=SITE, health="http"),
)


def processes(kind: Kind) -> tuple[Process, ...]:
    """Those that an installation of this kind runs."""
    return tuple(process for process in PROCESSES if kind == "demonstration" or not process.demonstration)


# Programs a person or a test starts against a running installation, and the issuer whose key each signs with.
# (rehearsal alone moves the clock, as the mover does when a site asks, hence the administrative address;
# demonstrations only.)
CLIENTS = {
    "cli": "cli",
    "rehearsal": "rehearsal",
    "accountant": "treasury",
}
CLIENT_VARIABLES = CLIENT
