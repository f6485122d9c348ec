"""Mailboxes as names of people: one spelling each, and never an address that is none."""

from __future__ import annotations

import re

from kit.errors import field_invalid
from services.intake.domain.reasons import Reason
from services.intake.domain.records import Identity

MAILBOX = "mailbox"
LONGEST = 254
_ADDRESS = re.compile(r"[^@\s<>\"]+@[^@\s<>\"]+\.[^@\s<>\".]{2,}")


def mailbox(email: str) -> Identity:
    """The identity of whoever opens this mailbox: an address has no case here."""
    return Identity(MAILBOX, email.lower())


def check_email(email: str) -> str:
    """An address as kept. Refused: ``EMAIL_UNCLEAR``."""
    found = email.strip()
    if len(found) > LONGEST or not _ADDRESS.fullmatch(found):
        raise field_invalid("email", Reason.EMAIL_UNCLEAR)
    return found
