"""The applicants' and the public's site."""
