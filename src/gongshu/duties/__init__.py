"""The statutory clock at work: who owes what by when, under which article; reminded before, escalated after.

Deadlines come from ``gongshu.deadlines`` and the rule pack; this package keeps them on a row with pack, version and
citation, so that what was promised on the day can be shown years later.
"""
