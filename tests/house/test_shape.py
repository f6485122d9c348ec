"""Sizes, signatures and docstrings of Python files."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.house.tree import Function, Source, none_of, product, sources

LONGEST_FILE = 400
LONGEST_FUNCTION = 50
POSITIONAL = 3
DOCUMENTED = ("kit", "services", "workflows")
IMPOSED = {"downgrade", "upgrade", "should_sample"}
"""Names that a library calls, with its own arguments: alembic's migrations, OpenTelemetry's sampler."""


def test_no_file_passes_400_lines() -> None:
    long = [f"{source.path}: {lines}" for source in sources() if (lines := source.text.count("\n")) > LONGEST_FILE]
    none_of(long, "split: a file by noun, a function by step")


def test_no_function_passes_50_lines() -> None:
    long = [
        f"{source.place(item)} {item.name}: {size}"
        for source in sources()
        for item in source.functions()
        if (size := (item.end_lineno or item.lineno) - item.lineno + 1) > LONGEST_FUNCTION
    ]
    none_of(long, "split: a file by noun, a function by step")


def test_no_import_inside_a_function() -> None:
    inside = [
        source.place(node)
        for source in sources()
        for item in source.functions()
        for node in ast.walk(item)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    none_of(inside, "imports stand at the top")


def test_arguments_are_named_after_the_third() -> None:
    """Public functions; docs/adr/0008 says why three."""
    crowded = [
        f"{source.place(item)} {item.name}"
        for source in product()
        for item in _public(source.tree)
        if len(_positional(item)) > POSITIONAL and item.name not in IMPOSED
    ]
    none_of(crowded, "put * after the third argument")


def test_no_boolean_is_positional() -> None:
    unnamed = [
        f"{source.place(item)} {item.name}({argument.arg})"
        for source in product()
        for item in source.functions()
        for argument in _positional(item)
        if argument.annotation is not None and ast.unparse(argument.annotation) == "bool"
    ]
    none_of(unnamed, "put * before a boolean")


def _positional(item: Function) -> list[ast.arg]:
    """Positional arguments, self and those declared positional on purpose (``/``) left out."""
    return [argument for argument in item.args.args if argument.arg not in ("self", "cls", "_")]


def test_every_file_says_what_it_is() -> None:
    mute = [source.path for source in sources() if source.text.strip() and not ast.get_docstring(source.tree)]
    none_of(mute, "a docstring")


@pytest.mark.parametrize("package", DOCUMENTED)
def test_public_functions_say_what_they_do(package: str) -> None:
    mute = [
        f"{source.place(item)} {item.name}"
        for source in product()
        if source.path.startswith(f"{package}/")
        for item in _public(source.tree)
        if not ast.get_docstring(item) and item.name not in IMPOSED and not _abstract(item)
    ]
    none_of(mute, "a docstring")


def _public(tree: ast.Module) -> Iterator[Function]:
    """Public functions of the module, and public methods of its public classes."""
    for node in tree.body:
        if isinstance(node, Function) and not node.name.startswith("_"):
            yield node
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from (item for item in node.body if isinstance(item, Function) and not item.name.startswith("_"))


def _abstract(item: Function) -> bool:
    """A protocol's ``...``: its class says it all."""
    only = item.body[0]
    return isinstance(only, ast.Expr) and isinstance(only.value, ast.Constant) and only.value.value is Ellipsis


def test_no_module_is_a_catch_all() -> None:
    names = {"common", "utils", "helpers", "base_utils", "misc", "shared"}
    found = [source.path for source in product() if _stems(source) & names]
    none_of(found, "name a module after its noun")


def _stems(source: Source) -> set[str]:
    return set(source.path.removesuffix(".py").split("/"))
