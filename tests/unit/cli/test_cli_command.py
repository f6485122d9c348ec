"""The command line itself: options anywhere, languages, exit codes, which installation."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import grpc
import pytest

from cli import __main__ as command
from cli import place
from cli.errors import Stop, told
from deploy.local import keys, places
from kit.errors import Kind, Refused
from wording import Locale
from workflows.commands import NotYetRecorded


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("JALON_STATE", "JALON_INTAKE_ADDRESS"):
        monkeypatch.delenv(name, raising=False)


def test_global_options_may_come_anywhere() -> None:
    typed = ["status", "--json", "--lang", "en", "--as=x"]
    assert command.hoisted(typed) == ["--lang", "en", "--as=x", "status", "--json"]
    assert command.language(command.hoisted(typed)) == "en"
    assert command.language(["--lang=en"]) == "en"
    assert command.language(["--lang", "de"]) == "fr"


@pytest.mark.parametrize(("language", "words"), [("fr", "Commande mal formée"), ("en", "Malformed command")])
def test_a_misused_command_is_one_sentence(language: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.execute(["statsu", "--lang", language]) == 2
    assert words in capsys.readouterr().err


def test_a_language_that_is_not_there_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.execute(["status", "--lang", "de"]) == 2
    assert "fr, en" in capsys.readouterr().err


def test_help_speaks_both_languages(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.execute(["--help"]) == 0
    assert "Recalcule chaque" in capsys.readouterr().out
    assert command.execute(["--help", "--lang", "en"]) == 0
    assert "Derives every chain" in capsys.readouterr().out


def test_without_a_word_the_command_shows_its_help_and_complains_of_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert command.execute([]) == 2
    said = capsys.readouterr()
    assert "Recalcule chaque" in said.out + said.err
    assert "mal formée" not in said.err


def test_who_acts_is_an_identifier_never_a_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.execute(["status", "--as", "jeanne.moulin"]) == 2
    assert "--as: identifiant mal formé" in capsys.readouterr().err


def installation(folder: Path, *, running: bool, supervisor: int = os.getpid()) -> Path:
    folder.mkdir(parents=True)
    names = ("intake", "review", "payments", "audit", "worker", "temporal")
    addresses = {name: f"127.0.0.1:{number}" for number, name in enumerate(names, start=1)}
    told = {
        "kind": "demonstration",
        "running": running,
        "supervisor": supervisor,
        "addresses": addresses,
        "pids": {},
    }
    (folder / "installation.json").write_text(json.dumps(told))
    return folder


def test_a_folder_gives_every_setting(tmp_path: Path) -> None:
    found = place.find(installation(tmp_path / "state", running=True))
    secrets = tmp_path / "state" / "secrets"
    assert found.settings.intake == "127.0.0.1:1"
    assert found.settings.temporal == "127.0.0.1:6"
    assert found.settings.signing_key == keys.signing_key(secrets, "cli")
    assert found.settings.payload_keys == keys.key_ring(secrets, "payload")


def test_a_stopped_installation_is_said_with_its_remedy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state = installation(tmp_path / "state", running=False)
    assert command.execute(["verify", "--state", str(state)]) == 1
    assert "make demo" in capsys.readouterr().err


def test_a_folder_without_installation_is_misuse(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.execute(["verify", "--state", str(tmp_path)]) == 2
    assert str(tmp_path) in capsys.readouterr().err


def test_addresses_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state = installation(tmp_path / "state", running=True)
    assert command.execute(["addresses", "--json", "--state", str(state)]) == 0
    assert json.loads(capsys.readouterr().out)["addresses"]["intake"] == "127.0.0.1:1"


def test_an_installation_whose_supervisor_was_killed_does_not_run(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    state = installation(tmp_path / "state", running=True, supervisor=gone.pid)
    assert not place.known(state)["running"]


def test_the_running_installation_is_preferred(tmp_path: Path) -> None:
    installation(tmp_path / ".jalon" / "demonstration", running=False)
    running = installation(tmp_path / ".jalon" / "real", running=True)
    assert place.running_folder(tmp_path) == running
    with pytest.raises(Stop):
        place.running_folder(tmp_path / "elsewhere")


def test_folders_are_those_of_the_launcher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = tmp_path / ".jalon" / "demonstration"
    monkeypatch.setattr(places, "can_walk", lambda folder: False)
    monkeypatch.setattr(places, "account", lambda: places.NOBODY)
    assert places.reachable(inside) in list(place.folders(tmp_path.resolve()))
    monkeypatch.setattr(places, "account", lambda: None)
    assert places.reachable(inside) in list(place.folders(tmp_path.resolve()))


def failed(code: grpc.StatusCode, details: str) -> grpc.aio.AioRpcError:
    nothing = grpc.aio.Metadata()
    return grpc.aio.AioRpcError(code, nothing, nothing, details=details)


@pytest.mark.parametrize("locale", ["fr", "en"])
@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Stop("cli.no_call"), 1),
        (Stop("cli.file", code=2, values={"file": "x"}), 2),
        (Refused("NOT_FOUND", kind=Kind.NOT_FOUND), 1),
        (NotYetRecorded("r"), 1),
        (failed(grpc.StatusCode.UNAVAILABLE, "refused by 127.0.0.1"), 1),
        (failed(grpc.StatusCode.DEADLINE_EXCEEDED, "DEADLINE"), 1),
        (failed(grpc.StatusCode.INTERNAL, "UNEXPECTED ab12cd34ef56"), 1),
    ],
)
def test_every_error_is_a_sentence_and_an_exit_code(error: Exception, code: int, locale: Locale) -> None:
    sentences, given = told(error, locale=locale)
    assert given == code
    assert len(sentences) == 1
    assert sentences[0].endswith((".", "relance."))


def test_an_unexpected_failure_gives_its_reference() -> None:
    sentences, _ = told(failed(grpc.StatusCode.INTERNAL, "UNEXPECTED ab12cd34ef56"), locale="fr")
    assert "ab12cd34ef56" in sentences[0]


def test_a_file_that_is_not_there_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state = installation(tmp_path / "state", running=True)
    secrets = state / "secrets"
    keys.make(secrets)
    assert command.execute(["call", "check", str(tmp_path / "none.json"), "--state", str(state)]) == 2
    assert "none.json" in capsys.readouterr().err


def test_an_import_names_who_acts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state = installation(tmp_path / "state", running=True)
    keys.make(state / "secrets")
    for asked in (["import", str(tmp_path / "none.json")], ["administrator", "ada@example.org", "--name", "Ada"]):
        assert command.execute(["call", *asked, "--state", str(state)]) == 2
        assert "--as" in capsys.readouterr().err
