"""*Dossiers*: tabs with counts, chips, filters, columns, saved views, pages. The address is the view. One read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from unicodedata import combining, normalize
from urllib.parse import quote

from jalon.intake.v1 import applications_pb2 as pb
from litestar import Controller, Response, get, post
from litestar.params import FromPath
from litestar.response import Template

from kit.errors import not_found
from web.backoffice.columns import COLUMNS, Known, chosen, sorting
from web.backoffice.export import EXPORTS, exported
from web.backoffice.view import AWAITED, DUE, ENDINGS, EVENTS, STAGES, TABS, UNREAD, View
from web.desk import AtDesk
from web.page import AnyRequest, flash, page, see, typed
from web.rulebooks import Words
from web.views import SavedViews
from web.visitor import may
from web.words import coded, t, word

SIZE = 25
PAGE = "files"
BULK_ACTS = ("ASSIGN_REVIEWER", "REQUEST_CORRECTION", "DECIDE_SHORTLIST", "NOTIFY_DECISION")


@dataclass(frozen=True)
class Choice:
    """A tab or a chip: where it leads, and how many files it shows (None: not counted)."""

    label: str
    href: str
    count: int | None
    current: bool


class FilesPage(Controller):
    """``/dossiers``."""

    path = "/dossiers"

    @get("/", rpcs=("ListApplications", "CountApplications"))
    async def show(self, request: AnyRequest, desk: AtDesk) -> Template:
        """The list of the call worked on."""
        view = View.of(request.query_params)
        call_id = desk.visitor.call_id
        rulebook = await desk.rulebook()
        asked = view.listing(call_id, size=SIZE)
        asked.with_counts = True
        found: pb.ListApplicationsResponse = await desk.read("intake.applications", asked)
        counts = found.counts
        people = await desk.people(*(count.key for count in counts.by_reviewer), view["instruction"])
        columns = chosen(view["colonnes"])
        return page(
            request,
            "files.html",
            title=t("files.title"),
            here="files",
            view=view,
            tabs=_tabs(view, counts),
            chips=_chips(view, counts),
            filters=_filters(view, rulebook, people),
            rows=found.rows,
            columns=columns,
            every=COLUMNS,
            sorting=sorting,
            known=Known(rulebook, people),
            acts=[act for act in BULK_ACTS if may(desk.visitor.roles, _rpc(act))],
            saved=await _saved(request).of(desk.visitor.person, PAGE),
            total=view.total(counts),
            size=SIZE,
            first=f"/dossiers?{view.text()}" if view["page"] else "",
            following=f"/dossiers?{view.text(page=found.next_page_token)}" if found.next_page_token else "",
            named=quote(view.named()),
            here_now=f"/dossiers?{view.text()}",
        )

    @get("/export/{kind:str}", rpcs=("ListApplications",))
    async def export(self, request: AnyRequest, desk: AtDesk, kind: FromPath[str]) -> Response[Any]:
        """Every page of the view, its columns, as a file. Rights are those of whoever downloads, at that moment."""
        if kind not in EXPORTS:
            raise not_found()
        view = View.of(request.query_params).without_page()
        return await exported(desk, view, kind=kind)

    @post("/vues", rpcs=("ListApplications",), status_code=303)
    async def keep(self, request: AnyRequest, desk: AtDesk) -> Response[Any]:
        """Keeps the view under a name; the same name again replaces it."""
        values = typed(request)
        name, query = (" ".join((values.get(key) or [""])[0].split()) for key in ("nom", "vue"))
        view = View.read(query)
        if name:
            await _saved(request).keep(desk.visitor.person, PAGE, name=name[:80], query=view.text())
            flash(request, t("files.view_kept", name=name[:80]))
        return see(f"/dossiers?{view.text()}")

    @post("/vues/oubli", rpcs=("ListApplications",), status_code=303)
    async def forget(self, request: AnyRequest, desk: AtDesk) -> Response[Any]:
        """Forgets a view of one's own."""
        values = typed(request)
        view_id = (values.get("vue_id") or [""])[0]
        await _saved(request).forget(desk.visitor.person, view_id)
        return see(f"/dossiers?{View.read((values.get('vue') or [''])[0]).text()}")


def _saved(request: AnyRequest) -> SavedViews:
    found: SavedViews = request.app.state.views
    return found


def _rpc(act: str) -> str:
    return "".join(part.capitalize() for part in act.split("_"))


def _tabs(view: View, counts: pb.CountApplicationsResponse) -> list[Choice]:
    by_stage = {count.key: count.count for count in counts.by_stage}

    def href(tab: str) -> str:
        return f"/dossiers?{view.text(onglet=tab, etape='', issue='')}"

    tabs = [
        Choice(t(f"tab.{tab}"), href(tab), sum(by_stage.get(stage, 0) for stage in stages), view["onglet"] == tab)
        for tab, stages in TABS.items()
    ]
    return [*tabs, Choice(t("files.all"), href(""), counts.received, view["onglet"] not in TABS)]


def _chips(view: View, counts: pb.CountApplicationsResponse) -> list[Choice]:
    """The stages of the tab, or the endings of the closed files; a chip chosen again is let go."""
    if view["onglet"] == "closed":
        found, name, enum = counts.by_ending, "issue", "intake.Ending"
    else:
        found, name, enum = counts.by_stage, "etape", "intake.Stage"
    shown: Sequence[str] = TABS.get(view["onglet"], STAGES) if name == "etape" else ENDINGS
    by_key = {count.key: count.count for count in found if count.key in shown}
    if len(by_key) < 2 and not view[name]:
        return _unread(view, counts)
    return _unread(view, counts) + [
        Choice(
            word(enum, key),
            f"/dossiers?{view.text(**{name: '' if view[name] == key else key})}",
            by_key[key],
            view[name] == key,
        )
        for key in shown
        if key in by_key
    ]


def _unread(view: View, counts: pb.CountApplicationsResponse) -> list[Choice]:
    """Files whose thread waits to be read."""
    current = view["messages"] == UNREAD
    if not counts.unread and not current:
        return []
    href = f"/dossiers?{view.text(messages='' if current else UNREAD)}"
    return [Choice(t("files.unread"), href, counts.unread, current)]


def _filters(view: View, rulebook: Words, people: Mapping[str, str]) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Each filter: its parameter, its label, its choices."""
    communes = [(insee, coded("commune", insee) or insee) for insee in rulebook.content.get("communes", ())]
    filters = [
        ("volet", t("files.track"), rulebook.codes("tracks")),
        ("commune", t("files.commune"), sorted(communes, key=lambda pair: _alphabetical(pair[1]))),
        ("instruction", t("files.reviewer"), sorted(people.items(), key=lambda pair: pair[1])),
        ("qui", t("files.blocks"), [(role, word("common.Role", role)) for role in AWAITED]),
        ("echeance", t("files.due"), [(due, t(f"files.due_{due}")) for due in DUE]),
    ]
    if view["attend"] in EVENTS:
        filters.append(("attend", t("files.awaited"), [(view["attend"], word("intake.NextEvent", view["attend"]))]))
    return filters


def _alphabetical(name: str) -> str:
    """As people look names up: accents, capitals, hyphens and apostrophes do not count."""
    bare = "".join(mark for mark in normalize("NFKD", name.casefold()) if not combining(mark))
    return bare.translate(str.maketrans("-'’", "   "))
