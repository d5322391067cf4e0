"""The lake: one table of immutable versions per catalog resource, and the read-only copies that answer
look-ups.

``tables`` is the source of truth (Delta, atomic commits), ``parts`` writes its files, ``serving`` builds
and opens the SQLite snapshots that the gateway reads, ``exports`` writes the files that are opened.
``stores`` and ``buckets`` are where the files lie; ``comparison`` runs in DuckDB or, as ``spark``, on a
cluster, by SQL of two ``dialects``. No Django here.
"""
