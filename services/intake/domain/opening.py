"""The pre-opening check: a call whose rulebook is badly set does not open, and the administrator reads why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from services.intake.domain.communes import COMMUNES
from services.intake.domain.deadlines import rfc3339
from services.intake.domain.reasons import Reason
from services.intake.domain.rules import (
    CONDITIONS,
    EARLIEST_DEPOSIT,
    LEGAL_FAMILIES,
    NATURAL_PERSON,
    Envelope,
    Rulebook,
    Section,
    Window,
)

WHOLE = 10_000
REQUIRED_DEADLINES = (
    "correction",
    "silence_is_refusal",
    "agreement_signature",
    "report",
    "payment",
    "legal_entity",
    "appeal",
)
KINDS = frozenset({"single", "advance", "interim", "balance"})
"""Kinds of installments that payments makes."""


@dataclass(frozen=True)
class Finding:
    """One thing that stops the opening: where in the rulebook, why, and the values of the sentence."""

    path: str
    reason: Reason
    values: dict[str, str] = field(default_factory=dict)


def check(
    rulebook: Rulebook, now: datetime, *, known_communes: Collection[str] = frozenset(COMMUNES)
) -> tuple[Finding, ...]:
    """Everything that forbids opening this call at ``now``; empty when it may open."""
    return (
        *_windows(rulebook, now),
        *_tracks(rulebook),
        *_territory(rulebook, known_communes),
        *_families(rulebook),
        *_pieces(rulebook),
        *_grid(rulebook),
        *_jury(rulebook),
        *_envelopes(rulebook),
        *_plans(rulebook),
        *_deadlines(rulebook),
        *_legal_bases(rulebook),
    )


def _windows(rulebook: Rulebook, now: datetime) -> Iterator[Finding]:
    for name, window in _named_windows(rulebook):
        if window.opens_at >= window.closes_at:
            yield Finding(f"windows.{name}", Reason.WINDOW_REVERSED)
        if window.closes_at <= now:
            yield Finding(f"windows.{name}.closes", Reason.WINDOW_PAST, {"closes_at": rfc3339(window.closes_at)})
    if rulebook.full_application.opens_at < rulebook.pre_application.closes_at:
        yield Finding("windows.full_application.opens", Reason.WINDOWS_OVERLAP)


def _named_windows(rulebook: Rulebook) -> tuple[tuple[str, Window], ...]:
    return (("pre_application", rulebook.pre_application), ("full_application", rulebook.full_application))


def _tracks(rulebook: Rulebook) -> Iterator[Finding]:
    if not rulebook.tracks:
        yield Finding("tracks", Reason.FIELD_MISSING)
    yield from _twice("tracks", (track.code for track in rulebook.tracks))
    for index, track in enumerate(rulebook.tracks):
        if not 0 < track.min_amount_cents <= track.max_amount_cents:
            yield Finding(f"tracks[{index}].min_amount_cents", Reason.AMOUNTS_REVERSED)
        if not 0 < track.rate_basis_points <= WHOLE:
            yield Finding(f"tracks[{index}].rate_basis_points", Reason.RATE_OUT_OF_BOUNDS)


def _territory(rulebook: Rulebook, known: Collection[str]) -> Iterator[Finding]:
    if not rulebook.communes:
        yield Finding("communes", Reason.COMMUNES_EMPTY)
    yield from _twice("communes", rulebook.communes)
    for index, code in enumerate(rulebook.communes):
        if code not in known:
            yield Finding(f"communes[{index}]", Reason.COMMUNE_UNKNOWN, {"code": code})


def _families(rulebook: Rulebook) -> Iterator[Finding]:
    if not rulebook.legal_families:
        yield Finding("legal_families", Reason.FIELD_MISSING)
    yield from _twice("legal_families", (family.code for family in rulebook.legal_families))
    for index, family in enumerate(rulebook.legal_families):
        if family.code not in LEGAL_FAMILIES:
            yield Finding(f"legal_families[{index}].code", Reason.FAMILY_UNKNOWN, {"code": family.code})


def _pieces(rulebook: Rulebook) -> Iterator[Finding]:
    yield from _twice("pieces", (piece.code for piece in rulebook.pieces))
    for index, piece in enumerate(rulebook.pieces):
        if piece.required and not (piece.label.fr.strip() and piece.label.en.strip()):
            yield Finding(f"pieces[{index}].label", Reason.LABEL_MISSING)
        for family in piece.families or ():
            if family not in (*LEGAL_FAMILIES, NATURAL_PERSON):
                yield Finding(f"pieces[{index}].families", Reason.FAMILY_UNKNOWN, {"code": family})
    if rulebook.upload.max_bytes <= 0:
        yield Finding("upload.max_bytes", Reason.UPLOAD_LIMIT_NOT_POSITIVE)
    if not rulebook.upload.types:
        yield Finding("upload.types", Reason.UPLOAD_TYPES_EMPTY)


def _grid(rulebook: Rulebook) -> Iterator[Finding]:
    if not rulebook.grid:
        yield Finding("grid", Reason.FIELD_MISSING)
    yield from _twice("grid", (criterion.code for criterion in rulebook.grid))
    for index, criterion in enumerate(rulebook.grid):
        if criterion.weight <= 0:
            yield Finding(f"grid[{index}].weight", Reason.WEIGHTS_NOT_POSITIVE)
        if len(criterion.levels) != criterion.scale_max + 1:
            values = {"expected": str(criterion.scale_max + 1), "found": str(len(criterion.levels))}
            yield Finding(f"grid[{index}].levels", Reason.LEVELS_INCOMPLETE, values)


def _jury(rulebook: Rulebook) -> Iterator[Finding]:
    jury = rulebook.jury
    if jury.quorum < 1:
        yield Finding("jury.quorum", Reason.QUORUM_TOO_SMALL)
    if not 0 <= jury.eligible_score_basis_points <= WHOLE:
        yield Finding("jury.eligible_score_basis_points", Reason.SHARE_OUT_OF_BOUNDS)
    known = {criterion.code for criterion in rulebook.grid} | {EARLIEST_DEPOSIT}
    for index, code in enumerate(jury.tie_rule):
        if code not in known:
            yield Finding(f"jury.tie_rule[{index}]", Reason.TIE_CODE_UNKNOWN, {"code": code})
    if not jury.tie_rule or jury.tie_rule[-1] != EARLIEST_DEPOSIT:
        yield Finding("jury.tie_rule", Reason.TIE_RULE_OPEN)


def _envelopes(rulebook: Rulebook) -> Iterator[Finding]:
    if not rulebook.envelopes:
        yield Finding("envelopes", Reason.FIELD_MISSING)
    yield from _twice("envelopes", (envelope.section for envelope in rulebook.envelopes))
    lowest = min((track.min_amount_cents for track in rulebook.tracks), default=0)
    for index, envelope in enumerate(rulebook.envelopes):
        if envelope.announced_cents <= 0:
            yield Finding(f"envelopes[{index}].announced_cents", Reason.ENVELOPE_NOT_POSITIVE)
        elif envelope.announced_cents < lowest:
            yield Finding(f"envelopes[{index}].announced_cents", Reason.ENVELOPE_BELOW_MINIMUM)


def _plans(rulebook: Rulebook) -> Iterator[Finding]:
    for section in _sections(rulebook.envelopes):
        if section not in rulebook.payment_plan:
            yield Finding("payment_plan", Reason.PLAN_MISSING, {"section": section.value})
    for section, steps in rulebook.payment_plan.items():
        total = sum(step.basis_points for step in steps)
        if total != WHOLE or any(step.basis_points <= 0 for step in steps):
            yield Finding(f"payment_plan.{section}", Reason.PLAN_NOT_WHOLE, {"total_basis_points": str(total)})
        for index, step in enumerate(steps):
            if step.kind not in KINDS:
                path = f"payment_plan.{section}[{index}].kind"
                yield Finding(path, Reason.INSTALLMENT_KIND_UNKNOWN, {"code": step.kind})
            for code in step.conditions:
                if code not in CONDITIONS:
                    path = f"payment_plan.{section}[{index}].conditions"
                    yield Finding(path, Reason.CONDITION_UNKNOWN, {"code": code})
    if not 0 <= rulebook.agreement.unspent_kept_basis_points <= WHOLE:
        yield Finding("agreement.unspent_kept_basis_points", Reason.SHARE_OUT_OF_BOUNDS)


def _sections(envelopes: tuple[Envelope, ...]) -> tuple[Section, ...]:
    return tuple(dict.fromkeys(envelope.section for envelope in envelopes))


def _deadlines(rulebook: Rulebook) -> Iterator[Finding]:
    codes = [deadline.code for deadline in rulebook.deadlines]
    yield from _twice("deadlines", codes)
    for code in REQUIRED_DEADLINES:
        if code not in codes:
            yield Finding("deadlines", Reason.DEADLINE_MISSING, {"code": code})
    for index, deadline in enumerate(rulebook.deadlines):
        if deadline.term.days + deadline.term.months <= 0:
            yield Finding(f"deadlines[{index}]", Reason.DEADLINE_NOT_POSITIVE)


def _legal_bases(rulebook: Rulebook) -> Iterator[Finding]:
    yield from _twice("legal_bases", (basis.code for basis in rulebook.legal_bases))
    known = {basis.code for basis in rulebook.legal_bases}
    for path, code in _citations(rulebook):
        if not code:
            yield Finding(f"{path}.legal_basis", Reason.LEGAL_BASIS_MISSING)
        elif code not in known:
            yield Finding(f"{path}.legal_basis", Reason.LEGAL_BASIS_UNKNOWN, {"code": code})


def _citations(rulebook: Rulebook) -> Iterator[tuple[str, str]]:
    for name, window in _named_windows(rulebook):
        yield f"windows.{name}", window.legal_basis
    for index, track in enumerate(rulebook.tracks):
        yield f"tracks[{index}]", track.legal_basis
    yield "jury", rulebook.jury.legal_basis
    yield "agreement", rulebook.agreement.legal_basis
    for section, steps in rulebook.payment_plan.items():
        for index, step in enumerate(steps):
            yield f"payment_plan.{section}[{index}]", step.legal_basis
    for index, deadline in enumerate(rulebook.deadlines):
        yield f"deadlines[{index}]", deadline.legal_basis


def _twice(path: str, codes: Iterable[str]) -> Iterator[Finding]:
    for code, count in Counter(codes).items():
        if count > 1:
            yield Finding(path, Reason.CODE_TWICE, {"code": code})
