"""One process of an installation: started, watched, stopped or killed; its output goes to its own log."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from deploy.local.errors import LaunchError

LEASH = Path(__file__).with_name("leash.py")

# The kernel's death signal follows the *thread* that forked: one thread that lives as long as the process forks all.
_SPAWNER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spawner")


@dataclass(frozen=True)
class Account:
    """The unprivileged account a child drops to (PostgreSQL refuses root)."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Program:
    """What to run and how to end it. ``ready`` tells whether it serves; it must return within about a second."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    ready: Callable[[], bool]
    folder: Path
    account: Account | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGKILL


class Daemon:
    """A running (or stopped) :class:`Program`. The process that started it is its parent and reaps it."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.name = program.name
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process's id while it runs."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    @property
    def exit_code(self) -> int | None:
        """The code it ended with (negative: the signal), None when it runs or never ran."""
        return self._process.poll() if self._process is not None else None

    def start(self, *, seconds: float = 60.0) -> None:
        """Start and wait until it serves; a process already running is left alone."""
        self.launch()
        self.wait_ready(time.monotonic() + seconds)

    def launch(self) -> None:
        """Start without waiting."""
        if self.pid is None:
            self._process = _SPAWNER.submit(self._spawn).result()

    def wait_ready(self, deadline: float) -> None:
        """Wait until it serves, at the latest at ``deadline`` (monotonic seconds); an early death is said."""
        while not self.program.ready():
            if self.exit_code is not None:
                raise LaunchError(f"{self.name} s'est arrêté au démarrage {self.ending()} ; voir {self.program.log}.")
            if time.monotonic() > deadline:
                raise LaunchError(f"{self.name} ne répond pas dans le délai ; voir {self.program.log}, puis relancer.")
            time.sleep(0.05)

    def stop(self, *, grace: float = 20.0) -> None:
        """Ask it to end, wait ``grace`` seconds, then kill. Nothing to do when it does not run."""
        self.signal(self.program.stop_signal)
        if self._process is not None:
            try:
                self._process.wait(grace)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self) -> None:
        """SIGKILL to the process and its group, then reap."""
        if self._process is not None and self.pid is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal (SIGSTOP and SIGCONT for frozen processes) if it runs."""
        if self._process is not None and self.pid is not None:
            self._process.send_signal(number)

    def ending(self) -> str:
        """How it ended, in words: the exit code or signal and its last words."""
        code = self.exit_code
        how = f"signal {-code}" if code is not None and code < 0 else f"code {code}"
        lines = self.program.log.read_text(errors="replace").strip().splitlines() if self.program.log.exists() else []
        return f"({how} : {lines[-1][:300]})" if lines else f"({how})"

    def _spawn(self) -> subprocess.Popen[bytes]:
        program = self.program
        program.log.parent.mkdir(parents=True, exist_ok=True)
        with program.log.open("ab") as log:
            return subprocess.Popen(
                leashed(program.command, program.death_signal, account=program.account),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(program.environment),
                cwd=program.folder,
                start_new_session=True,
            )


def leashed(command: Sequence[str], death_signal: signal.Signals, *, account: Account | None = None) -> list[str]:
    """The command line that runs ``command`` tied to this process: it receives ``death_signal`` when we end."""
    dropped = f"{account.uid}:{account.gid}" if account else "-"
    leash = [sys.executable, "-I", "-S", str(LEASH), str(os.getpid()), str(int(death_signal)), dropped]
    return [*leash, *command]
