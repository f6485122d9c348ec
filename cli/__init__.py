"""The ``jalon`` command: what stands where, what blocks, and whether everything holds. French first, ``--lang en``."""
