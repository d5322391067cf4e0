"""A signed-in browser, and the rule pack of another city for one test."""

import pytest
from django.core.cache import cache
from django.test import Client

from gongshu import rules


@pytest.fixture
def rulepack():
    usual = rules.active().id
    yield rules.configure
    rules.configure(usual)


@pytest.fixture
def signed_in(city):
    from gongshu.identity.models import Person

    cache.clear()

    def sign_in(username):
        browser = Client()
        browser.force_login(Person.objects.get(username=username), backend="django.contrib.auth.backends.ModelBackend")
        return browser

    return sign_in
