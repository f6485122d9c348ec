"""Every timeout and every retry of the workflows, each with its reason.

Refusals need no list here: the activity side raises them non-retryable, with the reason as their type. Everything else
is retried until it succeeds, at bounded intervals: an accepted act must not be lost because a service was down for a
night; ``jalon stuck`` shows it meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from temporalio.common import RetryPolicy
from temporalio.workflow import ActivityConfig

ACCEPTANCE_SECONDS = 5
"""How long a caller waits for an update's answer before it is told "enregistré, en cours" (design §4)."""


@dataclass(frozen=True)
class Policy:
    """``attempt``: the longest one attempt may take. ``reason``: why these figures. ``attempts`` 0: without end."""

    attempt: timedelta
    first_wait: timedelta
    longest_wait: timedelta
    reason: str
    attempts: int = 0


WRITE = Policy(
    attempt=timedelta(seconds=10),
    first_wait=timedelta(milliseconds=200),
    longest_wait=timedelta(seconds=20),
    reason="one write RPC is one short transaction; a restarted service is back within a second, and must be seen soon",
)
DOCUMENT = Policy(
    attempt=timedelta(seconds=60),
    first_wait=timedelta(seconds=1),
    longest_wait=timedelta(minutes=1),
    reason="composing and storing a PDF takes seconds on a loaded machine",
)
MANY = Policy(
    attempt=timedelta(minutes=2),
    first_wait=timedelta(seconds=1),
    longest_wait=timedelta(minutes=1),
    reason="one call per member and file, or per page of a list",
)
ROW = Policy(
    attempt=timedelta(seconds=30),
    first_wait=timedelta(seconds=1),
    longest_wait=timedelta(seconds=1),
    reason="an application that does not answer must not hold the other rows: its own waits apart, and is told later",
    attempts=2,
)

POLICIES: dict[str, Policy] = {
    "prepare_agreement": DOCUMENT,
    "send_payment_run": DOCUMENT,
    "convoke_session": MANY,
    "list_invited": MANY,
    "tell_application": ROW,
}
"""Verbs that differ from ``WRITE``."""


def policy_of(verb: str) -> ActivityConfig:
    """The activity options of a verb. Only spacing and length are bounded, save for the rows of a bulk act."""
    policy = POLICIES.get(verb, WRITE)
    return ActivityConfig(
        start_to_close_timeout=policy.attempt,
        retry_policy=RetryPolicy(
            initial_interval=policy.first_wait,
            backoff_coefficient=2.0,
            maximum_interval=policy.longest_wait,
            maximum_attempts=policy.attempts,
        ),
    )
