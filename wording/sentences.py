"""What a person reads for a reason, a state, an event, a code, a field; and the letters of a file's thread."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from wording.catalog import NEUTRAL, Locale, catalog, find
from wording.values import filled

Values = Mapping[str, object]
UNSPECIFIED = "UNSPECIFIED"
_STEP = re.compile(r"(\w+)(?:\[(\d+)\])?")
_ROW = {"fr": "ligne {number}", "en": "row {number}"}


class Fault(Protocol):
    """One wrong field of a refusal."""

    @property
    def path(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def values(self) -> Mapping[str, str]: ...


class Refusal(Protocol):
    """A refusal as it crosses gRPC: a reason, its values, the wrong fields."""

    @property
    def reason(self) -> str: ...
    @property
    def values(self) -> Mapping[str, str]: ...
    @property
    def fields(self) -> Sequence[Fault]: ...


def sentence(reason: str, *, locale: Locale, values: Values | None = None) -> str:
    """The sentence of a reason."""
    return _filled("reasons", reason, locale=locale, values=values)


def reason_in_words(reason: str, *, locale: Locale) -> str:
    """The sentence of a reason; one that no sentence knows is given as it is (operators look it up), none is a dash."""
    return sentence(reason, locale=locale) if reason in catalog()["reasons"] else reason or "—"


def event_sentence(event: str, *, locale: Locale, values: Values | None = None) -> str:
    """What a line of history says. ``event``: past-tense name; ``values``: its facts. A subject names a letter."""
    if event == "person_related":
        event, values = _tie(values or {})
    named = str((values or {}).get("template", ""))
    if named and values:
        inside = values.get("values")
        subject, _ = letter(named, locale=locale, values=inside if isinstance(inside, Mapping) else {})
        values = {**values, "template": subject}
    return _filled("events", event, locale=locale, values=values)


def _tie(facts: Values) -> tuple[str, Values]:
    """Which sentence a tie to a file reads as."""
    event = "person_untied" if facts.get("ended") else "person_related"
    if facts.get("relation") == "recused":
        event = "person_recused"
    return event, facts


def enum_label(enum: Any, value: str, *, locale: Locale) -> str:
    """The words of an enumeration's value, bare (``REVIEW``) or as on the wire (``STAGE_REVIEW``).

    ``enum``: its full name (``jalon.intake.v1.Stage``), its descriptor or its generated wrapper. Nothing said: ``—``.
    """
    descriptor = getattr(enum, "DESCRIPTOR", enum)
    full_name = str(getattr(descriptor, "full_name", descriptor))
    bare = value.removeprefix(wire_prefix(full_name))
    if bare in ("", UNSPECIFIED):
        return "—"
    found = find("enums", full_name, bare, locale=locale)
    return str(found) if found else NEUTRAL[locale].format(key=value)


def wire_prefix(full_name: str) -> str:
    """``jalon.intake.v1.NextEvent`` → ``NEXT_EVENT_``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", full_name.rpartition(".")[2]).upper() + "_"


def code_label(kind: str, code: str, *, locale: Locale) -> str:
    """The words of a code of a kind (``condition``, ``section``, ``duty``…)."""
    found = find("codes", kind, code, locale=locale)
    return str(found) if found else NEUTRAL[locale].format(key=code)


def field_label(path: str, *, locale: Locale) -> str:
    """``budget[2].amount_cents`` → ``Budget, ligne 3, montant``. A place no screen names is given as it is."""
    fields = catalog()["fields"]
    labels: list[str] = []
    for step in path.split("."):
        found = _STEP.fullmatch(step)
        name, row = found.groups() if found else (step, None)
        if name not in fields:
            return path
        labels.append(fields[name][locale])
        if row is not None:
            labels.append(_ROW[locale].format(number=int(row) + 1))
    return ", ".join([labels[0], *(label[:1].lower() + label[1:] for label in labels[1:])])


def label(key: str, *, locale: Locale, values: Values | None = None) -> str:
    """The words of a screen or a command: a heading, a column, a remedy."""
    return _filled("labels", key, locale=locale, values=values)


def explain(refusal: Refusal, *, locale: Locale) -> list[str]:
    """Every sentence of a refusal: its own, then one for each wrong field, with the field's label."""
    faults = [
        f"{_place(fault.path, locale)}{sentence(fault.reason, locale=locale, values=fault.values)}"
        for fault in refusal.fields
    ]
    if faults and refusal.reason == "FIELDS_INVALID":
        return faults
    return [sentence(refusal.reason, locale=locale, values=refusal.values), *faults]


def _place(path: str, locale: Locale) -> str:
    colon = "\u00a0: " if locale == "fr" else ": "
    return f"{field_label(path, locale=locale)}{colon}" if path else ""


def letter(template: str, *, locale: Locale, values: Values | None = None) -> tuple[str, str]:
    """Subject and body of a letter; paragraphs are separated by an empty line. ``@name`` stands for a shared one."""
    found = find("letters", template, locale=locale)
    if not found:
        neutral = NEUTRAL[locale].format(key=template)
        return neutral, neutral
    paragraphs: list[str] = []
    for paragraph in found["body"]:
        shared = paragraph.startswith("@")
        paragraphs += catalog()["paragraphs"][paragraph[1:]][locale] if shared else [paragraph]
    body = "\n\n".join(paragraphs)
    return filled(found["subject"], values or {}, locale=locale), filled(body, values or {}, locale=locale)


def mail(kind: str, *, locale: Locale, url: str, values: Values | None = None) -> tuple[str, str]:
    """Subject and text of a mail: what there is to read, ``url`` where, and until when (``deadline_at`` in values)."""
    found = find("mails", kind, locale=locale)
    if not found:
        neutral = NEUTRAL[locale].format(key=kind)
        return neutral, f"{neutral}\n\n{url}\n"
    shared, given = catalog()["paragraphs"], values or {}
    parts = [*shared["mail_hello"][locale], *found["body"], f"{found['link']}\n{{url}}"]
    if given.get("deadline_at") and found.get("deadline"):
        parts.append(found["deadline"])
    parts += shared["mail_goodbye"][locale]
    text = filled("\n\n".join(parts), {**given, "url": url}, locale=locale)
    return filled(found["subject"], given, locale=locale), f"{text}\n"


def _filled(section: str, key: str, *, locale: Locale, values: Values | None) -> str:
    found = find(section, key, locale=locale)
    template = str(found) if found else NEUTRAL[locale].format(key=key)
    return filled(template, values or {}, locale=locale)
