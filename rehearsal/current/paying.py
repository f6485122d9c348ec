"""The call that is paid: agreements to send, to sign, about to expire; accounts to verify; a run to seal; paid ones.

Who was chosen comes out of the jury: the parts are given to the laureates in order.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from rehearsal.current.casting import Living
from rehearsal.scenes import examining, paying, receiving
from rehearsal.schedule import Pay, Step
from rehearsal.stage import Stage

PAID = slice(0, 3)
SEALED = slice(3, 5)
"""Their advance is in a run that waits for its second seal."""
UNVERIFIED = slice(5, 6)
NO_ACCOUNT = slice(6, 7)
TO_COUNTERSIGN = slice(7, 8)
EXPIRES_SOON = slice(8, 9)
EXPIRES_LATER = slice(9, 10)
"""Those after them wait for their agreement; a natural person, for the body she must create."""
SIGNED, DECLARED, VERIFIED = slice(0, 7), slice(0, 6), slice(0, 5)
Scene = Callable[[Stage], Awaitable[None]]


async def laureates(living: Living, part: slice) -> Stage:
    """The stage with some laureates alone: their order is the script's; natural persons are left out."""
    chosen = [file for file in await paying.granted(living.stage) if not paying.is_new_entity(file)]
    ordered = sorted(chosen, key=living.place_of)
    kept = {file.application_id for file in ordered[part]}
    return living.among(lambda file: file.application_id in kept)


def steps(living: Living, accountant: Pay) -> list[Step]:
    """Until the day of the first play."""
    found = [*_receiving(living), *_examining(living), *_deciding(living), *_paying(living, accountant)]
    return sorted(found, key=lambda step: step.at)


def _step(living: Living, moment: str, label: str, scene: Scene) -> Step:
    return Step(living.at(moment), label, partial(scene, living.stage))


def _part(living: Living, moment: str, label: str, scene: Scene, *, part: slice) -> Step:
    """A scene for some laureates."""

    async def play() -> None:
        await scene(await laureates(living, part))

    return Step(living.at(moment), label, play)


def _receiving(living: Living) -> list[Step]:
    stage, waves = living.stage, living.stage.edition.calendar.waves
    files = stage.edition.applications
    return [
        _step(living, "call_imported", "appel en préparation", receiving.prepare_call),
        _step(living, "call_opened", "appel ouvert", receiving.open_call),
        *(
            Step(at, "pré-candidatures déposées", partial(receiving.submit_applications, stage, group))
            for at in waves["pre_applications"]
            if (group := [file for file in files if file.submitted_at == at])
        ),
        *(
            Step(at, "dossiers complets déposés", partial(receiving.submit_full_applications, stage, group))
            for at in waves["full_applications"]
            if (group := [file for file in files if file.full_submitted_at == at])
        ),
    ]


def _examining(living: Living) -> list[Step]:
    return [
        _step(living, "admissibility_decided", "recevabilité", examining.decide_admissibility),
        _step(living, "inadmissibility_confirmed", "irrecevabilité confirmée", examining.confirm_inadmissibility),
        _step(living, "completeness_checked", "complétude", examining.check_completeness),
        _step(living, "reviewer_assigned", "instructeurs nommés", examining.assign_reviewers),
        _step(living, "review_concluded", "instructions conclues", examining.conclude_reviews),
        _step(living, "shortlist_decided", "présélection", examining.decide_shortlist),
        _step(living, "hearings_scheduled", "auditions fixées", examining.schedule_hearings),
        _step(living, "hearings_recorded", "auditions tenues", examining.record_hearings),
        _step(living, "jury_convoked", "jury convoqué", examining.convoke_jury),
        _step(living, "conflicts_declared", "déport déclaré", examining.declare_conflicts),
        _step(living, "scores_submitted", "notes du jury", examining.submit_scores),
        _step(living, "jury_session", "séance ouverte", examining.open_session),
        _step(living, "jury_closed", "séance close", examining.close_session),
    ]


def _deciding(living: Living) -> list[Step]:
    def send(closes: str) -> Scene:
        return partial(paying.send_agreements, of_new_entities=False, closes=closes)

    sign = partial(paying.sign_agreements, wave=0)
    return [
        _step(living, "vote_recorded", "vote de l'assemblée", paying.record_vote),
        _step(living, "act_transmitted", "acte transmis", paying.record_transmission),
        _step(living, "act_executory", "acte exécutoire", paying.record_executory),
        _step(living, "decisions_notified", "décisions notifiées", paying.notify_decisions),
        _part(living, "agreements_sent", "conventions envoyées", send("bank_details_verified"), part=SIGNED),
        _part(living, "agreements_signed", "conventions signées", sign, part=SIGNED),
        _part(living, "agreements_countersigned", "conventions conclues", paying.countersign_agreements, part=SIGNED),
        _part(living, "late_agreements_sent", "convention envoyée", send("expires_later"), part=TO_COUNTERSIGN),
        _part(living, "late_agreements_sent", "convention envoyée", send("expires_soon"), part=EXPIRES_SOON),
        _part(living, "late_agreements_sent", "convention envoyée", send("expires_later"), part=EXPIRES_LATER),
        _part(living, "late_agreements_signed", "convention signée", sign, part=TO_COUNTERSIGN),
    ]


def _paying(living: Living, accountant: Pay) -> list[Step]:
    advance = partial(paying.liquidate, kind="advance")
    return [
        _part(living, "bank_details_declared", "coordonnées bancaires", paying.declare_bank_details, part=DECLARED),
        _part(living, "bank_details_verified", "comptes vérifiés", paying.verify_bank_details, part=VERIFIED),
        _part(living, "advances_liquidated", "acomptes liquidés", advance, part=PAID),
        _step(living, "advance_run_prepared", "bordereau préparé", partial(paying.prepare_run, name="advances")),
        _step(living, "advance_run_first_seal", "premier sceau", partial(paying.seal_run, name="advances")),
        _step(living, "advance_run_second_seal", "second sceau", partial(paying.counterseal_run, name="advances")),
        Step(living.at("advances_taken_in_charge"), "prise en charge", partial(accountant, "take")),
        Step(living.at("advances_paid"), "acomptes payés", partial(accountant, "pay")),
        _part(living, "second_run_liquidated", "acomptes liquidés", advance, part=SEALED),
        _step(living, "second_run_prepared", "bordereau préparé", partial(paying.prepare_run, name="second")),
        _step(living, "second_run_first_seal", "premier sceau", partial(paying.seal_run, name="second")),
    ]
