"""Programs that call the interface with an access token, in the smallest city."""

from __future__ import annotations

import pytest
from django.core.cache import cache

from factories import City
from factories.programs import program_of


@pytest.fixture
def city(db):
    cache.clear()
    return City()


@pytest.fixture
def program(city):
    """``program("wang")`` may do all that Wang may; ``program("wang", Scope.READ)`` only reads."""
    return program_of
