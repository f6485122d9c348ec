"""Filling the identity of a structure from a register: it helps, it never blocks, and the file says where the identity
comes from."""

from __future__ import annotations

from typing import Any

from jalon.intake.v1 import applications_pb2 as pb

from kit.errors import Refused
from web import words
from web.desk import Desk, ServiceSilent
from web.words import t

FILLED = ("siret", "rna", "legal_family", "name")


async def look_up(desk: Desk, application_id: str, form: Any) -> tuple[str, str] | None:
    """Asks who the number typed is and writes the answer into the form; the kind and the words of what to say. None
    when the number cannot be asked: why is beside its field."""
    field = form.siret if (form.siret.data or "").strip() else form.rna
    number = (field.data or "").strip()
    if not number:
        form.siret.errors = [t("lookup.no_number")]
        return None
    asked = pb.LookUpOrganizationRequest(application_id=application_id, number=number)
    try:
        entry: pb.RegisterEntry = await desk.send("intake.applications", asked)
    except ServiceSilent:
        return "waiting", t("lookup.SILENT")
    except Refused as refused:
        if not refused.fields:
            raise
        field.errors = [words.say(fault.reason, **fault.values) for fault in refused.fields]
        return None
    outcome = words.bare("intake.RegisterOutcome", entry.outcome)
    if outcome != "FOUND":
        return "waiting", t(f"lookup.{outcome}", name=entry.name, on=entry.closed_on)
    for name in FILLED:
        said = getattr(entry, name)
        if said and (name != "legal_family" or said in {choice.value for choice in form.legal_family.choices}):
            form[name].process_data(said)
    return "done", t("lookup.FOUND", name=entry.name, address=entry.address)
