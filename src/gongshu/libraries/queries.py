"""All reads of libraries: what they are, what they are made of, what stands in their way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Count, Prefetch, Q, QuerySet

from gongshu import clock, rules
from gongshu.catalog import codes, datum_queries
from gongshu.catalog import queries as catalog
from gongshu.errors import NotFound
from gongshu.identity import queries as identity
from gongshu.identity.actor import Actor
from gongshu.identity.states import Office, Role
from gongshu.libraries import policy
from gongshu.libraries.models import Build, Library, LibrarySource
from gongshu.libraries.policy import Part, Side
from gongshu.libraries.states import USABLE, Combine, Consent
from gongshu.rules import Citation

OPENERS = "collection.libraries_built_by"


def openers() -> tuple[str, ...]:
    """The offices that set libraries up today; the authority where the rules name none."""
    found = rules.active().find(OPENERS, on=clock.today())
    held = set()
    for office in found.value if found else ():
        try:
            held.add(str(identity.holder_of(Office(office)).office))
        except NotFound:  # nobody is registered for it yet
            continue
    return tuple(sorted(held)) or (str(Office.AUTHORITY),)


def citations() -> tuple[Citation, ...]:
    """The articles that want libraries, and that name the base data to be built together (yongjia-7, yongjia-18)."""
    pack, day = rules.active(), clock.today()
    found = [pack.find(OPENERS, on=day), pack.find("catalog.base_data", on=day)]
    return tuple(one for value in found if value for one in value.citations)


def can_open(by: Actor) -> bool:
    return policy.allowed(lambda: policy.check_open(by, openers()))


def can_keep(by: Actor, found: Library) -> bool:
    return policy.allowed(lambda: policy.check_keep(by, found.entry.provider.code, opener=can_open(by)))


def can_answer(by: Actor, source: LibrarySource) -> bool:
    return source.consent in {Consent.ASKED, Consent.AGREED} and policy.allowed(
        lambda: policy.check_consent(by, source.entry.provider.code)
    )


def everything() -> QuerySet[Library]:
    """Libraries with what their lines show. Their definitions are catalog knowledge: whoever works here may see them."""
    return Library.objects.select_related("entry", "entry__provider", "opener")


def search(*, text: str = "", kind: str = "", status: str = "") -> QuerySet[Library]:
    found = everything().annotate(source_count=Count("sources"))
    text = text.replace("\x00", " ").strip()[:100]
    if text:
        found = found.filter(
            Q(name__icontains=text)
            | Q(number__icontains=text)
            | Q(entry__code__icontains=codes.normalise(text))
            | Q(entry__provider__name__icontains=text)
        )
    if kind:
        found = found.filter(kind=kind)
    return (found.filter(status=status) if status else found).order_by("kind", "name", "id")


def library(number: str) -> Library:
    found = everything().filter(number=number.strip()[:24]).first()
    if found is None:
        raise NotFound("libraries.unknown", "没有这个数据库。", "There is no such library.")
    return found


def of_entry(code: str) -> Library | None:
    """The library whose own entry this is."""
    return everything().filter(entry__code=code).first()


def sources_of(entry: Any) -> list[Any]:
    """The entries that make up the library whose own entry this is, those that are published."""
    return list(catalog.published().filter(library_uses__library__entry_id=entry.pk).order_by("code"))


def using(entry: Any) -> list[Library]:
    """The libraries of which an entry is a source."""
    return list(everything().filter(sources__entry_id=entry.pk).order_by("name", "id"))


def check_no_file(entry: Any) -> None:
    """Raise Conflict when the entry is a library's own: its data come from its sources."""
    policy.check_no_file(Library.objects.filter(entry_id=entry.pk).exists(), entry.title)


def check_no_file_of(code: str) -> None:
    """As :func:`check_no_file`, by the entry's resource code."""
    entry = catalog.every().filter(code=code, library__isnull=False).first()
    if entry is not None:
        check_no_file(entry)


def sources(found: Library) -> list[LibrarySource]:
    """The sources in their order."""
    return list(found.sources.select_related("entry", "entry__provider", "answered_by"))


def builds(found: Library) -> QuerySet[Build]:
    return found.builds.order_by("-number")


def asked(actor: Actor) -> QuerySet[LibrarySource]:
    """Sources that wait for an answer of the actor's unit."""
    waiting = LibrarySource.objects.select_related("library__entry__provider", "entry", "entry__provider")
    waiting = waiting.filter(consent=Consent.ASKED)
    if not actor.has(Role.PROVIDER):
        return waiting.none()
    return waiting.filter(entry__provider__code=actor.organization).order_by("pk")


def side(entry: Any) -> Side:
    """An entry as the rules look at it."""
    return sides([entry])[entry.pk]


def sides(entries: list[Any]) -> dict[int, Side]:
    """Entries as the rules look at them, by id; two queries, whatever their number."""
    chosen = list(
        catalog.every().filter(pk__in=[one.pk for one in entries]).prefetch_related(Prefetch("items")).order_by("pk")
    )
    own = set(Library.objects.filter(entry_id__in=[one.pk for one in chosen]).values_list("entry_id", flat=True))
    return {
        one.pk: Side(
            code=one.code,
            title=one.title,
            provider=one.provider.code,
            status=one.status,
            share_type=one.share_type,
            open_type=one.open_type,
            items={item.name: item for item in catalog.items_of(one)},
            collected=one.data_version is not None,
            is_library=one.pk in own,
        )
        for one in chosen
    }


def parts(found: Library, lines: list[LibrarySource] | None = None) -> tuple[Side, list[Part]]:
    """The library's own side, and its sources as the rules look at them."""
    lines = sources(found) if lines is None else lines
    known = sides([found.entry, *(one.entry for one in lines)])
    return known[found.entry_id], [Part(known[one.entry_id], one.items) for one in lines]


def named(entry_codes: list[str]) -> dict[tuple[str, str], str]:
    """By (entry, item): the entry that is the named source of that datum, where it is another one."""
    return {
        (code, use.item): use.datum.entry.code for code in entry_codes for use in datum_queries.collected_again(code)
    }


def proposed(own: Side, other: Side) -> dict[str, str]:
    """Which item of a source each item of the library would be: the one of the same identifier, else of the same title."""
    by_title = {item.title: name for name, item in other.items.items()}
    found: Mapping[str, str | None] = {
        name: name if name in other.items else by_title.get(item.title) for name, item in own.items.items()
    }
    return {name: source for name, source in found.items() if source}


def waiting(found: Library, lines: list[LibrarySource]) -> list[Any]:
    """What keeps the library from being computed, in words: its definition, consents, sources without data."""
    own, chosen = parts(found, lines)
    troubles = policy.problems(own, chosen, Combine(found.combine))
    return troubles + policy.waiting(
        [(one.entry.title, one.consent in USABLE, one.entry.data_version is not None) for one in lines]
    )
