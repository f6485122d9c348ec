"""The checkout as the house rules read it: its files, its Python trees, its statements in SQL, its descriptors."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from google.protobuf import descriptor_pool
from google.protobuf.descriptor import FileDescriptor, MethodDescriptor

ROOT = Path(__file__).resolve().parents[2]
GENERATED = "protos/gen/"
PACKAGES = ("kit", "wording", "services", "workflows", "cli", "rehearsal", "deploy", "web")
SERVICES = ("audit", "intake", "payments", "review")
BINARY = {".binpb", ".pdf", ".png", ".ico", ".woff2", ".gz", ".xlsx"}
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """One Python file: its path in the checkout, its text, its tree."""

    path: str
    text: str
    tree: ast.Module

    @property
    def service(self) -> str:
        """The service it belongs to; empty outside services."""
        parts = self.path.split("/")
        return parts[1] if parts[0] == "services" and len(parts) > 2 else ""

    def place(self, node: ast.AST) -> str:
        """``path:line``, as editors open it."""
        return f"{self.path}:{getattr(node, 'lineno', 1)}"

    def functions(self) -> Iterator[Function]:
        """Every function and method, nested ones included."""
        return (node for node in ast.walk(self.tree) if isinstance(node, Function))


@cache
def files() -> tuple[str, ...]:
    """Every file of the product: tracked, or new and not ignored."""
    listed = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    names = {name for name in listed.stdout.decode().split("\0") if name}
    return tuple(sorted(name for name in names if (ROOT / name).is_file()))


def read(name: str) -> str:
    """The text of a file."""
    return (ROOT / name).read_text()


def text_files() -> Iterator[tuple[str, str]]:
    """Each file a person may read, with its text."""
    return ((name, read(name)) for name in files() if Path(name).suffix not in BINARY)


@cache
def sources() -> tuple[Source, ...]:
    """Every Python file written by hand."""
    names = [name for name in files() if name.endswith(".py") and not name.startswith(GENERATED)]
    return tuple(Source(name, read(name), ast.parse(read(name), name)) for name in names)


def product() -> tuple[Source, ...]:
    """Those of the product, tests left out."""
    return tuple(source for source in sources() if source.path.split("/")[0] in PACKAGES)


def sql_files() -> Iterator[tuple[str, str]]:
    """Each SQL file, with its text."""
    return ((name, read(name)) for name in files() if name.endswith(".sql"))


def queries() -> Iterator[tuple[str, str, str]]:
    """Each named query: file, name, then its comment and statement."""
    for name, text in sql_files():
        for block in re.split(r"(?m)^(?=-- name: )", text):
            found = re.match(r"-- name: (\w+)", block)
            if found:
                yield name, found.group(1), block.split("\n", 1)[1] if "\n" in block else ""


@cache
def contracts() -> tuple[FileDescriptor, ...]:
    """The descriptors of our protos, common ones included."""
    names = [name.removeprefix("protos/") for name in files() if name.endswith(".proto")]
    for name in names:
        importlib.import_module(name.removesuffix(".proto").replace("/", ".") + "_pb2")
    pool = descriptor_pool.Default()
    return tuple(pool.FindFileByName(name) for name in sorted(names))


def rpcs() -> Iterator[MethodDescriptor]:
    """Every RPC of ours."""
    return (
        method
        for file in contracts()
        for service in file.services_by_name.values()
        for method in service.methods_by_name.values()
    )


def owner(method: MethodDescriptor) -> str:
    """The service that serves an RPC: ``intake``; ``common`` for what each serves."""
    return str(method.containing_service.full_name.split(".")[1])


def snake(name: str) -> str:
    """``DecideAdmissibility`` → ``decide_admissibility``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def none_of(found: Iterable[str], remedy: str) -> None:
    """Fails with every place found, one a line, and what to do."""
    places = sorted(found)
    if places:
        raise AssertionError("\n".join([f"{len(places)} found: {remedy}", *places]))
