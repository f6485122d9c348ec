"""What the forms of an application share: question groups, saving without losing a word, conflicts told by field."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid5

from jalon.intake.v1 import applications_pb2 as pb
from wtforms import StringField
from wtforms.validators import ValidationError

from kit.errors import FieldFault, Refused
from web import words
from web.desk import Desk
from web.forms import AmountField, CheckField, DayField, RadioField, SelectField, SiteForm, filled, place_of
from web.rulebooks import Words
from web.words import t

Prepare = Callable[[Any, Words], None]
ENUMS: dict[str, Any] = {"section": pb.Section, "side": pb.BudgetSide, "status": pb.FundingStatus}


def unsettled(part: Any) -> None:
    """A group whose fields say everything."""


def unprepared(form: Any, rulebook: Words) -> None:
    """A group whose choices depend on nothing."""


@dataclass(frozen=True)
class Step:
    """A group of questions on one screen. ``within``: the part of the message its fields are in. ``template``: how it
    is drawn; ``prepare`` gives its choices; ``settle`` writes what follows from its fields into its part."""

    name: str
    form: type[SiteForm]
    within: str = ""
    template: str = "draft_step.html"
    prepare: Prepare = unprepared
    settle: Callable[[Any], None] = unsettled

    def part(self, content: Any) -> Any:
        """Where its fields are."""
        return getattr(content, self.within) if self.within else content


class WholeField(StringField):  # type: ignore[misc]
    """A whole number; ``data`` is an int, or None."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Reads what was typed."""
        self.data = None
        text = (valuelist or [""])[0].replace("\u202f", "").replace(" ", "").strip()
        if text and not (text.isascii() and text.isdigit() and len(text) < 8):
            raise ValidationError(t("apply.whole_unclear"))
        if text:
            self.data = int(text)

    def _value(self) -> str:
        return str(self.raw_data[0]) if self.raw_data else str(self.data or "")


def opened(step: Step, content: Any, rulebook: Words, *, asked: frozenset[str] | None = None) -> Any:
    """The form of a group as it is saved; ``asked``: these fields alone."""
    return _made(step, rulebook, asked=asked, values=None, data=data_of(step, content))


def answered(
    step: Step, values: Mapping[str, list[str]], rulebook: Words, *, asked: frozenset[str] | None = None
) -> Any:
    """The form of a group as it was typed; what cannot be read is told beside its field."""
    form = _made(step, rulebook, asked=asked, values=values, data={})
    for one in form:
        one.errors = list(one.process_errors)
    return form


def _made(
    step: Step,
    rulebook: Words,
    *,
    asked: frozenset[str] | None,
    values: Mapping[str, list[str]] | None,
    data: Mapping[str, Any],
) -> Any:
    form = filled(step.form, values, **data)
    for name in [one.name for one in form if asked is not None and one.name not in asked]:
        del form[name]
    step.prepare(form, rulebook)
    return form


def unclear(form: Any) -> bool:
    """True when something typed cannot be read; nothing is saved then, and everything typed is shown again."""
    return any(one.errors or (hasattr(one, "entries") and _unclear_rows(one)) for one in form)


def _unclear_rows(rows: Any) -> bool:
    faults = [error for entry in rows.entries for inner in entry.form for error in inner.process_errors]
    rows.errors = sorted(set(faults))
    return bool(faults)


def data_of(step: Step, content: Any) -> dict[str, Any]:
    """What a form is filled with."""
    part, data = step.part(content), {}
    for name in field_names(step):
        value = getattr(part, name)
        data[name] = [_row(item) for item in value] if _is_rows(part, name) else _plain(part, name)
    return data


def _is_rows(message: Any, name: str) -> bool:
    field = message.DESCRIPTOR.fields_by_name[name]
    return bool(field.is_repeated and field.message_type)


def _row(item: Any) -> dict[str, Any]:
    return {field.name: _plain(item, field.name) for field in item.DESCRIPTOR.fields}


def _plain(message: Any, name: str) -> Any:
    value = getattr(message, name)
    if name in ENUMS:
        return _bare(name, value)
    if message.DESCRIPTOR.fields_by_name[name].is_repeated:
        return list(value)
    return value or None if isinstance(value, int) and not isinstance(value, bool) else value


def _bare(name: str, value: int) -> str:
    kind = ENUMS[name]
    return str(kind.Name(value)).removeprefix(_prefix(name)) if value else ""


