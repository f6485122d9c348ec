"""Forms between the wire and their saved shape: same names; what is not filled is absent; enum values are bare."""

from __future__ import annotations

from typing import Any, TypeVar

from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper
from google.protobuf.message import Message

from kit.enums import from_proto, to_proto
from kit.errors import field_invalid
from services.intake.domain.reasons import Reason
from services.intake.domain.records import Content
from services.intake.domain.searching import composed

M = TypeVar("M", bound=Message)
LONGEST = 20_000
MOST_LINES = 500


def content_of(message: Message, path: str = "") -> Content:
    """What was typed, as it is saved. Only types and sheer size are checked: a draft may be incomplete or wrong."""
    content: Content = {}
    for field in message.DESCRIPTOR.fields:
        where = f"{path}.{field.name}" if path else field.name
        value = _plain(field, message, where)
        if value is not None:
            content[field.name] = value
    return content


def _plain(field: Any, message: Message, path: str) -> Any:
    value = getattr(message, field.name)
    if field.is_repeated:
        if len(value) > MOST_LINES:
            raise field_invalid(path, Reason.TEXT_TOO_LONG, max=str(MOST_LINES))
        return [_single(field, item, f"{path}[{index}]") for index, item in enumerate(value)]
    if field.message_type is not None and not message.HasField(field.name):
        return None
    return _single(field, value, path)


def _single(field: Any, value: Any, path: str) -> Any:
    if field.message_type is not None:
        return content_of(value, path)
    if field.enum_type is not None:
        name = from_proto(EnumTypeWrapper(field.enum_type), value, path=path)
        return (name.lower() if field.name == "section" else name) or None
    if isinstance(value, str):
        return _text(value, path)
    return value


def _text(value: str, path: str) -> str | None:
    if len(value) > LONGEST:
        raise field_invalid(path, Reason.TEXT_TOO_LONG, max=str(LONGEST))
    return composed(value) or None


def message_of(content: Content, kind: type[M]) -> M:
    """The message of a saved form."""
    message = kind()
    for field in message.DESCRIPTOR.fields:
        value = content.get(field.name)
        if value is None:
            continue
        if field.is_repeated and field.message_type is not None:
            for item in value:
                _fill(getattr(message, field.name).add(), item)
        elif field.is_repeated:
            getattr(message, field.name).extend(item for item in value if item is not None)
        elif field.message_type is not None:
            _fill(getattr(message, field.name), value)
        else:
            setattr(message, field.name, _wire(field, value))
    return message


def _fill(message: Any, content: Content) -> None:
    message.CopyFrom(message_of(content, type(message)))
    message.SetInParent()


def _wire(field: Any, value: Any) -> Any:
    return to_proto(EnumTypeWrapper(field.enum_type), value.upper()) if field.enum_type is not None else value
