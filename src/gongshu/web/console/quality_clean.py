"""Cleaning in the console: steps as YAML, a preview of counts and examples, and the next version."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from gongshu.errors import GongshuError, Text
from gongshu.identity.states import Role
from gongshu.quality import check_queries, cleaning, cleaning_actions
from gongshu.web.language import language_of
from gongshu.web.permissions import actor_of, requires

LONGEST = 100_000


@requires(Role.PROVIDER, Role.DATA_AUTHORITY)
def clean(request: HttpRequest, code: str) -> HttpResponse:
    """Write steps, look what they would change, apply them."""
    actor = actor_of(request)
    entry = check_queries.entry_of(actor, code)
    context: dict[str, Any] = {"entry": entry, "kinds": [(k, *shape) for k, shape in cleaning.STEPS.items()]}
    wrong: GongshuError | None = None
    if request.method == "POST":
        text = request.POST.get("steps", "")[:LONGEST]
        try:
            recipe = cleaning.from_text(text)
            if request.POST.get("do") == "apply":
                done = cleaning_actions.apply(by=actor, code=entry.code, recipe=recipe)
                said = Text(f"已清洗为版本 v{done.number}。", f"Cleaned as version v{done.number}.")
                messages.success(request, said.say(language_of(request)))
                return HttpResponseRedirect(f"/console/quality/{entry.code}/versions/{done.number}/")
            context["seen"] = cleaning_actions.preview(by=actor, code=entry.code, recipe=recipe)
        except GongshuError as error:
            wrong = error
    else:
        last = cleaning_actions.last_recipe(actor, entry.code)
        text = last.as_yaml() if last is not None else "steps:\n- {step: width, columns: []}\n"
    context |= {"text": text, "wrong": wrong}
    return render(request, "console/quality_clean.html", context, status=wrong.status if wrong else 200)
