"""Processes are started, watched and ended; none outlives its parent; what goes wrong is one sentence."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.local import engine, lock, ports, proc
from deploy.local.daemon import Daemon, Program
from deploy.local.errors import AlreadyRunning, LaunchError
from deploy.local.places import CHECKOUT, need_space
from deploy.local.processes import MOVER, processes
from deploy.local.temporal import Temporal, prepare_namespace


def _daemon(folder: Path, code: str, *, ready: Callable[[], bool] = lambda: True) -> Daemon:
    command = [sys.executable, "-c", code]
    return Daemon(
        Program("probe", command=command, environment=os.environ, log=folder / "probe.log", ready=ready, folder=folder)
    )


def test_an_early_death_says_its_last_words_and_its_log(tmp_path: Path) -> None:
    daemon = _daemon(tmp_path, "raise SystemExit('the address is taken')", ready=lambda: False)
    with pytest.raises(LaunchError, match=r"code 1 : the address is taken.*probe\.log"):
        daemon.start(seconds=20)


def test_a_process_that_never_answers_is_said(tmp_path: Path) -> None:
    daemon = _daemon(tmp_path, "import time; time.sleep(60)", ready=lambda: False)
    with pytest.raises(LaunchError, match="ne répond pas"):
        daemon.start(seconds=0.3)
    daemon.stop()
    assert daemon.exit_code == -signal.SIGTERM


def test_killed_then_started_again(tmp_path: Path) -> None:
    daemon = _daemon(tmp_path, "import time; time.sleep(60)")
    daemon.start()
    first = daemon.pid
    daemon.kill()
    assert daemon.pid is None
    assert daemon.exit_code == -signal.SIGKILL
    daemon.start()
    assert daemon.pid not in (None, first)
    daemon.kill()


def test_one_that_ignores_the_polite_signal_is_killed(tmp_path: Path) -> None:
    mark = tmp_path / "up"
    code = (
        "import signal, time, pathlib; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        f" pathlib.Path({str(mark)!r}).touch(); time.sleep(60)"
    )
    daemon = _daemon(tmp_path, code, ready=mark.exists)
    daemon.start()
    daemon.stop(grace=0.2)
    assert daemon.exit_code == -signal.SIGKILL


def test_nothing_outlives_a_killed_parent(tmp_path: Path) -> None:
    code = (
        "import sys, time; sys.path.insert(0, sys.argv[1]);"
        "from tests.launcher.test_processes import _daemon; from pathlib import Path;"
        "d = _daemon(Path(sys.argv[2]), 'import time; time.sleep(60)'); d.start();"
        "print(d.pid, flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", code, str(CHECKOUT), str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        watched = os.pidfd_open(child)
        parent.kill()
    ended, _, _ = select.select([watched], [], [], 10)
    os.close(watched)
    assert ended
    assert not proc.is_alive(child)


def test_a_taken_port_is_chosen_again_and_a_free_one_kept() -> None:
    first = ports.choose(("a", "b"), kept={}, seed="one place")
    assert ports.choose(("a", "b"), kept=first, seed="another place") == first
    with socket.socket() as taker:
        taker.bind(("127.0.0.1", first["a"]))
        taker.listen()
        second = ports.choose(("a", "b"), kept=first, seed="one place")
    assert second["b"] == first["b"]
    assert second["a"] not in first.values()


def test_the_lock_names_its_holder_and_ends_with_it(tmp_path: Path) -> None:
    assert lock.holder(tmp_path) is None
    held = lock.take(tmp_path)
    assert lock.holder(tmp_path) == os.getpid()
    with pytest.raises(AlreadyRunning, match="make down"):
        lock.take(tmp_path)
    os.close(held)
    assert lock.holder(tmp_path) is None


def test_a_full_disk_is_said_before_it_hurts(tmp_path: Path) -> None:
    with pytest.raises(LaunchError, match="libérer de la place"):
        need_space(tmp_path, 10**9, purpose="essayer")


def test_a_wrong_engine_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JALON_TEMPORAL_BINARY", "/nowhere/temporal")
    with pytest.raises(LaunchError, match="JALON_TEMPORAL_BINARY"):
        engine.temporal_binary()


def test_the_engine_keeps_its_namespace_across_a_kill(tmp_path: Path) -> None:
    chosen = ports.choose(("engine", "pages"), kept={}, seed=str(tmp_path))
    temporal = Temporal(
        engine.temporal_binary(),
        folder=tmp_path / "temporal",
        port=chosen["engine"],
        ui_port=chosen["pages"],
        log=tmp_path / "temporal.log",
    )
    try:
        temporal.start()
        prepare_namespace(temporal.address)
        temporal.kill()
        temporal.start()
        prepare_namespace(temporal.address)
    finally:
        temporal.stop()


def test_no_real_installation_has_what_moves_the_clock() -> None:
    assert MOVER in [process.name for process in processes("demonstration")]
    assert MOVER not in [process.name for process in processes("real")]
    done = subprocess.run(
        [sys.executable, "-m", "rehearsal.mover"],
        env={**os.environ, "JALON_INSTALLATION": "real"},
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "only in a demonstration" in done.stderr
