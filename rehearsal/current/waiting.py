"""What waits for whom in the living calls, said in a few lines at the end of the play."""

from __future__ import annotations

from jalon.intake.v1 import calls_pb2
from rich.console import Console
from rich.table import Table

from kit.contract import role_name
from rehearsal.current.casting import Living
from wording import enum_label
from workflows.commands import Door, Who

SAID = {
    "receiving": "reçoit les pré-candidatures",
    "examining": "en instruction, jury convoqué",
    "paying": "conventions et versements",
}


async def print_waiting(door: Door, calls: list[Living], console: Console) -> None:
    """One line a call and role: how many things wait for its people."""
    table = Table(title="En cours aujourd'hui (fictif)")
    table.add_column("appel à projets")
    table.add_column("attend")
    for call in calls:
        reference, groups = await _of(door, call)
        waits = ", ".join(f"{role.lower()} {count}" for role, count in groups.items() if count)
        table.add_row(f"{reference}\n{SAID[call.name]}", waits)
    console.print(table)
    console.print("Pour agir : ouvrir un des deux sites, « Entrer en tant que… », puis « Avancer le temps ».")


async def _of(door: Door, call: Living) -> tuple[str, dict[str, int]]:
    """The call's reference, and what waits for each role: a role's people share it, instructors have their own."""
    stub = door.services.stub("intake", "calls")
    nobody = Who("", frozenset())
    found = await door.read(nobody, stub.GetCall, calls_pb2.GetCallRequest(call_id=call.stage.call_id))
    request = calls_pb2.ListFictitiousPeopleRequest(call_id=call.stage.call_id)
    people = (await door.read(nobody, stub.ListFictitiousPeople, request)).people
    groups: dict[str, int] = {}
    for one in people:
        role = role_name(one.role)
        kept = groups.get(role, 0)
        groups[role] = kept + one.waiting_count if role == "APPLICANT" else max(kept, one.waiting_count)
    descriptor = calls_pb2.FictitiousPerson.DESCRIPTOR.fields_by_name["role"].enum_type
    return found.reference, {enum_label(descriptor, role, locale="fr"): count for role, count in groups.items()}
