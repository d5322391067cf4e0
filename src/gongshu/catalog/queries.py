"""All reads of the catalog, scoped to the viewer."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, Q, QuerySet

from gongshu import clock, rules
from gongshu.catalog import codes, consistency, datum_queries, mandate_queries, policy, reviewing, rows, steps
from gongshu.catalog.consistency import Finding, Severity
from gongshu.catalog.draft import EntryData, ItemData, from_canonical, strictest
from gongshu.catalog.models import Entry, EntryEvent, EntryVersion, Item, Revision, SecrecyReview
from gongshu.catalog.rows import item_of
from gongshu.catalog.states import EntryStatus, OpenType, RevisionStatus, ShareType
from gongshu.crypto import provider
from gongshu.errors import GongshuError, NotFound
from gongshu.identity import queries as identity
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role

if TYPE_CHECKING:
    from gongshu.identity.models import Person

FACETS = ("theme", "provider__code", "open_type", "share_type", "update_cycle", "format_type")
SORTS: Mapping[str, tuple[str, ...]] = {
    "updated": ("-data_at", "-published_at", "-id"),
    "published": ("-published_at", "-id"),
    "rows": ("-data_rows", "-id"),
    "title": ("title", "id"),
}


@dataclass(frozen=True)
class Found:
    """The answer to a search: entries (lazy, ordered), facet counts, and whether all words had to be loosened to any."""

    entries: QuerySet[Entry]
    total: int
    facets: dict[str, list[tuple[str, int]]]
    loosened: bool


def visible(actor: Actor) -> QuerySet[Entry]:
    """Published entries for everybody; in work, for the providing unit, the data authority and the auditor."""
    entries = Entry.objects.select_related("provider")
    if actor.has(Role.DATA_AUTHORITY, Role.AUDITOR):
        return entries
    return entries.filter(Q(status=EntryStatus.PUBLISHED) | Q(provider__code=actor.organization))


def codes_of(organization: str) -> list[str]:
    """The codes of all entries that an organisation provides, whatever their state."""
    return list(Entry.objects.filter(provider__code=organization).order_by("code").values_list("code", flat=True))


def every() -> QuerySet[Entry]:
    """Every entry, whatever its state: for the platform's own bookkeeping, not scoped to a viewer."""
    return Entry.objects.select_related("provider")


def published() -> QuerySet[Entry]:
    """What the public catalog shows."""
    return Entry.objects.select_related("provider").filter(status=EntryStatus.PUBLISHED)


def entry(actor: Actor, code: str) -> Entry:
    found = visible(actor).filter(code=codes.normalise(code)).first()
    if found is None:
        raise NotFound(
            "catalog.entry_unknown",
            "没有这个资源代码的目录，或它尚未发布。",
            "There is no entry with that resource code, or it is not published yet.",
        )
    return found


def items(code: str) -> tuple[ItemData, ...]:
    """The items of an entry in order, as plain values: what readers see, not what a revision says."""
    return tuple(item_of(i) for i in Item.objects.filter(entry__code=codes.normalise(code)).order_by("position"))


def items_named(titles: Sequence[str], *, within: QuerySet[Entry]) -> list[tuple[str, str]]:
    """(code, title) of the items of these entries that bear one of the titles and are not kept from sharing themselves."""
    found = Item.objects.filter(entry__in=within, title__in=list(titles)).exclude(share_type=ShareType.PROHIBITED)
    return list(found.order_by("entry_id", "position").values_list("entry__code", "title"))


def items_of(found: Entry) -> tuple[ItemData, ...]:
    """The items of an entry that is at hand, in order; no query where they were fetched with it."""
    return tuple(item_of(one) for one in sorted(found.items.all(), key=lambda one: one.position))


def data_of(found: Entry) -> EntryData:
    """The entry as readers see it."""
    return rows.data_of(found)


def draft_of(found: Entry) -> EntryData:
    """What is being worked on: the revision beside a published entry, else the entry itself."""
    return rows.draft_of(found)


def share_type_of(found: Entry, names: Collection[str]) -> ShareType:
    """The share type under which some items are had: the strictest of theirs; without names, the entry's."""
    own = ShareType(found.share_type)
    chosen = [item for item in items(found.code) if item.name in names]
    return ShareType(strictest([item.share_type or own for item in chosen], own))


