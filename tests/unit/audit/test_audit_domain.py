"""A chain re-derived link by link: what was tampered with is found where it was; and what a span may keep."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit.domain import (
    ZEROS,
    Event,
    Head,
    kept_attributes,
    link_hash,
    plain_name,
    verify,
    without_values,
)

SUBJECT = UUID("6c1f5f1e-0000-4000-8000-000000000001")
AT = datetime(2023, 3, 1, 9, 30, 0, 123456, tzinfo=UTC)


def chain(count: int, *, subject: UUID = SUBJECT) -> tuple[list[Event], Head]:
    events: list[Event] = []
    previous = ZEROS
    for sequence in range(1, count + 1):
        link = Event(
            subject_kind="application",
            subject_id=subject,
            sequence=sequence,
            body=b'{"n":%d}' % sequence,
            previous_hash=previous,
            hash=ZEROS,
            source="jalon_review",
            recorded_at=AT + timedelta(microseconds=sequence),
            trace_id="",
        )
        previous = link_hash(link)
        events.append(replace(link, hash=previous))
    return events, Head("application", subject, count, previous)


def test_the_bytes_of_a_link_are_fixed_for_ever() -> None:
    [event], _ = chain(1)
    assert event.hash.hex() == "3104a97a29b65593536eebde801e7a8b2b7fc813a08a05bc97f6ae5848530e26"


def test_a_chain_as_written_is_whole() -> None:
    for count in (0, 1, 5):
        found = verify(*chain(count))
        assert (found.whole, found.broken_at, found.links) == (True, 0, count)


@pytest.mark.parametrize(
    "change",
    [
        {"body": b'{"n":33}'},
        {"source": "jalon_intake"},
        {"recorded_at": AT},
        {"trace_id": "0" * 32},
        {"subject_id": uuid4()},
        {"hash": b"\1" * 32},
    ],
)
def test_any_column_edited_is_found_at_its_link(change: dict[str, Any]) -> None:
    events, head = chain(5)
    events[2] = replace(events[2], **change)
    found = verify(events, head)
    assert (found.broken_at, found.reason) == (3, "HASH")


def test_an_edit_covered_by_a_new_hash_breaks_the_next_link_or_the_head() -> None:
    events, head = chain(5)
    for place, expected in ((2, (4, "PREVIOUS")), (4, (5, "HEAD"))):
        forged = replace(events[place], body=b"{}")
        found = verify([*events[:place], replace(forged, hash=link_hash(forged)), *events[place + 1 :]], head)
        assert (found.broken_at, found.reason) == expected


def test_links_removed_inserted_renumbered_or_exchanged_are_found() -> None:
    events, head = chain(5)
    assert _finding([*events[:2], *events[3:]], head) == (3, "SEQUENCE")
    assert _finding(events[:-1], head) == (5, "HEAD")
    assert _finding([], head) == (1, "HEAD")
    assert _finding([*events, replace(events[-1], sequence=6)], head) == (6, "PREVIOUS")
    renumbered = [replace(event, sequence=place) for place, event in enumerate([*events[:2], *events[3:]], start=1)]
    assert _finding(renumbered, head) == (3, "PREVIOUS")
    exchanged = [*events[:1], replace(events[2], sequence=2), replace(events[1], sequence=3), *events[3:]]
    assert _finding(exchanged, head) == (2, "PREVIOUS")


def test_a_chain_rewritten_whole_is_found_by_its_head() -> None:
    events, head = chain(4)
    rewritten, new_head = chain(3)
    assert _finding(rewritten, head) == (4, "HEAD")
    assert _finding(events, new_head) == (4, "HEAD")
    assert _finding(events, replace(head, head_hash=ZEROS)) == (4, "HEAD")


@given(st.integers(0, 5), st.integers(0, 200), st.integers(1, 255))
def test_one_flipped_byte_anywhere_is_found(place: int, offset: int, mask: int) -> None:
    events, head = chain(6)
    fields = ["body", "previous_hash", "hash"]
    name = fields[offset % len(fields)]
    value = bytearray(getattr(events[place], name))
    value[offset % len(value)] ^= mask
    change: dict[str, Any] = {name: bytes(value)}
    events[place] = replace(events[place], **change)
    assert not verify(events, head).whole


def _finding(events: list[Event], head: Head) -> tuple[int, str]:
    found = verify(events, head)
    return found.broken_at, found.reason


def test_a_span_keeps_codes_and_identifiers_only() -> None:
    kept = kept_attributes(
        {
            "application.id": str(SUBJECT),
            "rpc.method": "SubmitApplication",
            "rpc.grpc.status_code": "0",
            "rpc.user": "Mme Martin",
            "db.system": "postgresql",
            "db.statement": "SELECT 1 FROM people WHERE name = 'Martin' AND age > 42 AND id = $1",
            "db.statement.parameters": "('Martin',)",
            "db.user": "jalon_intake",
            "temporalWorkflowID": f"application/{SUBJECT}",
            "http.url": "/?q=Martin",
            "net.peer.ip": "10.0.0.1",
        }
    )
    assert kept == {
        "application.id": str(SUBJECT),
        "rpc.method": "SubmitApplication",
        "rpc.grpc.status_code": "0",
        "db.system": "postgresql",
        "db.statement": "SELECT ? FROM people WHERE name = ? AND age > ? AND id = $1",
        "temporalWorkflowID": f"application/{SUBJECT}",
    }


def test_an_application_id_that_is_none_is_dropped() -> None:
    assert kept_attributes({"application.id": "Mme Martin"}) == {}


def test_words_and_numbers_leave_a_statement() -> None:
    assert (
        without_values("SELECT 'it''s', $q$ Léa $q$, 12.5, t1.x FROM t1 LIMIT $2")
        == "SELECT ?, ?, ?, t1.x FROM t1 LIMIT $2"
    )
    assert len(without_values("x" * 5000)) == 1000


def test_names_lose_control_characters_and_length() -> None:
    assert plain_name("a\0b\n" + "c" * 300) == "ab" + "c" * 198
