"""One's notices: the inbox, and how one wants them by e-mail."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from gongshu.errors import GongshuError, Text
from gongshu.identity import actions as identity_do
from gongshu.identity import queries as identity
from gongshu.notifications import actions, queries
from gongshu.notifications.states import EMAIL_MODE_LABELS, TOPIC_LABELS, EmailMode, topic_label
from gongshu.web.console.forms import PageForm, Words
from gongshu.web.language import language_of
from gongshu.web.parts import page_of
from gongshu.web.permissions import actor_of, insiders

PAGE_SIZE = 20
USUAL = Text("同上", "as above")


@insiders
def notices(request: HttpRequest) -> HttpResponse:
    actor, asked = actor_of(request), request.GET
    topic, unread = asked.get("topic", ""), asked.get("unread", "") == "1"
    context = {
        "page_obj": page_of(request, queries.inbox(actor, topic=topic, unread=unread), PAGE_SIZE),
        "topics": [(one, topic_label(one)) for one in queries.topics(actor)],
        "topic": topic,
        "only_unread": unread,
        "tab": "notices",
        "webhooks": queries.may_look_at_webhooks(actor),
    }
    return render(request, "console/notices.html", context)


@insiders
@require_POST
def read(request: HttpRequest) -> HttpResponse:
    """Mark one notice as read, or all; with ``open`` go on to what it is about."""
    actor, asked = actor_of(request), request.POST.get("notice", "")
    back = _here(request, request.POST.get("next", ""), "/console/notices/")
    if not asked:
        actions.mark_read(by=actor)
        return HttpResponseRedirect(back)
    if not (asked.isascii() and asked.isdecimal() and len(asked) < 19):
        return HttpResponseRedirect(back)
    found = queries.notice(actor, int(asked))
    actions.mark_read(by=actor, notice_id=found.pk)
    return HttpResponseRedirect(_here(request, found.link, back) if "open" in request.POST else back)


def _here(request: HttpRequest, address: str, otherwise: str) -> str:
    """``address`` if it is one of this site."""
    safe = address.startswith("/") and url_has_allowed_host_and_scheme(
        address, {request.get_host()}, require_https=request.is_secure()
    )
    return address if safe else otherwise


class PreferenceForm(PageForm):
    """The address, the usual way, and what is wanted otherwise for single topics."""

    words: ClassVar[Words] = {
        "address": (Text("接收邮箱", "E-mail address"), Text("留空则不发邮件", "empty: no e-mail")),
        "email": (Text("邮件方式", "By e-mail"), None),
    }
    address = forms.CharField(max_length=254, required=False, widget=forms.EmailInput(attrs={"autocomplete": "email"}))
    email = forms.ChoiceField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        modes = [(str(mode), label) for mode, label in EMAIL_MODE_LABELS.items()]
        self.choices("email", modes)
        for topic, label in TOPIC_LABELS.items():
            name = self.name_of(topic)
            self.fields[name] = forms.ChoiceField(required=False, label=label.say(self.language))
            self.fields[name].widget.attrs["class"] = "form-select"
            self.choices(name, [("", USUAL), *modes])

    @staticmethod
    def name_of(topic: str) -> str:
        return f"topic-{topic}"

    @property
    def topic_fields(self) -> list[Any]:
        return [self[self.name_of(topic)] for topic in TOPIC_LABELS]

    @property
    def topics(self) -> dict[str, EmailMode]:
        typed = {topic: self.cleaned_data.get(self.name_of(topic), "") for topic in TOPIC_LABELS}
        return {topic: EmailMode(mode) for topic, mode in typed.items() if mode}


@insiders
def preferences(request: HttpRequest) -> HttpResponse:
    """What one gets by e-mail: at once, in a daily digest, not at all; for everything and topic by topic."""
    actor, language = actor_of(request), language_of(request)
    row, address = queries.preference_row(actor), identity.person(actor.person_id).email
    chosen = {PreferenceForm.name_of(topic): mode for topic, mode in (row.topics if row else {}).items()}
    usual = {"address": address, "email": str(queries.preference(actor)), **chosen}
    form = PreferenceForm(request.POST if request.method == "POST" else None, initial=usual, language=language)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                if form.cleaned_data["address"] != address:
                    identity_do.change_email(by=actor, username=actor.username, email=form.cleaned_data["address"])
                actions.prefer(by=actor, email=EmailMode(form.cleaned_data["email"]), topics=form.topics)
        except GongshuError as wrong:
            form.add_error("address" if wrong.where.get("field") == "email" else None, wrong.say(language))
        else:
            messages.success(request, Text("已保存。", "Saved.").say(language))
            return HttpResponseRedirect("/console/notices/preferences/")
    context = {
        "form": form,
        "mail_is_on": settings.HOME.mail.enabled,
        "tab": "preferences",
        "webhooks": queries.may_look_at_webhooks(actor),
    }
    return render(request, "console/notice_preferences.html", context, status=400 if form.errors else 200)
