"""What screens show of a call's rulebook: the words it gives to its own codes. Rules themselves stay with services."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from jalon.intake.v1 import calls_pb2

from kit import clock
from web import words

LABELED = ("tracks", "pieces", "legal_families", "grid")
"""Parts of a rulebook whose lines have a code and a label."""


@dataclass(frozen=True)
class Words:
    """``labels``: code → language → words. ``content``: the rulebook as it is, for the page that shows it."""

    call_id: str
    version: int
    digest: str
    frozen: bool
    labels: Mapping[str, Mapping[str, str]]
    content: Mapping[str, Any]

    def of(self, code: str) -> str:
        """The words of a code in the visitor's language; the code itself when the rulebook does not name it."""
        return self.labels.get(code, {}).get(words.locale(), code)

    def closes_at(self, window: str) -> str:
        """The instant (RFC 3339) a window of the rulebook closes at; an extension is the call's, not the rulebook's."""
        found = self.content["windows"][window]
        return clock.text(datetime.fromisoformat(found["closes"]).replace(tzinfo=ZoneInfo(found["zone"])))

    def codes(self, part: str) -> list[tuple[str, str]]:
        """``(code, words)`` of a part (``tracks``), in the rulebook's order."""
        return [(code, self.of(code)) for code in (_code(item) for item in self.content.get(part, ())) if code]


def words_of(rulebook: calls_pb2.Rulebook) -> Words:
    """The words of a rulebook as the service gives it."""
    content = json.loads(rulebook.rulebook_json)
    labels: dict[str, Mapping[str, str]] = {}
    for part in LABELED:
        for item in content.get(part, ()):
            if _code(item):
                labels[_code(item)] = _label(item)
    return Words(rulebook.call_id, rulebook.version, rulebook.digest, rulebook.frozen, labels, content)


def _code(item: Any) -> str:
    return str(item.get("code", "")) if isinstance(item, dict) else ""


def _label(item: Mapping[str, Any]) -> Mapping[str, str]:
    label = item.get("label", _code(item))
    return label if isinstance(label, dict) else {"fr": str(label), "en": str(label)}
