"""Finding entries: words, question, index. No Django in here; ``catalog.finding`` and ``catalog.indexing`` join the rows."""
