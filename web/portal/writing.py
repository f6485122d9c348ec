"""The pages of a form being written: task list, one group of questions a screen, reading again, deposit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from litestar.response import Template

from kit.errors import Refused, not_found
from web import words
from web.acts import Before, Letter
from web.desk import AtDesk
from web.page import AnyRequest, flash, page, see, typed, typed_before
from web.portal import drafts
from web.portal.asked import asked_of
from web.portal.budgets import figures
from web.portal.drafts import Step
from web.portal.lookup import look_up
from web.portal.stages import Draft, draft_of, is_stale, waiting
from web.words import t
from wording import letter

LETTERS = {
    "candidature": "application_received",
    "dossier": "full_application_received",
    "correction": "correction_received",
}


class WritingPages(Controller):
    """``/demandes/{application_id}/{key}`` (``candidature``, ``dossier`` or ``correction``)."""

    path = "/demandes/{application_id:uuid}/{key:str}"

    @get("/", rpcs=("GetApplication", "SavePreApplication"))
    async def show(
        self, request: AnyRequest, desk: AtDesk, application_id: FromPath[UUID], *, key: FromPath[str]
    ) -> Response[Any]:
        """The task list."""
        application = await drafts.read(desk, application_id)
        draft = await draft_of(desk, key, application)
        if draft is None:
            return see(f"/demandes/{application_id}")
        asked, title = await asked_of(desk, draft), t(f"apply.{key}.title")
        return page(request, "draft.html", **_shown(draft), tasks=_tasks(draft), asked=asked, title=title)

    @get("/relecture", rpcs=("GetApplication", "SavePreApplication"))
    async def review(
        self, request: AnyRequest, desk: AtDesk, application_id: FromPath[UUID], *, key: FromPath[str]
    ) -> Response[Any]:
        """Everything that will be deposited, and what depositing does."""
        draft = await draft_of(desk, key, await drafts.read(desk, application_id))
        return _review(request, draft) if draft else see(f"/demandes/{application_id}")

    @post("/deposer", rpcs=("GetApplication", "SavePreApplication"), status_code=200)
    async def deposit(
        self, request: AnyRequest, desk: AtDesk, application_id: FromPath[UUID], *, key: FromPath[str]
    ) -> Response[Any]:
        """Deposits the version that was read again; the receipt follows."""
        draft = await draft_of(desk, key, await drafts.read(desk, application_id))
        if draft is None:
            return see(f"/demandes/{application_id}/recus/{_FACTS.get(key, '')}")
        version = (typed(request).get("version") or [""])[0]
        try:
            await draft.deposit(desk, int(version) if version.isdigit() else draft.version)
        except Refused as refused:
            if not drafts.repeated(refused):
                return _review(request, draft, refused)
        return see(f"/demandes/{application_id}/recus/{draft.fact}")

    @get("/{step:str}", rpcs=("GetApplication", "SavePreApplication"))
    async def ask(
        self,
        request: AnyRequest,
        desk: AtDesk,
        application_id: FromPath[UUID],
        *,
        key: FromPath[str],
        step: FromPath[str],
    ) -> Response[Any]:
        """A group of questions, as it is saved."""
        draft = await draft_of(desk, key, await drafts.read(desk, application_id))
        if draft is None:
            return see(f"/demandes/{application_id}")
        group, kept = _group(draft, step), typed_before(request)
        if kept:
            form = drafts.answered(group, kept, draft.rulebook, asked=draft.asked)
        else:
            form = drafts.opened(group, draft.content, draft.rulebook, asked=draft.asked)
        return _step(request, draft, group, form)

    @post("/{step:str}", rpcs=("GetApplication", "SavePreApplication", "LookUpOrganization"), status_code=200)
    async def save(
        self,
        request: AnyRequest,
        desk: AtDesk,
        application_id: FromPath[UUID],
        *,
        key: FromPath[str],
        step: FromPath[str],
    ) -> Response[Any]:
        """Saves a group: by its button, or as it is typed (then the answer is a sentence)."""
        draft = await draft_of(desk, key, await drafts.read(desk, application_id))
        if draft is None:
            raise not_found()
        group, values = _group(draft, step), typed(request)
        form = drafts.answered(group, values, draft.rulebook, asked=draft.asked)
        quiet = request.headers.get("accept") == "application/json"
        told = None
        if "rechercher" in values and "siret" in form:
            told = await look_up(desk, str(application_id), form)
            if told is None:
                return _step(request, draft, group, form, status=422)
        if "recalculer" in values:
            return _step(request, draft, group, form, status=200, seen=(values.get("seen") or [""])[0])
        if drafts.unclear(form):
            return _told(t("apply.unclear"), 422) if quiet else _step(request, draft, group, form, status=422)
        theirs = drafts.opened(group, draft.content, draft.rulebook, asked=draft.asked)
        changes = drafts.differences(theirs, form)
        if changes and (values.get("seen") or [""])[0] != drafts.seen(group, draft.content):
            return _conflict(request, draft, group, form, changes, quiet=quiet)
        content = type(draft.content)()
        content.CopyFrom(draft.content)
        drafts.put(group, content, form)
        try:
            saved = await draft.save(desk, content)
        except Refused as refused:
            if not is_stale(refused):
                raise
            return _conflict(request, draft, group, form, changes, quiet=quiet)
        if quiet:
            return _told(t("apply.saved_at", at=words.moment(saved.saved_at)), 200, seen=drafts.seen(group, content))
        if told is not None:
            flash(request, told[1], kind=told[0])
            return see(f"{draft.base}/{group.name}")
        flash(request, t("apply.saved_at", at=words.moment(saved.saved_at)))
        return see(draft.following(group) if "continuer" in values else draft.base)


_FACTS = {
    "candidature": "application_submitted",
    "dossier": "full_application_submitted",
    "correction": "correction_submitted",
}


def _group(draft: Draft, name: str) -> Step:
    found = draft.step(name)
    if found is None:
        raise not_found()
    return found


def _shown(draft: Draft) -> dict[str, Any]:
    return {"here": "mine", "draft": draft, "application": draft.application}


def _tasks(draft: Draft) -> list[tuple[str, str, str]]:
    """Where each group stands: ``done``, ``progress`` or ``waiting``; its words and its address."""
    found = []
    for step in draft.steps:
        form = drafts.opened(step, draft.content, draft.rulebook, asked=draft.asked)
        started = any(drafts.shown(one) for one in form)
        kind = "done" if drafts.complete(step, form) else "progress" if started else "waiting"
        found.append((kind, t(f"apply.step.{step.name}"), f"{draft.base}/{step.name}"))
    if draft.pieces:
        have = {one.piece for one in waiting(draft.application)}
        needed = {piece["code"] for piece in draft.rulebook.content["pieces"] if piece["required"]} & set(draft.pieces)
        kind = "done" if needed <= have else "progress" if have else "waiting"
        address = f"/demandes/{draft.application.application_id}/pieces"
        found.append((kind, t("apply.pieces_count", count=len(needed & have), total=len(needed)), address))
    return found


def _step(request: AnyRequest, draft: Draft, step: Step, form: Any, *, status: int = 200, **more: Any) -> Template:
    asked_for = int(getattr(draft.content, "requested_cents", 0))
    told = figures(form, draft.rulebook, draft.application.pre_application.track, requested_cents=asked_for)
    context = {"seen": drafts.seen(step, draft.content), "changes": (), "figures": told, **_shown(draft), **more}
    title = t(f"apply.step.{step.name}")
    return page(request, step.template, status=status, step=step, form=form, title=title, **context)


def _conflict(
    request: AnyRequest,
    draft: Draft,
    step: Step,
    form: Any,
    changes: Sequence[tuple[str, str, str]],
    *,
    quiet: bool,
) -> Response[Any]:
    """Both versions, side by side; the next press keeps the one that was typed."""
    if quiet:
        return _told(t("apply.conflict"), 409)
    return _step(request, draft, step, form, status=409, changes=changes)


def _told(sentence: str, status: int, **more: str) -> Response[Any]:
    return Response({"sentence": sentence, **more}, status_code=status, media_type="application/json")


def _review(request: AnyRequest, draft: Draft, refused: Refused | None = None) -> Template:
    groups = []
    for step in draft.steps:
        form = drafts.opened(step, draft.content, draft.rulebook, asked=draft.asked)
        groups.append((step, [(one, drafts.shown(one)) for one in form]))
    told, wrong = [], []
    if refused:
        wrong = drafts.wrong(refused.fields, draft.steps, draft.base)
        told = [] if wrong else [words.say(refused.reason, **refused.values)]
    return page(
        request,
        "draft_review.html",
        status=409 if refused else 200,
        title=t("apply.review"),
        groups=groups,
        documents=waiting(draft.application),
        told=told,
        wrong=wrong,
        before=_before(draft),
        **_shown(draft),
    )


def _before(draft: Draft) -> Before:
    number = draft.application.number or t("apply.number_to_come")
    subject, body = letter(LETTERS[draft.key], locale=words.locale(), values={"number": number})
    return Before(
        state=t(f"apply.{draft.key}.state"),
        letters=[Letter(t("apply.to_you"), subject, body)],
        clocks=[t(f"apply.{draft.key}.clock")],
        undo=t(f"apply.{draft.key}.undo"),
    )
