"""The rules of review: admissibility to vote. Pure: time and actor are arguments."""
