"""What every group of handlers holds: the pool, the journal, the files and the ring of account numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
from jalon.payments.v1 import awards_pb2 as pb

from kit.admission import current
from kit.errors import FieldFault, Kind, Refused, field_invalid, invalid
from kit.files import FileStore
from kit.journal import Act, Journal
from kit.keyring import KeyRing
from services.payments.domain.moves import AgreementState
from services.payments.handlers import messages, vault
from services.payments.store import awards

OUTSIDE = frozenset({"APPLICANT", "CO_EDITOR"})
LOOKS_TWICE = frozenset({"FINANCE", "AUDITOR"})
_CODE = re.compile(r"[A-Z][A-Z0-9_]{1,39}")


@dataclass(frozen=True)
class Tools:
    """What a handler works with."""

    pool: asyncpg.Pool
    journal: Journal
    files: FileStore
    ring: KeyRing


class Handlers:
    """Base of each group of handlers."""

    def __init__(self, tools: Tools) -> None:
        self._pool = tools.pool
        self._journal = tools.journal
        self._files = tools.files
        self._ring = tools.ring

    async def _award(self, act: Act, application_id: str) -> pb.Award:
        """The award as it now stands, for the answer kept with the act: without the account's holder."""
        return messages.award(await awards.get(act.connection, application_id, act.now))

    def _seen_by(self, money: awards.Money, role: str) -> pb.Award:
        """The award as a reader sees it: a draft agreement stays inside, warnings are for who looks twice."""
        message = messages.award(money)
        account = money.account
        if role in OUTSIDE and money.agreement and money.agreement.agreement_state is AgreementState.DRAFTED:
            message.ClearField("agreement")
        if account is None or role == "SYSTEM":
            return message
        message.bank_details.holder = vault.unseal(
            self._ring,
            account.key_id,
            account.sealed,
            application_id=money.award.application_id,
            version=account.bank_version,
        ).holder
        if role in LOOKS_TWICE:
            message.bank_details.foreign = account.foreign_account
            message.bank_details.shared = account.shared_account
        return message


def viewer() -> str:
    """Who reads, when a recusal could hide a file from her; empty for the program itself. A door that gives another
    form of name proves nothing (``ASSERTION_INVALID``)."""
    person = current.get().actor.person
    if person == "SYSTEM":
        return ""
    try:
        return str(UUID(person))
    except ValueError as error:
        raise Refused("ASSERTION_INVALID", kind=Kind.UNPROVED) from error


def role() -> str:
    """The role the current call was let in with."""
    return current.get().role


def positive(request: Any, *names: str) -> None:
    """Refuses at once every amount that is not positive."""
    faults = tuple(FieldFault(name, "AMOUNT_NOT_POSITIVE") for name in names if getattr(request, name) <= 0)
    if faults:
        raise invalid(*faults)


def code(value: str, path: str) -> str:
    """A code in capitals (``AC04``, ``DOCUMENT_UNREADABLE``): never free text."""
    if _CODE.fullmatch(value) is None:
        raise field_invalid(path, "CODE_UNCLEAR")
    return value
