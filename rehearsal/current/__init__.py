"""The calls that are alive on the day the demonstration is played: one receives, one is examined, one is paid.

Why three, and what each one shows: docs/adr.
"""
