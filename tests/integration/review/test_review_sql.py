"""The tables hold by themselves: every query prepared, every CHECK broken once, nothing rewritten by the service."""

from __future__ import annotations

import asyncpg
import pytest
from jalon.review.v1 import cases_pb2 as pb
from jalon.review.v1 import jury_pb2 as jpb

from kit.journal import plumbing
from services.review.store.queries import sql
from tests.integration.harness import Served, check_broken, check_names, prepare_every_query
from tests.integration.review.review_people import DIGEST, Desk, Table, Vote, new_id
from tests.integration.review.test_review_bulk import started
from tests.integration.review.test_review_minutes import draw_up

INADMISSIBLE = (
    "admissibility = 'INADMISSIBLE', completeness = 'NOT_STARTED', review = 'UNDER_REVIEW',"
    " inadmissible_because = '{RATE_TOO_HIGH}'"
)
UNSEALED = "closed_at = NULL, record = NULL, result_digest = NULL"
BROKEN: list[tuple[str, str, str]] = [
    ("calls", "rulebook = 'x'", "digest_of_rulebook"),
    ("texts", "version = 0", "texts_version_check"),
    ("texts", "kind = 'POEM'", "texts_kind_check"),
    ("texts", "body = ''", "texts_body_check"),
    ("texts", "application_id = NULL", "text_of_a_case"),
    ("cases", "track = ''", "cases_track_check"),
    ("cases", "deposit_digest = 'x'", "cases_deposit_digest_check"),
    ("cases", "first_requested_cents = -1", "cases_first_requested_cents_check"),
    ("cases", "total_cost_cents = -1", "cases_total_cost_cents_check"),
    ("cases", "requested_cents = -1, instructed_cents = NULL", "cases_requested_cents_check"),
    ("cases", "state = 'HALF'", "cases_state_check"),
    ("cases", "admissibility = 'HALF'", "cases_admissibility_check"),
    ("cases", "admissibility_by = NULL", "admissibility_by_somebody"),
    ("cases", "inadmissible_because = '{RATE_TOO_HIGH}'", "inadmissible_with_reasons"),
    ("cases", f"{INADMISSIBLE}, inadmissible_by = admissibility_by", "inadmissible_by_two"),
    ("cases", "completeness = 'HALF'", "cases_completeness_check"),
    ("cases", "full_digest = 'x'", "cases_full_digest_check"),
    ("cases", "eligible_cost_cents = -1, eligible_base_cents = NULL", "cases_eligible_cost_cents_check"),
    ("cases", "section = 'half'", "cases_section_check"),
    ("cases", "full_received_at = NULL", "full_application_of_admissible"),
    ("cases", "review = 'HALF'", "cases_review_check"),
    ("cases", "reviewer_id = NULL", "reviewed_by_somebody"),
    ("cases", "analysis_id = NULL", "concluded_with_record"),
    ("cases", "eligible_base_cents = 0", "cases_eligible_base_cents_check"),
    ("cases", "eligible_base_cents = eligible_cost_cents + 1", "base_within_cost"),
    ("cases", "instructed_cents = -1", "cases_instructed_cents_check"),
    ("cases", "instructed_cents = requested_cents + 1", "instructed_within_request"),
    ("cases", "shortlist = 'HALF'", "cases_shortlist_check"),
    ("cases", "instructed_cents = NULL, proposal = 'NONE', proposed_cents = 0", "shortlisted_with_amount"),
    ("cases", "hearing = 'HALF'", "cases_hearing_check"),
    ("cases", "hearing_at = NULL", "heard_if_shortlisted"),
    ("cases", "proposal = 'HALF', proposed_cents = 0", "cases_proposal_check"),
    ("cases", "rank = -1", "cases_rank_check"),
    ("cases", "session_id = NULL", "proposal_of_a_session"),
    ("cases", "proposed_cents = instructed_cents + 1", "proposed_amount"),
    ("cases", "decision = 'HALF', granted_cents = 0", "cases_decision_check"),
    ("cases", "act_id = NULL", "decided_by_an_act"),
    ("cases", "granted_cents = 0", "granted_amount"),
    ("cases", "decision = 'UNDECIDED', granted_cents = 0", "notified_once_decided"),
    ("pieces", "piece = ''", "pieces_piece_check"),
    ("pieces", "digest = 'x'", "pieces_digest_check"),
    ("corrections", "round = 0", "corrections_round_check"),
    ("corrections", "items = '[]'", "corrections_items_check"),
    ("corrections", "closes_at = requested_at", "closes_after_request"),
    ("corrections", "answer_digest = 'x'", "corrections_answer_digest_check"),
    ("corrections", "answer_digest = NULL", "answered_with_digest"),
    ("corrections", "lapsed_at = closes_at", "lapsed_unanswered"),
    ("opinions", "state = 'HALF', given_at = NULL", "opinions_state_check"),
    ("opinions", "closes_at = requested_at, given_at = requested_at - interval '1 day'", "opinion_closes_later"),
    ("opinions", "words_id = NULL", "given_with_words"),
    ("opinions", "given_at = closes_at", "given_in_time"),
    ("sessions", f"state = 'HALF', {UNSEALED}", "sessions_state_check"),
    ("sessions", "quorum = 0", "sessions_quorum_check"),
    ("sessions", "closed_at = NULL", "closed_with_record"),
    ("sessions", "record = 'x'", "digest_of_record"),
    ("session_members", "role = 'GUEST'", "session_members_role_check"),
    ("session_members", "presence = 'HALF'", "session_members_presence_check"),
    ("ballots", "in_favor_count = -1", "ballots_in_favor_count_check"),
    ("ballots", "against_count = -1", "ballots_against_count_check"),
    ("ballots", "abstained_count = -1", "ballots_abstained_count_check"),
    ("minutes", "version = 0", "minutes_version_check"),
    ("minutes", "digest = 'x'", "digest_of_document"),
    ("score_drafts", "marks = '{}'", "score_drafts_marks_check"),
    ("hearings", "turn = 0", "hearings_turn_check"),
    ("hearings", "duration_minutes = 0", "hearings_duration_minutes_check"),
    ("recusals", "nature = 'hunch'", "recusals_nature_check"),
    ("score_sheets", "state = 'HALF'", "score_sheets_state_check"),
    ("marks", "criterion = ''", "marks_criterion_check"),
    ("marks", "value = -1", "marks_value_check"),
    ("results", "rank = -1", "results_rank_check"),
    ("results", "mean_numerator = -1", "results_mean_numerator_check"),
    ("results", "mean_denominator = -1", "results_mean_denominator_check"),
    ("results", "proposal = 'HALF', proposed_cents = 0", "results_proposal_check"),
    ("results", "proposed_cents = 0", "result_amount"),
    ("results", "explanation = 'HALF'", "results_explanation_check"),
    ("results", "rank = 0", "unranked_if_not_heard"),
    ("result_sections", "envelope_cents = -1, proposed_cents = -1", "result_sections_envelope_cents_check"),
    ("result_sections", "proposed_cents = envelope_cents + 1", "within_envelope"),
    ("acts", "number = 'x'", "acts_number_check"),
    ("acts", "state = 'HALF'", "acts_state_check"),
    ("acts", "transmitted_on = session_on - 1", "transmitted_after_vote"),
    ("acts", "executory_on = transmitted_on - 1", "executory_after_transmission"),
    ("acts", "executory_on = NULL", "dates_of_state"),
    ("acts", "state = 'TRANSMITTED', executory_on = NULL", "notified_once_executory"),
    ("act_rows", "decision = 'HALF', granted_cents = 0", "act_rows_decision_check"),
    ("act_rows", "granted_cents = 0", "row_amount"),
    ("bulks", "act = 'HALF', reviewer_id = NULL", "bulks_act_check"),
    ("bulks", "state = 'HALF'", "bulks_state_check"),
    ("bulks", "reviewer_id = NULL", "bulk_says_what"),
    ("bulks", "finished_at = clock.now()", "bulk_finished_once_over"),
    ("bulk_files", "result = 'half'", "bulk_files_result_check"),
    ("notes", "audience = 'HALF'", "notes_audience_check"),
    ("notes", "body = ''", "notes_body_check"),
    ("notes", "version = 0", "notes_version_check"),
]
COMMON = ("requests", "journal", "outbox", "case_relations")
"""Tables of every service; the plumbing's own suite breaks their checks."""


