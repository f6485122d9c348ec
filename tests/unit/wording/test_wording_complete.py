"""Every reason, state, event and letter that exists has its words, in French and in English."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from tests.unit.wording import scan
from wording import catalog as files
from wording.catalog import FLAT, LOCALES, NESTED, catalog, texts

ENGLISH = set(
    re.findall(
        r"\w+",
        """the of and is are must with your this that file files award agreement payment deadline missing invalid
        required request review reviewer report not for from been has have was when who which amount received paid
        closed open""",
    )
)
BRACES = re.compile(r"\{(\w+)\}")
ALIKE = ("fields.", "codes.commune.")
"""Names that are the same in both languages."""
CODE_LIKE = re.compile(r"\b[A-Z]{2,}_[A-Z_]+\b")


def entries() -> Iterator[tuple[str, dict[str, object]]]:
    """Every entry of the data with its place."""
    for section, keys in catalog().items():
        for key, entry in keys.items():
            if section in FLAT:
                yield f"{section}.{key}", entry
            else:
                yield from ((f"{section}.{key}.{inner}", words) for inner, words in entry.items())


def test_a_file_holds_known_sections_only() -> None:
    for file in files.FOLDER.glob("*.json"):
        assert set(json.loads(file.read_text(encoding="utf-8"))) <= {*FLAT, *NESTED}, file.name


def test_a_key_said_by_two_files_is_said_alike() -> None:
    said: dict[tuple[str, ...], object] = {}
    for file, section, path, entry in files.entries():
        assert said.setdefault((section, *path), entry) == entry, f"{file}: {section}.{'.'.join(path)}"


def test_every_reason_has_its_sentence() -> None:
    missing = {reason: place for reason, place in scan.reasons().items() if reason not in catalog()["reasons"]}
    assert not missing


def test_every_value_of_every_contract_has_its_label() -> None:
    labels = catalog()["enums"]
    missing = [
        f"{name}.{value}"
        for name, values in scan.enums().items()
        for value in values
        if value not in labels.get(name, {})
    ]
    assert not missing


def test_no_label_is_left_for_a_value_that_is_gone() -> None:
    known = scan.enums()
    extra = [
        f"{name}.{value}" for name, labels in catalog()["enums"].items() for value in labels if value not in known[name]
    ]
    assert not extra


def test_every_event_recorded_has_its_sentence() -> None:
    missing = {event: place for event, place in scan.events().items() if event not in catalog()["events"]}
    assert not missing


def test_every_code_of_the_domains_has_its_words() -> None:
    codes = catalog()["codes"]
    assert {kind for kind, _ in scan.codes()} >= {"violation", "entitlement", *scan.CODES.values()}
    assert not {(kind, code) for kind, code in scan.codes() if code not in codes.get(kind, {})}


def test_every_letter_written_exists() -> None:
    assert scan.letters().keys() <= catalog()["letters"].keys()


def test_a_letter_asks_only_for_values_it_is_given() -> None:
    letters = catalog()["letters"]
    for template, given in scan.letters().items():
        asked = {name for text in texts(letters.get(template, {})) for name in BRACES.findall(text)}
        assert "*" in given or asked <= given, f"{template} is not given {asked - given}"


def test_a_shared_paragraph_named_by_a_letter_exists() -> None:
    named = {text[1:] for text in texts(catalog()["letters"]) if text.startswith("@")}
    assert named <= catalog()["paragraphs"].keys()


def test_a_sentence_asks_only_for_the_values_its_reason_promises() -> None:
    sentences = catalog()["reasons"]
    for reason, promised in scan.declared_values().items():
        asked = {name for text in texts(sentences.get(reason, {})) for name in BRACES.findall(text)}
        assert asked <= promised, f"{reason} does not promise {asked - promised}"


def test_both_languages_are_said_and_ask_for_the_same_values() -> None:
    for place, entry in entries():
        assert set(entry) == set(LOCALES), place
        french, english = ({n for text in texts(entry[code]) for n in BRACES.findall(text)} for code in LOCALES)
        assert french == english, place
        assert all(text.strip() for code in LOCALES for text in texts(entry[code])), place


def test_french_is_french() -> None:
    for place, entry in entries():
        for text in texts(entry["fr"]):
            words = set(re.findall(r"[^\W\d_]+", BRACES.sub("", text).lower()))
            assert not words & ENGLISH, f"{place}: {words & ENGLISH}"


def test_a_sentence_is_not_pasted_from_one_language_into_the_other() -> None:
    for place, entry in entries():
        french, english = entry["fr"], entry["en"]
        if isinstance(french, str) and french == english:
            assert " " not in french or place.startswith(ALIKE), f"{place} reads the same in both languages"


def test_no_raw_code_is_shown() -> None:
    for place, entry in entries():
        for code in LOCALES:
            for text in texts(entry[code]):
                assert not CODE_LIKE.search(text), f"{place} [{code}]"