def _prefix(name: str) -> str:
    return str(ENUMS[name].Name(0)).removesuffix("UNSPECIFIED")


def field_names(step: Step) -> list[str]:
    """The fields of a group."""
    return [one.name for one in step.form()]


def put(step: Step, content: Any, form: Any) -> None:
    """Writes a form into the message."""
    part = step.part(content)
    part.SetInParent()
    for one in form:
        if hasattr(one, "entries"):
            del getattr(part, one.name)[:]
            for entry in one.entries:
                if entry.form.given():
                    item = getattr(part, one.name).add()
                    for inner in entry.form:
                        _set(item, inner.name.rpartition("-")[2], inner.data)
        else:
            _set(part, one.name, one.data)
    step.settle(part)


def _set(message: Any, name: str, value: Any) -> None:
    if name in ENUMS:
        known = ENUMS[name].keys()
        wanted = _prefix(name) + str(value or "UNSPECIFIED")
        setattr(message, name, ENUMS[name].Value(wanted if wanted in known else _prefix(name) + "UNSPECIFIED"))
    elif isinstance(value, list):
        del getattr(message, name)[:]
        getattr(message, name).extend(value)
    elif isinstance(getattr(message, name), bool):
        setattr(message, name, bool(value))
    elif isinstance(getattr(message, name), int):
        setattr(message, name, int(value or 0))
    else:
        setattr(message, name, str(value or "").strip())


def seen(step: Step, content: Any) -> str:
    """A digest of a group as it is saved: what a conflict is judged by, whoever saves another group meanwhile."""
    part = step.part(content)
    only = type(part)()
    for name in field_names(step):
        value = getattr(part, name)
        if part.DESCRIPTOR.fields_by_name[name].is_repeated:
            getattr(only, name).extend(value)
        else:
            setattr(only, name, value)
    return sha256(only.SerializeToString(deterministic=True)).hexdigest()[:16]


def shown(one: Any) -> str:
    """What a field holds, as people read it."""
    value = one.data
    if hasattr(one, "entries"):
        return "\n".join(entry.form.told() for entry in one.entries if entry.form.given())
    if isinstance(one, AmountField):
        return words.amount(value) if value else ""
    if isinstance(one, DayField):
        return words.day(value) if value else ""
    if isinstance(one, CheckField | RadioField | SelectField):
        known = {str(code): str(label) for code, label, *_ in one.choices or ()}
        return ", ".join(
            known.get(str(item), str(item)) for item in (value if isinstance(value, list) else [value]) if item
        )
    return str(value or "").strip()


def complete(step: Step, form: Any) -> bool:
    """True when every field that must be filled is."""
    return all(shown(one) for one in form if one.flags.required)


def differences(theirs: Any, mine: Any) -> list[tuple[str, str, str]]:
    """Label, saved, typed: fields that differ."""
    pairs = [(theirs[one.name], one) for one in mine if one.name in theirs]
    return [(_label(one), shown(saved), shown(one)) for saved, one in pairs if shown(saved) != shown(one)]


def _label(one: Any) -> str:
    text = str(one.label.text)
    return words.field(text.removeprefix("field:")) if text.startswith("field:") else t(text)


def wrong(faults: Sequence[FieldFault], steps: Sequence[Step], base: str) -> list[tuple[str, str]]:
    """Each fault as a sentence and the address of its field."""
    found = []
    for fault in faults:
        path = fault.path.removeprefix("content.")
        sentence = f"{words.field(path)}{t('errors.colon')} {words.say(fault.reason, **fault.values)}"
        inner = path.removeprefix("applicant.")
        top = inner.partition("[")[0].partition(".")[0]
        step = next((step for step in steps if top in field_names(step)), None)
        found.append((sentence, f"{base}/{step.name}#{place_of(inner)}" if step else base))
    return found


def one_time(application_id: str, fact: str) -> str:
    """The request id of what is received once for an application: pressed twice, it is one; its answer can be read
    again."""
    return str(uuid5(UUID(application_id), fact))


async def read(desk: Desk, application_id: object) -> pb.Application:
    """The application, as its applicant sees it."""
    request = pb.GetApplicationRequest(application_id=str(application_id))
    found: pb.Application = await desk.read("intake.applications", request)
    return found


def repeated(refused: Refused) -> bool:
    """True when what is refused was done before."""
    return refused.reason in ("ALREADY_SUBMITTED", "REQUEST_REUSED")
