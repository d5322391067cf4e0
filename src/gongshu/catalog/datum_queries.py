"""All reads of one source per datum: proposals, data with their sources, who would collect again what is there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from gongshu import clock, rules
from gongshu.catalog import source_policy as policy
from gongshu.catalog.checking import Finding, Severity
from gongshu.catalog.draft import EntryData, ItemData
from gongshu.catalog.models import Entry, Item
from gongshu.catalog.search.synonyms import Synonyms
from gongshu.catalog.search_models import SynonymGroup
from gongshu.catalog.source_method import Side, Words, is_generic, score
from gongshu.catalog.source_models import Datum, DatumUse, SourceProposal
from gongshu.catalog.source_states import ProposalStatus, UseStatus
from gongshu.catalog.states import EntryStatus, ShareType
from gongshu.catalog.terms import ResourceKind
from gongshu.errors import NotFound, Text
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role
from gongshu.rules import Citation

RULE = "collection.one_source"
REFUSAL = "collection.recollection_refused"


@dataclass(frozen=True)
class Held:
    """An entry whose items are compared: where its values are, and whose it is."""

    code: str
    provider: str
    version: int | None


def words() -> Words:
    """Titles are compared with the synonyms of the search as they stand."""
    return Words(Synonyms.of(group.split() for group in SynonymGroup.objects.values_list("words", flat=True)))


def concept(title: str) -> str:
    """A title as data are kept by."""
    return words().concept(title)[:100]


def sides() -> tuple[list[Side], dict[int, Held]]:
    """Every item of the published catalog as it is compared, and its entries.

    The candidate for the source is, in this order: what is a source already, base information, what was collected, what
    was published first.
    """
    named = set(Datum.objects.filter(ended_at__isnull=True).values_list("entry_id", "item"))
    used = set(DatumUse.objects.exclude(status=UseStatus.ENDED).values_list("entry_id", "item"))
    held: dict[int, Held] = {}
    ranks: dict[int, tuple[int | str, ...]] = {}
    entries = Entry.objects.filter(status=EntryStatus.PUBLISHED)
    for pk, code, provider, version, kind, at in entries.values_list(
        "pk", "code", "provider__code", "data_version", "kind", "published_at"
    ).iterator():
        held[pk] = Held(code, provider, version)
        ranks[pk] = (int(kind != ResourceKind.BASE), int(version is None), at.isoformat() if at else "9")
    rows = Item.objects.filter(entry__status=EntryStatus.PUBLISHED).values_list(
        "entry_id", "name", "title", "data_type", "length", "check_rule", "is_key"
    )
    found = [
        Side(
            pk,
            name,
            title,
            kind,
            length,
            check,
            key,
            (0 if (pk, name) in named else 2 if (pk, name) in used else 1, *ranks[pk]),
        )
        for pk, name, title, kind, length, check, key in rows.order_by("entry_id", "position").iterator()
        if pk in ranks
    ]
    return found, held


def visible(actor: Actor) -> QuerySet[SourceProposal]:
    """All for the data authority and the auditor; for others what touches their own entries."""
    found = SourceProposal.objects.select_related(
        "entry", "entry__provider", "other_entry", "other_entry__provider", "datum", "decided_by"
    )
    if actor.has(Role.DATA_AUTHORITY, Role.AUDITOR):
        return found
    return found.filter(Q(entry__provider__code=actor.organization) | Q(other_entry__provider__code=actor.organization))


def search(
    actor: Actor, *, text: str = "", status: str = "", scope: str = "", provider: str = "", least: int = 0
) -> QuerySet[SourceProposal]:
    """Proposals, the most alike first. ``scope``: across (units), within (one unit); ``least``: score in per cent."""
    found = visible(actor)
    word = text.replace("\x00", " ").strip()
    if word:
        found = found.filter(
            Q(item_title__icontains=word)
            | Q(other_title__icontains=word)
            | Q(entry__title__icontains=word)
            | Q(other_entry__title__icontains=word)
        )
    if status in set(ProposalStatus):
        found = found.filter(status=status)
    if scope in {"across", "within"}:
        found = found.filter(across=scope == "across")
    if provider:
        whose = provider.replace("\x00", "")
        found = found.filter(Q(entry__provider__code=whose) | Q(other_entry__provider__code=whose))
    if least > 0:
        found = found.filter(score__gte=least)
    return found.order_by("-score", "id")


def counts(actor: Actor) -> dict[str, int]:
    """How many visible proposals stand in each state."""
    rows = visible(actor).order_by().values_list("status").annotate(n=Count("pk"))
    return {str(status): n for status, n in rows}


def proposal(actor: Actor, pk: int) -> SourceProposal:
    found = visible(actor).filter(pk=pk).first()
    if found is None:
        raise NotFound("source.proposal_unknown", "没有这条比对结果。", "There is no such proposal.")
    return found


def items_of(found: SourceProposal) -> tuple[Item | None, Item | None]:
    """The two items as they are published now; None for one that is gone."""
    rows = Item.objects.filter(
        Q(entry_id=found.entry_id, name=found.item) | Q(entry_id=found.other_entry_id, name=found.other_item)
    )
    by_key = {(row.entry_id, row.name): row for row in rows}
    return by_key.get((found.entry_id, found.item)), by_key.get((found.other_entry_id, found.other_item))


def data(*, text: str = "", provider: str = "") -> QuerySet[Datum]:
    """Data whose source was named, with ``users`` counted; for all who work here, as the catalog is."""
    found = (
        Datum.objects.select_related("entry", "entry__provider")
        .filter(ended_at__isnull=True)
        .annotate(
            users=Count("uses", filter=~Q(uses__status=UseStatus.ENDED)),
            owing=Count("uses", filter=Q(uses__status=UseStatus.DUE)),
        )
    )
    word = text.replace("\x00", " ").strip()
    if word:
        found = found.filter(Q(title__icontains=word) | Q(number__icontains=word) | Q(entry__title__icontains=word))
    if provider:
        found = found.filter(entry__provider__code=provider.replace("\x00", ""))
    return found.order_by("-id")


def datum(number: str) -> Datum:
    found = (
        Datum.objects.select_related("entry", "entry__provider", "named_by").filter(number=number[:24]).first()
        if "\x00" not in number
        else None
    )
    if found is None:
        raise NotFound("source.datum_unknown", "没有这个编号的数据源认定。", "There is no datum with that number.")
    return found


def uses(found: Datum) -> QuerySet[DatumUse]:
    return found.uses.select_related("entry", "entry__provider", "decided_by").order_by("id")


def use(pk: int) -> DatumUse:
    found = DatumUse.objects.select_related("datum", "entry", "entry__provider").filter(pk=pk).first()
    if found is None:
        raise NotFound("source.use_unknown", "没有这个信息项的认定。", "There is no such item of a datum.")
    return found


def can_decide(actor: Actor) -> bool:
    return policy.can_decide(actor)


def citations(name: str = RULE) -> tuple[Citation, ...]:
    """What one source per datum rests on in this city today."""
    found = rules.active().find(name, on=clock.today())
    return found.citations if found else ()


def refuses() -> bool:
    """Whether the city's rules refuse to collect again what is there, and not only warn of it."""
    found = rules.active().find(REFUSAL, on=clock.today())
    return bool(found and found.value)


