"""Who is let in: every RPC of every service × every role × every tie gives exactly what the proto's grants say; an
assertion is good for one verb, one request, one instant, one row."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid4, uuid5

import pytest
from jalon.common.v1 import rights_pb2
from joserfc import jwt
from joserfc.jwk import OKPKey

from deploy.local import keys
from kit import clock
from kit.actor import READ_LIFE, SYSTEM, Signer, Verifier
from kit.admission import RECUSED, Call, Case, admit
from kit.contract import Method, methods, role_name
from kit.errors import Kind, Refused
from tests.house.tree import contracts
from tests.keys import Keys, make_keys

NOW = datetime(2023, 2, 7, 9, 0, 0, 123456, tzinfo=UTC)
CALL, OTHER_CALL, FILE = (str(uuid5(NAMESPACE_OID, name)) for name in ("call", "other call", "file"))
PERSON = str(uuid5(NAMESPACE_OID, "person"))
METHODS = methods(service.full_name for file in contracts() for service in file.services_by_name.values())
ROLES = [role_name(value.number) for value in rights_pb2.Role.DESCRIPTOR.values if value.number]  # type: ignore[arg-type]
DOORS = {role: issuer for issuer in ("portal", "rehearsal", "worker", "treasury") for role in keys.ISSUERS[issuer]}
DERIVED = [path for path, method in METHODS.items() if method.rights.derived_from]
WRITES = [path for path, method in METHODS.items() if method.writes]
READS = [path for path, method in METHODS.items() if not method.writes and not method.rights.public]


@dataclass(frozen=True)
class Tie:
    """A situation: the call the role is held for, and what ties the person to the file (None: no such file)."""

    call_id: str
    relations: tuple[str, ...] | None


TIES = {
    "nothing": Tie("", ()),
    "another call": Tie(OTHER_CALL, ()),
    "the call": Tie(CALL, ()),
    "the file": Tie("", ("own",)),
    "the file, in another role": Tie("", ("observer",)),
    "the call and the file": Tie(CALL, ("own",)),
    "recused": Tie(CALL, ("own", RECUSED)),
    "no such file": Tie(CALL, None),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return make_keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def verifier(made: Keys) -> Verifier:
    return Verifier(made.public)


@pytest.fixture(scope="module")
def signers(made: Keys) -> dict[str, Signer]:
    return {issuer: Signer(made.signing(issuer)) for issuer in keys.ISSUERS}


def asking(method: Method) -> Any:
    """A request about our file of our call."""
    request: Any = method.request_type()
    if method.names_case:
        request.application_id = FILE
    if method.names_call:
        request.call_id = CALL
    return request


def signed(method: Method, signer: Signer, role: str, *, call_id: str = CALL, **changes: Any) -> tuple[Any, str]:
    """A request and its read assertion (empty for a write, whose context holds it). ``changes`` are what the assertion
    says instead of the truth: ``verb``, ``request_id``, ``occurred_at``; or ``row``, given to the request."""
    request, roles = asking(method), frozenset({role})
    person = SYSTEM if role == SYSTEM else PERSON
    if not method.writes:
        return request, signer.read(person, roles, now=NOW, call_id=call_id)
    row = changes.pop("row", "")
    truth = {"verb": method.verb, "request_id": str(uuid4()), "occurred_at": NOW}
    said = {**truth, **changes}
    truth["request_id"] = str(uuid5(UUID(said["request_id"]), row)) if row else truth["request_id"]
    request.context.request_id, request.context.row = truth["request_id"], row
    request.context.occurred_at.FromDatetime(NOW)
    request.context.assertion = signer.act(person, roles, call_id=call_id, **said)
    return request, ""


async def asked(method: Method, request: Any, assertion: str, *, verifier: Verifier, case: Case | None) -> Call:
    async def case_of(person: str, application_id: str) -> Case | None:
        assert (person, application_id) == (PERSON, FILE)
        return case

    return await admit(method, request, assertion, verifier=verifier, case_of=case_of)


async def outcome(method: Method, request: Any, assertion: str, *, verifier: Verifier, case: Case | None = None) -> str:
    """``in as <role>``, or the reason of the refusal."""
    try:
        call = await asked(method, request, assertion, verifier=verifier, case=case)
        return f"in as {call.role}"
    except Refused as refused:
        return refused.reason


ONE_BY_ONE = {"APPLICANT", "CO_EDITOR", "EXPERT", "JURY_MEMBER", "JURY_CHAIR", "ORGANISER", "ADVISER", "FUNDER"}
"""By hand: whoever acts in these is told nothing of a file she is not tied to, be it of her call."""


def expected(method: Method, role: str, tie: Tie) -> str:
    """The same question asked of the grants alone."""
    if method.rights.public:
        return "in as PUBLIC"
    filed = method.names_case and role != SYSTEM
    relations = set(tie.relations or ()) if filed else set()
    if RECUSED in relations:
        return "NOT_FOUND"
    concerned = CALL if (filed and tie.relations is not None) or method.names_call else ""
    lost = filed and tie.relations is None and not method.writes  # unknown here: it reads like another's
    for grant in method.rights.grants:
        reaches = {
            rights_pb2.SCOPE_ANY: True,
            rights_pb2.SCOPE_CALL: bool(tie.call_id) and concerned in ("", tie.call_id) and not lost,
            rights_pb2.SCOPE_CASE: filed and "own" in relations,
        }
        if role_name(grant.role) == role and reaches[grant.scope]:
            return f"in as {role}"
    known = (
        filed and tie.relations is not None and (bool(relations) or (tie.call_id == CALL and role not in ONE_BY_ONE))
    )
    return "NOT_FOUND" if method.names_case and not known else "NOT_ALLOWED"


@pytest.mark.parametrize("path", METHODS)
async def test_each_rpc_lets_in_exactly_whom_its_grants_name(
    path: str, verifier: Verifier, signers: dict[str, Signer]
) -> None:
    method, wrong = METHODS[path], []
    for role in ROLES:
        held = {
            call_id: signed(method, signers[DOORS[role]], role, call_id=call_id) for call_id in ("", CALL, OTHER_CALL)
        }
        for name, tie in TIES.items():
            request, assertion = held[tie.call_id]
            relations = frozenset(role.lower() if tied == "own" else tied for tied in tie.relations or ())
            case = None if tie.relations is None else Case(CALL, relations)
            got = await outcome(method, request, assertion, verifier=verifier, case=case)
            if got != expected(method, role, tie):
                wrong.append(f"{role}, tied to {name}: {got}, not {expected(method, role, tie)}")
    assert not wrong, "\n".join(wrong)


async def test_the_call_admitted_says_who_and_in_which_role(verifier: Verifier, signers: dict[str, Signer]) -> None:
    """Two roles at once: the one that has the right is the one the journal names."""
    method = METHODS["/jalon.review.v1.CasesService/DecideAdmissibility"]
    request, _ = signed(method, signers["backoffice"], "INSTRUCTOR")
    both = frozenset({"AUDITOR", "INSTRUCTOR"})
    request.context.assertion = signers["backoffice"].act(
        PERSON, both, verb=method.verb, request_id=request.context.request_id, occurred_at=NOW, call_id=CALL
    )
    call = await asked(method, request, "", verifier=verifier, case=Case(CALL, frozenset()))
    assert (call.role, call.actor.person, call.actor.issuer) == ("INSTRUCTOR", PERSON, "backoffice")
    assert (call.request_id, call.occurred_at, call.row) == (request.context.request_id, NOW, "")
    assert call.assertion == request.context.assertion


# The default is no


@pytest.mark.parametrize("role", ROLES)
async def test_a_method_without_rights_admits_nobody(role: str, verifier: Verifier, signers: dict[str, Signer]) -> None:
    method = METHODS["/jalon.review.v1.CasesService/GetCase"]
    request, assertion = signed(method, signers[DOORS[role]], role)
    related, nobody = Case(CALL, frozenset({role.lower()})), dataclasses.replace(method, rights=rights_pb2.Rights())
    for closed in (dataclasses.replace(method, declared=False), nobody):
        got = await outcome(closed, request, assertion, verifier=verifier, case=related)
        assert got in ("NOT_ALLOWED", "NOT_FOUND")


@pytest.mark.parametrize("path", [*WRITES, *READS])
async def test_without_an_assertion_nobody_comes_in(path: str, verifier: Verifier) -> None:
    method = METHODS[path]
    request = asking(method)
    if method.writes:
        request.context.request_id = str(uuid4())
        request.context.occurred_at.FromDatetime(NOW)
    assert await outcome(method, request, "", verifier=verifier) == "ASSERTION_INVALID"


async def test_a_public_read_needs_no_assertion_but_an_altered_one_is_refused(verifier: Verifier) -> None:
    method = METHODS["/jalon.intake.v1.CallsService/GetCall"]
    assert await outcome(method, asking(method), "", verifier=verifier) == "in as PUBLIC"
    assert await outcome(method, asking(method), "not.an.assertion", verifier=verifier) == "ASSERTION_INVALID"


# One verb, one request, one instant


def _a_holder(method: Method) -> str:
    return role_name(method.rights.grants[0].role)


SAID_OTHERWISE: dict[str, tuple[dict[str, Any], str]] = {
    "another verb": ({"verb": "GetNow"}, "ASSERTION_FOR_ANOTHER_VERB"),
    "no verb": ({"verb": ""}, "ASSERTION_FOR_ANOTHER_VERB"),
    "another request": ({"request_id": str(uuid4())}, "ASSERTION_FOR_ANOTHER_REQUEST"),
    "another instant": ({"occurred_at": NOW + timedelta(microseconds=1)}, "ASSERTION_FOR_ANOTHER_REQUEST"),
}


@pytest.mark.parametrize("path", WRITES)
async def test_an_assertion_is_good_for_one_act(path: str, verifier: Verifier, signers: dict[str, Signer]) -> None:
    method = METHODS[path]
    role = _a_holder(method)
    for name, (changes, reason) in SAID_OTHERWISE.items():
        request, _ = signed(method, signers[DOORS[role]], role, **changes)
        assert await outcome(method, request, "", verifier=verifier) == reason, name
    request, _ = signed(method, signers[DOORS[role]], role)
    read = signers[DOORS[role]].read(PERSON, frozenset({role}), now=NOW, call_id=CALL)
    request.context.assertion = read
    assert await outcome(method, request, "", verifier=verifier) == "ASSERTION_FOR_ANOTHER_VERB"
    request.context.row = "a row"
    assert await outcome(method, request, "", verifier=verifier) == "ASSERTION_FOR_ANOTHER_VERB"


@pytest.mark.parametrize("path", READS)
async def test_an_act_s_assertion_reads_nothing(path: str, verifier: Verifier, signers: dict[str, Signer]) -> None:
    method = METHODS[path]
    role = _a_holder(method)
    act = signers[DOORS[role]].act(
        PERSON, frozenset({role}), verb=method.verb, request_id=str(uuid4()), occurred_at=NOW, call_id=CALL
    )
    assert await outcome(method, asking(method), act, verifier=verifier) == "ASSERTION_FOR_ANOTHER_VERB"


@pytest.mark.parametrize("identifier", ["", "7", "not a request", str(uuid4()).upper()])
async def test_a_request_has_an_id(identifier: str, verifier: Verifier, signers: dict[str, Signer]) -> None:
    method = METHODS["/jalon.review.v1.CasesService/DecideAdmissibility"]
    request, _ = signed(method, signers["backoffice"], "INSTRUCTOR")
    request.context.request_id = identifier
    with pytest.raises(Refused) as caught:
        await asked(method, request, "", verifier=verifier, case=None)
    assert [(fault.path, fault.reason) for fault in caught.value.fields] == [("context.request_id", "ID_INVALID")]


async def test_every_id_is_an_id(verifier: Verifier, signers: dict[str, Signer]) -> None:
    method = METHODS["/jalon.review.v1.CasesService/GetCase"]
    request, assertion = signed(method, signers["backoffice"], "AUDITOR")
    request.application_id = "2023-014"
    with pytest.raises(Refused) as caught:
        await asked(method, request, assertion, verifier=verifier, case=None)
    assert [(fault.path, fault.reason) for fault in caught.value.fields] == [("application_id", "ID_INVALID")]


@pytest.mark.parametrize("seconds", [-(10**15), 10**15, 253_402_300_800])
async def test_an_instant_beyond_the_calendar_is_refused(
    seconds: int, verifier: Verifier, signers: dict[str, Signer]
) -> None:
    method = METHODS["/jalon.review.v1.CasesService/DecideAdmissibility"]
    request, _ = signed(method, signers["backoffice"], "INSTRUCTOR")
    request.context.occurred_at.seconds = seconds
    with pytest.raises(Refused) as caught:
        await asked(method, request, "", verifier=verifier, case=None)
    assert caught.value.kind in (Kind.INVALID, Kind.UNPROVED)


# Altered, expired, beyond its issuer


async def test_altered_words_are_refused(verifier: Verifier, signers: dict[str, Signer]) -> None:
    """Somebody else's words under a true signature; a true assertion cut short; words signed by nobody."""
    method = METHODS["/jalon.review.v1.CasesService/DecideAdmissibility"]
    request, _ = signed(method, signers["backoffice"], "INSTRUCTOR")
    true = request.context.assertion
    other = signed(method, signers["backoffice"], "CALL_ADMIN")[0].context.assertion
    head, words, signature = true.split(".")
    for altered in (f"{head}.{other.split('.')[1]}.{signature}", true[:-4], f"{head}.{words}.", "", "x", "a.b.c"):
        request.context.assertion = altered
        assert await outcome(method, request, "", verifier=verifier) == "ASSERTION_INVALID", altered


