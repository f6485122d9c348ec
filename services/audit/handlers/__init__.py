"""Chains and their verification, as people ask for them; spans, as programs send them."""
