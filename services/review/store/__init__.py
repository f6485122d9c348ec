"""Rows ↔ domain, through the named queries of ``services/review/queries``."""
