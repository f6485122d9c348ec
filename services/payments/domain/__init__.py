"""The money of a call: pure rules. Time and actor are arguments: no clock, no database, no network here."""
