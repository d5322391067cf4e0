"""Who is told what. A notice is a row written with the act it tells of, so it exists exactly when the act does."""
