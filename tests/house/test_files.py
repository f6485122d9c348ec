"""What no file of the product may hold: a machine's paths, a registry's address, a promise not kept, a secret."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

from tests.house.tree import ROOT, files, none_of, read, sources, text_files

_SLASH = "/"
FORBIDDEN = {
    "a path of one machine": r"(?<![\w.~$}])/(?:home|root|Users|work|opt/jalon|mnt|workspace)/\w",
    "a path outside the checkout": rf"\.\.{_SLASH}shared\b",
    "the address of an index of packages": "|".join(
        [rf"--(?:extra-)?index{'-'}url", rf"pypi\.{'org'}", rf"files\.pythonhosted\.{'org'}", rf"registry\.{'npmjs'}"]
    ),
    "the address of a proxy of modules": rf"\bGO(?:PROXY|SUMDB)=\S*https?:|proxy\.golang\.{'org'}|artifac{'tory'}",
    "a promise": rf"\b(?:TO{'DO'}|FIX{'ME'}|XX{'X'}|HA{'CK'})\b",
    "a key": rf"-----BEGIN (?:[A-Z]+ )?PRIVATE {'KEY'}-----|\"d\": *\"[\w-]{{43}}\"",
}
LOCKS = re.compile(r"(^|/)(package-lock\.json|uv\.lock|poetry\.lock|pnpm-lock\.yaml)$")
ALLOWED = {
    ("LICENSE", "a promise"),
    ("deploy/temporal/go.sum", "a promise"),  # digests in base64
}
REQUIREMENTS = (
    "requirements.txt",
    "requirements-dev.txt",
    "requirements-tools.txt",
    "deploy/temporal/requirements-go.txt",
)


@pytest.mark.parametrize("kind", FORBIDDEN)
def test_no_file_holds(kind: str) -> None:
    pattern = re.compile(FORBIDDEN[kind])
    found = [
        f"{name}:{number}: {line.strip()[:120]}"
        for name, text in text_files()
        if (name, kind) not in ALLOWED
        for number, line in enumerate(text.splitlines(), start=1)
        if pattern.search(line)
    ]
    none_of(found, f"{kind} does not belong here")


def test_a_lock_file_names_no_host() -> None:
    found = [name for name in files() if LOCKS.search(name) and re.search(r"resolved|https?://", read(name))]
    none_of(found, "lock digests, not addresses")


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_requirements_are_pinned_hashed_and_name_no_host(name: str) -> None:
    text = re.sub(r"(?m)#.*$", "", read(name)).replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    assert lines
    none_of((line[:80] for line in lines if "--hash=sha256:" not in line), "a hash for each")
    none_of((line[:80] for line in lines if not re.match(r"^[A-Za-z0-9_.\[\]-]+==\S+", line)), "an exact version")
    none_of((line[:80] for line in lines if "://" in line or line.startswith("-")), "names only")


def test_every_dependency_declared_is_locked() -> None:
    declared = tomllib.loads(read("pyproject.toml"))["project"]
    locked = {re.split(r"[=\[ ]", line)[0].lower() for line in read("requirements.txt").splitlines() if "==" in line}
    names = {re.split(r"[=\[<>~ ;]", item)[0].lower() for item in declared["dependencies"]}
    none_of(names - locked, "make lock")


def test_nothing_ignored_or_huge_is_in_the_tree() -> None:
    heavy = [name for name in files() if (ROOT / name).stat().st_size > 2_000_000]
    none_of(heavy, "2 MB at most: data that big is made, not kept")
    kept = [name for name in files() if Path(name).suffix in {".pyc", ".log", ".db", ".sqlite"} or name == ".env"]
    none_of(kept, "made files and secrets stay out")


def test_no_test_sleeps_nor_skips() -> None:
    banned = {"time.sleep", "pytest.skip", "pytest.xfail", "pytest.importorskip", "unittest.skip"}
    marks = {"pytest.mark.skip", "pytest.mark.skipif", "pytest.mark.xfail"}
    found = [
        f"{source.place(node)} {ast.unparse(node)}"
        for source in sources()
        if source.path.startswith("tests/")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node) in banned | marks
    ]
    none_of(found, "wait for a condition; a test that cannot run is not a test")


def test_no_warning_is_silenced() -> None:
    found = [
        source.place(node)
        for source in sources()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in ("warnings.filterwarnings", "warnings.simplefilter")
        and (not node.args or ast.unparse(node.args[0]) in ("'ignore'", "'once'", "'default'"))
    ]
    none_of(found, "warnings are errors")
