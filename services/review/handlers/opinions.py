"""Avis: asked of somebody outside until a date, given, not given in time, no longer wanted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from jalon.review.v1 import cases_pb2 as pb

from kit import clock
from kit.admission import current
from kit.errors import field_invalid, not_found, required
from kit.journal import Act, plumbing
from services.review.domain.case import Opinion, check_received
from services.review.domain.moves import OPINION, OpinionAction, OpinionState, check_case_open, move
from services.review.domain.opinions import check_opinion_lapse, give
from services.review.domain.reasons import Reason
from services.review.handlers.desk import Desk
from services.review.handlers.messages import opinion_message
from services.review.handlers.reading import facts_of, later, ref, words
from services.review.store import cases
from services.review.store import completeness as store

EXPERT = "expert"
MOST = 100


class Opinions(Desk):
    """From the request to its end."""

    async def RequestOpinion(self, request: pb.RequestOpinionRequest, context: Any) -> pb.Opinion:
        """Asks an expert, until a date; the case opens to her."""

        async def change(act: Act) -> pb.Opinion:
            required(request, "opinion_id", "expert_id")
            case = await cases.lock(act.connection, request.application_id)
            check_received(case)
            opinion = Opinion(
                opinion_id=request.opinion_id,
                application_id=case.application_id,
                expert_id=request.expert_id,
                state=OpinionState.REQUESTED,
                closes_at=later("closes_at", request, act=act),
            )
            await store.request_opinion(act.connection, opinion, requested_at=act.at)
            await plumbing.relate_person(
                act.connection,
                person=request.expert_id,
                application_id=case.application_id,
                call_id=case.call_id,
                relation=EXPERT,
            )
            facts = {
                "opinion_id": opinion.opinion_id,
                "expert_id": opinion.expert_id,
                "closes_at": clock.text(opinion.closes_at),
            }
            act.record("opinion_requested", subject=case.application_id, facts=facts)
            return opinion_message(opinion)

        return await self._journal.write(request, change)

    async def GiveOpinion(self, request: pb.GiveOpinionRequest, context: Any) -> pb.Opinion:
        """The expert asked gives her opinion, in time, with its words."""

        async def change(act: Act) -> pb.Opinion:
            required(request, "opinion_id")
            case = await cases.lock(act.connection, request.application_id)
            check_case_open(case.state)
            opinion = await store.lock_opinion(act.connection, case.application_id, request.opinion_id)
            if opinion.expert_id != act.person:
                raise not_found()
            given = give(opinion, favourable=request.favourable, at=act.at)
            cited = ref(request, "words")
            if cited is None:
                raise field_invalid("words", Reason.WORDS_REQUIRED)
            said = await words(act, case, cited, kind="OPINION", path="words")
            await store.give_opinion(act.connection, opinion, given, words=cited)
            facts = {"opinion_id": opinion.opinion_id, "favourable": request.favourable, **facts_of(cited)}
            act.record("opinion_given", subject=case.application_id, facts=facts, words=said)
            return opinion_message(given)

        return await self._journal.write(request, change)

    async def LapseOpinion(self, request: pb.LapseOpinionRequest, context: Any) -> pb.Opinion:
        """Asks whether the time of an opinion is over with nothing given; a second time changes nothing."""

        async def change(act: Act) -> pb.Opinion:
            required(request, "application_id", "opinion_id")
            opinion = await store.lock_opinion(act.connection, request.application_id, request.opinion_id)
            if opinion.state in {OpinionState.EXPIRED, OpinionState.CANCELLED}:
                return opinion_message(opinion)
            check_opinion_lapse(opinion, now=act.now)
            lapsed = replace(opinion, state=move(OPINION, opinion.state, OpinionAction.LAPSE))
            await store.end_opinion(act.connection, opinion, lapsed.state)
            act.record("opinion_lapsed", subject=opinion.application_id, facts={"opinion_id": opinion.opinion_id})
            return opinion_message(lapsed)

        return await self._journal.write(request, change)

    async def CancelOpinion(self, request: pb.CancelOpinionRequest, context: Any) -> pb.Opinion:
        """No longer wanted; the file closes to who was asked."""

        async def change(act: Act) -> pb.Opinion:
            required(request, "opinion_id", "expert_id")
            opinion = await store.lock_opinion(act.connection, request.application_id, request.opinion_id)
            if opinion.expert_id != request.expert_id:
                raise not_found()
            cancelled = replace(opinion, state=move(OPINION, opinion.state, OpinionAction.CANCEL))
            await store.end_opinion(act.connection, opinion, cancelled.state)
            await plumbing.end_relation(
                act.connection, person=opinion.expert_id, application_id=opinion.application_id, relation=EXPERT
            )
            facts = {"opinion_id": opinion.opinion_id, "expert_id": opinion.expert_id}
            act.record("opinion_cancelled", subject=opinion.application_id, facts=facts)
            return opinion_message(cancelled)

        return await self._journal.write(request, change)

    async def GetOpinion(self, request: pb.GetOpinionRequest, context: Any) -> pb.Opinion:
        """One opinion asked of the caller; another's reads like none."""
        required(request, "application_id", "opinion_id")
        opinion = await store.opinion(self._pool, request.application_id, request.opinion_id)
        if opinion.expert_id != current.get().actor.person:
            raise not_found()
        return opinion_message(opinion)

    async def ListMyOpinions(self, request: pb.ListMyOpinionsRequest, context: Any) -> pb.ListMyOpinionsResponse:
        """The opinions asked of the caller: those still to give first."""
        required(request, "call_id")
        found = await store.opinions_of(self._pool, current.get().actor.person, request.call_id, limit=MOST)
        return pb.ListMyOpinionsResponse(opinions=[opinion_message(opinion) for opinion in found])
