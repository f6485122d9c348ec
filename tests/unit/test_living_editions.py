"""The calls in course: sound for the services' own rules whatever the day, and never played past it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any, cast

import pytest

from kit.clock import PARIS
from rehearsal.current import examining
from rehearsal.current.casting import Living, editions, opens_on
from rehearsal.current.playing import schedule
from rehearsal.edition import draw
from rehearsal.play import Course, Edition
from rehearsal.stage import Stage
from services.intake.domain.eligibility import check_full_application, check_pre_application
from services.intake.domain.rulebook import check, parse
from services.intake.domain.rules import Stage as Reception
from services.intake.store.registers import RecordedRegister
from tests.unit.test_edition import full_application, pre_application

DAYS = (date(2026, 11, 25), date(2027, 1, 1), date(2027, 3, 28), date(2028, 2, 29), date(2029, 10, 28))


@cache
def drawn(on: date) -> dict[str, Edition]:
    return editions(on, like=draw(2023))


def living(on: date) -> list[Living]:
    return [Living(name, Stage(edition, cast(Any, None), cast(Any, None)), on) for name, edition in drawn(on).items()]


async def treasury(what: str) -> None:
    """Nobody is paid here."""


@pytest.mark.parametrize("on", DAYS)
def test_each_rulebook_may_open_and_takes_each_file(on: date) -> None:
    for call in living(on):
        book, edition = parse(call.stage.edition.rulebook), call.stage.edition
        assert check(book, call.at("call_opened")) == (), call.name
        for file in edition.applications:
            pre = pre_application(file)
            assert check_pre_application(book, pre, received_at=file.submitted_at) == (), (
                call.name,
                file.project.title,
            )
            if file.full_submitted_at is None or call.name == "receiving":
                continue
            pieces = {
                piece.code for piece in book.pieces_for(Reception.FULL_APPLICATION, file.organization.legal_family)
            }
            full = full_application(file)
            assert not check_full_application(
                book, full, pre_application=pre, pieces=pieces, received_at=file.full_submitted_at
            )


@pytest.mark.parametrize("on", DAYS)
def test_everything_is_played_before_the_day_begins(on: date) -> None:
    steps = schedule(living(on), treasury)
    assert steps == sorted(steps, key=lambda step: step.at)
    assert steps[-1].at < datetime.combine(on, datetime.min.time(), PARIS)
    assert steps[-1].label == "brouillons"  # what says that all was played comes last, alone at its instant
    assert steps[-2].at < steps[-1].at
    assert steps[0].at > datetime.combine(on, datetime.min.time(), PARIS) - timedelta(days=300)


def test_the_day_is_known_again_from_what_was_imported() -> None:
    for on in DAYS:
        book = parse(drawn(on)["paying"].rulebook)
        assert opens_on("paying", book.pre_application.opens_at.astimezone(UTC)) == on


def test_calls_share_their_staff_and_nothing_else() -> None:
    finished = draw(2023)
    files = [file for edition in (finished, *drawn(DAYS[0]).values()) for file in edition.applications]
    for numbers in (
        [file.application_id for file in files],
        [file.applicant.person_id for file in files],
        [file.applicant.email for file in files],
        [file.organization.name for file in files],
        [file.organization.siret for file in files if file.organization.siret],
        [file.after_award.bank.iban for file in files if file.after_award],
    ):
        assert len(numbers) == len(set(map(str, numbers)))
    assert all(edition.staff == finished.staff for edition in drawn(DAYS[0]).values())
    assert len({edition.call_id for edition in drawn(DAYS[0]).values()}) == 3


async def test_the_recorded_register_knows_every_body() -> None:
    register = RecordedRegister()
    for edition in drawn(DAYS[0]).values():
        for file in edition.applications:
            if file.organization.siret:
                assert (await register.look_up_organization(file.organization.siret)).name == file.organization.name


def test_files_in_trouble_are_written_in_the_script() -> None:
    call = examining.prepared(next(call for call in living(DAYS[0]) if call.name == "examining"))
    assert call.file(examining.INCOMPLETE).missing_pieces
    assert any(file.conflicts for file in call.stage.edition.applications)
    assert call.file(examining.TO_BE_HEARD).hearing
    late = call.file(examining.UNSCORED[0])
    assert 0 < len(late.marks) < len(call.stage.edition.jury) - len(late.conflicts)
    assert [file.course for file in call.stage.edition.applications].count(Course.LAPSED) == 1
