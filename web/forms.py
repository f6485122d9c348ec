"""Forms: WTForms fed by Litestar, labels and hints by key, amounts and dates as people of the language write them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from wtforms import BooleanField, Form, SelectMultipleField, StringField, TextAreaField
from wtforms import RadioField as PlainRadioField
from wtforms import SelectField as PlainSelectField
from wtforms.fields import Field
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from kit import clock
from kit.errors import FieldFault
from kit.money import AmountError, Cents, parse_amount
from web import words
from web.asking import AskField

__all__ = [
    "AmountField",
    "BooleanField",
    "CheckField",
    "DayField",
    "MomentField",
    "RadioField",
    "SelectField",
    "SiteForm",
    "StringField",
    "TextAreaField",
    "filled",
    "kind_of",
    "label_of",
    "place_of",
]


class Typed(Mapping[str, list[str]]):
    """A form's values as WTForms reads them."""

    def __init__(self, values: Mapping[str, list[str]]) -> None:
        self._values = values

    def getlist(self, name: str) -> list[str]:
        """Every value of a field."""
        return self._values.get(name, [])

    def __getitem__(self, name: str) -> list[str]:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


class SiteForm(Form):  # type: ignore[misc]
    """Labels (and ``description``, a hint) are wording keys: ``act.…`` and the like, or ``field:requested_cents`` for a
    field services name too. ``faults`` of a refusal are put beside their field."""

    paths: Mapping[str, str] = {}
    """Place in the message → field of the form, where the names differ."""

    def refuse(self, faults: Iterable[FieldFault]) -> list[str]:
        """Puts faults beside their fields; the sentences of those that have none here."""
        left: list[str] = []
        for fault in faults:
            sentence = words.say(fault.reason, **fault.values)
            name = place_of(self.paths.get(fault.path, fault.path))
            if name in self._fields:
                self[name].errors = [*self[name].errors, sentence]
            else:
                left.append(f"{words.field(fault.path)} : {sentence}")
        return left


def place_of(path: str) -> str:
    """``budget[2].amount_cents`` → ``budget-2-amount_cents``, as fields of lists are named."""
    return path.replace("[", "-").replace("].", "-").replace("]", "").replace(".", "-")


def filled(form: type[SiteForm], values: Mapping[str, list[str]] | None = None, **data: Any) -> Any:
    """A form: what was typed when there is something, else ``data``."""
    return form(Typed(values) if values else None, data=data, meta={"locales": [words.locale()]})


def label_of(key: str) -> str:
    """The words of a label."""
    return words.field(key.removeprefix("field:")) if key.startswith("field:") else words.t(key)


class _Offered:
    """``choices`` are ``(value, words)`` pairs."""

    @property
    def choices(self) -> list[SelectChoice] | None:
        """As WTForms wants them."""
        return self._choices

    @choices.setter
    def choices(self, pairs: Iterable[Any] | None) -> None:
        given = None if pairs is None else [_offered(pair) for pair in pairs]
        self._choices = given


def _offered(pair: Any) -> SelectChoice:
    return SelectChoice(value=pair[0], label=pair[1]) if isinstance(pair, tuple) else pair


class RadioField(_Offered, PlainRadioField):  # type: ignore[misc]
    """One of a few, as buttons."""


class SelectField(_Offered, PlainSelectField):  # type: ignore[misc]
    """One of many, as a list."""


class CheckField(_Offered, SelectMultipleField):  # type: ignore[misc]
    """Several of a list, as boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class AmountField(StringField):  # type: ignore[misc]
    """An amount typed as people do (``1 500,50``); ``data`` is whole cents, or None."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Reads what was typed."""
        self.data = None
        text = (valuelist or [""])[0].strip()
        if text:
            try:
                self.data = parse_amount(text)
            except AmountError as error:
                raise ValidationError(words.say(error.reason)) from error

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        if self.data is None:
            return ""
        euros, cents = divmod(int(Cents(self.data)), 100)
        return f"{euros:,}".replace(",", " ") + f",{cents:02d}"


class DayField(StringField):  # type: ignore[misc]
    """A day; ``data`` is ``YYYY-MM-DD``, or empty."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Reads ``YYYY-MM-DD`` (the browser's own field) or ``JJ/MM/AAAA``."""
        self.data = ""
        text = (valuelist or [""])[0].strip()
        if text:
            self.data = _read(text, "%Y-%m-%d", "%d/%m/%Y").date().isoformat()

    def _value(self) -> str:
        return str(self.raw_data[0]) if self.raw_data else self.data or ""


class MomentField(StringField):  # type: ignore[misc]
    """An instant in Europe/Paris; ``data`` is an aware datetime, or None."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Reads ``YYYY-MM-DDTHH:MM`` (the browser's own field) or ``JJ/MM/AAAA HH:MM``."""
        self.data = None
        text = (valuelist or [""])[0].strip()
        if text:
            self.data = _read(text, "%Y-%m-%dT%H:%M", "%d/%m/%Y %H:%M").replace(tzinfo=clock.PARIS)

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return self.data.astimezone(clock.PARIS).strftime("%Y-%m-%dT%H:%M") if self.data else ""


def _read(text: str, *shapes: str) -> datetime:
    for shape in shapes:
        try:
            return datetime.strptime(text, shape)  # noqa: DTZ007 (a civil date; its zone is given by the caller)
        except ValueError:
            continue
    raise ValidationError(words.t("form.date_unclear"))


def kind_of(field: Field) -> str:
    """How a field is drawn: ``text``, ``area``, ``check``, ``radio``, ``select``, ``boxes``, ``day``, ``moment``…"""
    for kind, name in (
        (AskField, "ask"),
        (CheckField, "boxes"),
        (RadioField, "radio"),
        (SelectField, "select"),
        (BooleanField, "check"),
        (TextAreaField, "area"),
        (AmountField, "amount"),
        (DayField, "day"),
        (MomentField, "moment"),
    ):
        if isinstance(field, kind):
            return name
    return "text"
