"""A witness: somebody else's process that sees a ledger grow, signs that it only grew, and refuses everything else.

Run by a department, on its own machine, with its own key (``gongshu witness serve``). It never sees an entry: a log
hands over its signed checkpoint with a consistency proof, and gets a cosignature. With k of n of them, nobody can show
two people two different ledgers, which is what the regulations want a block chain for (luzhou-38). Protocol:
c2sp.org/tlog-witness; cosignatures: c2sp.org/tlog-cosignature. No Django, no database: one folder.
"""
