"""``jalon.intake.v1.ApplicationsService``: its parts by noun."""

from __future__ import annotations

from jalon.intake.v1 import applications_pb2_grpc

from services.intake.handlers.answers import Answers
from services.intake.handlers.consequences import Consequences
from services.intake.handlers.deposits import Deposits
from services.intake.handlers.drafts import Drafts
from services.intake.handlers.reading import Reading
from services.intake.handlers.receipts import Receipts
from services.intake.handlers.registers import Registers
from services.intake.handlers.tasks import Tasks
from services.intake.handlers.thread import Thread

SERVICE = "jalon.intake.v1.ApplicationsService"


class ApplicationsHandlers(
    Drafts,
    Deposits,
    Answers,
    Consequences,
    Reading,
    Receipts,
    Registers,
    Tasks,
    Thread,
    applications_pb2_grpc.ApplicationsServiceServicer,
):
    """Drafts, deposits, answers, consequences, reads and the thread."""
