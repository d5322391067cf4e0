"""Every address of the pages. Each view declares its permission; ``tests/architecture/test_urls.py`` walks this list."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from gongshu.web import account, failures, following
from gongshu.web.api import routes
from gongshu.web.console import tokens

handler400 = failures.bad_request
handler403 = failures.forbidden
handler404 = failures.not_found
handler500 = failures.fault

urlpatterns: list[URLPattern | URLResolver] = [
    path("sign-in/", account.sign_in, name="sign_in"),
    path("sign-out/", account.sign_out, name="sign_out"),
    path("account/", account.own, name="account"),
    path("account/password/", account.password, name="account_password"),
    path("account/notices/read/", account.read_notices, name="account_notices"),
    path("account/language/", account.choose_language, name="account_language"),
    path("account/following/", following.own, name="following"),
    path("account/following/save/", following.save, name="following_save"),
    path("account/following/<int:search_id>/", following.again, name="following_search"),
    path("account/following/<int:search_id>/remove/", following.forget, name="following_forget"),
    path("account/following/entries/<str:code>/", following.add, name="following_add"),
    path("account/following/entries/<str:code>/remove/", following.leave, name="following_leave"),
    path("account/tokens/", tokens.tokens, name="account_tokens"),
    path("account/tokens/new/", tokens.new, name="account_token_new"),
    path("account/tokens/<str:token_id>/revoke/", tokens.revoke, name="account_token_revoke"),
    path("preferences/", account.preferences, name="preferences"),
    path("organization/", account.organization, name="organization"),
    path("console/", include("gongshu.web.console.urls")),
    path("api/v1/", routes.urls),
    path("", include("gongshu.web.portal.urls")),
]
