"""The calendar of the play: each step at its instant, in order."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from rehearsal.play import Application, Course
from rehearsal.scenes import examining, paying, receiving
from rehearsal.stage import Stage

Play = Callable[[], Awaitable[None]]
Pay = Callable[[str], Awaitable[None]]


@dataclass(frozen=True)
class Step:
    """One scene: when, what the progress bar says, and what people then do."""

    at: datetime
    label: str
    play: Play


def steps(stage: Stage, accountant: Pay) -> list[Step]:
    """Every step, by instant; ``accountant("take" | "pay")`` runs the outside process."""
    return sorted(
        [
            *_receiving(stage),
            *_examining(stage),
            *_deciding(stage),
            *_paying(stage, accountant),
            *_settling(stage, accountant),
        ],
        key=lambda step: step.at,
    )


def _step(stage: Stage, name: str, label: str, scene: Callable[[Stage], Awaitable[None]]) -> Step:
    return Step(stage.edition.calendar.moments[name], label, functools.partial(scene, stage))


def _by_instant(
    files: list[Application], when: Callable[[Application], datetime | None]
) -> dict[datetime, list[Application]]:
    groups: dict[datetime, list[Application]] = {}
    for file in files:
        at = when(file)
        if at is not None:
            groups.setdefault(at, []).append(file)
    return groups


def _receiving(stage: Stage) -> list[Step]:
    files = list(stage.edition.applications)
    deposits = [
        Step(
            at,
            f"{len(group)} pré-candidatures déposées",
            functools.partial(receiving.submit_applications, stage, group),
        )
        for at, group in _by_instant(files, lambda file: file.submitted_at).items()
    ]
    fulls = [
        Step(
            at,
            f"{len(group)} dossiers complets déposés",
            functools.partial(receiving.submit_full_applications, stage, group),
        )
        for at, group in _by_instant(files, lambda file: file.full_submitted_at).items()
    ]
    corrections = [
        Step(at, f"{len(group)} dossiers complétés", functools.partial(receiving.submit_corrections, stage, group))
        for at, group in _by_instant(files, lambda file: file.corrected_at).items()
    ]
    before, after = Course.WITHDRAWN_BEFORE_INVITATION, Course.WITHDRAWN_AFTER_INVITATION
    moments = stage.edition.calendar.moments
    return [
        _step(stage, "call_imported", "règlement importé, rôles donnés", receiving.prepare_call),
        _step(stage, "call_opened", "appel ouvert, règlement figé", receiving.open_call),
        *deposits,
        Step(
            moments["withdrawal_before_invitation"],
            "désistements",
            functools.partial(receiving.withdraw, stage, before),
        ),
        Step(
            moments["withdrawal_after_invitation"], "désistements", functools.partial(receiving.withdraw, stage, after)
        ),
        *fulls,
        *corrections,
    ]


def _examining(stage: Stage) -> list[Step]:
    return [
        _step(stage, "admissibility_decided", "recevabilité", examining.decide_admissibility),
        _step(stage, "inadmissibility_confirmed", "irrecevabilités confirmées", examining.confirm_inadmissibility),
        _step(stage, "completeness_checked", "complétude", examining.check_completeness),
        _step(stage, "completeness_confirmed", "dossiers complétés vérifiés", examining.confirm_completed),
        _step(stage, "reviewer_assigned", "instructeurs nommés", examining.assign_reviewers),
        _step(stage, "opinions_requested", "avis demandés", examining.request_opinions),
        _step(stage, "opinions_given", "avis rendus", examining.give_opinions),
        _step(stage, "review_concluded", "instructions conclues", examining.conclude_reviews),
        _step(stage, "shortlist_decided", "présélection", examining.decide_shortlist),
        _step(stage, "hearings_scheduled", "auditions fixées", examining.schedule_hearings),
        _step(stage, "hearings_recorded", "auditions tenues", examining.record_hearings),
        _step(stage, "jury_convoked", "jury convoqué", examining.convoke_jury),
        _step(stage, "conflicts_declared", "déports déclarés", examining.declare_conflicts),
        _step(stage, "scores_submitted", "notes du jury", examining.submit_scores),
        _step(stage, "jury_session", "séance ouverte", examining.open_session),
        _step(stage, "jury_closed", "séance close, enveloppe partagée", examining.close_session),
    ]


def _deciding(stage: Stage) -> list[Step]:
    signed = stage.edition.calendar.waves["agreements_signed"]
    existing = functools.partial(paying.send_agreements, of_new_entities=False)
    created = functools.partial(paying.send_agreements, of_new_entities=True)
    return [
        _step(stage, "vote_recorded", "vote de l'assemblée", paying.record_vote),
        _step(stage, "act_transmitted", "acte transmis", paying.record_transmission),
        _step(stage, "act_executory", "acte exécutoire", paying.record_executory),
        _step(stage, "decisions_notified", "décisions notifiées", paying.notify_decisions),
        _step(stage, "agreements_sent", "conventions envoyées", existing),
        _step(stage, "legal_entity_declared", "personnes morales créées", paying.declare_legal_entities),
        _step(stage, "entity_agreements_sent", "conventions envoyées", created),
        *(
            Step(at, "conventions signées", functools.partial(paying.sign_agreements, stage, wave))
            for wave, at in enumerate(signed)
        ),
        _step(
            stage, "agreements_countersigned", "conventions conclues, crédits engagés", paying.countersign_agreements
        ),
    ]


def _paying(stage: Stage, accountant: Pay) -> list[Step]:
    moments = stage.edition.calendar.moments
    name = "advances"
    return [
        _step(stage, "bank_details_declared", "coordonnées bancaires", paying.declare_bank_details),
        _step(stage, "bank_details_verified", "comptes vérifiés", paying.verify_bank_details),
        _step(stage, "advances_liquidated", "acomptes liquidés", functools.partial(paying.liquidate, kind="advance")),
        _step(stage, "advance_run_prepared", "bordereau préparé", functools.partial(paying.prepare_run, name=name)),
        _step(stage, "advance_run_first_seal", "premier sceau", functools.partial(paying.seal_run, name=name)),
        _step(stage, "advance_run_second_seal", "second sceau", functools.partial(paying.counterseal_run, name=name)),
        Step(moments["advances_taken_in_charge"], "prise en charge", functools.partial(accountant, "take")),
        Step(moments["advances_paid"], "acomptes payés", functools.partial(accountant, "pay")),
    ]


def _settling(stage: Stage, accountant: Pay) -> list[Step]:
    waves = stage.edition.calendar.waves
    found: list[Step] = []
    for wave in range(len(waves["reports_submitted"])):
        name = f"balances-{wave}"

        def at(kind: str, *, wave: int = wave) -> datetime:
            return waves[kind][wave]

        prepare = functools.partial(_prepare_and_seal, stage, name)
        liquidate = functools.partial(paying.liquidate, stage, kind="balance", wave=wave)
        found += [
            Step(
                at("reports_submitted"), "comptes rendus reçus", functools.partial(paying.submit_reports, stage, wave)
            ),
            Step(at("reports_accepted"), "soldes calculés", functools.partial(paying.accept_reports, stage, wave)),
            Step(at("balances_liquidated"), "soldes liquidés", liquidate),
            Step(at("balance_runs_prepared"), "bordereau préparé", prepare),
            Step(
                at("balance_runs_second_seal"), "second sceau", functools.partial(paying.counterseal_run, stage, name)
            ),
            Step(at("balances_taken_in_charge"), "prise en charge", functools.partial(accountant, "take")),
            Step(at("balances_paid"), "soldes payés", functools.partial(accountant, "pay")),
        ]
    return [*found, _step(stage, "call_closed", "appel clos", paying.close_call)]


async def _prepare_and_seal(stage: Stage, name: str) -> None:
    await paying.prepare_run(stage, name)
    await paying.seal_run(stage, name)
