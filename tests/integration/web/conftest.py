"""Pages through Django's test client, as a signed-in person of the smallest city."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client

from factories import City


@pytest.fixture
def city(db):
    cache.clear()
    return City()


@pytest.fixture
def signed_in(city):
    """``signed_in("wang")`` is a browser in which Wang signed in."""
    from gongshu.identity.models import Person

    def sign_in(username):
        browser = Client()
        browser.force_login(Person.objects.get(username=username), backend="django.contrib.auth.backends.ModelBackend")
        return browser

    return sign_in


@pytest.fixture
def anybody(db):
    cache.clear()
    return Client()


def text_of(response):
    return b"".join(response).decode() if response.streaming else response.content.decode()
