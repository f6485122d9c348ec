"""Who may not also do what, on one case and one payment run: persons are compared, not roles.

A stand-in counts as the person who acts. Source: internal control of public payments (décret 2012-1246, CGCT D1617-23).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum

from kit.errors import Kind, Refused


class Duty(StrEnum):
    """A duty held on a case or on the run that pays it. ``SIGNATORY``: signs the agreement for the département."""

    INSTRUCTOR = "instructor"
    SIGNATORY = "signatory"
    ACCOUNT_VERIFIER = "account_verifier"
    LIQUIDATOR = "liquidator"
    PREPARER = "preparer"
    FIRST_SEAL = "first_seal"
    SECOND_SEAL = "second_seal"


FORBIDDEN_PAIRS = (
    (Duty.INSTRUCTOR, Duty.SIGNATORY),
    (Duty.INSTRUCTOR, Duty.SECOND_SEAL),
    (Duty.ACCOUNT_VERIFIER, Duty.LIQUIDATOR),
    (Duty.ACCOUNT_VERIFIER, Duty.FIRST_SEAL),
    (Duty.ACCOUNT_VERIFIER, Duty.SECOND_SEAL),
    (Duty.LIQUIDATOR, Duty.FIRST_SEAL),
    (Duty.LIQUIDATOR, Duty.SECOND_SEAL),
    (Duty.PREPARER, Duty.FIRST_SEAL),
    (Duty.PREPARER, Duty.SECOND_SEAL),
    (Duty.FIRST_SEAL, Duty.SECOND_SEAL),
)


def check(actors: Mapping[Duty, Collection[str]]) -> None:
    """Refuse (``SAME_PERSON``) when one person holds both duties of a forbidden pair.

    ``actors``: person ids by duty; a run has as many liquidators and verifiers as the cases it pays.
    """
    for first, second in FORBIDDEN_PAIRS:
        if not set(actors.get(first, ())).isdisjoint(actors.get(second, ())):
            raise Refused("SAME_PERSON", kind=Kind.DENIED, values={"first": first.value, "second": second.value})


def take_on(duty: Duty, person: str, held: Mapping[Duty, Collection[str]]) -> None:
    """Refuse (``SAME_PERSON``) that ``person`` takes ``duty`` on, when she holds a duty that forbids it.

    ``held``: person ids by duty, on the case or on every case of the run.
    """
    for first, second in FORBIDDEN_PAIRS:
        other = second if duty is first else first
        if duty in (first, second) and person in held.get(other, ()):
            raise Refused("SAME_PERSON", kind=Kind.DENIED, values={"first": other.value, "second": duty.value})