async def test_every_query_prepares_as_the_service(review: Served) -> None:
    assert await prepare_every_query(review.pool, sql) > 50
    await prepare_every_query(review.pool, plumbing)


async def lived(desk: Desk) -> dict[str, str]:
    """An application that left a row in every table; where its rows are."""
    expert, application_id = new_id(), await desk.case()
    await desk.admit(application_id)
    await desk.receive(application_id)
    correction = pb.RequestCorrectionRequest(
        application_id=application_id,
        correction_id=new_id(),
        items=[pb.CorrectionItem(field="budget", reason="UNCLEAR")],
        closes_at=await desk.stamp(days=1),
    )
    await desk.act(desk.cases.RequestCorrection, correction, "INSTRUCTOR")
    answer = pb.RecordCorrectionRequest(
        application_id=application_id,
        correction_id=correction.correction_id,
        digest=DIGEST,
        received_at=await desk.stamp(),
    )
    await desk.system(desk.cases.RecordCorrection, answer)
    await desk.confirm(application_id)
    await desk.assign(application_id)
    opinion = pb.RequestOpinionRequest(
        application_id=application_id, opinion_id=new_id(), expert_id=expert, closes_at=await desk.stamp(days=1)
    )
    await desk.act(desk.cases.RequestOpinion, opinion, "INSTRUCTOR", person=desk.reviewer)
    given = pb.GiveOpinionRequest(application_id=application_id, opinion_id=opinion.opinion_id)
    given.words.CopyFrom(await desk.text(application_id, "OPINION", "EXPERT", person=expert))
    await desk.act(desk.cases.GiveOpinion, given, "EXPERT", person=expert)
    note = pb.WriteNoteRequest(
        application_id=application_id, note_id=new_id(), audience=pb.NOTE_AUDIENCE_FILE, body="Vu."
    )
    await desk.act(desk.cases.WriteNote, note, "INSTRUCTOR")
    await desk.conclude(application_id)
    await desk.shortlist(application_id)
    await desk.hear(application_id)
    return await _decided(desk, application_id)


