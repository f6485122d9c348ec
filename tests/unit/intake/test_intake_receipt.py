"""The receipt: number, day of the tacit refusal, remedies, and a form that does not change."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from intake_builders import rulebook

from services.intake.domain.receipt import Kind, Remedy, application_number, receipt, receipt_bytes

LAST = datetime(2023, 4, 11, 14, 59, 59, 999_000, tzinfo=UTC)


def test_numbers_read_as_people_say_them() -> None:
    assert application_number(2023, 14) == "2023-014"
    assert application_number(2023, 1204) == "2023-1204"
    with pytest.raises(ValueError, match="one"):
        application_number(2023, 0)


def test_a_deposit_says_when_silence_becomes_a_refusal() -> None:
    issued = receipt(rulebook(), number="2023-014", kind=Kind.APPLICATION_SUBMITTED, received_at=LAST, digest="a" * 64)
    assert issued.tacit_refusal_on == date(2023, 6, 11)
    assert issued.remedies == tuple(Remedy)
    assert issued.appeal_months == 2
    assert issued.service.phone


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.APPLICATION_SUBMITTED])
def test_only_the_first_deposit_starts_the_clock_of_silence(kind: Kind) -> None:
    issued = receipt(rulebook(), number="2023-014", kind=kind, received_at=LAST, digest="a" * 64)
    assert issued.tacit_refusal_on is None
    assert issued.remedies == ()


def test_the_canonical_form_is_frozen() -> None:
    issued = receipt(rulebook(), number="2023-014", kind=Kind.APPLICATION_SUBMITTED, received_at=LAST, digest="a" * 64)
    assert receipt_bytes(issued) == (
        b'{"appeal_months":2,"digest":"' + b"a" * 64 + b'","kind":"application_submitted","number":"2023-014",'
        b'"received_at":"2023-04-11T14:59:59.999Z","remedies":["gracious_appeal","administrative_court"],'
        b'"schema":"jalon.receipt/1","service":"'
        + "Service économie sociale et solidaire (démonstration)".encode()
        + b'","tacit_refusal_on":"2023-06-11"}'
    )
