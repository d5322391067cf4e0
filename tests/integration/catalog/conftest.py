"""The smallest city, and any city's rules for the time of one test."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from factories import City
from gongshu import rules, wiring


@pytest.fixture
def city(db: None) -> City:
    wiring.connect()
    return City()


@pytest.fixture
def under() -> Iterator[Callable[[str], rules.Pack]]:
    """``under("xian")`` lets a city's rules hold until the test ends."""
    usual = rules.active().id
    yield rules.configure
    rules.configure(usual)
