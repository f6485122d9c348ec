"""A call that intake lets open is one that review and payments register: each value of a real rulebook, left out or
wrong in its turn. What they refused afterwards would leave an open call that nobody can examine nor pay."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from kit.errors import Refused
from rehearsal.edition_files import EDITIONS
from services.intake.domain import opening
from services.intake.domain.rulebook import parse as read_in_intake
from services.payments.domain.rulebook import parse as read_in_payments
from services.review.domain.rulebook import parse as read_in_review

BEFORE = datetime(2023, 1, 1, tzinfo=UTC)
RULEBOOK = json.loads((EDITIONS / "2023" / "rulebook.json").read_text())
WRONG: tuple[Any, ...] = (None, "", "x", -1, 0, 1.5, [], {})
LEFT_OUT = object()
OF_EACH_LIST = 2
"""Rows of a list that are altered: the others are like them."""


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value."""
    rows = list(node.items()) if isinstance(node, dict) else list(enumerate(node[:OF_EACH_LIST]))
    for key, value in rows:
        yield (*path, key)
        if isinstance(value, dict | list):
            yield from places(value, (*path, key))


def altered() -> Iterator[tuple[str, bytes]]:
    """The rulebook, one value left out or replaced."""
    for path in places(RULEBOOK):
        for wrong in (*WRONG, LEFT_OUT):
            root = copy.deepcopy(RULEBOOK)
            node = root
            for key in path[:-1]:
                node = node[key]
            if wrong is LEFT_OUT:
                del node[path[-1]]
            else:
                node[path[-1]] = wrong
            yield f"{'.'.join(map(str, path))}: {wrong!r}", json.dumps(root, ensure_ascii=False).encode()


def opens(data: bytes) -> bool:
    """Whether intake would let it open."""
    return reads(read_in_intake, data) and not opening.check(read_in_intake(data), BEFORE)


def reads(parse: Callable[[bytes], Any], data: bytes) -> bool:
    """Whether a service takes it."""
    try:
        parse(data)
    except Refused:
        return False
    return True


def test_what_intake_lets_open_the_others_register() -> None:
    assert opens(json.dumps(RULEBOOK).encode())
    tried = list(altered())
    let_in = [(name, data) for name, data in tried if opens(data)]
    assert len(tried) > 1_000
    assert len(let_in) > 50
    lost = [name for name, data in let_in if not (reads(read_in_review, data) and reads(read_in_payments, data))]
    assert lost == []
