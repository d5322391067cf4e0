"""What a transition table is, and the check against it. Pure.

A package describes each of its life cycles once, as a :class:`Table`; actions ask ``table.check(state, action)`` before they
write, pages ask ``table.actions(state)`` which buttons to show, and the documentation prints ``table.mermaid()``.
"""

from gongshu.workflow.table import Table, Transition

__all__ = ["Table", "Transition"]
