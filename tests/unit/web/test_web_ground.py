"""What the sites stand on: routes that say their rights, addresses that stay inside, languages, forms, where a
demonstration may be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from jalon.common.v1 import rights_pb2
from jalon.intake.v1 import applications_pb2 as pb
from litestar import Controller, Router
from litestar.handlers import HTTPRouteHandler

from kit import clock
from kit.contract import role_name
from kit.enums import names
from kit.errors import FieldFault
from kit.settings import SiteSettings
from web import account, entering, forms, legal, progress, signing, site, words
from web.backoffice import pages as backoffice
from web.page import inside
from web.portal import pages as portal
from web.visitor import PORTER, Visitor, contract, may

SHARED = [legal.LegalPages, site.health, site.switch_language, entering.Demonstration, entering.leave, entering.sign_in]
SHARED += [account.AccountPages, account.NamePage, signing.ByProvider, signing.ByMail]
SITES = {"backoffice": backoffice.CONTROLLERS, "portal": portal.CONTROLLERS}
ENVIRONMENT = {
    **{f"JALON_{name}_ADDRESS": "127.0.0.1:1" for name in ("INTAKE", "REVIEW", "PAYMENTS", "AUDIT")},
    "TEMPORAL_ADDRESS": "127.0.0.1:1",
    "JALON_SIGNING_KEY": "/keys/portal",
    "JALON_PAYLOAD_KEYS": "/keys/payload",
    "JALON_ISSUER_KEYS": "/keys/issuers",
    "JALON_DATABASE_URL": "postgresql://jalon_web@127.0.0.1/jalon",
    "JALON_LISTEN": "127.0.0.1:8080",
    "JALON_PORTAL_URL": "http://127.0.0.1:8080",
    "JALON_BACKOFFICE_URL": "http://localhost:8081/",
}


def handlers(things: list[Any]) -> Iterator[HTTPRouteHandler]:
    """Every route of controllers and bare handlers."""
    for thing in things:
        if isinstance(thing, type) and issubclass(thing, Controller):
            found = thing(owner=Router("/", route_handlers=[])).get_route_handlers()
            yield from (handler for handler in found if isinstance(handler, HTTPRouteHandler))
        elif isinstance(thing, HTTPRouteHandler):
            yield thing


@pytest.mark.parametrize("name", SITES)
def test_every_route_says_whom_it_is_for(name: str) -> None:
    found = list(handlers([*SHARED, *SITES[name]]))
    assert len(found) > len(SHARED)
    for handler in found:
        opt = handler.opt
        said = bool(opt.get("public")) + bool(opt.get("signed_in")) + bool(opt.get("rpcs"))
        assert said == 1, handler.handler_name


@pytest.mark.parametrize("name", SITES)
def test_every_right_a_route_names_is_an_rpc_and_somebody_of_that_site_has_it(name: str) -> None:
    held = {"portal": PORTER, "backoffice": set(names(rights_pb2.Role)) - PORTER}
    named = [(h.handler_name, h.opt["rpcs"]) for h in handlers(list(SITES[name])) if h.opt.get("rpcs")]
    menu = {"backoffice": backoffice.MENU, "portal": portal.MENU}[name]
    for place, rpcs in [*named, *((entry.label, entry.rpcs) for entry in menu)]:
        assert set(rpcs) <= set(contract()), place
        assert any(may({role}, rpc) for role in held[name] for rpc in rpcs) or not rpcs, place


def test_an_act_has_its_rpc_its_words_and_somebody_who_may_do_it() -> None:
    words.settle("fr", datetime.now(UTC))
    for act in backoffice.ACTS.values():
        assert act.rpc in contract(), act.verb
        assert contract()[act.rpc].rights.grants, act.verb
        for end in ("title", "button", "done"):
            assert words.t(f"act.{act.verb}.{end}")


@pytest.mark.parametrize("verb", ["DecideAdmissibility", "ListApplications", "SubmitApplication", "GetCall"])
def test_a_role_opens_what_the_contract_says(verb: str) -> None:
    rights = contract()[verb].rights
    for role in names(rights_pb2.Role):
        expected = rights.public or role in {role_name(grant.role) for grant in rights.grants}
        assert Visitor(person="x", roles=frozenset({role})).may(verb) is expected
    assert not may({"INSTRUCTOR"}, "NoSuchVerb")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("/dossiers?q=x", "/dossiers?q=x"),
        ("//elsewhere.example", "/"),
        ("https://elsewhere.example", "/"),
        ("/\\elsewhere.example", "/"),
        ("/a\nSet-Cookie: x", "/"),
        ("", "/"),
    ],
)
def test_one_comes_back_inside_the_site(given: str, kept: str) -> None:
    assert inside(given) == kept


@pytest.mark.parametrize(
    ("accepted", "kept", "language"),
    [
        ("", "", "fr"),
        ("en-GB,en;q=0.9,fr;q=0.8", "", "en"),
        ("de,fr;q=0.5", "", "fr"),
        ("de", "", "fr"),
        ("en", "fr", "fr"),
        ("fr", "en", "en"),
        ("fr", "xx", "fr"),
    ],
)
def test_the_language_is_the_one_chosen_else_the_browsers_else_french(accepted: str, kept: str, language: str) -> None:
    assert words.chosen(accepted, kept) == language


def test_a_demonstration_stays_on_its_machine() -> None:
    demonstration = {**ENVIRONMENT, "JALON_INSTALLATION": "demonstration"}
    assert SiteSettings.from_environment(demonstration).urls["backoffice"] == "http://localhost:8081"
    for name, value in (
        ("JALON_LISTEN", "0.0.0.0:8080"),
        ("JALON_PORTAL_URL", "https://aides.departement.example"),
        ("JALON_BACKOFFICE_URL", "http://192.0.2.7:8081"),
    ):
        with pytest.raises(SystemExit, match="public address"):
            SiteSettings.from_environment({**demonstration, name: value})
        assert SiteSettings.from_environment({**ENVIRONMENT, name: value}).demonstration is False


def test_entering_as_anybody_does_not_exist_in_a_real_installation() -> None:
    real = SiteSettings.from_environment(ENVIRONMENT)
    for name in SITES:
        assert entering.sign_in in site.entrance(name, real)
        assert entering.Demonstration not in site.entrance(name, real)


def test_cookies_are_bound_to_their_host_over_https_and_named_after_the_installation(tmp_path: Path) -> None:
    assert site.cookie("jalon", https=True) == "__Host-jalon"
    assert site.cookie("jalon", https=False) == "jalon"
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_text("one")
    other.write_text("other")
    settings = [SiteSettings.from_environment({**ENVIRONMENT, "JALON_ISSUER_KEYS": str(file)}) for file in (one, other)]
    keys = {site.cookie_key(name, made) for made in settings for name in ("portal", "backoffice")}
    assert len(keys) == 4


class _Form(forms.SiteForm):
    amount = forms.AmountField("field:requested_cents")
    on = forms.DayField("field:starts_on")
    at = forms.MomentField("field:hearing_at")


@pytest.mark.parametrize(("typed", "cents"), [("1 500,50", 1_500_50), ("12 000", 12_000_00), ("", None)])
def test_an_amount_is_read_as_people_type_it(typed: str, cents: int | None) -> None:
    form = forms.filled(_Form, {"amount": [typed]})
    assert form.validate()
    assert form.amount.data == cents


def test_what_cannot_be_read_is_kept_and_explained() -> None:
    form = forms.filled(_Form, {"amount": ["1.234,5.6"], "on": ["31/02/2026"], "at": ["demain"]})
    assert not form.validate()
    assert set(form.errors) == {"amount", "on", "at"}
    assert 'value="31/02/2026"' in str(form.on())


def test_dates_are_read_in_both_shapes() -> None:
    form = forms.filled(_Form, {"on": ["12/03/2026"], "at": ["2026-07-12T17:00"]})
    assert form.validate()
    assert form.on.data == "2026-03-12"
    assert clock.text(form.at.data) == "2026-07-12T15:00:00.000000Z"


def test_a_refusal_goes_beside_its_field() -> None:
    words.settle("fr", datetime.now(UTC))
    form = forms.filled(_Form, {"amount": ["1"]})
    assert form.validate()
    left = form.refuse([FieldFault("amount", "REQUIRED"), FieldFault("track", "REQUIRED")])
    assert form.amount.errors == ["information obligatoire."]
    assert left == ["Volet : information obligatoire."]


def test_every_stage_has_a_step_and_every_ending_a_place() -> None:
    stages = {stage for _, held in progress.STEPS for stage in held}
    assert stages == set(names(pb.Stage))
    assert set(progress.REACHED) | set(progress.PAID) == set(names(pb.Ending))


def test_a_file_tells_its_status_by_who_is_awaited_and_by_its_date() -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    words.settle("fr", now)
    row = pb.Progress(stage=pb.STAGE_COMPLETENESS, next_event=pb.NEXT_EVENT_SUBMIT_CORRECTION)
    row.blocking_role = rights_pb2.ROLE_APPLICANT
    row.next_event_at.FromDatetime(now + timedelta(days=6))
    assert progress.status(row) == "waiting"
    assert words.away(row.next_event_at) == "dans 6 jours"
    row.next_event_at.FromDatetime(now - timedelta(days=2))
    assert progress.status(row) == "blocked"
    assert [step.state for step in progress.steps(row)][:4] == ["done", "done", "now", "next"]
    row.ending = pb.ENDING_NOT_SHORTLISTED
    assert progress.status(row) == "closed"
    assert [step.state for step in progress.steps(row)][3:5] == ["done", "skipped"]


@pytest.mark.parametrize(("days", "told"), [(20, "dans 3 semaines"), (45, "dans 6 semaines"), (100, "dans 3 mois")])
def test_a_date_some_weeks_away_is_told_in_weeks(days: int, told: str) -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    words.settle("fr", now)
    assert words.away(now + timedelta(days=days)) == told
