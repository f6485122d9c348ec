"""What intake decides, without clock, database or network: rulebooks, identifiers, eligibility, moves, receipts."""
