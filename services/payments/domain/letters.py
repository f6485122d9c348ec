"""An amount written out in French, as agreements carry it beside the figures (traditional spelling)."""

from __future__ import annotations

from kit.money import Cents

_UNITS = [
    *("zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"),
    *("dix", "onze", "douze", "treize", "quatorze", "quinze", "seize", "dix-sept", "dix-huit", "dix-neuf"),
]
_TENS = {2: "vingt", 3: "trente", 4: "quarante", 5: "cinquante", 6: "soixante", 8: "quatre-vingt"}


def amount_in_letters(amount: Cents) -> str:
    """``quinze mille euros``, ``mille deux cents euros et cinquante centimes``; up to 999 999 999 euros."""
    euros, cents = divmod(int(amount), 100)
    if not 0 <= euros <= 999_999_999:
        raise ValueError("an agreement's amount is between 0 and 999 999 999 euros")
    of = "d’" if euros and euros % 1_000_000 == 0 else ""
    words = f"{number_in_letters(euros)} {of}{'euro' if euros < 2 else 'euros'}"
    if cents:
        words += f" et {number_in_letters(cents)} {'centime' if cents == 1 else 'centimes'}"
    return words


def number_in_letters(number: int) -> str:
    """A whole number from 0 to 999 999 999 in French words."""
    millions, below_million = divmod(number, 1_000_000)
    thousands, below_thousand = divmod(below_million, 1_000)
    words: list[str] = []
    if millions:
        words.append(f"{_below_thousand(millions)} {'million' if millions == 1 else 'millions'}")
    if thousands:
        # "cents" and "vingts" lose their s before mille, not before million, which is a noun.
        words.append("mille" if thousands == 1 else f"{_below_thousand(thousands, plural='')} mille")
    if below_thousand or not words:
        words.append(_below_thousand(below_thousand))
    return " ".join(words)


def _below_thousand(number: int, plural: str = "s") -> str:
    hundreds, rest = divmod(number, 100)
    if not hundreds:
        return _below_hundred(rest, plural)
    head = "cent" if hundreds == 1 else f"{_UNITS[hundreds]} cent"
    if not rest:
        return head + (plural if hundreds > 1 else "")
    return f"{head} {_below_hundred(rest, plural)}"


def _below_hundred(number: int, plural: str) -> str:
    if number < 20:
        return _UNITS[number]
    if number == 80:
        return f"quatre-vingt{plural}"
    tens = number // 10
    base = tens - 1 if tens in (7, 9) else tens
    rest = number - base * 10
    if rest == 0:
        return _TENS[base]
    joined = " et " if rest in (1, 11) and base != 8 else "-"
    return f"{_TENS[base]}{joined}{_UNITS[rest]}"
