"""The rulebook of a call as versioned data: reading it, hashing it, and checking it before the call opens."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256

from kit.money import Cents
from services.intake.domain.deadlines import LocalTimeError, Term, paris_instant
from services.intake.domain.opening import Finding, check
from services.intake.domain.reading import Faults, Fields, canonical, load
from services.intake.domain.reasons import Reason
from services.intake.domain.rules import (
    AgreementRule,
    Contact,
    Criterion,
    Deadline,
    Envelope,
    Family,
    Jury,
    LegalBasis,
    Piece,
    PlannedInstallment,
    Rulebook,
    Section,
    Stage,
    Track,
    Upload,
    Window,
    Words,
)

__all__ = ["SCHEMA", "Finding", "Rulebook", "check", "digest", "parse"]

SCHEMA = "jalon.rulebook/1"
ZONE = "Europe/Paris"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def digest(data: bytes) -> str:
    """SHA-256 (hex) of the rulebook in canonical JSON (RFC 8785): spaces and order of keys do not count.

    Raises ``FIELDS_INVALID`` when the bytes are not JSON.
    """
    return sha256(canonical(load(data))).hexdigest()


def parse(data: bytes) -> Rulebook:
    """A rulebook read from JSON (``jalon.rulebook/1``).

    Raises ``FIELDS_INVALID`` with every wrong field and its path. What is well formed but badly set
    is :func:`check`'s to say.
    """
    faults = Faults()
    fields = Fields(load(data), "", faults=faults)
    if fields.text("schema") != SCHEMA:
        faults.add("schema", Reason.SCHEMA_UNKNOWN, expected=SCHEMA)
    rulebook = _rulebook(fields, faults)
    fields.close()
    faults.raise_if_any()
    return rulebook


def _rulebook(fields: Fields, faults: Faults) -> Rulebook:
    windows = fields.child("windows")
    rulebook = Rulebook(
        reference=fields.text("reference", max_length=40),
        edition=fields.whole("edition", low=1),
        version=fields.whole("version", low=1),
        effective_from=fields.day("effective_from"),
        title=_words(fields.child("title")),
        notes=_words(fields.child("notes")) if fields.has("notes") else None,
        legal_bases=tuple(_legal_basis(item) for item in fields.children("legal_bases")),
        tracks=tuple(_track(item) for item in fields.children("tracks")),
        pre_application=_window(windows.child("pre_application"), faults),
        full_application=_window(windows.child("full_application"), faults),
        communes=fields.texts("communes"),
        legal_families=tuple(_family(item) for item in fields.children("legal_families")),
        accept_natural_person=fields.flag("accept_natural_person"),
        pieces=tuple(_piece(item) for item in fields.children("pieces")),
        upload=_upload(fields.child("upload")),
        grid=tuple(_criterion(item) for item in fields.children("grid")),
        jury=_jury(fields.child("jury")),
        envelopes=tuple(_envelope(item) for item in fields.children("envelopes")),
        payment_plan=_payment_plan(fields.child("payment_plan")),
        agreement=_agreement(fields.child("agreement")),
        deadlines=tuple(_deadline(item, faults) for item in fields.children("deadlines")),
        contact=_contact(fields.child("contact")),
    )
    windows.close()
    return rulebook


def _words(fields: Fields) -> Words:
    words = Words(fields.text("fr"), fields.text("en"))
    fields.close()
    return words


def _legal_basis(fields: Fields) -> LegalBasis:
    basis = LegalBasis(fields.text("code", max_length=60), fields.text("text"))
    fields.close()
    return basis


def _cited(fields: Fields) -> str:
    """A rule without legal basis is read as such: the pre-opening check names it."""
    return fields.optional_text("legal_basis") or ""


def _track(fields: Fields) -> Track:
    track = Track(
        code=fields.text("code", max_length=40),
        label=_words(fields.child("label")),
        min_amount_cents=Cents(fields.whole("min_amount_cents")),
        max_amount_cents=Cents(fields.whole("max_amount_cents")),
        rate_basis_points=fields.whole("rate_basis_points"),
        legal_basis=_cited(fields),
    )
    fields.close()
    return track


def _window(fields: Fields, faults: Faults) -> Window:
    fields.choice("zone", (ZONE,), default=ZONE)
    window = Window(_instant(fields, "opens", faults=faults), _instant(fields, "closes", faults=faults), _cited(fields))
    fields.close()
    return window


def _instant(fields: Fields, key: str, *, faults: Faults) -> datetime:
    local = fields.local(key)
    if local is None:
        return _EPOCH
    try:
        return paris_instant(local)
    except LocalTimeError as error:
        faults.add(fields.at(key), error.reason)
    except OverflowError:
        faults.add(fields.at(key), Reason.DATE_UNCLEAR)
    return _EPOCH


def _family(fields: Fields) -> Family:
    family = Family(fields.text("code"), _words(fields.child("label")), fields.flag("esus_required"))
    fields.close()
    return family


def _piece(fields: Fields) -> Piece:
    piece = Piece(
        code=fields.text("code", max_length=60),
        stage=Stage(fields.choice("stage", tuple(Stage), default=Stage.FULL_APPLICATION)),
        label=_words(fields.child("label")),
        families=fields.texts("families") if fields.has("families") else None,
        required=fields.flag("required"),
        max_age_days=fields.optional_whole("max_age_days", low=1),
    )
    fields.close()
    return piece


def _upload(fields: Fields) -> Upload:
    upload = Upload(fields.whole("max_bytes"), fields.texts("types"))
    fields.close()
    return upload


def _criterion(fields: Fields) -> Criterion:
    criterion = Criterion(
        code=fields.text("code", max_length=40),
        label=_words(fields.child("label")),
        weight=fields.whole("weight", high=10_000),
        scale_max=fields.whole("scale_max", low=1, high=100),
        levels=fields.texts("levels"),
    )
    fields.close()
    return criterion


def _jury(fields: Fields) -> Jury:
    jury = Jury(
        quorum=fields.whole("quorum"),
        tie_rule=fields.texts("tie_rule"),
        last_takes_remainder=fields.flag("last_takes_remainder"),
        eligible_score_basis_points=fields.whole("eligible_score_basis_points"),
        legal_basis=_cited(fields),
    )
    fields.close()
    return jury


def _envelope(fields: Fields) -> Envelope:
    section = Section(fields.choice("section", tuple(Section), default=Section.OPERATING))
    envelope = Envelope(section, Cents(fields.whole("announced_cents")))
    fields.close()
    return envelope


def _payment_plan(fields: Fields) -> Mapping[Section, tuple[PlannedInstallment, ...]]:
    plan = {
        section: tuple(_installment(item) for item in fields.children(section))
        for section in Section
        if fields.has(section)
    }
    fields.close()
    return plan


def _installment(fields: Fields) -> PlannedInstallment:
    installment = PlannedInstallment(
        kind=fields.text("kind", max_length=40),
        basis_points=fields.whole("basis_points"),
        conditions=fields.texts("conditions"),
        legal_basis=_cited(fields),
    )
    fields.close()
    return installment


def _agreement(fields: Fields) -> AgreementRule:
    rule = AgreementRule(fields.flag("required"), fields.whole("unspent_kept_basis_points"), _cited(fields))
    fields.close()
    return rule


def _deadline(fields: Fields, faults: Faults) -> Deadline:
    days, months = fields.optional_whole("days", low=-(10**6)), fields.optional_whole("months", low=-(10**6))
    if (days is None) == (months is None):
        faults.add(fields.at("days"), Reason.FIELD_MISSING if days is None else Reason.FIELD_UNKNOWN)
    term = Term(days=days or 0, months=months or 0, ends_at=fields.optional_hour("ends_at"))
    deadline = Deadline(fields.text("code", max_length=40), term, _cited(fields))
    fields.close()
    return deadline


def _contact(fields: Fields) -> Contact:
    contact = Contact(fields.text("service"), fields.text("address"), fields.text("phone"), fields.text("mail"))
    fields.close()
    return contact
