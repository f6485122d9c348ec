"""Rows of money to records and back, through named queries: one module per noun."""
