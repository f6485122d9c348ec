"""*Dossiers*: tabs by stage with counts, chips, search, pages. The address is the view. Two reads."""

from __future__ import annotations

from dataclasses import dataclass

from jalon.intake.v1 import applications_pb2 as pb
from litestar import Controller, get
from litestar.response import Template

from kit.enums import names, to_proto
from web.desk import AtDesk, Desk, together
from web.page import AnyRequest, address, page
from web.words import t, word

TABS: dict[str, tuple[str, ...]] = {
    "reception": ("PRE_APPLICATION", "ADMISSIBILITY", "FULL_APPLICATION", "COMPLETENESS"),
    "examination": ("REVIEW", "SHORTLIST"),
    "jury": ("HEARING", "JURY"),
    "decision": ("VOTE", "NOTIFICATION"),
    "agreement": ("LEGAL_ENTITY", "AGREEMENT"),
    "payment": ("PAYMENT", "REPORT", "BALANCE"),
    "closed": ("CLOSED",),
}
SIZE = 25
PARAMETERS = ("onglet", "etape", "issue", "q", "volet", "commune", "page")
STAGES, ENDINGS = names(pb.Stage), names(pb.Ending)


@dataclass(frozen=True)
class Choice:
    """A tab or a chip: where it leads, and how many files it shows (None: not counted)."""

    label: str
    href: str
    count: int | None
    current: bool


class FilesPage(Controller):
    """``/dossiers``."""

    @get("/dossiers", rpcs=("ListApplications", "CountApplications"))
    async def show(self, request: AnyRequest, desk: AtDesk) -> Template:
        """The list of the call worked on."""
        asked = {name: request.query_params.get(name, "") for name in PARAMETERS}
        rulebook = await desk.rulebook()
        counting = pb.CountApplicationsRequest(call_id=desk.visitor.call_id)
        found, counts = await together(
            desk.read("intake.applications", _request(desk, asked)), desk.read("intake.applications", counting)
        )
        people = await desk.people(*(row.progress.reviewer_id for row in found.rows))
        following = address(request, page=found.next_page_token) if found.next_page_token else ""
        return page(
            request,
            "files.html",
            title=t("files.title"),
            here="files",
            asked=asked,
            tabs=_tabs(request, counts, asked),
            chips=_chips(request, counts, asked),
            rows=found.rows,
            people=people,
            rulebook=rulebook,
            communes=rulebook.content.get("communes", ()),
            total=_total(counts, asked),
            size=SIZE,
            first=address(request, page="") if asked["page"] else "",
            following=following,
        )


def _request(desk: Desk, asked: dict[str, str]) -> pb.ListApplicationsRequest:
    stages = [asked["etape"]] if asked["etape"] in STAGES else list(TABS.get(asked["onglet"], ()))
    ending = asked["issue"] if asked["issue"] in ENDINGS else ""
    return pb.ListApplicationsRequest(
        call_id=desk.visitor.call_id,
        stages=[to_proto(pb.Stage, stage) for stage in stages],
        ending=to_proto(pb.Ending, ending),
        track=asked["volet"],
        commune=asked["commune"],
        query=asked["q"],
        page_size=SIZE,
        page_token=asked["page"],
    )


def _tabs(request: AnyRequest, counts: pb.CountApplicationsResponse, asked: dict[str, str]) -> list[Choice]:
    by_stage = {count.key: count.count for count in counts.by_stage}

    def href(tab: str) -> str:
        return address(request, onglet=tab, etape="", issue="", page="")

    tabs = [
        Choice(t(f"tab.{tab}"), href(tab), sum(by_stage.get(stage, 0) for stage in stages), asked["onglet"] == tab)
        for tab, stages in TABS.items()
    ]
    return [*tabs, Choice(t("files.all"), href(""), counts.received, asked["onglet"] not in TABS)]


def _chips(request: AnyRequest, counts: pb.CountApplicationsResponse, asked: dict[str, str]) -> list[Choice]:
    """The stages of the tab, or the endings of the closed files; a chip chosen again is let go."""
    if asked["onglet"] == "closed":
        found, name, enum = counts.by_ending, "issue", "intake.Ending"
    else:
        found, name, enum = counts.by_stage, "etape", "intake.Stage"
    shown = TABS.get(asked["onglet"], STAGES) if name == "etape" else ENDINGS
    by_key = {count.key: count.count for count in found if count.key in shown}
    if len(by_key) < 2 and not asked[name]:
        return []
    return [
        Choice(
            word(enum, key),
            address(request, page="", **{name: "" if asked[name] == key else key}),
            by_key[key],
            asked[name] == key,
        )
        for key in shown
        if key in by_key
    ]


def _total(counts: pb.CountApplicationsResponse, asked: dict[str, str]) -> int | None:
    """How many files the view holds; None when a search or a filter makes it unknown without counting."""
    if asked["q"] or asked["volet"] or asked["commune"]:
        return None
    if asked["issue"]:
        return next((count.count for count in counts.by_ending if count.key == asked["issue"]), 0)
    wanted = [asked["etape"]] if asked["etape"] else TABS.get(asked["onglet"])
    if wanted is None:
        return counts.received
    return sum(count.count for count in counts.by_stage if count.key in wanted)
