"""Where an entry's data come from and who uses them: demands and systems, runs, items, versions, interface, grants, users.

Each package is asked once for its kind, through its own queries, for what the viewer may see of it; of grants that the
viewer may not see only their number is told. The picture of it is drawn in :mod:`gongshu.web.lineage_drawing`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.urls import Resolver404, resolve, reverse

from gongshu import clock
from gongshu.catalog import demand_queries as demands
from gongshu.catalog import queries as catalog
from gongshu.catalog.states import TYPE_LABELS
from gongshu.collection import queries as collection
from gongshu.errors import Text
from gongshu.filings import queries as filings
from gongshu.grants import queries as grants
from gongshu.grants.states import GrantKind
from gongshu.identity import queries as identity
from gongshu.identity.actor import Actor
from gongshu.lake.tables import Version
from gongshu.libraries import queries as libraries
from gongshu.opening import queries as opening
from gongshu.sharing import queries as sharing
from gongshu.web.parts import grant_tag, purpose_text
from gongshu.web.permissions import permission_of

LIMIT = 50  # of one kind; the rest is counted
_UNKNOWN = Text("", "")
_PUBLIC = "public"
M = TypeVar("M", bound=Model)


class Kind(StrEnum):
    DEMAND = "demand"
    SYSTEM = "system"
    RUN = "run"
    RELATED = "related"
    ENTRY = "entry"
    ITEM = "item"
    VERSION = "version"
    INTERFACE = "interface"
    RELEASE = "release"
    GRANT = "grant"
    DISPUTE = "dispute"
    ORGANIZATION = "organization"
    CLIENT = "client"


KIND_LABELS = {
    Kind.DEMAND: Text("数据需求", "Demands"),
    Kind.SYSTEM: Text("来源系统", "Source system"),
    Kind.RUN: Text("归集记录", "Collection runs"),
    Kind.RELATED: Text("关联目录", "Related entries"),
    Kind.ENTRY: Text("目录", "Entry"),
    Kind.ITEM: Text("数据项", "Items"),
    Kind.VERSION: Text("数据版本", "Data versions"),
    Kind.INTERFACE: Text("接口", "Interface"),
    Kind.RELEASE: Text("开放", "Releases"),
    Kind.GRANT: Text("授权", "Grants in force"),
    Kind.DISPUTE: Text("争议", "Disputes"),
    Kind.ORGANIZATION: Text("使用单位", "Users"),
    Kind.CLIENT: Text("应用系统", "Client systems"),
}


@dataclass(frozen=True)
class Node:
    """One thing: ``key`` is unique in the graph, ``link`` is empty where the viewer has no page for it."""

    key: str
    kind: Kind
    title: Text
    note: Text = _UNKNOWN
    link: str = ""


@dataclass(frozen=True)
class Edge:
    """``source`` leads to ``target``, both keys of nodes: data flow or give rise that way."""

    source: str
    target: str


@dataclass(frozen=True)
class Group:
    """All of one kind that is shown. ``more``: how many others there are; ``withheld``: how many the viewer may not see."""

    kind: Kind
    nodes: tuple[Node, ...]
    more: int = 0
    withheld: int = 0
    link: str = ""

    @property
    def label(self) -> Text:
        return KIND_LABELS[self.kind]

    @property
    def total(self) -> int:
        return len(self.nodes) + self.more + self.withheld


@dataclass(frozen=True)
class Graph:
    """An entry with all that hangs together with it. ``groups`` go from where the data come from to who uses them."""

    code: str
    title: str
    groups: tuple[Group, ...]
    edges: tuple[Edge, ...]

    def group(self, kind: Kind) -> Group:
        return next((one for one in self.groups if one.kind is kind), Group(kind, ()))

    def as_json(self) -> dict[str, Any]:
        """Plain values, for programs."""
        return {
            "code": self.code,
            "title": self.title,
            "groups": [
                {
                    "kind": str(group.kind),
                    "label": _plain(group.label),
                    "total": group.total,
                    "more": group.more,
                    "withheld": group.withheld,
                    "nodes": [
                        {"key": n.key, "title": _plain(n.title), "note": _plain(n.note), "link": n.link}
                        for n in group.nodes
                    ],
                }
                for group in self.groups
            ],
            "edges": [{"source": edge.source, "target": edge.target} for edge in self.edges],
        }


def graph(actor: Actor, code: str) -> Graph:
    """The graph of an entry as ``actor`` may see it, at most ``LIMIT`` of a kind.

    Raises:
        NotFound: when there is no such entry, or the actor may not see it.
    """
    entry = catalog.entry(actor, code)
    return of_entry(actor, entry)


def of_entry(actor: Actor, entry: Any) -> Graph:
    """As :func:`graph`, for an entry that was read already."""
    held = _grants(actor, entry.code)
    groups = [
        _bounded(Kind.DEMAND, demands.visible(actor).filter(entry=entry), _demand),
        _source(actor, entry),
        _bounded(Kind.RUN, collection.runs(actor, resource=entry.code), _run, f"{_to('runs')}?resource={entry.code}"),
        _related(actor, entry),
        Group(Kind.ENTRY, (_entry(Kind.ENTRY, entry, entry.status_label),)),
        _items(entry),
        _versions(entry),
        _interface(entry),
        _bounded(Kind.RELEASE, opening.visible(actor).filter(entry=entry), _release),
        held.group,
        _bounded(Kind.DISPUTE, sharing.visible_disputes(actor).filter(entry=entry), _dispute),
        held.users,
        held.clients,
    ]
    seen = tuple(_reachable(actor, group) for group in groups if group.total)
    return Graph(entry.code, entry.title, seen, tuple(_edges(seen, held)))


@dataclass(frozen=True)
class _Held:
    """The grants in force with who holds them."""

    grants: Sequence[Any]
    group: Group
    users: Group
    clients: Group
    owners: dict[str, str]  # client id -> code of its organisation


def _grants(actor: Actor, code: str) -> _Held:
    in_force = grants.in_force(resource=code)
    # What is open to everybody everybody knows; of other grants those who are party to them, and who governs.
    known = (grants.grants(actor, resource=code) & in_force) | in_force.filter(kind=GrantKind.PUBLIC)
    found, more = _some(known.order_by("-created_at", "-id"))
    withheld = max(in_force.count() - len(found) - more, 0)
    holders = list(dict.fromkeys(one.organization for one in found if one.kind != GrantKind.PUBLIC))
    names = identity.names(holders)
    nodes = tuple(
        Node(
            f"grant:{one.grant_id}",
            Kind.GRANT,
            Text(f"…{one.grant_id[-8:]}", f"…{one.grant_id[-8:]}"),
            _join(purpose_text(one.purpose), grant_tag(one).text, _until(one.last_day)),
            _to("grant", one.grant_id) if one.kind != GrantKind.PUBLIC else "",
        )
        for one in found
    )
    users = [
        Node(f"organization:{holder}", Kind.ORGANIZATION, names.get(holder, Text(holder, holder)), link=_org(holder))
        for holder in holders
    ]
    if any(one.kind == GrantKind.PUBLIC for one in found):
        users.append(
            Node(f"organization:{_PUBLIC}", Kind.ORGANIZATION, Text("社会公众", "the public"), link=_portal(code))
        )
    clients, others = (
        _some(identity.clients(actor).filter(organization__code__in=holders, active=True).order_by("client_id"))
        if holders
        else ([], 0)
    )
    return _Held(
        found,
        Group(Kind.GRANT, nodes, more, withheld, f"{_to('grants')}?resource={code}"),
        Group(Kind.ORGANIZATION, tuple(users)),
        Group(
            Kind.CLIENT,
            tuple(
                Node(f"client:{c.client_id}", Kind.CLIENT, Text(c.name, c.name), Text(c.client_id, c.client_id))
                for c in clients
            ),
            others,
        ),
        {c.client_id: c.organization.code for c in clients},
    )


def _source(actor: Actor, entry: Any) -> Group:
    if not entry.source_system:
        return Group(Kind.SYSTEM, ())
    registered = filings.visible_systems(actor).filter(
        organization_id=entry.provider_id, name=entry.source_system, until__isnull=True
    )
    known = registered.first()
    link = _to("system", known.pk) if known else ""
    note = entry.provider
    title = Text(entry.source_system, known.say("en") if known else entry.source_system)
    return Group(
        Kind.SYSTEM,
        (Node("system", Kind.SYSTEM, title, Text(note.say("zh"), note.say("en")), link),),
    )


def _related(actor: Actor, entry: Any) -> Group:
    linked = [(one, Text("与本目录关联", "related")) for one in catalog.related_to(actor, entry)[:LIMIT]]
    linked += [
        (one, Text("被本目录替换", "replaced by this entry")) for one in catalog.replaced_by(actor, entry)[:LIMIT]
    ]
    if entry.replaced_by_id and (instead := catalog.visible(actor).filter(pk=entry.replaced_by_id).first()):
        linked.append((instead, Text("替换本目录", "replaces this entry")))
    linked += [(one, Text("本库的来源", "a source of this library")) for one in libraries.sources_of(entry)[:LIMIT]]
    linked += [
        (one.entry, Text("以本目录为来源", "a library over this entry")) for one in libraries.using(entry)[:LIMIT]
    ]
    once = {one.code: _entry(Kind.RELATED, one, words) for one, words in linked}
    return Group(Kind.RELATED, tuple(once.values()))


def _entry(kind: Kind, entry: Any, note: Text) -> Node:
    name = Text(entry.title, entry.title)
    return Node(f"{kind}:{entry.code}", kind, name, _join(note, _same(entry.resource_code)), _to("entry", entry.code))


def _items(entry: Any) -> Group:
    items = catalog.items(entry.code)
    link = f"{_to('entry', entry.code)}?tab=items"
    nodes = tuple(
        Node(
            f"item:{one.name}",
            Kind.ITEM,
            Text(one.title, one.title),
            _join(
                _same(one.name),
                TYPE_LABELS[one.data_type],
                Text(f"来自 {one.source_item}", f"from {one.source_item}") if one.source_item else _UNKNOWN,
            ),
            link,
        )
        for one in items[:LIMIT]
    )
    return Group(Kind.ITEM, nodes, max(len(items) - LIMIT, 0), link=link)


def _versions(entry: Any) -> Group:
    if entry.data_version is None:
        return Group(Kind.VERSION, ())
    found: list[Version] = sorted(collection.versions(entry.code), key=lambda one: -one.number)
    known = [(one.number, one.rows, one.committed_at) for one in found if one.number <= entry.data_version]
    if not known:
        known = [(entry.data_version, entry.data_rows, entry.data_at)]
    nodes = tuple(
        Node(
            f"version:{number}",
            Kind.VERSION,
            Text(f"第 {number} 版", f"version {number}"),
            _join(
                Text(f"{rows or 0:,} 行", f"{rows or 0:,} rows"),
                _same(clock.local(at).date().isoformat()) if at else _UNKNOWN,
                Text("当前", "current") if number == entry.data_version else _UNKNOWN,
            ),
        )
        for number, rows, at in known[:LIMIT]
    )
    return Group(Kind.VERSION, nodes, max(len(known) - LIMIT, 0))


def _interface(entry: Any) -> Group:
    if entry.data_version is None:
        return Group(Kind.INTERFACE, ())
    address = f"/v1/interfaces/{entry.code}/"
    return Group(
        Kind.INTERFACE,
        (Node("interface", Kind.INTERFACE, Text("网关接口", "gateway interface"), _same(address)),),
    )


def _demand(found: Any) -> Node:
    who = found.organization
    said = Text(who.say("zh"), who.say("en"))
    note = _join(said, found.status_label, _same(found.number))
    return Node(f"demand:{found.number}", Kind.DEMAND, _same(found.title), note, _to("demand", found.number))


def _run(found: Any) -> Node:
    day = clock.local(found.submitted_at).date().isoformat()
    rows = Text(f"收下 {found.accepted:,} 行", f"{found.accepted:,} rows accepted")
    becomes = Text(f"成为第 {found.version} 版", f"became version {found.version}") if found.version else _UNKNOWN
    note = _join(found.status_label, _same(day), rows, becomes)
    return Node(f"run:{found.pk}", Kind.RUN, _same(found.filename), note, _to("run", found.pk))


def _release(found: Any) -> Node:
    return Node(
        f"release:{found.number}", Kind.RELEASE, _same(found.number), found.status_label, _to("release", found.number)
    )


def _dispute(found: Any) -> Node:
    who = found.organization
    note = _join(Text(who.say("zh"), who.say("en")), found.status_label)
    return Node(f"dispute:{found.number}", Kind.DISPUTE, _same(found.number), note, _to("dispute", found.number))


def _edges(groups: Sequence[Group], held: _Held) -> list[Edge]:
    """What leads to what, between the nodes that are shown."""
    nodes = {group.kind: group.nodes for group in groups}
    entry = nodes[Kind.ENTRY][0].key
    edges = [Edge(one.key, entry) for one in nodes.get(Kind.RELATED, ())]
    sources = [*nodes.get(Kind.DEMAND, ()), *nodes.get(Kind.SYSTEM, ())]
    runs = nodes.get(Kind.RUN, ())
    systems = nodes.get(Kind.SYSTEM, ()) if runs else ()
    edges += [Edge(one.key, run.key) for one in systems for run in runs]
    edges += [Edge(one.key, entry) for one in (*runs, *(one for one in sources if one not in systems))]
    items, versions = nodes.get(Kind.ITEM, ()), nodes.get(Kind.VERSION, ())
    edges += [Edge(entry, item.key) for item in items]
    ways = [*nodes.get(Kind.INTERFACE, ()), *nodes.get(Kind.RELEASE, ())]
    if versions:
        edges += [Edge(item.key, versions[0].key) for item in items] or [Edge(entry, versions[0].key)]
        edges += [Edge(versions[0].key, way.key) for way in ways]
    released = {one.grant_id: one.source for one in held.grants}
    for one in held.grants:
        by_release = f"release:{released[one.grant_id]}"
        way = by_release if any(by_release == node.key for node in ways) else ways[0].key if ways else entry
        holder = _PUBLIC if one.kind == GrantKind.PUBLIC else one.organization
        edges += [Edge(way, f"grant:{one.grant_id}"), Edge(f"grant:{one.grant_id}", f"organization:{holder}")]
    edges += [Edge(ways[0].key if ways else entry, one.key) for one in nodes.get(Kind.DISPUTE, ())]
    named = {client for one in held.grants for client in one.clients}
    bound = {one.organization for one in held.grants if not one.clients}
    edges += [
        Edge(f"organization:{owner}", f"client:{client}")
        for client, owner in held.owners.items()
        if owner in bound or client in named
    ]
    return edges


def _some(found: QuerySet[M]) -> tuple[list[M], int]:
    """The first of ``found`` and how many more there are; counted only where there are."""
    rows = list(found[: LIMIT + 1])
    return (rows, 0) if len(rows) <= LIMIT else (rows[:LIMIT], found.count() - LIMIT)


def _bounded(kind: Kind, found: QuerySet[Any], node: Any, link: str = "") -> Group:
    rows, more = _some(found)
    return Group(kind, tuple(node(one) for one in rows), more, link=link)


def _reachable(actor: Actor, group: Group) -> Group:
    """The group without the links to pages that the viewer's roles do not open."""

    def kept(link: str) -> str:
        return link if link and _may_open(actor, link.partition("?")[0]) else ""

    nodes = tuple(Node(n.key, n.kind, n.title, n.note, kept(n.link)) for n in group.nodes)
    return Group(group.kind, nodes, group.more, group.withheld, kept(group.link))


def _may_open(actor: Actor, path: str) -> bool:
    try:
        permission = permission_of(resolve(path).func)
    except Resolver404:
        return False
    return permission is not None and (permission.anybody or actor.has(*permission.roles))


def _to(name: str, *arguments: Any) -> str:
    return reverse(f"console:{name}", args=arguments)


def _org(code: str) -> str:
    return _to("organization", code)


def _portal(code: str) -> str:
    return reverse("portal:dataset", args=[code])


def _same(text: str) -> Text:
    return Text(text, text)


def _until(day: Any) -> Text:
    return Text(f"至 {day.isoformat()}", f"until {day.isoformat()}")


def _join(*parts: Text) -> Text:
    said = [part for part in parts if part.zh]
    return Text(" · ".join(part.zh for part in said), " · ".join(part.en for part in said))


def _plain(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}
