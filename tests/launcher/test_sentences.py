"""What is wrong on a machine is one sentence with its remedy, before anything is started."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

import pytest

from deploy import environment
from deploy.local import __main__ as launcher
from deploy.local import health, migrate, places, supervisor
from deploy.local.errors import LaunchError
from deploy.local.installation import Installation


@pytest.mark.parametrize("address", ["", "nonsense", "127.0.0.1:", "127.0.0.1:port"])
def test_what_is_no_address_never_answers(address: str) -> None:
    assert not health.tcp_answers(address)


def test_an_address_of_no_database_is_said_without_its_password() -> None:
    with pytest.raises(LaunchError, match="DATABASE_URL n'est pas") as refused:
        asyncio.run(migrate.prepare("somebody:secret-word@host/jalon", kind="real", begins=None))
    assert "secret-word" not in str(refused.value)


def test_caches_that_cannot_be_written_have_a_stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert places.cache() == tmp_path / "jalon"
    assert not places.is_stand_in(places.cache())
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/nowhere")
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))
    assert places.is_stand_in(places.cache())


def test_a_machine_without_venv_is_told_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = tmp_path / "python3"
    python.write_text("#!/bin/sh\necho 'No module named venv' >&2\nexit 1\n")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("JALON_VENV", raising=False)
    with pytest.raises(LaunchError, match="apt install python3-venv"):
        environment._environment(tmp_path)


def test_nothing_to_forget_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(supervisor, "state_folder", lambda kind: tmp_path / kind)
    assert launcher.main(["reset"]) == 0
    assert "Rien à oublier" in capsys.readouterr().err


def test_each_address_says_what_it_is(tmp_path: Path) -> None:
    installation = Installation.create(tmp_path / "demonstration")
    try:
        assert set(installation.addresses) == set(supervisor.WHAT)
    finally:
        installation.remove()
