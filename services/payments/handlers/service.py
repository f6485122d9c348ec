"""The gRPC service of one application's money: its groups of handlers, joined."""

from __future__ import annotations

from jalon.payments.v1 import awards_pb2_grpc

from services.payments.handlers.accounts import Accounts
from services.payments.handlers.agreements import Agreements
from services.payments.handlers.awards import Awards
from services.payments.handlers.envelopes import Envelopes
from services.payments.handlers.installments import Installments
from services.payments.handlers.reports import Reports


class AwardsService(
    Envelopes, Awards, Agreements, Accounts, Installments, Reports, awards_pb2_grpc.AwardsServiceServicer
):
    """Envelopes and their ledger, awards, agreements, bank details, installments, financial reports."""
