"""Task queue, workflow types and ids. Ids carry no meaning but the entity's own UUID."""

from __future__ import annotations

import re
from dataclasses import dataclass

TASK_QUEUE = "jalon"


@dataclass(frozen=True)
class EntityKind:
    """A kind of entity workflow: its type, the prefix of its ids, and the message field that names the entity."""

    workflow: str
    prefix: str
    field: str

    def id_of(self, entity_id: str) -> str:
        """``application/<uuid>``."""
        return f"{self.prefix}/{entity_id}"


APPLICATION = EntityKind("ApplicationWorkflow", "application", "application_id")
CALL = EntityKind("CallWorkflow", "call", "call_id")
JURY = EntityKind("JuryWorkflow", "jury", "session_id")
PAYMENT_RUN = EntityKind("PaymentRunWorkflow", "payment-run", "payment_run_id")
BULK = EntityKind("BulkWorkflow", "bulk", "bulk_id")


def verb_of(message: type) -> str:
    """``DecideAdmissibility`` → ``decide_admissibility``: the update, the activity, the query, the act on the page."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", message.__name__).lower()
