"""SQL lives in its files: each query named, explained, with its columns and a total order."""

from __future__ import annotations

import ast
import re

import pytest

from tests.house.tree import ROOT, none_of, product, queries, sql_files

STATEMENT = re.compile(
    r"^\s*(SELECT\b|INSERT INTO\b|UPDATE\s+\w+\s+SET\b|DELETE FROM\b|WITH\s+\w+\s+AS\b|MERGE INTO\b|CALL\s+\w+\()", re.I
)
CLOCK = "SELECT clock.now()"
EVERY_COLUMN = re.compile(r"(?<!\()\bSELECT\s+\*|\bRETURNING\s+\*", re.IGNORECASE)


def test_no_sql_in_python_strings() -> None:
    strings = [
        f"{source.place(node)} {node.value.split()[0]}"
        for source in product()
        if source.path.split("/")[0] in ("kit", "services", "workflows")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and STATEMENT.match(node.value)
        if not (source.path.startswith("kit/") and node.value == CLOCK)
    ]
    none_of(strings, "name it in queries.sql (kit.db.now gives the clock)")


def test_every_query_is_explained() -> None:
    mute = [f"{name}: {query}" for name, query, body in queries() if not body.startswith("-- ")]
    none_of(mute, "say in a comment what the query is for")


def test_queries_name_their_columns() -> None:
    starred = [f"{name}: {query}" for name, query, body in queries() if EVERY_COLUMN.search(body)]
    none_of(starred, "name the columns")


def test_a_limited_query_has_an_order() -> None:
    unordered = [
        f"{name}: {query}"
        for name, query, body in queries()
        if re.search(r"\bLIMIT\b", body) and not re.search(r"\bORDER BY\b", body)
    ]
    none_of(unordered, "a total order")


def test_no_page_is_reached_by_counting_rows() -> None:
    counted = [f"{name}: {query}" for name, query, body in queries() if re.search(r"\bOFFSET\s+:", body)]
    none_of(counted, "keyset pages: after the last row seen")


def test_a_name_serves_one_query_of_its_service() -> None:
    seen: dict[tuple[str, str], str] = {}
    twice = []
    for name, query, _ in queries():
        key = ("/".join(name.split("/")[:2]), query)
        if key in seen:
            twice.append(f"{seen[key]} and {name}: {query}")
        seen[key] = name
    none_of(twice, "one name, one query")


def test_every_migration_is_a_pair() -> None:
    folders = {name for name, _ in sql_files() if "/migrations/" in name}
    lonely = [name for name in folders if not (ROOT / name).with_suffix(".py").is_file()]
    none_of(lonely, "0001_start.py beside 0001_start.sql")


@pytest.mark.parametrize("word", ["CREATE EXTENSION", "now()", "CURRENT_TIMESTAMP", "SERIALIZABLE"])
def test_sql_uses_the_core_and_the_one_clock(word: str) -> None:
    """``clock.now()`` is the installation's clock; ``clock_timestamp()`` the machine's, where a reason is written."""
    pattern = re.compile(rf"(?<![\w.]){re.escape(word)}", re.IGNORECASE)
    found = [
        name
        for name, text in sql_files()
        if name.startswith(("kit/", "services/")) and pattern.search(re.sub(r"--.*", "", text))
    ]
    none_of(found, "clock.now() is the clock; core PostgreSQL only")