def titles(wanted: Collection[str]) -> dict[str, str]:
    """Titles by resource code, for rows of other packages that name resources; not scoped to a viewer."""
    return dict(Entry.objects.filter(code__in=wanted).values_list("code", "title"))


def open_type_of(found: Entry, names: Collection[str]) -> OpenType:
    """The open type under which some items are had: the strictest of theirs; without names, the entry's."""
    own = OpenType(found.open_type)
    chosen = [item for item in items(found.code) if item.name in names]
    return OpenType(strictest([item.open_type or own for item in chosen], own))


def findings(found: Entry, data: EntryData | None = None) -> tuple[Finding, ...]:
    """What the consistency rules of the city's pack find in what is being worked on, or in ``data`` instead of it."""
    return findings_of(data or draft_of(found), found)


def findings_of(data: EntryData, found: Entry | None = None) -> tuple[Finding, ...]:
    """What the consistency rules find in ``data``, which is to become ``found`` where that exists already."""
    previous = steps.published_data(found) if found is not None else None
    unit = identity.names([data.provider]).get(data.provider)
    own = consistency.findings(
        data,
        pack=rules.active(),
        on=clock.today(),
        previous=previous,
        provider=unit.zh if unit else "",
    )
    code = found.code if found is not None else ""
    more = (*mandate_queries.findings(data, code), *datum_queries.findings(data, code))  # 法定职责，一数一源
    return tuple(sorted((*own, *more), key=lambda one: one.severity is not Severity.ERROR))


def sees_draft(actor: Actor, found: Entry) -> bool:
    """Whether the actor may see what is being worked on beside the published entry."""
    return actor.organization == found.provider.code or actor.has(Role.DATA_AUTHORITY, Role.AUDITOR)


def related_to(actor: Actor, found: Entry) -> QuerySet[Entry]:
    """The entries that this one names as related, as far as the actor sees them."""
    return visible(actor).filter(code__in=[codes.normalise(code) for code in found.related]).order_by("code")


def replaced_by(actor: Actor, found: Entry) -> QuerySet[Entry]:
    """The withdrawn entries that this one took the place of."""
    return visible(actor).filter(replaced_by_id=found.pk).order_by("code")


def revision_of(found: Entry) -> Revision | None:
    """The draft beside a published entry."""
    return Revision.objects.select_related("compiled_by").filter(entry=found).first()


def compilers_of(found: Entry) -> list[Person]:
    """All who wrote on what is under way."""
    return list(found.compilers.order_by("pk"))


def secrecy_review(found: Entry) -> SecrecyReview | None:
    """The latest secrecy review of exactly what is being worked on, or of what is published."""
    wanted = rows.digest(draft_of(found))
    return found.secrecy_reviews.select_related("person").filter(digest=wanted).order_by("-id").first()


def versions(found: Entry) -> QuerySet[EntryVersion]:
    """The published versions, newest first."""
    return EntryVersion.objects.filter(entry=found).select_related("compiled_by", "reviewed_by")


def version(found: Entry, number: int) -> EntryVersion:
    kept = versions(found).filter(number=number).first()
    if kept is None:
        raise NotFound("catalog.version_unknown", "没有这个版本。", "There is no such version.")
    return kept


def version_data(kept: EntryVersion) -> EntryData:
    """The entry as it was in a version.

    Raises:
        GongshuError: ``catalog.version_damaged`` when the stored body no longer has its digest.
    """
    data = from_canonical(kept.body)
    if provider().digest_sm3(kept.body.encode()).hex() != kept.digest:
        raise GongshuError(
            "catalog.version_damaged",
            f"第 {kept.number} 版的内容与其摘要不符，请报告管理员。",
            f"The body of version {kept.number} does not match its digest; tell the administrator.",
        )
    return data


def history(found: Entry) -> QuerySet[EntryEvent]:
    return EntryEvent.objects.filter(entry=found).select_related("person")


def to_review(actor: Actor) -> QuerySet[Entry]:
    """Entries that wait for a reviewer, themselves or their revisions, and that this actor may review."""
    waiting = Entry.objects.select_related("provider").filter(
        Q(status=EntryStatus.SUBMITTED) | Q(revision__status=RevisionStatus.SUBMITTED)
    )
    if reviewing.offices():
        waiting = reviewing.waiting_for(actor, waiting)
    elif not actor.has(Role.DATA_AUTHORITY):
        if not actor.has(Role.PROVIDER):
            return waiting.none()
        waiting = waiting.filter(provider__code=actor.organization)
    return waiting.exclude(
        pk__in=Entry.compilers.through.objects.filter(person_id=actor.person_id).values("entry_id")
    ).order_by("changed_at", "id")


