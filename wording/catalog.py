"""The data files read once and merged; what is not there is told, never guessed.

A key without a sentence warns (:class:`MissingSentence`): the tests, where warnings are errors, fail on it; in an
installation the person reads a neutral sentence that quotes the key, so that she can report it.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

Locale = Literal["fr", "en"]
LOCALES: tuple[Locale, ...] = ("fr", "en")
FOLDER = Path(__file__).parent / "data"
FLAT = ("reasons", "events", "fields", "labels", "paragraphs", "letters", "mails")
"""Sections ``key → {fr, en}``. A paragraph is a list of texts, a letter ``{subject, body}``, a mail
``{subject, body, link}`` (and ``deadline``), the rest one text."""
NESTED = ("enums", "codes")
"""Sections ``name → key → {fr, en}``: an enumeration's full name and its bare values; a kind of code and its codes."""

NEUTRAL = {
    "fr": "Aucune phrase n’est prévue pour ce cas : signalez-le avec le code « {key} ».",
    "en": "No sentence is written for this case: please report it with the code “{key}”.",
}


class MissingSentence(UserWarning):
    """A key, or a translation, that no data file holds."""


@cache
def catalog() -> Mapping[str, Any]:
    """Every section, merged over the files of ``wording/data`` in the order of their names; the first to say a key
    is kept (a test holds the files to agree)."""
    merged: dict[str, Any] = {section: {} for section in (*FLAT, *NESTED)}
    for _, section, path, entry in entries():
        group = merged[section]
        for step in path[:-1]:
            group = group.setdefault(step, {})
        group.setdefault(path[-1], {code: _typeset(text) if code == "fr" else text for code, text in entry.items()})
    return merged


def entries() -> Iterator[tuple[str, str, tuple[str, ...], Mapping[str, Any]]]:
    """What the files hold, as written: (file, section, key or name and key, entry)."""
    for file in sorted(FOLDER.glob("*.json")):
        for section, keys in json.loads(file.read_text(encoding="utf-8")).items():
            for key, entry in keys.items():
                if section in FLAT:
                    yield file.name, section, (key,), entry
                elif section in NESTED:
                    yield from ((file.name, section, (key, inner), words) for inner, words in entry.items())


def _typeset(text: Any) -> Any:
    """French typography: curly apostrophes, no-break spaces inside « » and before double punctuation, € and %."""
    if isinstance(text, str):
        text = re.sub(r" (?=[:;?!»€%])", "\u00a0", text.replace("'", "’"))
        return text.replace("« ", "«\u00a0")
    if isinstance(text, list):
        return [_typeset(item) for item in text]
    return {key: _typeset(item) for key, item in text.items()}


def find(section: str, *path: str, locale: Locale) -> Any:
    """The entry at ``path`` of a section in a language; None, with a warning, when there is none."""
    entry: Any = catalog()[section]
    for step in (*path, locale):
        entry = entry.get(step) if isinstance(entry, Mapping) else None
    if not entry:
        warnings.warn(f"{section}.{'.'.join(path)} [{locale}]", MissingSentence, stacklevel=3)
        return None
    return entry


def texts(entry: Any) -> Iterator[str]:
    """Every text of an entry in one language, whatever its shape."""
    if isinstance(entry, str):
        yield entry
    else:
        for item in entry.values() if isinstance(entry, Mapping) else entry:
            yield from texts(item)
