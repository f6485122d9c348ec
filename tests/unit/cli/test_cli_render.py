"""What the command draws for given messages, in both languages."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from jalon.audit.v1 import chains_pb2
from jalon.common.v1 import plumbing_pb2, rights_pb2
from jalon.intake.v1 import applications_pb2 as intake
from jalon.intake.v1 import calls_pb2
from jalon.payments.v1 import awards_pb2
from rich.console import Console

from cli import application, call, places, status, stuck, trace, verify
from cli.health import Health, Outbox
from cli.render import lapse, next_line, plain
from cli.timeline import draw_timeline, line_of
from tests.unit.cli.screens import Screen, screen, stamp
from wording import Locale

NOW = datetime.fromisoformat("2023-03-20T09:00:00+00:00")


def progress(**more: Any) -> intake.Progress:
    return intake.Progress(
        stage=intake.STAGE_FULL_APPLICATION,
        next_event=intake.NEXT_EVENT_SUBMIT_FULL_APPLICATION,
        next_event_at=stamp("2023-04-11T15:00:00+00:00"),
        blocking_role=rights_pb2.ROLE_APPLICANT,
        **more,
    )


def test_the_next_line_says_when_and_how_long() -> None:
    french = next_line(progress(), now=NOW, locale="fr")
    assert french.endswith(", avant le 11 avril 2023, 17:00 (dans 22 j)")
    late = next_line(progress(), now=NOW + timedelta(days=30), locale="en")
    assert "due since 11 April 2023, 17:00" in late


def test_nothing_awaited_promises_no_date() -> None:
    closed = intake.Progress(next_event=intake.NEXT_EVENT_NOTHING, next_event_at=stamp("2023-04-11T15:00:00+00:00"))
    assert "2023" not in next_line(closed, now=NOW, locale="fr")


@pytest.mark.parametrize(
    ("length", "french"),
    [
        (timedelta(days=3, hours=5), "3 j"),
        (timedelta(hours=5), "5 h"),
        (timedelta(seconds=61), "1 min"),
        (timedelta(0), "0 s"),
    ],
)
def test_a_length_is_said_in_its_greatest_unit(length: timedelta, french: str) -> None:
    assert lapse(length, locale="fr") == french


def row(**more: Any) -> intake.ApplicationRow:
    return intake.ApplicationRow(
        number="2023-014",
        organization="Les Ateliers du Port",
        title="Recyclerie",
        requested_cents=1_200_000,
        progress=progress(),
        **more,
    )


def test_a_list_shows_number_amount_and_who_blocks() -> None:
    shown = screen()
    application.draw_list(shown.session, [row(fictitious=True)], now=NOW)
    assert "2023-014" in shown.text
    assert "12 000,00 €" in shown.text
    assert "porteur·euse de projet" in shown.text
    assert "⚑ structure fictive" in shown.text


def test_an_empty_list_says_so() -> None:
    shown = screen("en")
    application.draw_list(shown.session, [], now=NOW)
    assert "(nothing)" in shown.text


def test_brackets_in_a_title_are_printed_as_typed() -> None:
    shown = screen()
    application.draw_list(shown.session, [intake.ApplicationRow(title="[bold]Recyclerie[/bold] {x}")], now=NOW)
    assert "[bold]Recyclerie[/bold] {x}" in shown.text


def a_file() -> intake.Application:
    return intake.Application(
        application_id="7b1c0a52-0a3e-4a53-9a4c-6b8d8c0f9a11",
        number="2023-014",
        pre_application=intake.PreApplication(
            applicant=intake.Applicant(name="Les Ateliers du Port", contact_email="ada@example.org"),
            title="Recyclerie",
            track="start_up",
            requested_cents=1_200_000,
        ),
        submitted_at=stamp("2023-03-01T10:00:00+00:00"),
        digest="ab" * 32,
        progress=progress(),
    )


def test_a_file_shows_its_header_without_anybody_s_address() -> None:
    shown = screen()
    application.draw_header(shown.session, a_file(), now=NOW, words={"start_up": "Aide au démarrage"})
    assert "2023-014 · Les Ateliers du Port · Recyclerie" in shown.text
    assert "Prochaine étape : " in shown.text
    assert "1er mars 2023, 11:00" in shown.text
    assert "Aide au démarrage" in shown.text
    assert "example.org" not in shown.text


def an_award() -> awards_pb2.Award:
    return awards_pb2.Award(
        state=awards_pb2.AWARD_STATE_COMMITTED,
        section="OPERATING",
        awarded_cents=1_000_000,
        paid_cents=700_000,
        remaining_cents=300_000,
        installments=[
            awards_pb2.Installment(
                number=2,
                kind="balance",
                amount_cents=300_000,
                state=awards_pb2.INSTALLMENT_STATE_PLANNED,
                conditions=[
                    awards_pb2.Condition(code="agreement_signed", met=True),
                    awards_pb2.Condition(code="report_accepted"),
                ],
            )
        ],
    )


def test_money_shows_what_is_awarded_paid_and_awaited() -> None:
    shown = screen()
    application.draw_award(shown.session, an_award())
    assert "Attribué 10 000,00 € (fonctionnement" in shown.text
    assert "payé 7 000,00 €" in shown.text
    assert "solde" in shown.text
    assert "compte rendu financier accepté" in shown.text
    assert "convention signée" not in shown.text


@pytest.mark.parametrize(("locale", "words"), [("fr", "Aucune attribution"), ("en", "No award")])
def test_no_award_is_said(locale: Locale, words: str) -> None:
    shown = screen(locale)
    application.draw_award(shown.session, None)
    assert words in shown.text


def test_a_silent_service_is_named() -> None:
    shown = screen()
    application.draw_award(shown.session, "UNAVAILABLE")
    assert "Le service payments n’a pas pu être lu : Un service ne répond pas" in shown.text


def test_history_is_told_in_sentences_with_who_acted() -> None:
    event = plumbing_pb2.JournalEvent(
        event="person_related",
        role="SYSTEM",
        occurred_at=stamp("2023-03-01T10:00:00+00:00"),
        facts_json=json.dumps({"relation": "instructor"}),
        words="never shown",
    )
    shown = screen()
    draw_timeline(shown.session, [line_of("intake", event)], words={})
    assert "1er mars 2023, 11:00" in shown.text
    assert "instructeur·rice" in shown.text
    assert "Jalon (automatique)" in shown.text
    assert "never shown" not in shown.text


def span(name: str, span_id: str, parent: str, **more: Any) -> chains_pb2.Span:
    return chains_pb2.Span(
        name=name,
        span_id=span_id,
        parent_span_id=parent,
        service="jalon-intake",
        started_at=stamp("2023-03-01T10:00:00+00:00"),
        **more,
    )


def test_a_trace_is_drawn_as_a_tree() -> None:
    spans = [
        span("SubmitApplication", "a", "", duration_us=12_400),
        span("submit_application", "b", "a", duration_us=840, failed=True),
        span("late root", "c", "gone", duration_us=3_200_000),
    ]
    console = Console(width=100, color_system=None)
    with console.capture() as drawn:
        for tree in trace.trees(spans):
            console.print(tree)
    lines = drawn.get().splitlines()
    assert lines[0] == "SubmitApplication  intake  12.4 ms"
    assert lines[1] == "└── submit_application  intake  840 µs  ✗"
    assert lines[2].startswith("late root")
    assert lines[2].endswith("3.20 s")


@pytest.mark.parametrize("broken", [False, True])
def test_verification_says_whether_everything_holds(broken: bool) -> None:  # noqa: FBT001 - a parameter of the test
    chains = chains_pb2.VerifyAllResponse(subjects=47, events=900)
    money = awards_pb2.CheckInvariantsResponse(checked=["I1", "I2"])
    if broken:
        subject = chains_pb2.Subject(subject_kind="application", subject_id="x")
        money.violations.append(awards_pb2.Violation(invariant="I4", code="INSTALLMENT_DOUBLED", subject="s"))
        chains.broken.append(chains_pb2.Verification(subject=subject, broken_at=3, reason="PREVIOUS"))
    shown = screen()
    verify.draw(shown.session, chains, money)
    assert "Chaînes d’événements : 47, maillons : 900" in shown.text
    assert ("Tout se tient." in shown.text) is not broken
    assert ("maillon détaché du précédent" in shown.text) is broken
    assert ("Un versement a deux mandats vivants." in shown.text) is broken


def test_status_shows_what_is_down_and_what_waits() -> None:
    shown = screen()
    seen = [Health("intake", "127.0.0.1:1", up=True), Health("worker", "127.0.0.1:2", up=False)]
    boxes = [Outbox("intake", 3, timedelta(minutes=4), "application_submitted"), Outbox("review", fault="UNAVAILABLE")]
    status.show(shown.session, seen, boxes)
    assert "▲ ne répond pas" in shown.text
    assert "4 min" in shown.text
    assert "Un service ne répond pas" in shown.text


def test_what_is_stuck_is_told_with_its_remedy() -> None:
    shown = screen()
    cases = [
        stuck.Stuck("application/x", "parked", task="post_letter", reason="STALE"),
        stuck.Stuck("call/y", "silent"),
    ]
    stuck.draw(shown.session, cases, boxes=[Outbox("intake", 1, timedelta(minutes=5), "x")])
    assert "Tâche « post_letter » mise de côté : Le dossier a changé" in shown.text
    assert "Démarrez le worker" in shown.text
    assert "Rien n’est perdu" in shown.text


def test_nothing_stuck_is_said() -> None:
    shown = screen("en")
    stuck.draw(shown.session, [], boxes=[])
    assert "Nothing is stuck." in shown.text


def test_findings_of_a_rulebook_name_their_place() -> None:
    shown = screen()
    call.draw_findings(shown.session, [calls_pb2.Finding(path="windows.x", reason="REQUIRED", blocking=True)])
    assert "▲ bloquant" in shown.text
    assert "windows.x" in shown.text
    clean = screen()
    call.draw_findings(clean.session, [])
    assert "peut être ouvert" in clean.text


def test_a_call_shows_its_windows() -> None:
    shown = screen("en")
    found = calls_pb2.Call(
        reference="ESS-2023",
        title_en="Call",
        state=calls_pb2.CALL_STATE_OPEN,
        pre_application_opens_at=stamp("2023-02-06T23:00:00+00:00"),
        pre_application_closes_at=stamp("2023-03-14T23:00:00+00:00"),
    )
    call.draw(shown.session, found, counts=intake.CountApplicationsResponse(received=47, full_received=26))
    assert "from 7 February 2023, 00:00 to 15 March 2023, 00:00" in shown.text
    assert "Pre-applications received: 47 · full applications received: 26" in shown.text


def test_addresses_are_listed_with_their_process() -> None:
    shown: Screen = screen()
    told = {"running": True, "addresses": {"intake": "127.0.0.1:1"}, "pids": {"intake": 42}}
    places.draw(shown.session.out, told, folder=Path("state"))
    assert "127.0.0.1:1" in shown.text
    assert "42" in shown.text


def test_json_has_bare_names_whole_numbers_and_instants() -> None:
    found = plain(row())
    assert found["requested_cents"] == 1_200_000
    assert found["progress"]["stage"] == "FULL_APPLICATION"
    assert found["progress"]["ending"] == ""
    assert found["progress"]["next_event_at"] == "2023-04-11T15:00:00.000000Z"
    assert found["submitted_at"] is None
    json.dumps(found)


def test_json_of_a_finding_keeps_its_values() -> None:
    assert plain(calls_pb2.Finding(values={"code": "94099"}))["values"] == {"code": "94099"}
