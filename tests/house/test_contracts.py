"""The contracts on the wire: rights beside each RPC, names that keep their verb, fields whose names tell their type."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor
from jalon.common.v1 import context_pb2, rights_pb2

from kit.admission import RECUSED
from tests.house.tree import SERVICES, contracts, none_of, owner, product, rpcs, snake, sql_files
from workflows.contract.messages import CONSEQUENCES, UPDATES
from workflows.contract.names import APPLICATION

READ = re.compile(r"^(Get|List|Count|Read|Check)[A-Z]")
READ_TOO = {"VerifyReceipt", "VerifySubject", "VerifyAll"}
"""Reads whose verb is not a read's: they re-derive, and change nothing."""
RELAYING = {"PullOutbox", "AckOutbox"}
"""The relay's own two: a second time changes nothing, so they need no request id."""
PARTICIPLES = {"submit": "submitted", "withdraw": "withdrawn", "declare": "declared", "sign": "signed"}
SYSTEM = rights_pb2.ROLE_SYSTEM
CONTEXT = context_pb2.CommandContext.DESCRIPTOR
PUBLIC_READS = {
    *("ListEditions", "ListLaureates"),
    *("GetNow", "GetCall", "ListCalls", "GetRulebook", "CheckEligibility", "VerifyReceipt"),
    "ListMyRoles",  # the caller's own: nobody's without an assertion
    *("ListFictitiousPeople", "ListFictitiousMails"),  # in a demonstration only
}
OF_A_DEMONSTRATION = {"AdvanceTime", "GetAdvance", "ListDeadlines"}
"""Served in no real installation: anybody enters as anybody there, so nobody has to prove who she is to move the clock;
asked a second time, a move is refused."""


def _rights(method: MethodDescriptor) -> rights_pb2.Rights:
    return method.GetOptions().Extensions[rights_pb2.rights]


def _writes(method: MethodDescriptor) -> bool:
    return "context" in method.input_type.fields_by_name


def _fields() -> Iterator[FieldDescriptor]:
    return (
        field for file in contracts() for message in file.message_types_by_name.values() for field in message.fields
    )


# Rights


def test_every_rpc_declares_who_may_call_it() -> None:
    silent = [rpc.full_name for rpc in rpcs() if not rpc.GetOptions().HasExtension(rights_pb2.rights)]
    none_of(silent, "an option (jalon.common.v1.rights); the default is nobody")


def test_rights_say_a_role_and_how_far_it_reaches() -> None:
    vague = [
        rpc.full_name
        for rpc in rpcs()
        if bool(_rights(rpc).grants) == _rights(rpc).public
        or any(not grant.role or not grant.scope for grant in _rights(rpc).grants)
    ]
    none_of(vague, "grants with role and scope, or public; never both, never neither")


def test_only_named_reads_are_public() -> None:
    public = {rpc.name for rpc in rpcs() if _rights(rpc).public}
    assert public == PUBLIC_READS | OF_A_DEMONSTRATION
    assert {rpc.name for rpc in rpcs() if owner(rpc) == "rehearsal"} == OF_A_DEMONSTRATION
    assert not [rpc.full_name for rpc in rpcs() if _rights(rpc).public and _writes(rpc)]


def test_a_right_over_a_case_names_the_case() -> None:
    blind = [
        rpc.full_name
        for rpc in rpcs()
        if any(grant.scope == rights_pb2.SCOPE_CASE for grant in _rights(rpc).grants)
        and "application_id" not in rpc.input_type.fields_by_name
    ]
    none_of(blind, "a field application_id in the request")


def test_nobody_but_the_worker_acts_as_the_system() -> None:
    """A consequence is asked by the worker alone; an act is a person's, never the worker's."""
    by_verb = {snake(rpc.name): rpc for rpc in rpcs() if _writes(rpc)}
    for verb in CONSEQUENCES:
        if verb in by_verb and verb != "post_message":
            assert {grant.role for grant in _rights(by_verb[verb]).grants} == {SYSTEM}, verb
    for verb in UPDATES:
        if verb in by_verb:
            assert SYSTEM not in {grant.role for grant in _rights(by_verb[verb]).grants}, verb


def test_jury_and_experts_have_no_right_on_money_nor_on_the_proof() -> None:
    kept_out = {rights_pb2.ROLE_JURY_MEMBER, rights_pb2.ROLE_EXPERT}
    seen = [
        rpc.full_name
        for rpc in rpcs()
        if owner(rpc) in ("payments", "audit") and kept_out & {grant.role for grant in _rights(rpc).grants}
    ]
    none_of(seen, "jury members and experts see neither payments nor audit")


def test_an_auditor_changes_nothing() -> None:
    acting = [
        rpc.full_name
        for rpc in rpcs()
        if _writes(rpc) and rights_pb2.ROLE_AUDITOR in {grant.role for grant in _rights(rpc).grants}
    ]
    none_of(acting, "an auditor reads")


def test_a_recusal_is_no_role() -> None:
    assert f"ROLE_{RECUSED.upper()}" not in rights_pb2.Role.DESCRIPTOR.values_by_name


# Verbs


def test_writes_carry_a_context_and_reads_none() -> None:
    wrong = [
        rpc.full_name
        for rpc in rpcs()
        if rpc.name not in RELAYING | OF_A_DEMONSTRATION
        and _writes(rpc) == (bool(READ.match(rpc.name)) or rpc.name in READ_TOO)
    ]
    none_of(wrong, "CommandContext context = 1 in every write, and in no read")


