"""The rules page of staff: the same views as the public one, inside the console."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from gongshu.web.permissions import insiders
from gongshu.web.rulestudy import context_of


@insiders
def rules_page(request: HttpRequest) -> HttpResponse:
    return render(request, "console/rules.html", context_of(request))
