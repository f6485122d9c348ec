"""The contracts of payments on its rules and its tables."""
