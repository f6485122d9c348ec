"""The call that receives: drafts, deposits to be examined, a refusal to be confirmed, a withdrawal, invitations."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from rehearsal.current.casting import Living
from rehearsal.play import Course
from rehearsal.scenes import examining, receiving
from rehearsal.schedule import Step

DRAFTS = (7, 9)
ADMITTED = (1, 2, 3)
PROPOSED_OUT = (10,)
"""A first instructor holds it inadmissible; a second one has not confirmed."""


def steps(living: Living) -> list[Step]:
    """Until the day of the first play."""
    drafts = [living.file(place) for place in DRAFTS]
    deposited = living.among(lambda file: file not in drafts)
    waves = living.stage.edition.calendar.waves["pre_applications"]

    def step(moment: str, label: str, play: Callable[[], Awaitable[None]]) -> Step:
        return Step(living.at(moment), label, play)

    return [
        step("call_imported", "appel en préparation", partial(receiving.prepare_call, living.stage)),
        step("call_opened", "appel ouvert", partial(receiving.open_call, living.stage)),
        *(
            Step(at, "pré-candidatures déposées", partial(receiving.submit_applications, living.stage, files))
            for at in waves
            if (files := [file for file in deposited.edition.applications if file.submitted_at == at])
        ),
        step(
            "withdrawn",
            "désistement",
            partial(receiving.withdraw, living.stage, Course.WITHDRAWN_BEFORE_INVITATION),
        ),
        step(
            "admissibility_decided",
            "premières recevabilités",
            partial(examining.decide_admissibility, living.only(*ADMITTED, *PROPOSED_OUT)),
        ),
        step("drafted", "brouillons", partial(receiving.save_drafts, living.stage, drafts)),
    ]