def test_the_context_comes_first() -> None:
    wrong = [
        rpc.full_name
        for rpc in rpcs()
        if _writes(rpc)
        and (
            rpc.input_type.fields_by_name["context"].number != 1
            or rpc.input_type.fields_by_name["context"].message_type != CONTEXT
        )
    ]
    none_of(wrong, "jalon.common.v1.CommandContext context = 1")


def test_a_derived_act_names_acts_that_exist() -> None:
    names = {rpc.name for rpc in rpcs()}
    unknown = [f"{rpc.full_name}: {verb}" for rpc in rpcs() for verb in _rights(rpc).derived_from if verb not in names]
    none_of(unknown, "derived_from names RPCs")


def test_what_is_received_without_the_engine_has_its_fact() -> None:
    """SubmitApplication → application_submitted: an update of the entity, emitted by the service."""
    received = {rpc.name: _fact(rpc.name) for rpc in rpcs() if _rights(rpc).received}
    assert received
    lost = [f"{name}: {fact}" for name, fact in received.items() if fact not in UPDATES]
    none_of(lost, "an update in the past tense")
    emitted = "\n".join(source.text for source in product() if source.service)
    silent = [f"{name}: {fact}" for name, fact in received.items() if f'"{fact}"' not in emitted]
    none_of(silent, "act.emit(fact, …) in the service that receives it")


def _fact(name: str) -> str:
    verb, noun = snake(name).split("_", 1)
    return f"{noun}_{PARTICIPLES[verb]}"


def test_an_update_is_an_act_with_its_rpc_or_a_fact_that_something_tells() -> None:
    verbs = {snake(rpc.name) for rpc in rpcs() if _writes(rpc)}
    told = "\n".join(source.text for source in product() if source.service or source.path.startswith("workflows/"))
    orphans = [verb for verb in UPDATES if verb not in verbs and told.count(f'"{verb}"') == 0]
    none_of(orphans, "an RPC of the same name, or a fact emitted by a service or told by an entity")


def test_facts_are_in_the_past_tense_and_acts_are_not() -> None:
    verbs = {snake(rpc.name) for rpc in rpcs() if _writes(rpc)}
    past = re.compile(r"_(\w+ed|withdrawn|paid)$")
    wrong = [verb for verb in UPDATES if bool(past.search(verb)) == (verb in verbs)]
    none_of(wrong, "an act is an imperative with its RPC; a fact is a participle without")
    assert {kind.field for kind, _ in UPDATES.values()} >= {APPLICATION.field}


@pytest.mark.parametrize("service", SERVICES)
def test_the_verb_is_found_at_every_hop(service: str) -> None:
    """``git grep`` is the map: the RPC is a method of the handlers, its verb a query, a move or an event."""
    own = [source for source in product() if source.service == service]
    handlers = "\n".join(source.text for source in own if "/handlers" in source.path)
    rest = "\n".join(source.text for source in own if "/handlers" not in source.path)
    rest += "\n".join(text for path, text in sql_files() if path.startswith(f"services/{service}/"))
    mine = [rpc for rpc in rpcs() if owner(rpc) == service]
    none_of(
        (rpc.full_name for rpc in mine if not re.search(rf"async def {rpc.name}\(", handlers)), "a method of handlers"
    )
    lost = [
        rpc.full_name
        for rpc in mine
        if _writes(rpc) and not re.search(rf"\b({snake(rpc.name)}|{snake(rpc.name).upper()})\b", rest)
    ]
    none_of(lost, "the verb in a query's name or comment, a move, a function of the domain or store")


# Fields

ORDERS = {"jalon.audit.v1.Verification.broken_at"}
"""A place in a chain, not an instant; named so since the first contract."""
SUFFIXES: dict[str, Callable[[FieldDescriptor], bool]] = {
    "_at": lambda field: field.message_type is not None and field.message_type.name == "Timestamp",
    "_cents": lambda field: field.type == FieldDescriptor.TYPE_INT64,
    "_id": lambda field: field.type in (FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_INT64),
    "_ids": lambda field: field.is_repeated,
    "_on": lambda field: field.type == FieldDescriptor.TYPE_STRING,
    "_json": lambda field: field.type in (FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES),
}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_end_of_a_name_tells_its_type(suffix: str) -> None:
    ends = [field for field in _fields() if field.name.endswith(suffix) and field.full_name not in ORDERS]
    wrong = [field.full_name for field in ends if not SUFFIXES[suffix](field)]
    none_of(wrong, f"what ends in {suffix} has one type")


def test_units_come_last_and_amounts_are_never_bare() -> None:
    bare = [field.full_name for field in _fields() if re.search(r"(^|_)(amount|cost|price|sum)$", field.name)]
    none_of(bare, "amount_cents")


def test_every_list_is_paged() -> None:
    unpaged = [
        rpc.full_name
        for rpc in rpcs()
        if rpc.name.startswith("List")
        and rpc.name not in BOUNDED
        and ("page_token" not in rpc.input_type.fields_by_name or "page_size" not in rpc.input_type.fields_by_name)
    ]
    none_of(unpaged, "page_size and page_token")


BOUNDED = {
    *("ListRoles", "ListEnvelopes", "ListMyRoles", "ListFictitiousPeople", "ListJury", "ListSessions", "ListActs"),
    *("ListHearings", "ListScores", "ListMyOpinions", "ListNotes", "ListPeople", "ListDeposits", "ListStandIns"),
    *("ListDeadlines", "ListEditions"),
}
"""Lists bounded by the call itself (its people, its two sections, its few sessions and acts), by the person or the
file, or by the words asked; editions, one a year."""
