"""What a test needs from outside: skipped where somebody runs a few tests, a failure in ``make test``, which runs all."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def lacking(reason: str) -> NoReturn:
    """End this test: what it needs is not here. ``make test`` sets ``GONGSHU_TESTS=all``: nothing is passed over."""
    if os.environ.get("GONGSHU_TESTS") == "all":
        pytest.fail(f"{reason} (and `make test` leaves nothing out)")
    pytest.skip(reason)
