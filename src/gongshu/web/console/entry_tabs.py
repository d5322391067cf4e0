"""What the tabs of an entry's page show: items with their terms, versions, a comparison, who depends on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse

from gongshu import clock, rules
from gongshu.catalog import queries
from gongshu.catalog.comparison import Comparison, FieldChange, compare
from gongshu.catalog.draft import EntryData, ItemData
from gongshu.catalog.labels import ENTRY_LABELS, ITEM_LABELS, shown
from gongshu.catalog.states import TYPE_LABELS
from gongshu.catalog.terms import LEVEL_LABELS
from gongshu.errors import Text
from gongshu.grants.masking import LABELS as MASK_LABELS
from gongshu.identity import queries as identity
from gongshu.sharing import followers
from gongshu.supervision import rights_queries
from gongshu.web import lineage, lineage_drawing
from gongshu.web.console import rights
from gongshu.web.language import language_of
from gongshu.web.parts import Tag, cites, open_tag, share_tag
from gongshu.web.permissions import actor_of, staff

DRAFT = "draft"
TABS = {
    "": Text("概况", "Overview"),
    "items": Text("数据项", "Items"),
    "versions": Text("版本", "Versions"),
    "compare": Text("比较", "Compare"),
    "relations": Text("关系", "Relations"),
    "depends": Text("依赖", "Depends on it"),
    "rights": Text("权利", "Rights"),
}


HISTORY_LABELS = {
    "created": Text("建立草稿", "Drafted"),
    "changed": Text("修改", "Changed"),
    "submitted": Text("提交审核", "Submitted"),
    "agreed_provider": Text("提供单位审核通过", "Agreed by the provider"),
    "agreed_center": Text("大数据中心审核通过", "Agreed by the data center"),
    "agreed_authority": Text("主管部门审核通过", "Agreed by the authority"),
    "published": Text("审核通过并发布", "Published"),
    "returned": Text("退回修改", "Sent back"),
    "withdrawn": Text("撤下", "Withdrawn"),
    "confirmed": Text("确认无变化", "Confirmed unchanged"),
    "stale": Text("数据超过更新周期", "Data overdue"),
    "revised": Text("开始修订", "Revision begun"),
    "discarded": Text("放弃修订", "Revision given up"),
    "change_declared": Text("申报变化", "Change declared"),
    "data_change_declared": Text("申报数据变化", "Change of data declared"),
    "mandate_exception": Text("说明超出法定职责的采集", "Item beyond the duties explained"),
    "data_change_seen": Text("发现来源数据变化", "Change of data seen at the source"),
    "secrecy_passed": Text("保密审查通过", "Secrecy review passed"),
    "secrecy_refused": Text("保密审查不通过", "Secrecy review not passed"),
    "reopened": Text("重新编制", "Reopened"),
    "data": Text("归集新版本", "Data collected"),
    "opened": Text("向社会开放", "Opened"),
    "closed": Text("停止开放", "Opening ended"),
}


@dataclass(frozen=True)
class ItemLine:
    """One item in a table, its own terms or those it takes from the entry, in the city's words."""

    item: ItemData
    type: Text
    share: Tag
    open: Tag
    level: Text
    mask: Text | None
    notes: list[Any] = field(default_factory=list)
    remark: str = ""


@dataclass(frozen=True)
class ChangeLine:
    """One field that changed."""

    label: Text
    before: Text
    after: Text


@dataclass(frozen=True)
class ItemChangeLine:
    """One item that came, went, moved or changed."""

    name: str
    title: str
    what: Text
    tone: str
    fields: list[ChangeLine] = field(default_factory=list)


@dataclass(frozen=True)
class Changes:
    """A comparison in words."""

    fields: list[ChangeLine]
    items: list[ItemChangeLine]

    @property
    def is_empty(self) -> bool:
        return not (self.fields or self.items)


def local_words(provider: Any = None) -> dict[str, dict[str, Text]]:
    """The city's own words for types, rights and contents, and what holders of rights are called in English: the owner
    that the rules name, and ``provider``.
    """
    pack, day = rules.active(), clock.today()
    lists = {"rights": "catalog.rights", "contains": "catalog.unconditional_excludes"}
    words = {name: {str(k): v for k, v in pack.labels(name, on=day).items()} for name in ("share_type", "open_type")}
    for name, parameter in lists.items():
        found = pack.find(parameter, on=day)
        words[name] = {choice.id: choice.label for choice in found.value} if found else {}
    owner = pack.find("catalog.owner", on=day)
    words["holders"] = {owner.value.zh: owner.value} if owner and owner.value else {}
    if provider is not None:
        words["holders"][provider.name] = Text(provider.name, provider.say("en"))
    return words


