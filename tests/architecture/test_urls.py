"""Every address of the pages says who may call it. What is open to everybody is written down here, one by one."""

from __future__ import annotations

import inspect

import django
import pytest
from django.urls import URLPattern, URLResolver, get_resolver

django.setup()

from gongshu.identity.states import Role  # noqa: E402
from gongshu.identity.tokens import Scope  # noqa: E402
from gongshu.web.api.routes import operations  # noqa: E402
from gongshu.web.permissions import Permission, permission_of, public, requires  # noqa: E402

# Addresses that need no account. A new one is a decision: add it here.
OPEN_TO_ALL = {
    "": "the first page",
    "catalog/": "search",
    "catalog/list.<str:form>": "what a search finds, as a file; published entries only",
    "catalog/suggest/": "what one may have begun to type; published entries only",
    "datasets/<str:code>/": "one data set",
    "datasets/<str:code>/download.<str:form>": "open files; the view asks for the public grant",
    "developers/": "how to call",
    "rules/": "the rules in force",
    "proof/": "checkpoint of the ledger",
    "proof/<str:entry_id>/": "that a record is in the ledger, for who was given its number; not what it says",
    "proof/check/": "checks an evidence file that somebody holds; keeps nothing",
    "register/": "accounts of members of the public; bounded by network address",
    "sign-in/": "the way in",
    "sign-out/": "the way out",
    "preferences/": "language and reading aids, cookies only",
    "api/v1/openapi.json": "description of the public interface",
    "api/v1/figures": "figures of the first page",
    "api/v1/datasets": "search for programs",
    "api/v1/datasets/<code>": "one data set for programs",
    "api/v1/datasets/<code>/rows": "rows of open data sets, through the gateway",
    "api/v1/": "the root of the interface, which is django-ninja's name for it",
}


def addresses(patterns, prefix=""):
    for pattern in patterns:
        where = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, where)
        elif isinstance(pattern, URLPattern):
            yield where, pattern.callback


ALL = dict(addresses(get_resolver().url_patterns))


def test_the_walk_sees_the_whole_site():
    assert len(ALL) > 45
    assert {"console/", "sign-in/", "api/v1/datasets"} <= set(ALL)


@pytest.mark.parametrize("address", sorted(ALL))
def test_every_address_declares_its_permission(address):
    declared = permission_of(ALL[address])
    assert isinstance(declared, Permission), f"/{address} declares no permission: add @public, @signed_in or @requires"


def test_only_what_is_listed_is_open_to_everybody():
    found = {address for address, view in ALL.items() if permission_of(view).anybody}
    assert found == set(OPEN_TO_ALL), "the list of public addresses and the site differ"


def test_the_interface_is_public_or_asks_for_a_token():
    by_token = {address for address, view in ALL.items() if permission_of(view).token}
    assert len(by_token) > 40
    assert by_token == {a for a in ALL if a.startswith("api/v1/")} - set(OPEN_TO_ALL)


def test_every_operation_of_the_interface_names_its_scope_and_writes_ask_for_more_than_reading():
    found = [one for one in operations() if one.asks is not None]
    assert len(found) > 50
    wrong = [f"{one.method} {one.path}" for one in found if (one.method == "GET") != (one.asks.scope is Scope.READ)]
    assert wrong == []


def test_the_console_is_for_roles_only():
    wrong = [a for a, v in ALL.items() if a.startswith("console/") and not permission_of(v).roles]
    assert not wrong


def test_a_view_declares_once_and_requires_a_role():
    with pytest.raises(ValueError, match="twice"):
        public(public(lambda request: None))
    with pytest.raises(ValueError, match="at least one role"):
        requires()


def test_declaring_keeps_the_views_name_and_documentation():
    def view(request):
        """What it does."""

    declared = requires(Role.PROVIDER)(view)
    assert declared.__name__ == "view"
    assert inspect.getdoc(declared) == "What it does."
    assert permission_of(declared).roles == {Role.PROVIDER}
