"""The euro walk: from a paid installment back to the rule, each step with its links in the chains; and the way back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from jalon.audit.v1 import chains_pb2
from jalon.intake.v1 import applications_pb2 as pb

from kit.errors import not_found
from web.backoffice.chains import APPLICATION, CALL, JURY, RUN, Chain, Link, chain_of
from web.desk import Desk

STEPS: dict[str, tuple[str, ...]] = {
    "paid": ("order_paid", "order_rejected", "order_taken_in_charge"),
    "order": (
        *("installment_ordered", "payment_run_sent", "payment_run_countersealed", "payment_run_sealed"),
        *("order_removed", "payment_run_prepared"),
    ),
    "liquidation": ("installment_liquidated",),
    "conditions": ("report_accepted", "bank_details_verified", "condition_met"),
    "agreement": ("agreement_countersigned", "agreement_signed", "agreement_sent", "agreement_prepared"),
    "act": ("decision_notified", "decision_recorded", "executory_recorded", "transmission_recorded", "act_recorded"),
    "score": ("proposal_recorded", "session_closed", "score_submitted", "conflict_declared"),
    "review": ("shortlist_decided", "review_concluded"),
    "application": ("correction_submitted", "full_application_submitted", "application_submitted"),
    "rule": ("call_opened",),
}
"""From the payment to the rule: the events each step is made of, the decisive one first."""
NAMED = ("application_id", "installment_id", "order_id", "act_id")
"""Facts that say what a link is about: a link about another installment, order, act or file is not of this walk."""


@dataclass(frozen=True)
class Step:
    """One step; ``links``: its proof, the decisive one first."""

    name: str
    links: Sequence[Link]


@dataclass(frozen=True)
class Walk:
    """The whole way. ``same_rule``: every link that cites a rulebook cites the one that was frozen at the opening."""

    steps: Sequence[Step]
    verifications: Sequence[tuple[str, chains_pb2.Verification]]
    same_rule: bool
    amounts: Sequence[tuple[str, int]]


async def walk_of(desk: Desk, application: pb.Application, installment_id: str) -> Walk:
    """Reads the chains of the file, its payment run, its jury session and its call."""
    own = await chain_of(desk, APPLICATION, application.application_id)
    about = {"application_id": application.application_id, "installment_id": installment_id}
    ordered = _last(own, "installment_ordered", installment_id=installment_id)
    due = _last(own, "installment_liquidated", installment_id=installment_id)
    if due is None:
        raise not_found()
    about |= {name: str(ordered.facts[name]) for name in ("order_id",) if ordered}
    voted, proposed = _last(own, "decision_recorded"), _last(own, "proposal_recorded")
    about |= {"act_id": str(voted.facts["act_id"])} if voted else {}
    subjects = [
        (RUN, str(ordered.facts["payment_run_id"]) if ordered else ""),
        (JURY, str(proposed.facts["session_id"]) if proposed else ""),
        (CALL, application.call_id),
    ]
    others = await asyncio.gather(*(chain_of(desk, kind, one) for kind, one in subjects if one))
    links = of_the_walk([own, *others], about, due)
    kinds = [APPLICATION, *(kind for kind, one in subjects if one)]
    return Walk(
        steps=steps_of(links),
        verifications=[(kind, chain.verification) for kind, chain in zip(kinds, (own, *others), strict=True)],
        same_rule=len(rulebooks_cited(links)) <= 1,
        amounts=_amounts(own, installment_id),
    )


def of_the_walk(chains: Iterable[Chain], about: Mapping[str, str], due: Link) -> list[Link]:
    """The links about this file, installment, order and act; conditions as far as the liquidation stood on them."""
    links = (link for chain in chains for link in chain.links)
    return [link for link in links if _is_of(link, about) and not _too_late(link, due)]


def steps_of(links: Sequence[Link]) -> list[Step]:
    """From the payment to the rule, without the steps that left nothing."""
    steps = [Step(name, _in_order(events, links)) for name, events in STEPS.items()]
    return [step for step in steps if step.links]


def rulebooks_cited(links: Sequence[Link]) -> set[str]:
    """Digests of the rulebooks these links cite, the one frozen at the opening included."""
    cited = {str(link.facts.get("rulebook_digest", "")) for link in links}
    frozen = {str(link.facts.get("digest", "")) for link in links if link.name == "call_opened"}
    return (cited | frozen) - {""}


def _last(chain: Chain, event: str, **facts: str) -> Link | None:
    found = (
        link
        for link in reversed(chain.links)
        if link.name == event and all(link.facts.get(name) == value for name, value in facts.items())
    )
    return next(found, None)


def _too_late(link: Link, due: Link) -> bool:
    """A condition met after the liquidation is not one it stood on."""
    return link.name in STEPS["conditions"] and link.event.sequence > due.event.sequence


def _is_of(link: Link, about: Mapping[str, str]) -> bool:
    return all(link.facts.get(name) in (None, about.get(name)) for name in NAMED)


def _in_order(events: Iterable[str], links: Iterable[Link]) -> list[Link]:
    """The decisive event first; a fact told by two chains (an order, in its file and its run) is told once."""
    kept: dict[tuple[str, str], Link] = {}
    for link in links:
        if link.name in events:
            kept.setdefault((link.name, _once(link)), link)
    ranks = {event: rank for rank, event in enumerate(events)}
    return sorted(kept.values(), key=lambda link: (ranks[link.name], -link.event.sequence))


def _once(link: Link) -> str:
    order = str(link.facts.get("order_id", ""))
    return order if order and link.name.startswith("order_") else f"{link.event.subject_kind}/{link.event.sequence}"


AMOUNTS: dict[str, tuple[str, str]] = {
    "paid": ("order_paid", "amount_cents"),
    "liquidated": ("installment_liquidated", "amount_cents"),
    "committed": ("agreement_countersigned", "amount_cents"),
    "voted": ("decision_recorded", "granted_cents"),
    "proposed": ("proposal_recorded", "proposed_cents"),
    "instructed": ("review_concluded", "instructed_cents"),
    "requested": ("case_opened", "requested_cents"),
}
"""The amount each step says: event and fact."""


def _amounts(own: Chain, installment_id: str) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    for name, (event, fact) in AMOUNTS.items():
        about = {"installment_id": installment_id} if name in ("paid", "liquidated") else {}
        link = _last(own, event, **about)
        if link:
            found.append((name, int(link.facts.get(fact) or 0)))
    return found
