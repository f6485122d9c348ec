"""Prepares what ``docker-compose.yml`` needs and must not be in the tree: keys, passwords, addresses of the roles."""

from __future__ import annotations

import os
from pathlib import Path

from deploy.local import keys
from deploy.local.engine import say
from deploy.local.places import CHECKOUT, NOBODY
from deploy.local.postgres import ADMIN
from deploy.local.processes import SCHEMAS

FOLDER = CHECKOUT / ".jalon" / "compose"


def prepare() -> int:
    """Make ``.jalon/compose/`` (secrets, files, ``env``) once; what is there is kept."""
    secrets, files = FOLDER / "secrets", FOLDER / "files"
    files.mkdir(parents=True, exist_ok=True, mode=0o700)
    keys.make(secrets, issuers=keys.REAL_ISSUERS)
    keys.write(FOLDER / "env", "".join(f"{name}={value}\n" for name, value in variables(secrets).items()))
    if os.geteuid() == 0:
        for path in (files, secrets, *secrets.iterdir()):
            os.chown(path, NOBODY.uid, NOBODY.gid)
    say(f"Prêt. Lancer : docker compose --env-file {FOLDER / 'env'} up --build")
    return 0


def variables(secrets: Path) -> dict[str, str]:
    """What ``docker-compose.yml`` reads, by name (``.env.example`` explains each)."""
    password = keys.password_file(secrets).read_text()
    admin_url = f"postgresql://{ADMIN}:{password}@postgres:5432/jalon"
    root = os.geteuid() == 0
    known = {
        "JALON_UID": str(NOBODY.uid if root else os.getuid()),
        "JALON_GID": str(NOBODY.gid if root else os.getgid()),
        "JALON_SECRETS": str(secrets),
        "JALON_FILES": str(secrets.with_name("files")),
        "POSTGRES_PASSWORD": password,
        "DATABASE_URL": admin_url,
    }
    return known | {f"JALON_{name.upper()}_DATABASE_URL": keys.role_url(admin_url, name) for name in SCHEMAS}
