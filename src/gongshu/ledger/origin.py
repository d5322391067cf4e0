"""By which way an act came, where that is not a page: every leaf written meanwhile says so in its details.

The person stays the actor; ``via`` names the program's access token, so that both can be told apart later.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_via: ContextVar[str] = ContextVar("gongshu_ledger_via", default="")


@contextmanager
def coming_by(way: str) -> Iterator[None]:
    """Acts within the block came by ``way``, for example ``token:token_01K…``."""
    before = _via.set(way)
    try:
        yield
    finally:
        _via.reset(before)


def via() -> str:
    """The way by which the act of this moment came; nothing for pages and commands."""
    return _via.get()