def collected_again(code: str) -> list[DatumUse]:
    """Items of an entry that another unit already provides and that nobody exempted.

    It is provided when the source's entry is published, its data were collected, and the item is shared at all. Keys and
    items of the source's own unit do not count: they are ``kept``.
    """
    found = (
        DatumUse.objects.select_related("datum", "datum__entry", "datum__entry__provider")
        .filter(entry__code=code, status=UseStatus.DUE, datum__ended_at__isnull=True)
        .filter(datum__entry__status=EntryStatus.PUBLISHED, datum__entry__data_version__isnull=False)
        .order_by("id")
    )
    rows = list(found)
    shared = _shared([one.datum for one in rows])
    return [one for one in rows if one.datum_id in shared]


def findings(draft: EntryData, code: str = "") -> Iterator[Finding]:
    """Warnings for a compiler: items whose source another unit holds, with the entry to apply for instead."""
    if not draft.items or not Datum.objects.filter(ended_at__isnull=True).exists():
        return
    said = words()
    by_concept = {said.concept(item.title)[:100]: None for item in draft.items}
    found = list(
        Datum.objects.select_related("entry", "entry__provider")
        .filter(ended_at__isnull=True, concept__in=list(by_concept))
        .exclude(entry__provider__code=draft.provider)
        .order_by("id")
    )
    if not found:
        return
    shared = _shared(found)
    exempt = set(
        DatumUse.objects.filter(entry__code=code, status=UseStatus.EXEMPT).values_list("datum_id", "item")
        if code
        else ()
    )
    sources = _source_items(found)
    cites = citations()
    for row, item in enumerate(draft.items, start=1):
        for one in found:
            kept = item.is_key or (one.pk, item.name) in exempt
            if one.pk in shared and not kept and _same(item, one, sources.get((one.entry_id, one.item)), said):
                yield Finding("collected_again", Severity.WARNING, "title", row, _words(row, item, one), RULE, cites)
                break


def _same(item: ItemData, one: Datum, source: Item | None, said: Words) -> bool:
    if source is None or is_generic(item.title) or one.concept != said.concept(item.title)[:100]:
        return False
    here = Side(0, item.name, item.title, str(item.data_type), item.length, str(item.check), item.is_key)
    return score(here, _side(source), said).proposed


def _side(item: Item) -> Side:
    return Side(item.entry_id, item.name, item.title, item.data_type, item.length, item.check_rule, item.is_key)


def _words(row: int, item: ItemData, one: Datum) -> Text:
    whose, entry = one.entry.provider, one.entry
    return Text(
        f"第 {row} 个信息项：“{item.title}”已由{whose.name}的“{entry.title}”（{entry.code}）提供，"
        "请申请共享，不要重复采集；确需采集的，请报数据主管部门豁免。",
        f"Item {row}: “{item.title}” is provided by {whose.say('en')} in “{entry.title}” ({entry.code}). "
        "Apply for it instead of collecting it again, or ask the data authority for an exemption.",
    )


def _source_items(found: Sequence[Datum]) -> dict[tuple[int, str], Item]:
    rows = Item.objects.filter(entry_id__in={one.entry_id for one in found}, name__in={one.item for one in found})
    return {(row.entry_id, row.name): row for row in rows}


def _shared(found: Sequence[Datum]) -> set[int]:
    """Which of the data others may have at all: the source's item, else its entry, is not barred from sharing."""
    items = _source_items(found) if found else {}
    kept = set()
    for one in found:
        item = items.get((one.entry_id, one.item))
        if item is not None and (item.share_type or one.entry.share_type) != ShareType.PROHIBITED:
            kept.add(one.pk)
    return kept
