"""Why review refuses: the keys of the sentences people read. A name shared with another service means the same."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """A closed set. Values named in comments are strings: cents as whole numbers, instants in RFC 3339."""

    # shape of the rulebook
    NOT_JSON = "NOT_JSON"
    SCHEMA_UNKNOWN = "SCHEMA_UNKNOWN"  # expected
    FIELD_MISSING = "FIELD_MISSING"
    VALUE_WRONG = "VALUE_WRONG"
    TRACK_UNKNOWN = "TRACK_UNKNOWN"
    SECTION_UNKNOWN = "SECTION_UNKNOWN"  # section

    # moves
    NOT_IN_THIS_STATE = "NOT_IN_THIS_STATE"  # state, action
    CASE_NOT_OPEN = "CASE_NOT_OPEN"  # state

    # admissibility, completeness, instruction
    REASON_REQUIRED = "REASON_REQUIRED"
    REASON_UNKNOWN = "REASON_UNKNOWN"
    SECOND_PERSON_REQUIRED = "SECOND_PERSON_REQUIRED"
    RECEIVED_IN_TIME = "RECEIVED_IN_TIME"  # received_at, deadline_at
    DEADLINE_NOT_REACHED = "DEADLINE_NOT_REACHED"  # deadline_at
    ANALYSIS_MISSING = "ANALYSIS_MISSING"
    ELIGIBLE_BASE_WRONG = "ELIGIBLE_BASE_WRONG"  # eligible_cost_cents
    AMOUNT_ABOVE_REQUESTED = "AMOUNT_ABOVE_REQUESTED"  # requested_cents
    RATE_EXCEEDED = "RATE_EXCEEDED"  # max_cents, rate_basis_points
    AMOUNT_BELOW_MINIMUM = "AMOUNT_BELOW_MINIMUM"  # min_cents
    AMOUNT_ABOVE_CEILING = "AMOUNT_ABOVE_CEILING"  # max_cents
    SECTION_REQUIRED = "SECTION_REQUIRED"
    NO_AMOUNT_PROPOSED = "NO_AMOUNT_PROPOSED"

    # scores and session
    CRITERION_UNKNOWN = "CRITERION_UNKNOWN"
    CRITERION_TWICE = "CRITERION_TWICE"
    SCORE_OUT_OF_SCALE = "SCORE_OUT_OF_SCALE"  # scale_max
    SCORE_MISSING = "SCORE_MISSING"
    SCORE_REASON_MISSING = "SCORE_REASON_MISSING"
    SCORES_MISSING = "SCORES_MISSING"  # complete, expected, applications
    CHAIR_NOT_A_MEMBER = "CHAIR_NOT_A_MEMBER"
    FILES_REQUIRED = "FILES_REQUIRED"
    NOT_A_MEMBER = "NOT_A_MEMBER"
    QUORUM_NOT_MET = "QUORUM_NOT_MET"  # present, quorum
    SESSION_NOT_CLOSED = "SESSION_NOT_CLOSED"  # state
    BALLOT_WRONG = "BALLOT_WRONG"  # cast, voters

    # act and decisions
    ACT_NUMBER_WRONG = "ACT_NUMBER_WRONG"
    ACT_ROWS_EMPTY = "ACT_ROWS_EMPTY"
    ACT_ROW_TWICE = "ACT_ROW_TWICE"
    ACT_ROW_MISSING = "ACT_ROW_MISSING"
    ACT_ROW_DIFFERS = "ACT_ROW_DIFFERS"  # proposed_cents, section
    ACT_AMOUNT_WRONG = "ACT_AMOUNT_WRONG"
    ACT_ENVELOPE_EXCEEDED = "ACT_ENVELOPE_EXCEEDED"  # section, left_cents
    RECUSAL_OUTSIDE_ACT = "RECUSAL_OUTSIDE_ACT"
    ACT_DATES_ORDER = "ACT_DATES_ORDER"  # after
    ACT_NOT_TRANSMITTED = "ACT_NOT_TRANSMITTED"
    ACT_NOT_ADOPTED = "ACT_NOT_ADOPTED"
    DECISION_NOT_TAKEN = "DECISION_NOT_TAKEN"
    ALREADY_NOTIFIED = "ALREADY_NOTIFIED"  # notified_at
