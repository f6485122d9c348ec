"""Every message by its verb: acts, facts and consequences; the entity each act or fact is addressed to."""

from __future__ import annotations

import inspect
from types import ModuleType
from uuid import UUID, uuid5

from workflows.contract import application, bulk, call, consequences, jury, payment_run
from workflows.contract.names import APPLICATION, BULK, CALL, JURY, PAYMENT_RUN, EntityKind, verb_of
from workflows.contract.progress import Progress
from workflows.state import Context

HOMES: dict[ModuleType, EntityKind] = {
    application: APPLICATION,
    call: CALL,
    jury: JURY,
    payment_run: PAYMENT_RUN,
    bulk: BULK,
}


def _messages(module: ModuleType) -> dict[str, type]:
    """The dataclasses of a module whose first field is a context."""
    return {
        verb_of(item): item
        for item in vars(module).values()
        if inspect.isclass(item)
        and item.__module__ == module.__name__
        and next(iter(getattr(item, "__dataclass_fields__", {})), "") == "context"
    }


UPDATES: dict[str, tuple[EntityKind, type]] = {
    verb: (kind, message) for module, kind in HOMES.items() for verb, message in _messages(module).items()
}
"""Acts and facts: the entity they are addressed to, and their message."""

CONSEQUENCES: dict[str, type] = _messages(consequences)
"""What workflows ask of services."""

MESSAGES: dict[str, type] = {verb: message for verb, (_, message) in UPDATES.items()} | CONSEQUENCES
"""All of them."""


def progress_request(parent: Context, progress: Progress) -> str:
    """The request id of a progress row: the same at each retry of what caused it."""
    return str(uuid5(UUID(parent.request_id), f"progress/{progress.application_id}/{progress.version}"))
