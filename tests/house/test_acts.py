"""Every act of the contracts that an agent may do is done on a page of the back-office."""

from __future__ import annotations

from litestar import Router
from litestar.handlers import HTTPRouteHandler

from kit.contract import role_name
from tests.house.tree import none_of
from web.backoffice.acts import ACTS
from web.backoffice.pages import CONTROLLERS
from web.visitor import contract
from workflows.contract.messages import UPDATES

OUTSIDE = {"APPLICANT", "CO_EDITOR", "ACCOUNTANT", "SYSTEM"}
"""Applicants have their own site; the public accountant and the worker are programs."""
TOGETHER = {"record_proposal", "record_decision", "notify_decision"}
"""Rows of an act on all: nobody does them one by one."""


def rpc_of(verb: str) -> str:
    return "".join(part.capitalize() for part in verb.split("_"))


def agents_may(verb: str) -> bool:
    method = contract().get(rpc_of(verb))
    if method is None:
        return False
    return bool({role_name(grant.role) for grant in method.rights.grants} - OUTSIDE)


def pressed() -> set[str]:
    """RPCs named by a handler that answers a press."""
    router = Router(path="/", route_handlers=CONTROLLERS)
    handlers = (handler for route in router.routes for handler in getattr(route, "route_handlers", ()))
    return {
        rpc
        for handler in handlers
        if isinstance(handler, HTTPRouteHandler) and "POST" in handler.http_methods
        for rpc in handler.opt.get("rpcs", ())
    }


def test_no_act_of_an_agent_is_without_its_page() -> None:
    done = {act.rpc for act in ACTS.values()} | pressed()
    missing = (verb for verb in UPDATES if agents_may(verb) and verb not in TOGETHER and rpc_of(verb) not in done)
    none_of(missing, "an act of web/backoffice/acts, or a page that presses it")