def search(
    text: str = "",
    *,
    within: QuerySet[Entry] | None = None,
    filters: Mapping[str, str] | None = None,
    sort: str = "updated",
) -> Found:
    """Search titles, summaries, keywords, items and providers. All words must be found; if none has all, any will do.

    ``filters`` maps names of ``FACETS`` to a value. Each facet is counted with the other filters in force.
    """
    entries = published() if within is None else within
    loosened = False
    words = _words(text)
    if words:
        strict = entries.filter(_matching(words, every=True)).distinct()
        if not strict.exists() and len(words) > 1:
            loosened = True
            entries = entries.filter(_matching(words, every=False)).distinct()
        else:
            entries = strict
    chosen = {k: v for k, v in (filters or {}).items() if k in FACETS and v}
    facets = {}
    for facet in FACETS:
        others = entries.filter(**{k: v for k, v in chosen.items() if k != facet})
        rows = others.order_by().values_list(facet).annotate(n=Count("pk", distinct=True)).order_by("-n", facet)
        facets[facet] = [(value, n) for value, n in rows if value]
    entries = entries.filter(**chosen).order_by(*SORTS.get(sort, SORTS["updated"]))
    return Found(entries=entries, total=entries.count(), facets=facets, loosened=loosened)


def can_compile(by: Actor, provider: str) -> bool:
    return policy.can_compile(by, provider)


def can_review(by: Actor, found: Entry) -> bool:
    """Whether what is under way waits for a reviewer, and ``by`` may be it."""
    revision = revision_of(found)
    waits = revision.status == RevisionStatus.SUBMITTED if revision else found.status == EntryStatus.SUBMITTED
    return waits and policy.can_review(by, found.provider.code, _compiler_ids(found), reviewing.turn(found))


def can_withdraw(by: Actor, found: Entry) -> bool:
    """Whether ``by`` may take the entry out of the catalog: who compiled it may not (two-person rule)."""
    return found.status == EntryStatus.PUBLISHED and policy.can_review(
        by, found.provider.code, [found.compiled_by_id or 0]
    )


def review_turn(found: Entry) -> policy.Turn | None:
    """Whose turn the review is, where the pack orders several offices and something is under review (永嘉11)."""
    revision = revision_of(found)
    waits = revision.status == RevisionStatus.SUBMITTED if revision else found.status == EntryStatus.SUBMITTED
    return reviewing.turn(found) if waits else None


def can_review_secrecy(by: Actor, found: Entry) -> bool:
    """Whether ``by`` may record the secrecy review of what is under way."""
    in_work = found.status not in {EntryStatus.PUBLISHED, EntryStatus.WITHDRAWN} or revision_of(found) is not None
    return in_work and policy.can_review_secrecy(by, found.provider.code, _compiler_ids(found))


def _compiler_ids(found: Entry) -> list[int]:
    return list(found.compilers.values_list("pk", flat=True))


def _words(text: str) -> list[str]:
    """The words of a query: Chinese is cut by dictionary, single particles are dropped when longer words remain."""
    asked = text.replace("\x00", " ").strip()[:100]  # PostgreSQL cannot hold a NUL, so none is searched for
    if not asked:
        return []
    import rjieba  # here, because it reads its dictionary when it is imported

    cut = [w.strip() for w in rjieba.cut(asked) if w.strip()]
    longer = [w for w in cut if len(w) > 1]
    return list(dict.fromkeys(longer or cut))[:8]


def _matching(words: list[str], *, every: bool) -> Q:
    condition = Q()
    for word in words:
        here = (
            Q(title__icontains=word)
            | Q(abstract__icontains=word)
            | Q(keywords__icontains=word)
            | Q(theme__icontains=word)
            | Q(provider__name__icontains=word)
            | Q(code__icontains=codes.normalise(word))
            | Q(pk__in=Item.objects.filter(Q(title__icontains=word) | Q(name__iexact=word)).values("entry_id"))
        )
        condition = condition & here if every else condition | here
    return condition
