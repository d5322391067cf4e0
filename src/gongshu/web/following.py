"""What a signed-in person keeps an eye on: saved searches and entries; each is left with one click."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from gongshu.catalog import queries, saved_actions, saved_queries
from gongshu.errors import GongshuError, Text
from gongshu.web.language import language_of
from gongshu.web.parts import facet_words, page_of, status_tag
from gongshu.web.permissions import actor_of, signed_in

PAGE_SIZE = 20
FILTERS = ("theme", "provider", "open", "share", "cycle", "format")


@dataclass(frozen=True)
class SearchLine:
    saved: object
    words: list[Text]
    address: str


@signed_in
def own(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    searches = list(saved_queries.searches(actor))
    labels = facet_words({"provider": [one.filters.get("provider", "") for one in searches]})
    page = page_of(request, saved_queries.subscriptions(actor), PAGE_SIZE)
    visible = set(queries.visible(actor).filter(pk__in=[one.entry_id for one in page]).values_list("pk", flat=True))
    context = {
        "searches": [
            SearchLine(
                one,
                [labels[name](value) for name, value in one.filters.items() if name in labels]
                + ([Text("只看可下载", "downloadable only")] if one.filters.get("opened") else []),
                _address(one.text, one.filters),
            )
            for one in searches
        ],
        "page_obj": page,
        "subscriptions": [
            (one, status_tag(one.entry.status, one.entry.status_label), one.entry_id in visible) for one in page
        ],
    }
    return render(request, "account/following.html", context)


@signed_in
@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Keep the search that the page shows."""
    asked = request.POST
    filters = {name: asked.get(name, "") for name in FILTERS}
    if asked.get("only") == "open":
        filters["opened"] = "yes"
    try:
        saved = saved_actions.save_search(by=actor_of(request), text=asked.get("q", ""), filters=filters)
    except GongshuError as wrong:
        messages.error(request, wrong.say(language_of(request)))
        return HttpResponseRedirect(reverse("portal:catalog"))
    said = Text(
        "检索已保存。有新目录或新版本符合时会通知您；可在“我的订阅”中取消。",
        "The search is saved. You will hear when something new fits; leave it under “What I follow”.",
    )
    messages.success(request, said.say(language_of(request)))
    return HttpResponseRedirect(_address(saved.text, saved.filters))


@signed_in
def again(request: HttpRequest, search_id: int) -> HttpResponse:
    """Search again: where notices lead."""
    saved = saved_queries.search(actor_of(request), search_id)
    return HttpResponseRedirect(_address(saved.text, saved.filters, sort="published"))


@signed_in
@require_POST
def forget(request: HttpRequest, search_id: int) -> HttpResponse:
    saved_actions.forget_search(by=actor_of(request), search_id=search_id)
    said = Text("已取消保存的检索。", "The saved search is gone.")
    messages.success(request, said.say(language_of(request)))
    return HttpResponseRedirect(reverse("following"))


@signed_in
@require_POST
def add(request: HttpRequest, code: str) -> HttpResponse:
    try:
        saved_actions.subscribe(by=actor_of(request), code=code)
        said = Text(
            "已订阅。发布新版本、更新数据、开放或撤下时会通知您。",
            "You follow it now and will hear of new versions, new data, opening and withdrawal.",
        )
        messages.success(request, said.say(language_of(request)))
    except GongshuError as wrong:
        messages.error(request, wrong.say(language_of(request)))
    return HttpResponseRedirect(_back(request))


@signed_in
@require_POST
def leave(request: HttpRequest, code: str) -> HttpResponse:
    saved_actions.unsubscribe(by=actor_of(request), code=code)
    said = Text("已取消订阅。", "You no longer follow it.")
    messages.success(request, said.say(language_of(request)))
    return HttpResponseRedirect(_back(request))


def _back(request: HttpRequest) -> str:
    asked = request.POST.get("next", "")
    allowed = url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure())
    return asked if allowed else reverse("following")


def _address(text: str, filters: Mapping[str, str], **more: str) -> str:
    asked = {"q": text, **{name: value for name, value in filters.items() if name in FILTERS}, **more}
    if filters.get("opened") == "yes":
        asked["only"] = "open"
    return f"{reverse('portal:catalog')}?{urlencode({name: value for name, value in asked.items() if value})}"
