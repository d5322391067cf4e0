"""One step of a case, as a button of its page asks for it: which one, then done and said, or the page again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from gongshu.errors import GongshuError, Text
from gongshu.web.language import language_of


def chosen(typed: Mapping[str, str], name: str, among: Collection[str]) -> str:
    """The step that the button ``name`` stands for; GongshuError ``web.step_unknown`` for none that the page has."""
    step = typed.get(name, "")
    if step not in among:
        raise unknown()
    return step


def unknown() -> GongshuError:
    """What a page says to a step that it does not have."""
    return GongshuError(
        "web.step_unknown",
        "此页面没有这项办理事项。请刷新页面后重新选择，没有作任何改动。",
        "There is no such step on this page. Reload it and choose again; nothing was changed.",
    )


def take(
    request: HttpRequest,
    said: Mapping[str, Text],
    perform: Callable[[str], object],
    again: Callable[[GongshuError], HttpResponse],
    onwards: str,
) -> HttpResponse:
    """Do the step that ``act`` names, one of the keys of ``said``, and go ``onwards`` with its sentence.

    A refusal, that of an unknown step too, shows the page ``again`` with what was typed and the sentence.
    """
    try:
        step = chosen(request.POST, "act", said)
        perform(step)
    except GongshuError as wrong:
        return again(wrong)
    messages.success(request, said[step].say(language_of(request)))
    return HttpResponseRedirect(onwards)
