"""What starts an entity: who it is and the installation's clock at that moment, as plain JSON."""

from __future__ import annotations

from typing import Any

from workflows.contract.names import APPLICATION, BULK, CALL, JURY, PAYMENT_RUN, EntityKind

STARTING = {
    "application_submitted": APPLICATION,
    "open_call": CALL,
    "prepare_session": JURY,
    "prepare_payment_run": PAYMENT_RUN,
    "start_bulk": BULK,
}
"""Verbs that begin their entity when it does not exist yet."""

_NAMED = {
    APPLICATION.prefix: ("application_id",),
    CALL.prefix: ("call_id",),
    JURY.prefix: ("call_id", "session_id"),
    PAYMENT_RUN.prefix: ("call_id", "payment_run_id"),
    BULK.prefix: ("call_id", "bulk_id"),
}


def start_of(kind: EntityKind, message: Any, *, now: str) -> dict[str, str]:
    """The first state of an entity: its ids and ``business_start`` (RFC 3339)."""
    return {"business_start": now, **{name: getattr(message, name) for name in _NAMED[kind.prefix]}}
