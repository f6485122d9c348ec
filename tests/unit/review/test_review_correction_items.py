"""What review lets an instructor ask of an applicant is what intake opens: nothing is decided that cannot follow."""

from __future__ import annotations

from jalon.intake.v1 import applications_pb2

from services.intake.domain import decisions
from services.review.domain.completeness import FORM_FIELDS


def test_the_form_has_the_same_fields_on_both_sides() -> None:
    form = {field.name for field in applications_pb2.FullApplication.DESCRIPTOR.fields}
    assert form == FORM_FIELDS == set(decisions.FULL_FIELDS)
