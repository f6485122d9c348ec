"""The environment of each process of an installation: what it needs, and nothing it must not know."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.local import keys
from deploy.local.places import CHECKOUT, Kind
from deploy.local.processes import CLIENT_VARIABLES, CLIENTS, MOVER, PROCESSES, PROVIDER, SERVICES, SITES, WEB
from deploy.local.temporal import NAMESPACE

OURS = ("JALON_", "TEMPORAL_", "DATABASE_URL", "PYTHONPATH")


@dataclass(frozen=True)
class Environment:
    """What every process's environment is made from."""

    kind: Kind
    addresses: Mapping[str, str]
    admin_url: str
    secrets: Path
    files: Path

    def of(self, name: str) -> dict[str, str]:
        """The machine's environment without ours, then the variables ``name`` is given."""
        base = {key: value for key, value in os.environ.items() if not key.startswith(OURS)}
        base["PYTHONPATH"] = os.pathsep.join((str(CHECKOUT), str(CHECKOUT / "protos" / "gen")))
        if name == "migrate":
            return base | {"JALON_INSTALLATION": self.kind, "DATABASE_URL": self.admin_url}
        values = self._values(name)
        given = base | {key: values[key] for key in self._names(name)}
        if "OTEL_EXPORTER_OTLP_ENDPOINT" in os.environ:
            given["OTEL_EXPORTER_OTLP_ENDPOINT"] = os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"]
        return given | (self._of_a_demonstration(name) if self.kind == "demonstration" else {})

    def _of_a_demonstration(self, name: str) -> dict[str, str]:
        """What moves the clock is given the administrative address; the sites, where to ask for it."""
        if name in ("rehearsal", MOVER):
            return {"DATABASE_URL": self.admin_url}
        return {"JALON_MOVER_ADDRESS": self.addresses[MOVER]} if name in SITES else {}

    def _names(self, name: str) -> tuple[str, ...]:
        for process in PROCESSES:
            if process.name == name:
                return process.variables
        if name in CLIENTS:
            return CLIENT_VARIABLES
        raise KeyError(name)

    def _values(self, name: str) -> dict[str, str]:
        issuer = CLIENTS.get(name, "rehearsal" if name == MOVER else name)
        values = {
            "JALON_INSTALLATION": self.kind,
            "JALON_LISTEN": self.addresses.get(name, "").removeprefix("http://"),
            "JALON_ISSUER_KEYS": str(keys.issuer_keys(self.secrets)),
            "JALON_SIGNING_KEY": str(keys.signing_key(self.secrets, issuer)),
            "JALON_PAYLOAD_KEYS": str(keys.key_ring(self.secrets, "payload")),
            "JALON_BANK_KEYS": str(keys.key_ring(self.secrets, "bank")),
            "JALON_FILES_DIR": str(self.files),
            "JALON_REFLECTION": "1",
            "JALON_REGISTER_URL": os.environ.get("JALON_REGISTER_URL", ""),
            "JALON_SMTP_URL": os.environ.get("JALON_SMTP_URL", ""),
            "JALON_MAIL_FROM": os.environ.get("JALON_MAIL_FROM", ""),
            "TEMPORAL_ADDRESS": self.addresses["temporal"],
            "TEMPORAL_NAMESPACE": NAMESPACE,
            "OTEL_SERVICE_NAME": f"jalon-{name}",
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{self.addresses['audit']}",
        }
        if name in SERVICES:
            values["JALON_DATABASE_URL"] = keys.role_url(self.admin_url, name)
        if name in SITES:
            values["JALON_DATABASE_URL"] = keys.role_url(self.admin_url, WEB)
        for site in SITES:
            values[f"JALON_{site.upper()}_URL"] = self.addresses.get(site, "")
        for variable in PROVIDER:  # each site has its own: JALON_BACKOFFICE_OIDC_ISSUER, JALON_PORTAL_OIDC_ISSUER…
            given = variable.replace("JALON_", f"JALON_{name.upper()}_", 1)
            values[variable] = os.environ.get(given, "")
        for service in SERVICES:
            values[f"JALON_{service.upper()}_ADDRESS"] = self.addresses[service]
        return values
