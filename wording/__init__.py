"""The sentences people read, French and English, for every reason, state, event and letter: data, never code."""

from wording.catalog import Locale, MissingSentence
from wording.sentences import (
    code_label,
    enum_label,
    event_sentence,
    explain,
    field_label,
    label,
    letter,
    mail,
    sentence,
)

__all__ = [
    "Locale",
    "MissingSentence",
    "code_label",
    "enum_label",
    "event_sentence",
    "explain",
    "field_label",
    "label",
    "letter",
    "mail",
    "sentence",
]
