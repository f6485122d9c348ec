"""How a command ends without its answer: one sentence that says what to do."""

from __future__ import annotations

from collections.abc import Mapping

import grpc

from kit.errors import Refused
from wording import Locale, explain, label, sentence
from workflows.commands import NotYetRecorded

FAILED = 1
"""Something does not hold, is refused or does not answer."""
MISUSED = 2
"""The command itself is wrong: nothing was asked."""


class Stop(Exception):
    """Ends the command with a sentence of the wording (``labels``)."""

    def __init__(self, key: str, *, code: int = FAILED, values: Mapping[str, object] | None = None) -> None:
        super().__init__(key)
        self.key = key
        self.code = code
        self.values = dict(values or {})


KNOWN = (Stop, Refused, NotYetRecorded, grpc.aio.AioRpcError)


def told(error: BaseException, *, locale: Locale) -> tuple[list[str], int]:
    """The sentences of an error of :data:`KNOWN`, and the exit code."""
    match error:
        case Stop():
            return [label(error.key, locale=locale, values=error.values)], error.code
        case Refused():
            return explain(error, locale=locale), FAILED
        case NotYetRecorded():
            return [sentence("NOT_YET_RECORDED", locale=locale)], FAILED
        case grpc.aio.AioRpcError():
            return [_of_status(error, locale)], FAILED
    raise error


def _of_status(error: grpc.aio.AioRpcError, locale: Locale) -> str:
    reason, _, reference = (error.details() or "").partition(" ")
    if reason == "UNEXPECTED":
        return sentence(reason, locale=locale, values={"reference": reference})
    return sentence(reason_of(error), locale=locale)


def reason_of(error: Refused | grpc.aio.AioRpcError) -> str:
    """The reason of a refusal; that of a service which does not answer."""
    if isinstance(error, Refused):
        return error.reason
    return "DEADLINE" if error.code() == grpc.StatusCode.DEADLINE_EXCEEDED else "UNAVAILABLE"
