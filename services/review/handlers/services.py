"""The two gRPC services of review, made of their nouns."""

from __future__ import annotations

from jalon.review.v1 import cases_pb2_grpc, jury_pb2_grpc

from services.review.handlers.acts import Acts
from services.review.handlers.admissibility import Admissibility
from services.review.handlers.completeness import Completeness
from services.review.handlers.hearings import Hearings
from services.review.handlers.instruction import Review
from services.review.handlers.jury import Sessions
from services.review.handlers.listing import Reading
from services.review.handlers.minutes import MinutesOfSessions
from services.review.handlers.notes import Notes
from services.review.handlers.opinions import Opinions
from services.review.handlers.results import Results
from services.review.handlers.scoring import Scoring
from services.review.handlers.voting import Voting


class CasesService(
    Admissibility,
    Completeness,
    Review,
    Opinions,
    Hearings,
    Results,
    Notes,
    Reading,
    cases_pb2_grpc.CasesServiceServicer,
):
    """What instructors and the assembly do with a case."""


class JuryService(Sessions, Scoring, MinutesOfSessions, Voting, Acts, jury_pb2_grpc.JuryServiceServicer):
    """Sessions, recusals, scores, ranking, acts."""
