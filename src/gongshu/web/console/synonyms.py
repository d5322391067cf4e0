"""The synonyms of the search, kept by the data authority; and the suggestions of the staff's search box."""

from __future__ import annotations

import re

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from gongshu.catalog import finding, saved_actions, saved_queries
from gongshu.errors import GongshuError, Text
from gongshu.identity.states import Role
from gongshu.web.language import language_of
from gongshu.web.parts import page_of
from gongshu.web.permissions import actor_of, requires, staff

PAGE_SIZE = 40


@staff
def suggest(request: HttpRequest) -> HttpResponse:
    """A few entries, items and providers for what has been typed so far; own drafts are among them."""
    found = finding.suggest(actor_of(request), request.GET.get("q", ""))
    return render(request, "console/suggestions.html", {"suggestions": found})


@requires(Role.DATA_AUTHORITY)
def synonyms(request: HttpRequest) -> HttpResponse:
    text = request.GET.get("q", "").strip()[:30]
    page = page_of(request, saved_queries.synonym_groups(text), PAGE_SIZE)
    return render(request, "console/synonyms.html", {"page_obj": page, "text": text})


@requires(Role.DATA_AUTHORITY)
@require_POST
def change(request: HttpRequest, group_id: int | None = None) -> HttpResponse:
    """A new group, or other words for one that there is."""
    words = re.split(r"[\s,;\uff0c\uff1b、]+", request.POST.get("words", ""))
    try:
        saved_actions.set_synonyms(by=actor_of(request), words=words, group_id=group_id)
        said = Text("同义词已保存，立即生效。", "The synonyms are saved and in force.")
        messages.success(request, said.say(language_of(request)))
    except GongshuError as wrong:
        messages.error(request, wrong.say(language_of(request)))
    return HttpResponseRedirect(reverse("console:synonyms"))


@requires(Role.DATA_AUTHORITY)
@require_POST
def remove(request: HttpRequest, group_id: int) -> HttpResponse:
    try:
        saved_actions.remove_synonyms(by=actor_of(request), group_id=group_id)
        said = Text("已删除这组同义词。", "The group is removed.")
        messages.success(request, said.say(language_of(request)))
    except GongshuError as wrong:
        messages.error(request, wrong.say(language_of(request)))
    return HttpResponseRedirect(reverse("console:synonyms"))