@pytest.mark.parametrize("header", [{"alg": "Ed25519", "kid": "backoffice"}, {"alg": "Ed25519", "kid": "nobody"}])
async def test_a_key_of_one_s_own_proves_nothing(header: dict[str, str], verifier: Verifier) -> None:
    key = OKPKey.generate_key("Ed25519", {"kid": header["kid"]})
    words = {"iss": "backoffice", "sub": PERSON, "roles": ["AUDITOR"], "at": clock.text(NOW)}
    forged = jwt.encode(header, words, key, algorithms=["Ed25519"])
    method = METHODS["/jalon.review.v1.CasesService/GetCase"]
    assert await outcome(method, asking(method), forged, verifier=verifier) == "ASSERTION_INVALID"


async def test_an_issuer_speaks_in_its_own_name(made: Keys, verifier: Verifier) -> None:
    """The portal's own key, naming the worker as issuer."""
    method = METHODS["/jalon.review.v1.CasesService/GetCase"]
    key = OKPKey.import_key(json.loads(made.signing("portal").read_text()))
    words = {"iss": "worker", "sub": SYSTEM, "roles": [SYSTEM], "at": clock.text(NOW)}
    said = jwt.encode({"alg": "Ed25519", "kid": "portal"}, words, key, algorithms=["Ed25519"])
    assert await outcome(method, asking(method), said, verifier=verifier) == "ISSUER_NOT_ALLOWED"


