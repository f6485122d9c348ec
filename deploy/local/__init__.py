"""The one-machine launcher: PostgreSQL, the Temporal engine and every process of Jalon, started by command line."""
