"""The log of use, for those whom it concerns (xian-36): pushed to provider and user every day, searched on behalf of a
person, taken away as a file. The log itself is the ledger; here is who gets which part of it.

*Digest*: one organisation's entries of one day, as a file that is made from the ledger whenever it is asked for; its
SHA-256 is in the ledger and in the notice, so that nobody can hand out another one later.
"""
