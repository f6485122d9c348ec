"""Letters an act will write, shown before it is done."""

from __future__ import annotations

from web.acts import Application, Letter
from web.words import locale, t
from wording import letter


def to_applicant(application: Application, template: str, *, when: str = "", **values: object) -> Letter:
    """The letter as its applicant will read it. ``when``: the key of a condition."""
    subject, body = letter(template, locale=locale(), values={"number": application.number, **values})
    return Letter(t("letter.to_applicant"), subject, body, t(when) if when else "")