async def _decided(desk: Desk, application_id: str) -> dict[str, str]:
    table = Table(desk, [application_id])
    await table.prepare()
    await table.convoke()
    await table.recuse(table.members[4], application_id)
    draft = jpb.SaveScoreDraftRequest(**table.asked, application_id=application_id)
    await desk.act(desk.jury.SaveScoreDraft, draft, "JURY_MEMBER", person=table.members[0])
    for member in table.members[:4]:
        await table.score(member, application_id, 4)
    await table.open()
    hands = jpb.RecordBallotRequest(**table.asked, application_id=application_id, in_favor_count=3, against_count=1)
    await desk.act(desk.jury.RecordBallot, hands, "JURY_SECRETARY")
    ids = [new_id() for _ in range(3)]
    result = await table.close(request_id=ids[0])
    await table.record(result.files[0], ids[0])
    await draw_up(table)
    vote = Vote(desk, table.session_id)
    act = await vote.record(result, request_id=ids[1])
    await vote.decide(act.rows[0], ids[1])
    await vote.transmit()
    await vote.make_executory()
    await vote.notify(request_id=ids[2])
    await vote.notify_one(application_id, ids[2])
    bulk_id = await started(desk, [application_id])
    of_session = f"session_id = '{table.session_id}'"
    return {
        **dict.fromkeys(
            ("cases", "pieces", "corrections", "opinions", "texts", "notes", "hearings"),
            f"application_id = '{application_id}'",
        ),
        **dict.fromkeys(("sessions", "session_members", "recusals", "score_sheets", "marks"), of_session),
        **dict.fromkeys(("score_drafts", "ballots", "minutes", "results", "result_sections"), of_session),
        **dict.fromkeys(("acts", "act_rows"), f"act_id = '{vote.act_id}'"),
        **dict.fromkeys(("bulks", "bulk_files"), f"bulk_id = '{bulk_id}'"),
        "calls": f"call_id = '{desk.call_id}'",
    }


async def test_every_check_is_broken_once(desk: Desk) -> None:
    where = await lived(desk)
    async with desk.served.admin.acquire() as connection:
        for table, change, constraint in BROKEN:
            async with check_broken(connection, constraint):
                await connection.execute(f"UPDATE review.{table} SET {change} WHERE {where[table]}")


async def test_no_check_is_left_unbroken(review: Served) -> None:
    names = await check_names(review.admin, "review")
    own = {name for name in names if not name.startswith(COMMON)}
    assert {constraint for _, _, constraint in BROKEN} == own


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE calls SET rulebook_digest = ''",
        "UPDATE texts SET body = ''",
        "UPDATE recusals SET nature = 'other'",
        "UPDATE results SET rank = 1",
        "UPDATE result_sections SET proposed_cents = 0",
        "UPDATE act_rows SET granted_cents = 0",
        "UPDATE session_files SET application_id = session_id",
        "UPDATE journal SET words = ''",
        "DELETE FROM cases",
        "DELETE FROM marks",
        "DELETE FROM recusals",
        "TRUNCATE acts",
        "SELECT body FROM intake.drafts",
        "SELECT body FROM audit.events",
    ],
)
async def test_the_service_cannot(review: Served, statement: str) -> None:
    with pytest.raises(
        (asyncpg.InsufficientPrivilegeError, asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError)
    ):
        await review.pool.execute(statement)
