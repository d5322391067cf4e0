"""Deny by default, as a browser meets it."""

from __future__ import annotations

import pytest
from django.http import HttpResponse
from django.test import override_settings
from django.urls import include, path, reverse

CONSOLE = [
    "workbench",
    "duties",
    "duties_export",
    "duties_calendar",
    "notices",
    "notice_preferences",
    "webhooks",
    "entries",
    "entry_new",
    "runs",
    "spaces",
    "space_new",
    "libraries",
    "library_new",
    "intakes",
    "intake_new",
    "applications",
    "demands",
    "objections",
    "demand_new",
    "meetings",
    "meeting_new",
    "grants",
    "releases",
    "operation",
    "operation_new",
    "operation_demands",
    "findings",
    "finding_new",
    "projects",
    "assets",
    "project_new",
    "ledger",
    "rules",
    "clients",
    "organizations",
]


def undeclared(request):
    return HttpResponse("secret")


urlpatterns = [path("undeclared/", undeclared), path("", include("gongshu.web.urls"))]


@override_settings(ROOT_URLCONF=__name__)
def test_a_view_without_a_declaration_is_refused_even_to_the_data_authority(signed_in):
    response = signed_in("lin").get("/undeclared/")
    assert response.status_code == 403
    assert "web.permission_undeclared" in response.content.decode()
    assert "secret" not in response.content.decode()


@pytest.mark.parametrize("name", CONSOLE)
def test_who_did_not_sign_in_is_asked_to_and_led_back(anybody, name):
    address = reverse(f"console:{name}")
    response = anybody.get(address)
    assert response.status_code == 302
    assert response.headers["Location"] == f"/sign-in/?next={address.replace('/', '%2F')}"


@pytest.mark.parametrize("name", CONSOLE)
def test_an_account_without_a_role_sees_nothing_of_the_console(city, signed_in, name):
    city.person("nobody", "housing")
    response = signed_in("nobody").get(reverse(f"console:{name}"))
    assert response.status_code == 403
    assert "web.role_missing" in response.content.decode()


def test_roles_are_checked_before_objects(city, signed_in):
    entry = city.published()
    assert signed_in("zhou").get(f"/console/catalog/{entry.code}/collect/").status_code == 403
    assert signed_in("shen").get(f"/console/catalog/{entry.code}/apply/").status_code == 403
    assert signed_in("zhou").post("/console/releases/KF-1/decide/").status_code == 403


def test_objects_are_checked_by_the_domain(city, signed_in):
    draft = city.draft()
    assert signed_in("wang").get(f"/console/catalog/{draft.code}/").status_code == 200
    hidden = signed_in("zhou").get(f"/console/catalog/{draft.code}/")
    assert hidden.status_code == 404
    assert "catalog.entry_unknown" in hidden.content.decode()
    assert draft.title not in hidden.content.decode()


def test_an_htmx_request_is_sent_to_the_sign_in_page_as_a_whole(anybody):
    response = anybody.get("/console/runs/run_x/progress/", headers={"HX-Request": "true"})
    assert response.status_code == 401
    assert response.headers["HX-Redirect"].startswith("/sign-in/")
