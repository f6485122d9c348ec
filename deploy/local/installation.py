"""An installation on this machine: its database, its engine, its processes, and where each one answers.

    with Installation.create(folder, kind="demonstration") as installation:
        installation.start()
        installation.processes["worker"].kill()
        installation.processes["worker"].start()
        client = installation.environment("cli")

Whoever starts it is the parent of every process, and they die with it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from deploy.local import keys, lock
from deploy.local.daemon import Daemon, Program
from deploy.local.engine import Say, say, temporal_binary
from deploy.local.environment import Environment
from deploy.local.errors import LaunchError
from deploy.local.health import READY, tcp_answers
from deploy.local.places import CHECKOUT, OUTSIDE, Kind, forget, need_space, reachable
from deploy.local.ports import choose
from deploy.local.postgres import Postgres, own_url
from deploy.local.processes import PROCESSES, Process, processes
from deploy.local.temporal import Temporal, prepare_namespace

# A demonstration begins before its call opens (7 February 2023), and climbs to today.
DEMONSTRATION_BEGINS = datetime.fromisoformat("2023-02-01T09:00:00+01:00")
PORTS = ("postgres", "temporal", "temporal_ui", *(process.name for process in PROCESSES))
REFUSED = 3  # the migration step said one sentence


class Installation:
    """Use :meth:`create`. ``postgres`` and ``temporal`` are None when ``DATABASE_URL`` or ``TEMPORAL_ADDRESS`` won."""

    def __init__(self, folder: Path, *, kind: Kind, database_url: str | None, temporal_address: str | None) -> None:
        self.folder = folder
        self.kind = kind
        self.secrets = folder / "secrets"
        self.processes: dict[str, Daemon] = {}
        self.postgres: Postgres | None = None
        self.temporal: Temporal | None = None
        self._database_url = database_url
        self._temporal_address = temporal_address
        self._ports: dict[str, int] = {}
        self._lock: int | None = None
        self._begins = DEMONSTRATION_BEGINS

    @classmethod
    def create(
        cls,
        folder: Path,
        *,
        kind: Kind = "demonstration",
        database_url: str | None = None,
        temporal_address: str | None = None,
        begins: datetime = DEMONSTRATION_BEGINS,
    ) -> Installation:
        """The installation kept in ``folder``, made there when it is new. ``begins``: a new demonstration's first
        instant. Refused when the folder holds one of the other kind."""
        place = reachable(folder)
        made = cls(place, kind=kind, database_url=database_url, temporal_address=temporal_address)
        made._begins = begins
        known = made.known()
        if known.get("kind", kind) != kind:
            raise LaunchError(f"{place} contient déjà une installation « {known['kind']} » : choisir un autre dossier.")
        for part in (place, place / "logs", place / "files", place / "postgres"):
            part.mkdir(parents=True, exist_ok=True)
        if OUTSIDE in place.parents:
            for part in (OUTSIDE, place.parent, place):
                part.chmod(0o711)
        (place / "files").chmod(0o700)
        keys.make(made.secrets, issuers=keys.ISSUERS if kind == "demonstration" else keys.REAL_ISSUERS)
        made._ports = known.get("ports", {})
        if set(made._ports) != set(PORTS):
            made._choose_ports()
        return made

    def start(self, *, only: Iterable[str] | None = None, engine: bool = True, say: Say = say) -> None:
        """Start everything and wait until it serves. ``only``: these processes (none: the database and the engine
        alone); ``engine=False``: without Temporal. Whatever fails, what was started is stopped again."""
        if self._lock is not None:
            raise LaunchError("Cette installation est déjà démarrée par ce processus.")
        self._lock = lock.take(self.folder)
        try:
            need_space(self.folder, 500, purpose="démarrer")
            self._choose_ports()
            if engine:
                self._launch_temporal(say=say)  # the first time it is built, for minutes: the delay begins after
            deadline = time.monotonic() + 120
            self._start_postgres(deadline)
            self._migrate()
            self._prepare_processes()
            wanted = [name for name in self.processes if only is None or name in set(only)]
            for name in wanted:
                self.processes[name].launch()
            if self.temporal:
                self.temporal.wait_ready(deadline)
            elif engine and self._temporal_address:
                prepare_namespace(self._temporal_address)
            for name in wanted:
                self.processes[name].wait_ready(deadline)
            self.save(running=True)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop everything, last started first; data is kept."""
        running = [daemon for daemon in reversed(self.daemons()) if daemon.pid]
        last = (self.postgres, self.temporal, self.processes.get("audit"))  # audit keeps the others' last spans
        for daemon in running:
            if daemon not in last:
                daemon.signal(daemon.program.stop_signal)  # all at once; each is awaited below
        for daemon in sorted(running, key=lambda daemon: daemon in last):
            daemon.stop()
        if self._lock is not None:
            self.save(running=False)
            os.close(self._lock)
            self._lock = None

    def remove(self) -> None:
        """Stop and forget everything: data, keys, logs."""
        self.stop()
        forget(self.folder)

    def save(self, *, running: bool) -> None:
        """Write ``installation.json``: what others may know of it."""
        known = {
            "kind": self.kind,
            "running": running,
            "supervisor": os.getpid() if running else None,
            "ports": self._ports,
            "addresses": self.addresses,
            "pids": {daemon.name: daemon.pid for daemon in self.daemons()},
        }
        keys.write(self.folder / "installation.json", json.dumps(known, indent=1))

    def known(self) -> dict[str, Any]:
        """What ``installation.json`` says: kind, running, supervisor, ports, addresses, pids."""
        file = self.folder / "installation.json"
        return dict(json.loads(file.read_text())) if file.exists() else {}

    def daemons(self) -> list[Daemon]:
        """Every process, in the order they start."""
        first = [daemon for daemon in (self.postgres, self.temporal) if daemon]
        return [*first, *self.processes.values()]

    def environment(self, name: str) -> dict[str, str]:
        """The whole environment of a process, or of a client (``cli``, ``rehearsal``, ``portal``, ``accountant``…)."""
        return Environment(
            kind=self.kind,
            addresses=self.addresses,
            admin_url=self.admin_url,
            secrets=self.secrets,
            files=self.folder / "files",
        ).of(name)

    @property
    def admin_url(self) -> str:
        """The administrative address of the database."""
        return self._database_url or own_url(self.secrets, port=self._ports["postgres"])

    @property
    def addresses(self) -> dict[str, str]:
        """Where each process answers: the sites first, as URLs, then ``host:port``; ``temporal_ui`` is a page."""
        ordered = sorted(
            processes(self.kind), key=lambda process: process.health != "http"
        )  # what people open comes first
        known = {process.name: self._address(process) for process in ordered}
        known["temporal"] = self._temporal_address or f"127.0.0.1:{self._ports['temporal']}"
        if not self._temporal_address:
            known["temporal_ui"] = f"http://127.0.0.1:{self._ports['temporal_ui']}"
        known["postgres"] = self.admin_url.rpartition("@")[2].partition("/")[0]
        return known

    def _address(self, process: Process) -> str:
        address = f"127.0.0.1:{self._ports[process.name]}"
        return f"http://{address}" if process.health == "http" else address

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _launch_temporal(self, *, say: Say) -> None:
        if self._temporal_address:
            if not tcp_answers(self._temporal_address):
                raise LaunchError(f"Temporal ne répond pas à {self._temporal_address} : vérifier TEMPORAL_ADDRESS.")
            return
        self.temporal = Temporal(
            temporal_binary(say=say),
            folder=self.folder / "temporal",
            port=self._ports["temporal"],
            ui_port=self._ports["temporal_ui"],
            log=self._log("temporal"),
        )
        self.temporal.launch()

    def _start_postgres(self, deadline: float) -> None:
        if self._database_url:
            return
        self.postgres = Postgres(
            self.folder / "postgres",
            port=self._ports["postgres"],
            secrets=self.secrets,
            log=self._log("postgres"),
        )
        self.postgres.launch()
        self.postgres.wait_ready(deadline)

    def _migrate(self) -> None:
        environment = self.environment("migrate")
        if self.kind == "demonstration":
            environment["JALON_CLOCK_BEGINS"] = self._begins.isoformat()
        command = [sys.executable, "-m", "deploy.local.migrate"]
        done = subprocess.run(command, env=environment, cwd=CHECKOUT, capture_output=True, text=True, check=False)
        self._log("migrate").write_text(done.stdout + done.stderr)
        if done.returncode:
            said = (done.stderr.strip().splitlines() or ["sans message"])[-1]
            if done.returncode == REFUSED:
                raise LaunchError(said)
            raise LaunchError(f"La base n'a pas pu être préparée ({said}) ; voir {self._log('migrate')}.")

    def _prepare_processes(self) -> None:
        for process in processes(self.kind):
            address = self.addresses[process.name]
            self.processes[process.name] = Daemon(
                Program(
                    name=process.name,
                    command=[sys.executable, "-m", process.module],
                    environment=self.environment(process.name),
                    log=self._log(process.name),
                    ready=partial(READY[process.health], address),
                    folder=CHECKOUT,
                )
            )

    def _choose_ports(self) -> None:
        self._ports = choose(PORTS, kept=self._ports, seed=str(self.folder))
        self.save(running=False)

    def _log(self, name: str) -> Path:
        return self.folder / "logs" / f"{name}.log"
