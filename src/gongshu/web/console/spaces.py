"""Data stores of departments and townships: what they hold against their quota, whose they are, who may use them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_POST

from gongshu import clock
from gongshu.errors import GongshuError, Text
from gongshu.identity.states import Role
from gongshu.ledger import queries as ledger
from gongshu.spaces import actions, policy, queries
from gongshu.spaces.states import (
    KIND_LABELS,
    RIGHT_LABELS,
    RIGHT_NOTES,
    STATUS_LABELS,
    WARNINGS,
    Right,
    SpaceKind,
    SpaceStatus,
)
from gongshu.web import steps
from gongshu.web.language import language_of
from gongshu.web.parts import Tag, cites, page_of
from gongshu.web.permissions import actor_of, requires, staff
from gongshu.web.typed import day

PAGE_SIZE = 20


@staff
def spaces(request: HttpRequest) -> HttpResponse:
    """The stores that one may see, each with a bar."""
    actor, asked, language = actor_of(request), request.GET, language_of(request)
    kind, status = asked.get("kind", ""), asked.get("status", "")
    found = queries.search(
        actor,
        text=asked.get("q", ""),
        kind=kind if kind in set(SpaceKind) else "",
        status=status if status in set(SpaceStatus) else "",
    )
    page = page_of(request, found, PAGE_SIZE)
    used = queries.usages(page)
    context = {
        "page_obj": page,
        "rows": [(one, used[one.pk], _fill(used[one.pk]), _standing(one)) for one in page],
        "asked": asked,
        "kinds": [(str(value), label) for value, label in KIND_LABELS.items()],
        "statuses": [(str(value), label) for value, label in STATUS_LABELS.items()],
        "filtered": any(asked.get(name) for name in ("q", "kind", "status")),
        "may_open": queries.can_open(actor),
        "cites": cites(queries.citations(), language),
    }
    return render(request, "console/spaces.html", context)


@requires(Role.DATA_AUTHORITY)
def new(request: HttpRequest) -> HttpResponse:
    """Open a store."""
    actor, typed, language = actor_of(request), request.POST, language_of(request)
    wrong: GongshuError | None = None
    if request.method == "POST":
        try:
            kind = typed.get("kind", "")
            made = actions.open_space(
                by=actor,
                organization=typed.get("organization", ""),
                name=typed.get("name", ""),
                kind=SpaceKind(kind) if kind in set(SpaceKind) else SpaceKind.DEPARTMENT,
                quota_bytes=policy.read_size(typed.get("quota_bytes", "")),
                quota_rows=policy.read_rows(typed.get("quota_rows", "")),
            )
        except GongshuError as error:
            wrong = error
        else:
            messages.success(
                request, Text("数据仓已开设，已通知该单位。", "The store is open and its unit was told.").say(language)
            )
            return HttpResponseRedirect(f"/console/spaces/{made.number}/")
    context = {
        "typed": typed,
        "units": queries.without(),
        "kinds": [(str(value), label) for value, label in KIND_LABELS.items()],
        "may_open": queries.can_open(actor),
        "cites": cites(queries.citations(), language),
        "wrong": wrong,
        "wrong_field": str(wrong.where.get("field", "")) if wrong else "",
    }
    return render(request, "console/space_new.html", context, status=wrong.status if wrong else 200)


@staff
def space(request: HttpRequest, number: str) -> HttpResponse:
    return space_page(request, number)


def space_page(request: HttpRequest, number: str, wrong: GongshuError | None = None) -> HttpResponse:
    """One store: its fill, its tables, its members, and what the reader may do there."""
    actor, asked, language = actor_of(request), request.GET, language_of(request)
    found = queries.space(actor, number)
    used = queries.usage(found)
    may_open = queries.can_open(actor)
    page = page_of(request, queries.tables(found, text=asked.get("q", "")), PAGE_SIZE)
    context = {
        "found": found,
        "tag": _standing(found),
        "used": used,
        "fill": _fill(used),
        "warnings": WARNINGS,
        "page_obj": page,
        "tables": [(one, policy.size_text(one.table_use.bytes)) for one in page],
        "asked": asked,
        "members": [(one, queries.is_current(one)) for one in queries.members(found)],
        "sees_names": may_open or queries.can_name_members(actor, found),
        "names_members": queries.can_name_members(actor, found) and found.status == SpaceStatus.OPEN,
        "may_open": may_open,
        "rights": [(str(value), label, RIGHT_NOTES[value]) for value, label in RIGHT_LABELS.items()],
        "cites": cites(queries.citations(), language),
        "records": ledger.records(subject=found.number, limit=20),
        "today": clock.today(),
        "typed": request.POST,
        "wrong": wrong,
        "wrong_field": str(wrong.where.get("field", "")) if wrong else "",
    }
    return render(request, "console/space.html", context, status=wrong.status if wrong else 200)


@staff
@require_POST
def act(request: HttpRequest, number: str) -> HttpResponse:
    """One step on a store; the domain says who may take it."""
    try:
        said = _act(request, number)
    except GongshuError as wrong:
        if wrong.status == 404 and "field" not in wrong.where:
            raise
        return space_page(request, number, wrong)
    messages.success(request, said.say(language_of(request)))
    return HttpResponseRedirect(f"/console/spaces/{number}/")


def _act(request: HttpRequest, number: str) -> Text:
    by, typed = actor_of(request), request.POST
    step, reason = typed.get("act", ""), typed.get("reason", "")
    if step == "quota":
        actions.set_quota(
            by=by,
            number=number,
            quota_bytes=policy.read_size(typed.get("quota_bytes", "")),
            quota_rows=policy.read_rows(typed.get("quota_rows", "")),
            reason=reason,
        )
        return Text("额度已调整，已通知该单位。", "The quota is changed and the unit was told.")
    if step in {"close", "reopen"}:
        actions.change_status(by=by, number=number, step=step, reason=reason)
        return Text("已办理，并通知该单位。", "Done, and the unit was told.")
    if step in {"members_only", "members_free"}:
        actions.set_members_only(by=by, number=number, members_only=step == "members_only")
        return Text("授权方式已更改。", "Who may use the tables is changed.")
    if step == "name":
        right = typed.get("right", "")
        actions.add_member(
            by=by,
            number=number,
            username=typed.get("username", "")[:150],
            right=Right(right) if right in set(Right) else Right.READ,
            until=day(typed, "until"),
        )
        return Text("成员已指定。", "The member is named.")
    if step == "revoke":
        actions.end_member(by=by, number=number, member=_number(typed.get("member", "")))
        return Text("已撤销，立即生效。", "Revoked, as of now.")
    if step == "place":
        actions.place(by=by, number=number, code=typed.get("code", "")[:40])
        return Text("数据表已放入本仓。", "The table lies in this store now.")
    if step == "unplace":
        actions.unplace(by=by, code=typed.get("code", "")[:40])
        return Text("数据表已回到提供单位的数据仓。", "The table lies in its provider's store again.")
    raise steps.unknown()


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else 0


def _standing(found: Any) -> Tag:
    return Tag(found.status_label, "good" if found.status == SpaceStatus.OPEN else "still")


def _fill(used: policy.Usage) -> dict[str, Any]:
    """The bar of a store and its words; the tone only repeats what the words say."""
    state, words = "good", Text("正常", "in order")
    if used.percent >= 100:
        state, words = "danger", Text("已满，不再接收数据", "full, takes no more")
    elif used.percent >= WARNINGS[-1]:
        state, words = "caution", Text("将满", "nearly full")
    size = policy.size_text(used.bytes)
    return {
        "tag": Tag(words, state),
        "size": size,
        "quota": policy.size_text(used.quota_bytes) if used.quota_bytes else "",
        "said": Text(f"已用 {used.percent}%", f"{used.percent}% used"),
    }
