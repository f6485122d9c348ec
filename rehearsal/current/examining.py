"""The call that is examined: files at each step from the full application to the jury, some of them in trouble."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial

from rehearsal.current.casting import Living
from rehearsal.play import Application, Hearing
from rehearsal.scenes import examining, receiving
from rehearsal.schedule import Step
from rehearsal.stage import Stage

HEARD = (1, 2, 3, 4, 5, 6)
TO_BE_HEARD = 7
REFUSED = 8
TO_SHORTLIST = 9
UNDER_REVIEW = 10
OPINION_ASKED = 11
UNCHECKED = (12, 15)
INCOMPLETE = 13
COMPLETED = 14
UNSCORED = (4, 5, 6)
"""Files that the chair and one member have not scored yet."""


def prepared(living: Living) -> Living:
    """The script of the files that have one of their own."""
    experts = living.stage.edition.people("EXPERT")
    opinions = {UNDER_REVIEW: experts[0], OPINION_ASKED: experts[1]}

    def asked(place: int) -> Application:
        file = living.file(place)
        assert file.review is not None
        review = replace(file.review, opinion_of=opinions[place].person_id, opinion_favourable=True)
        return replace(file, review=review)

    def incomplete(place: int) -> Application:
        return replace(living.file(place), missing_pieces=("de_minimis_statement",))

    def unscored(place: int) -> Application:
        file = living.file(place)
        edition = living.stage.edition
        late = {edition.person("JURY_CHAIR").person_id, edition.people("JURY_MEMBER")[0].person_id}
        return replace(file, marks={member: sheet for member, sheet in file.marks.items() if member not in late})

    heard_later = replace(living.file(TO_BE_HEARD), hearing=Hearing(living.at("next_hearing"), None))
    changed = [*map(asked, opinions), *map(incomplete, (INCOMPLETE, COMPLETED)), *map(unscored, UNSCORED), heard_later]
    return living.rewritten(changed)


def steps(call: Living) -> list[Step]:
    """Until the day of the first play."""
    living = prepared(call)
    return sorted([*_receiving(living), *_examining(living), *_jury(living)], key=lambda step: step.at)


def _step(living: Living, moment: str, label: str, scene: Callable[[Stage], Awaitable[None]], *places: int) -> Step:
    """A scene for some files, or for all."""
    return Step(living.at(moment), label, partial(scene, living.only(*places) if places else living.stage))


def _receiving(living: Living) -> list[Step]:
    stage, waves = living.stage, living.stage.edition.calendar.waves
    answered = partial(receiving.submit_corrections, files=[living.file(COMPLETED)])
    return [
        _step(living, "call_imported", "appel en préparation", receiving.prepare_call),
        _step(living, "call_opened", "appel ouvert", receiving.open_call),
        *(
            Step(at, "pré-candidatures déposées", partial(receiving.submit_applications, stage, files))
            for at in waves["pre_applications"]
            if (files := [file for file in stage.edition.applications if file.submitted_at == at])
        ),
        _step(living, "admissibility_decided", "recevabilité", examining.decide_admissibility),
        _step(living, "inadmissibility_confirmed", "irrecevabilité confirmée", examining.confirm_inadmissibility),
        *(
            Step(at, "dossiers complets déposés", partial(receiving.submit_full_applications, stage, files))
            for at in waves["full_applications"]
            if (files := [file for file in stage.edition.applications if file.full_submitted_at == at])
        ),
        Step(living.at("corrections_received"), "dossier complété", partial(answered, stage)),
    ]


def _examining(living: Living) -> list[Step]:
    shortlist = (*HEARD, TO_BE_HEARD, REFUSED)
    reviewed = (*shortlist, TO_SHORTLIST)
    assigned = (*reviewed, UNDER_REVIEW, OPINION_ASKED)
    return [
        _step(living, "completeness_checked", "complétude", examining.check_completeness, *assigned),
        _step(living, "correction_requested", "pièces demandées", examining.check_completeness, INCOMPLETE, COMPLETED),
        _step(living, "reviewer_assigned", "instructeurs nommés", examining.assign_reviewers, *assigned),
        _step(living, "opinions_requested", "avis demandés", examining.request_opinions, UNDER_REVIEW, OPINION_ASKED),
        _step(living, "opinions_given", "avis rendu", examining.give_opinions, UNDER_REVIEW),
        _step(living, "review_concluded", "instructions conclues", examining.conclude_reviews, *reviewed),
        _step(living, "shortlist_decided", "présélection", examining.decide_shortlist, *shortlist),
    ]


def _jury(living: Living) -> list[Step]:
    return [
        _step(living, "hearings_scheduled", "auditions fixées", examining.schedule_hearings, *HEARD, TO_BE_HEARD),
        _step(living, "hearings_recorded", "auditions tenues", examining.record_hearings, *HEARD),
        _step(living, "jury_convoked", "jury convoqué", examining.convoke_jury, *HEARD),
        _step(living, "conflicts_declared", "déport déclaré", examining.declare_conflicts, *HEARD),
        _step(living, "scores_submitted", "premières notes", examining.submit_scores, *HEARD),
    ]
