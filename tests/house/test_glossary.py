"""The glossary is true: its words are those of the contracts, all of them, and the words it bans are nowhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from tests.house.tree import contracts, files, none_of, product, read, snake

ROW = re.compile(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$")
WIRE_ONLY = re.compile(r"(_request|_response|_state)$")
"""Requests and answers are named after their verb, states after their thing."""
SECTIONS = ("Words no identifier may hold", "Words no French sentence may hold")


@cache
def _rows() -> tuple[tuple[str, ...], ...]:
    lines = (ROW.match(line) for line in read("docs/glossary.md").splitlines())
    rows = tuple(tuple(cell.strip() for cell in found.groups()) for found in lines if found)
    return tuple(row for row in rows if row[0] not in ("code", "---"))


def _terms() -> set[str]:
    return {term.strip() for row in _rows() for term in row[0].split(",")}


def _banned(section: str) -> set[str]:
    """The words of a section: its last paragraph, separated by commas."""
    text = read("docs/glossary.md").split(f"## {section}\n", 1)[1].split("\n## ", 1)[0].strip()
    return {word.strip() for word in text.split("\n\n")[-1].replace("\n", " ").split(",")}


def _identifiers() -> Iterator[tuple[str, str]]:
    """Every name of the contracts: full, then in words separated by underscores."""
    for file in contracts():
        for message in file.message_types_by_name.values():
            yield message.full_name, snake(message.name)
            yield from ((field.full_name, field.name) for field in message.fields)
        for enum in file.enum_types_by_name.values():
            yield enum.full_name, snake(enum.name)
            yield from ((f"{enum.full_name}.{value.name}", value.name.lower()) for value in enum.values)
        for service in file.services_by_name.values():
            yield from ((method.full_name, snake(method.name)) for method in service.methods)


def test_each_row_is_whole_and_said_once() -> None:
    terms = [term.strip() for row in _rows() for term in row[0].split(",")]
    none_of({term for term in terms if terms.count(term) > 1}, "one row for a term")
    none_of((row[0] for row in _rows() if not all(row)), "every cell filled")


def test_each_term_exists_in_the_contracts_or_the_code() -> None:
    names = "\n".join(name for _, name in _identifiers())
    code = "\n".join(source.text.lower() for source in product())
    unknown = [
        term
        for term in _terms()
        if not re.search(rf"(^|_|\b){term}s?(_|\b|$)", names, re.MULTILINE)
        and not re.search(rf"\b{term.replace('_', '[_ -]?')}", code)
    ]
    none_of(unknown, "a term that nothing uses leaves the glossary")


def test_each_message_and_enum_of_the_contracts_is_explained() -> None:
    things = {
        WIRE_ONLY.sub("", name)
        for file in contracts()
        for name in map(snake, (*file.message_types_by_name, *file.enum_types_by_name))
        if not name.endswith(("_request", "_response"))
    }
    none_of(things - _terms(), "a row in docs/glossary.md")


def test_words_never_said_name_nothing() -> None:
    banned = _banned(SECTIONS[0])
    assert len(banned) > 20
    said = [f"{full}: {word}" for full, name in _identifiers() for word in name.split("_") if word in banned]
    none_of(said, "see the glossary for the right word")


def test_banned_identifiers_are_words_never_said() -> None:
    never = {word.strip() for row in _rows() for cell in row[4].split(",") for word in cell.split()}
    none_of(_banned(SECTIONS[0]) - never - {"dossier"}, "a ban has its row")


def test_french_sentences_hold_no_banned_word() -> None:
    pattern = re.compile(rf"(?<![{{\w])({'|'.join(sorted(_banned(SECTIONS[1])))})s?\b(?![}}\w])", re.IGNORECASE)
    sentences = list(_french())
    assert sentences
    said = [
        f"{name}: {found.group()}: {sentence[:80]}"
        for name, sentence in sentences
        for found in pattern.finditer(sentence)
    ]
    none_of(said, "see the glossary for the right word")


def _french() -> Iterator[tuple[str, str]]:
    """What people read: the French of ``wording`` and the templates of PDFs."""
    for name in files():
        if name.startswith("wording/data/"):
            yield from ((name, sentence) for sentence in _in_french(json.loads(read(name))))
        elif name.endswith(".typ"):
            yield from ((name, line) for line in read(name).splitlines() if not line.lstrip().startswith("//"))


def _in_french(data: Any) -> Iterator[str]:
    """Every text under a key ``fr``."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield from _texts(value) if key == "fr" else _in_french(value)
    elif isinstance(data, list):
        for value in data:
            yield from _in_french(value)


def _texts(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        yield from (text for value in data.values() for text in _texts(value))
    elif isinstance(data, list):
        yield from (text for value in data for text in _texts(value))