def item_lines(data: EntryData) -> list[ItemLine]:
    return [
        ItemLine(
            item,
            TYPE_LABELS[item.data_type],
            share_tag(data.share_type_of(item)),
            open_tag(data.open_type_of(item)),
            LEVEL_LABELS[item.level],
            MASK_LABELS.get(item.mask),
        )
        for item in data.items
    ]


def in_words(found: Comparison) -> Changes:
    """A comparison as people read it."""
    local = local_words()
    items = [ItemChangeLine(i.name, i.title, Text("新增", "added"), "good") for i in found.added]
    items += [ItemChangeLine(i.name, i.title, Text("删除", "removed"), "danger") for i in found.removed]
    for one in found.changed:
        what = Text("修改", "changed") if one.fields else Text("移动位置", "moved")
        lines = [_line(change, ITEM_LABELS, local) for change in one.fields]
        items.append(ItemChangeLine(one.name, one.title, what, "caution", lines))
    return Changes([_line(change, ENTRY_LABELS, local) for change in found.fields], items)


def _line(change: FieldChange, labels: Any, local: Any) -> ChangeLine:
    return ChangeLine(
        labels[change.field], shown(change.field, change.before, local), shown(change.field, change.after, local)
    )


def tab_context(request: HttpRequest, found: Any, tab: str, *, sees_draft: bool, sees_readers: bool) -> dict[str, Any]:
    """What one tab needs and no more."""
    if tab == "items":
        return {"terms": item_lines(queries.data_of(found))}
    if tab == "versions":
        return {"versions": list(queries.versions(found))}
    if tab == "compare":
        return _compare(request, found, sees_draft)
    if tab == "relations":
        graph = lineage.of_entry(actor_of(request), found)
        return {"graph": graph, "picture": lineage_drawing.draw(graph)}
    if tab == "depends":
        return _depends(request, found, sees_readers)
    if tab == "rights":
        language = language_of(request)
        held = rights_queries.of_entry(actor_of(request), found)
        return {"rights": rights.lines(held, language), "rights_cites": cites(rights_queries.known(), language)}
    return {}


def _compare(request: HttpRequest, found: Any, sees_draft: bool) -> dict[str, Any]:
    versions = list(queries.versions(found))
    choices = [(str(one.number), Text(f"第 {one.number} 版", f"version {one.number}")) for one in reversed(versions)]
    if sees_draft and versions and queries.revision_of(found) is not None:
        choices.append((DRAFT, Text("修订草稿", "revision in work")))
    if len(choices) < 2:
        return {"choices": choices}
    values = [value for value, _ in choices]
    b = request.GET.get("b", "")
    b = b if b in values else values[-1]
    a = request.GET.get("a", "")
    a = a if a in values else values[max(0, values.index(b) - 1)]
    before, after = (_state(found, value) for value in (a, b))
    times = {str(one.number): one.at for one in versions}
    events = queries.history(found).order_by("id")
    if a in times:
        events = events.filter(at__gt=min(times[a], times.get(b, times[a])))
    if b in times:
        events = events.filter(at__lte=max(times[b], times.get(a, times[b])))
    between = [(event, HISTORY_LABELS.get(event.action, Text(event.action, event.action))) for event in events[:50]]
    return {"choices": choices, "a": a, "b": b, "changes": in_words(compare(before, after)), "between": between}


def _state(found: Any, value: str) -> EntryData:
    if value == DRAFT:
        return queries.draft_of(found)
    return queries.version_data(queries.version(found, int(value)))


def _depends(request: HttpRequest, found: Any, sees_readers: bool) -> dict[str, Any]:
    actor = actor_of(request)
    context: dict[str, Any] = {"dependents": []}
    if sees_readers:
        context["dependents"] = sorted(identity.names(followers.dependents(found.code)).values())
    linked = [(one, Text("关联", "related")) for one in queries.related_to(actor, found)]
    linked += [(one, Text("被本目录替换", "replaced by this")) for one in queries.replaced_by(actor, found)]
    if found.replaced_by_id and (instead := queries.visible(actor).filter(pk=found.replaced_by_id).first()):
        linked.append((instead, Text("替换本目录", "replaces this")))
    return context | {"linked": linked}


@staff
def version_file(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """A published version as it is kept: canonical JSON, its SM3 digest in the header."""
    found = queries.entry(actor_of(request), code)
    kept = queries.version(found, number)
    queries.version_data(kept)  # a damaged one is told, not handed out
    response = HttpResponse(kept.body, content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{found.code}-v{kept.number}.json"'
    response["X-Gongshu-SM3"] = kept.digest
    return response
