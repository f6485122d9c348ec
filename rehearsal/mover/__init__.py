"""The process of a demonstration that moves its clock when a site asks: ``python -m rehearsal.mover``.

No real installation runs it, and nothing but this package and the player hold the administrative address.
"""
