"""The gateway: the one door through which data leave the platform.

A process of its own, without Django. ``core`` decides each call in one readable function; ``app`` is the thin
shell that speaks HTTP; ``control`` follows the control plane; nothing is answered before its ledger entry is
on the disk. Serves luzhou-24, xian-20, xian-36 (every operation on data is recorded) and yongjia-32.
"""
