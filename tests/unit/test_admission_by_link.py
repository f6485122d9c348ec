"""Who came by a link to one application reaches nothing else."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest

from kit.actor import Signer, Verifier
from kit.admission import Case
from tests.keys import make_keys
from tests.unit.test_admission import CALL, DOORS, FILE, METHODS, NOW, PERSON, ROLES, asking, outcome


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> tuple[Signer, Verifier]:
    folder: Path = tmp_path_factory.mktemp("keys")
    made = make_keys(folder)
    return Signer(made.signing("rehearsal")), Verifier(made.public)


@pytest.mark.parametrize("path", METHODS)
async def test_who_came_by_a_link_to_one_application_reaches_nothing_else(
    path: str, doors: tuple[Signer, Verifier]
) -> None:
    """Written by hand: with every role at once, and tied to the file in every way."""
    method, (door, verifier) = METHODS[path], doors
    roles = frozenset(role for role in ROLES if DOORS[role] == "rehearsal")
    case = Case(CALL, frozenset(role.lower() for role in roles))

    async def came(only: str) -> str:
        request, assertion = asking(method), ""
        if method.writes:
            request.context.request_id = str(uuid4())
            request.context.occurred_at.FromDatetime(NOW)
            act = {"verb": method.verb, "request_id": request.context.request_id, "occurred_at": NOW}
            request.context.assertion = door.act(PERSON, roles, call_id=CALL, only=only, **act)
        else:
            assertion = door.read(PERSON, roles, now=NOW, call_id=CALL, only=only)
        return await outcome(method, request, assertion, verifier=verifier, case=case)

    free, here, elsewhere = await came(""), await came(FILE), await came(str(uuid4()))
    if method.rights.public or path.endswith("/GetAnswer"):
        assert free == here == elsewhere
    elif method.names_case:
        assert (here, elsewhere) == (free, "NOT_FOUND")
    else:
        assert (here, elsewhere) == ("NOT_ALLOWED", "NOT_ALLOWED")
