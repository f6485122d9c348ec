"""Documents stay true: decisions are written whole, the version is told, places named in prose exist."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests.house.tree import ROOT, files, none_of, read, rpcs, sources
from workflows.contract.messages import MESSAGES

ADRS = tuple(name for name in files() if re.fullmatch(r"docs/adr/\d{4}-[a-z0-9-]+\.md", name))
LONGEST_ADR = 60
GUIDES = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/one-application.md", "docs/glossary.md")
FUNCTION = re.compile(r"`((?:kit|services|workflows|rehearsal|cli|wording|deploy)/[\w/]+\.py):([\w.]+)`")
PATH = re.compile(r"`((?:kit|services|workflows|rehearsal|cli|wording|deploy|docs|tests|protos)/[\w./-]+\.\w+)`")


def test_decisions_are_numbered_without_gap_or_twin() -> None:
    numbers = sorted(int(Path(name).name[:4]) for name in ADRS)
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("name", ADRS)
def test_a_decision_says_context_decision_and_consequences(name: str) -> None:
    text = read(name)
    assert text.startswith("# ")
    headings = re.findall(r"(?m)^## (.+)$", text)
    assert [item for item in headings if item in ("Context", "Decision", "Consequences")] == [
        "Context",
        "Decision",
        "Consequences",
    ]
    assert len(text.splitlines()) <= LONGEST_ADR, "half a page"


def test_the_changelog_tells_the_version() -> None:
    version = tomllib.loads(read("pyproject.toml"))["project"]["version"]
    assert re.search(rf"(?m)^## {re.escape(version)}\b", read("CHANGELOG.md"))


def test_the_licence_is_the_one_declared() -> None:
    declared = tomllib.loads(read("pyproject.toml"))["project"]["license"]
    assert declared == "Apache-2.0"
    assert "Apache License" in read("LICENSE")
    assert "Version 2.0" in read("LICENSE")
    assert read("NOTICE").startswith("Jalon\n")


@pytest.mark.parametrize("name", GUIDES)
def test_functions_named_in_a_guide_exist(name: str) -> None:
    found = list(FUNCTION.finditer(read(name)))
    lost = [
        f"{path}:{function}" for path, function in (item.groups() for item in found) if not _defined(path, function)
    ]
    none_of(lost, f"{name} names what is not there")


def _defined(path: str, function: str) -> bool:
    source = next((item for item in sources() if item.path == path), None)
    parts = function.split(".")
    return source is not None and all(
        re.search(rf"(?m)^\s*(?:(?:async )?def|class) {part}\b|^{part}\b.*=", source.text) for part in parts
    )


@pytest.mark.parametrize("name", GUIDES)
def test_files_named_in_a_guide_exist(name: str) -> None:
    lost = [path for path in PATH.findall(read(name)) if not (ROOT / path).exists()]
    none_of(lost, f"{name} names what is not there")


@pytest.mark.parametrize("name", [name for name in files() if name.endswith(".md")])
def test_links_between_documents_lead_somewhere(name: str) -> None:
    links = re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", read(name))
    lost = [link for link in links if not (ROOT / name).parent.joinpath(link).exists()]
    none_of(lost, "a dead link")


def test_the_walk_names_every_act_and_every_fact() -> None:
    """docs/one-application.md follows one file: each verb of its entity is told there."""
    walk = read("docs/one-application.md")
    untold = [verb for verb in MESSAGES if not re.search(rf"`{verb}`", walk)]
    none_of(untold, "tell where this verb belongs")


def test_make_targets_named_in_guides_exist() -> None:
    targets = set(re.findall(r"(?m)^([a-z-]+):", read("Makefile")))
    named = {item for name in GUIDES for item in re.findall(r"`(?:DETACH=1 )?make ([a-z-]+)`", read(name))}
    none_of(named - targets, "a target of the Makefile")


def test_rpcs_named_in_the_walk_exist() -> None:
    names = {rpc.name for rpc in rpcs()}
    named = set(re.findall(r"RPC `(\w+)`", read("docs/one-application.md")))
    none_of(named - names, "an RPC of the contracts")
