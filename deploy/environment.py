"""Makes the Python environment of this checkout's requirements, once, in the caches; prints where it is for a shell.

Runs on the machine's own Python (standard library alone): ``eval "$(python3 -B -m deploy.environment)"`` sets VENV and
CACHES. ``JALON_VENV`` names a ready environment instead.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import shlex
import subprocess
import sys
import time
from pathlib import Path

from deploy.local.errors import LaunchError
from deploy.local.places import CHECKOUT, cache, is_stand_in, need_space

INSTALLER = CHECKOUT / "requirements-tools.txt"
WANTED = CHECKOUT / "requirements-dev.txt"


def main() -> int:
    """Exit code 0 and two assignments on standard output, or 1 and one sentence on standard error."""
    try:
        root = cache()
        venv = Path(os.environ["JALON_VENV"]) if os.environ.get("JALON_VENV") else _environment(root)
    except LaunchError as error:
        print(error, file=sys.stderr)
        return 1
    ours = root / f"checkout-{hashlib.sha256(str(CHECKOUT).encode()).hexdigest()[:16]}"
    print(f"VENV={shlex.quote(str(venv))}\nCACHES={shlex.quote(str(ours))}")
    return 0


def _environment(root: Path) -> Path:
    digest = hashlib.sha256(INSTALLER.read_bytes() + WANTED.read_bytes() + platform.python_version().encode())
    venv = root / f"venv-{digest.hexdigest()[:16]}"
    stamp = venv / "complete"
    if stamp.exists():
        return venv
    with (root / f"{venv.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # a second checkout waits for the first one's installation
        if not stamp.exists():
            _install(venv)
            stamp.touch()
    return venv


def _install(venv: Path) -> None:
    need_space(venv, 2000, purpose="l'environnement Python (une seule fois)")
    began = time.monotonic()
    _say(f"Environnement Python : installation dans {venv}, une à deux minutes la première fois…")
    python = str(venv / "bin" / "python")
    _run(
        [sys.executable, "-m", "venv", "--clear", str(venv)],
        remedy="installer le module venv de Python (Debian : apt install python3-venv), puis relancer",
    )
    network = "vérifier le réseau, puis relancer ; ce qui est reçu est gardé"
    _run([python, "-m", "pip", "install", "-q", "--require-hashes", "-r", str(INSTALLER)], remedy=network)
    sync = [str(venv / "bin" / "uv"), "pip", "sync", "-q", "--require-hashes", "--python", python, str(WANTED)]
    _run(sync, remedy=network)
    _say(f"Environnement Python : prêt en {time.monotonic() - began:.0f} s.")


def _run(command: list[str], *, remedy: str) -> None:
    environment = dict(os.environ)
    if is_stand_in(cache()):
        environment["UV_CACHE_DIR"] = str(cache() / "uv")
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = (done.stderr + done.stdout).strip().splitlines() or ["sans message"]
        if "No space left" in done.stderr + done.stdout:
            raise LaunchError("Disque plein pendant l'installation : libérer 2 Go, puis relancer.")
        raise LaunchError(f"Installation interrompue ({lines[-1].strip()[:300]}) : {remedy}.")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