@pytest.mark.parametrize("issuer", keys.ISSUERS)
def test_an_issuer_asserts_its_own_roles_only(issuer: str, verifier: Verifier, signers: dict[str, Signer]) -> None:
    first = keys.ISSUERS[issuer][0]
    for role in ROLES:
        said = signers[issuer].read(PERSON, frozenset({role, first}), now=NOW)
        if role in keys.ISSUERS[issuer]:
            assert verifier.verify(said).actor.roles == {role, first}
            continue
        with pytest.raises(Refused) as caught:
            verifier.verify(said)
        assert (caught.value.reason, caught.value.kind) == ("ISSUER_NOT_ALLOWED", Kind.UNPROVED), role


def test_a_reading_lasts_five_minutes(verifier: Verifier, signers: dict[str, Signer]) -> None:
    said = signers["portal"].read(PERSON, frozenset({"APPLICANT"}), now=NOW)
    for now in (NOW - READ_LIFE, NOW, NOW + READ_LIFE):
        verifier.check_read_life(said, now)
    for now in (NOW - READ_LIFE - timedelta(seconds=1), NOW + READ_LIFE + timedelta(seconds=1)):
        with pytest.raises(Refused) as caught:
            verifier.check_read_life(said, now)
        assert (caught.value.reason, caught.value.kind) == ("ASSERTION_EXPIRED", Kind.UNPROVED)


