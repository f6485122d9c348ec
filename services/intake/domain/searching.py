"""One normal form for names, applied to what is stored and to what is typed alike."""

from __future__ import annotations

import re
import unicodedata

_APOSTROPHES = str.maketrans(dict.fromkeys("’‘ʼʹ′`´＇", "'"))
_LETTERS = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})
_REST = re.compile(r"[^\w']+|_+")


def composed(text: str) -> str:
    """The one spelling that is stored (NFC), without blanks at the ends: names of people, of bodies, of files."""
    return unicodedata.normalize("NFC", text).strip()


def searchable(text: str) -> str:
    """Lower case, no accent, no ligature, one kind of apostrophe, words separated by one space.

    Also the sort key of names: *Écluse, école, Evasion, Éveil, Zébulon* come in this order (add the id to make it
    total). No character of the result is a wildcard of SQL ``LIKE``.
    """
    straight = text.translate(_APOSTROPHES)
    bare = "".join(mark for mark in unicodedata.normalize("NFKD", straight) if not unicodedata.combining(mark))
    folded = unicodedata.normalize("NFKD", bare.casefold()).translate(_LETTERS)
    return " ".join(_REST.sub(" ", folded).split())


def words(text: str) -> tuple[str, ...]:
    """The words of a query or a name, normalised, in order, each once."""
    return tuple(dict.fromkeys(searchable(text).replace("'", " ").split()))
