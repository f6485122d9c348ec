"""A list of files as its address says it: filters, order, columns. The page, its exports, bulk acts and the neighbors
of a file read the same view."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from google.protobuf.timestamp_pb2 import Timestamp
from jalon.common.v1 import rights_pb2
from jalon.intake.v1 import applications_pb2 as pb
from litestar.datastructures import MultiDict

from kit import clock
from kit.enums import names, to_proto
from web.words import showing

TABS: dict[str, tuple[str, ...]] = {
    "reception": ("PRE_APPLICATION", "ADMISSIBILITY", "FULL_APPLICATION", "COMPLETENESS"),
    "examination": ("REVIEW", "SHORTLIST"),
    "jury": ("HEARING", "JURY"),
    "decision": ("VOTE", "NOTIFICATION"),
    "agreement": ("LEGAL_ENTITY", "AGREEMENT"),
    "payment": ("PAYMENT", "REPORT", "BALANCE"),
    "closed": ("CLOSED",),
}
FILTERS = ("onglet", "etape", "issue", "q", "volet", "commune", "instruction", "attend", "qui", "echeance", "messages")
PARAMETERS = (*FILTERS, "tri", "colonnes", "page")
ORDERS = {"echeance": "NEXT_EVENT", "structure": "ORGANIZATION", "montant": "REQUESTED"}
"""``tri`` → the order; anything else is by number."""
DUE = {"retard": 0, "semaine": 7, "mois": 30}
"""``echeance`` → due before so many days from now."""
UNREAD = "non-lus"
"""``messages``: with one the service has not read."""
LONGEST = 400
STAGES, ENDINGS, EVENTS = names(pb.Stage), names(pb.Ending), names(pb.NextEvent)
ROLES = ("APPLICANT", "INSTRUCTOR", "JURY_SECRETARY", "JURY_CHAIR", "ASSEMBLY_OFFICE", "AUTHORISING_OFFICER", "FINANCE")
"""Who may be awaited, and ``CALL_ADMIN``, which comes last in the list."""
AWAITED = (*ROLES, "CALL_ADMIN", "ACCOUNTANT")


@dataclass(frozen=True)
class View:
    """``asked``: the parameters of the address, empty when not given."""

    asked: Mapping[str, str]

    @classmethod
    def of(cls, given: Mapping[str, str]) -> View:
        """The view of an address. Boxes ticked in the menu of columns (``colonne``, several) become ``colonnes``."""
        asked = {name: str(given.get(name, ""))[:LONGEST] for name in PARAMETERS}
        ticked = given.getall("colonne", []) if isinstance(given, MultiDict) else []
        return cls({**asked, "colonnes": ",".join(ticked)[:LONGEST]} if ticked else asked)

    @classmethod
    def read(cls, text: str) -> View:
        """The view a link of a list carries (its own address, after the ``?``)."""
        return cls.of(dict(parse_qsl(text[:2000])))

    def __getitem__(self, name: str) -> str:
        return self.asked[name]

    @property
    def filtered(self) -> bool:
        """True when something besides the tab is asked."""
        return any(self.asked[name] for name in FILTERS if name != "onglet")

    @property
    def order(self) -> str:
        """``NEXT_EVENT``…; empty by number."""
        return ORDERS.get(self.asked["tri"], "")

    def text(self, **changes: str) -> str:
        """What comes after the ``?`` of the list's address, without the page unless it is given."""
        kept = {**self.asked, "page": "", **changes}
        return urlencode({name: value for name, value in kept.items() if value})

    def named(self) -> str:
        """The same as a link carries it: never empty, so that a file opened from a list knows it was."""
        return self.text(tri=self.asked["tri"] or "numero", colonnes="")

    def stages(self) -> tuple[str, ...]:
        """The stages shown; none: all."""
        return (self.asked["etape"],) if self.asked["etape"] in STAGES else TABS.get(self.asked["onglet"], ())

    def listing(self, call_id: str, *, size: int = 0) -> pb.ListApplicationsRequest:
        """The request of the list."""
        asked = self.asked
        return pb.ListApplicationsRequest(
            call_id=call_id,
            track=asked["volet"][:40],
            commune=asked["commune"][:5],
            reviewer_id=asked["instruction"] if _is_id(asked["instruction"]) else "",
            query=asked["q"],
            blocking_role=to_proto(rights_pb2.Role, asked["qui"] if asked["qui"] in AWAITED else ""),
            next_event=to_proto(pb.NextEvent, asked["attend"] if asked["attend"] in EVENTS else ""),
            next_event_before=self._due(),
            unread=asked["messages"] == UNREAD,
            stages=[to_proto(pb.Stage, stage) for stage in self.stages()],
            ending=to_proto(pb.Ending, asked["issue"] if asked["issue"] in ENDINGS else ""),
            order=to_proto(pb.ListOrder, self.order),
            page_size=size,
            page_token=asked["page"],
        )

    def _due(self) -> Timestamp | None:
        days = DUE.get(self.asked["echeance"])
        return None if days is None else clock.to_timestamp(showing().now + timedelta(days=days))

    def without_page(self) -> View:
        """The same from its first page."""
        return replace(self, asked={**self.asked, "page": ""})

    def total(self, counts: pb.CountApplicationsResponse) -> int:
        """How many files it holds."""
        if self.asked["issue"] in ENDINGS:
            return next((count.count for count in counts.by_ending if count.key == self.asked["issue"]), 0)
        wanted = self.stages()
        return sum(count.count for count in counts.by_stage if not wanted or count.key in wanted)


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