def test_keys_name_the_roles_they_may_assert(made: Keys, tmp_path: Path) -> None:
    """A key that names none asserts none."""
    bare = tmp_path / "issuers.json"
    bare.write_text(made.public.read_text().replace('"jalon_roles"', '"other"'))
    said = Signer(made.signing("portal")).read(PERSON, frozenset({"APPLICANT"}), now=NOW)
    with pytest.raises(Refused) as caught:
        Verifier(bare).verify(said)
    assert caught.value.reason == "ISSUER_NOT_ALLOWED"


# Rows of an act


@pytest.mark.parametrize("path", DERIVED)
async def test_a_row_is_proved_by_its_parent(path: str, verifier: Verifier, signers: dict[str, Signer]) -> None:
    method = METHODS[path]
    role, [parent] = _a_holder(method), method.rights.derived_from
    case = Case(CALL, frozenset())

    async def admitted(request: Any) -> str:
        return await outcome(method, request, "", verifier=verifier, case=case)

    signer = signers[DOORS[role]]
    assert await admitted(signed(method, signer, role, verb=parent, row=FILE)[0]) == f"in as {role}"
    # The parent's assertion without a row, a row of the act itself, a row of another act.
    assert await admitted(signed(method, signer, role, verb=parent)[0]) == "ASSERTION_FOR_ANOTHER_VERB"
    assert await admitted(signed(method, signer, role, row=FILE)[0]) == "ASSERTION_FOR_ANOTHER_VERB"
    assert await admitted(signed(method, signer, role, verb="OpenSession", row=FILE)[0]) == "ASSERTION_FOR_ANOTHER_VERB"
    # Another row of the same act, another act's row, the parent's own request id.
    request, _ = signed(method, signer, role, verb=parent, row=FILE)
    request.context.row = CALL
    assert await admitted(request) == "ASSERTION_FOR_ANOTHER_REQUEST"
    request, _ = signed(method, signer, role, verb=parent, row=FILE)
    request.context.request_id = str(uuid4())
    assert await admitted(request) == "ASSERTION_FOR_ANOTHER_REQUEST"
    late = NOW + timedelta(days=1)
    assert await admitted(signed(method, signer, role, verb=parent, row=FILE, occurred_at=late)[0]) == (
        "ASSERTION_FOR_ANOTHER_REQUEST"
    )


@pytest.mark.parametrize("path", DERIVED)
async def test_a_frozen_result_reaches_a_file_its_author_is_recused_from(
    path: str, verifier: Verifier, signers: dict[str, Signer]
) -> None:
    method = METHODS[path]
    role = _a_holder(method)
    recused = Case(CALL, frozenset({role.lower(), RECUSED}))
    request, _ = signed(method, signers[DOORS[role]], role, verb=method.rights.derived_from[0], row=FILE)
    assert await outcome(method, request, "", verifier=verifier, case=recused) == f"in as {role}"


@pytest.mark.parametrize("path", sorted(set(WRITES) - set(DERIVED)))
async def test_an_act_that_is_no_row_has_no_parent(path: str, verifier: Verifier, signers: dict[str, Signer]) -> None:
    method = METHODS[path]
    role = _a_holder(method)
    for verb in (method.verb, "CloseSession", ""):
        request, _ = signed(method, signers[DOORS[role]], role, verb=verb, row=FILE)
        assert await outcome(method, request, "", verifier=verifier) == "ASSERTION_FOR_ANOTHER_VERB"
