"""All reads of the checks: the check set in force, its versions, what runs found, the trend, the failing rows."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pyarrow as pa
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from gongshu import clock, rules
from gongshu.catalog import queries as catalog
from gongshu.catalog.draft import ItemData
from gongshu.catalog.states import UpdateCycle
from gongshu.catalog.terms import Grade
from gongshu.errors import NotFound
from gongshu.grants import masking
from gongshu.grants import queries as grants
from gongshu.home import Home, open_home
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role
from gongshu.lake.tables import ROW, Table
from gongshu.lake.values import ARROW_TYPES
from gongshu.quality import check_policy, checking, proposing
from gongshu.quality.check_models import CheckRun, CheckSetVersion
from gongshu.quality.checking import Ground, Source
from gongshu.quality.checkset import Check, CheckSet, parse
from gongshu.quality.states import CheckRunStatus
from gongshu.rules import Value
from gongshu.spaces import queries as stores
from gongshu.spaces.states import Right

TREND = 30


@dataclass(frozen=True)
class InForce:
    """The checks that hold for an entry now; ``saved`` is None while they are only proposed."""

    checks: CheckSet
    saved: CheckSetVersion | None


@dataclass(frozen=True)
class Failing:
    """The failing rows of one check: heads and rows as texts, masked where the viewer may not see."""

    check: Check
    heads: list[str]
    rows: Iterator[tuple[Any, ...]]


def in_force(entry: Any) -> InForce:
    """The saved check set, or the one that the catalog entry implies."""
    saved = CheckSetVersion.objects.filter(entry=entry).order_by("-number").first()
    if saved is not None:
        return InForce(parse(json.loads(saved.body)), saved)
    return InForce(proposal(entry), None)


def proposal(entry: Any) -> CheckSet:
    return proposing.propose(catalog.items(entry.code), UpdateCycle(entry.update_cycle))


def versions(entry: Any) -> QuerySet[CheckSetVersion]:
    """The saved check sets, newest first."""
    return CheckSetVersion.objects.filter(entry=entry).select_related("saved_by").order_by("-number")


def visible_checks(actor: Actor, entry: Any, checks: CheckSet) -> dict[str, Any]:
    """The checks as data. Which values are excepted is the provider's alone: others see how many."""
    body = checks.as_json()
    if not check_policy.sees_values(actor, entry.provider.code):
        for one in body["checks"]:
            for exemption in one.get("exceptions", []):
                exemption["where"] = {column: [f"({len(v)})"] for column, v in exemption["where"].items()}
    return body


def entry_of(actor: Actor, code: str) -> Any:
    """The entry, if the actor may see its reports."""
    found = catalog.entry(actor, code)
    check_policy.check_see(actor, found.provider.code, receives=_receives(actor, found.code))
    return found


def _receives(actor: Actor, code: str) -> bool:
    if actor.organization == "public":
        return False
    return grants.in_force(resource=code, organization=actor.organization).exists()


def runs(entry: Any) -> QuerySet[CheckRun]:
    """All runs over the entry's versions, newest first."""
    return CheckRun.objects.filter(entry=entry).select_related("check_set").order_by("-version", "-id")


def run(entry: Any, version: int | None = None) -> CheckRun:
    """The latest run that was done (of ``version``). NotFound when there is none."""
    found = runs(entry).filter(status=CheckRunStatus.DONE)
    if version is not None:
        found = found.filter(version=version)
    latest = found.first()
    if latest is None:
        raise NotFound(
            "quality.not_checked",
            "该版本还没有质量检测结果。请先运行检测。",
            "There is no result for that version yet; run the checks first.",
        )
    return latest


def latest_of(entry: Any, version: int | None = None) -> CheckRun | None:
    """The last run over the newest checked version (or ``version``), whatever its state."""
    found = runs(entry)
    return (found if version is None else found.filter(version=version)).first()


def trend(entry: Any) -> list[CheckRun]:
    """The last done run of each version, oldest first, at most ``TREND``."""
    newest = CheckRun.objects.filter(entry=entry, version=OuterRef("version"), status=CheckRunStatus.DONE)
    found = CheckRun.objects.filter(entry=entry, pk=Subquery(newest.order_by("-id").values("pk")[:1]))
    return list(found.defer("outcomes").order_by("-version")[:TREND])[::-1]


def overview(actor: Actor, *, text: str = "", only: str = "") -> QuerySet[CheckRun]:
    """The run over the newest checked version of each entry that the actor may see, the worst score first."""
    newest = CheckRun.objects.filter(entry=OuterRef("entry"), status=CheckRunStatus.DONE).order_by("-version", "-id")
    found = (
        CheckRun.objects.filter(pk=Subquery(newest.values("pk")[:1]))
        .select_related("entry", "entry__provider", "check_set")
        .defer("outcomes")
    )
    if not actor.has(Role.DATA_AUTHORITY, Role.AUDITOR):
        found = found.filter(entry__provider__code=actor.organization)
    word = text.replace("\x00", " ").strip()
    if word:
        found = found.filter(entry__title__icontains=word)
    if only == "below":
        found = found.filter(score__lt=F("alert_below"))
    elif only == "errors":
        found = found.filter(errors__gt=0)
    return found.order_by("score", "-entry_id")


def newest(codes: Collection[str]) -> QuerySet[CheckRun]:
    """The done run over the newest checked version of each of these entries; for supervision, not scoped to a viewer."""
    done = CheckRun.objects.filter(entry=OuterRef("entry"), status=CheckRunStatus.DONE).order_by("-version", "-id")
    found = CheckRun.objects.filter(entry__code__in=list(codes), pk=Subquery(done.values("pk")[:1]))
    return found.select_related("entry").defer("outcomes")


def due() -> QuerySet[Any]:
    """Entries whose present version has no run of the present check set that is done, failed, or under way."""
    saved = CheckSetVersion.objects.filter(entry=OuterRef("entry")).order_by("-number").values("pk")[:1]
    held = (
        CheckRun.objects.filter(entry=OuterRef("pk"), version=OuterRef("data_version"))
        .annotate(saved=Subquery(saved))
        .filter(Q(check_set=F("saved")) | Q(check_set__isnull=True, saved__isnull=True))
        .exclude(status=CheckRunStatus.RUNNING, lease_until__lt=clock.now())
    )
    tables = catalog.published().filter(
        data_version__isnull=False, library__isnull=True
    )  # a view is checked at its sources
    return tables.exclude(Exists(held)).order_by("data_at", "pk")


def alert_limit(checks: CheckSet) -> tuple[int | None, Value | None]:
    """The score under which the steward is told: the check set's own, or else the pack's ``quality.alert_score``."""
    if checks.alert_below is not None:
        return checks.alert_below, None
    found = rules.active().find("quality.alert_score", on=clock.today())
    return (int(found.value), found) if found is not None and found.value is not None else (None, found)


def ground(home: Home, entry: Any, version: int, checks: CheckSet) -> Ground:
    """The version, and of the other resources those that the providing unit may read."""
    others = {}
    for code in checks.resources:
        source = readable(home, entry, code)
        if source is not None:
            others[code] = source
    own = source_of(home, entry.code, version)
    if own is None:
        raise NotFound("quality.no_data", "该目录还没有这个版本的数据。", "There are no data of that version.")
    return Ground(own, others, clock.today(), home.root / "tmp")


def readable(home: Home, entry: Any, code: str) -> Source | None:
    """Another resource (``code`` or ``code@version``) if checks of ``entry`` may read it and it has data."""
    plain, _, number = code.replace("/", "-").partition("@")
    return source_of(home, plain, int(number) if number else None) if may_read(entry, plain) else None


def may_read(entry: Any, code: str) -> bool:
    """Whether checks of ``entry`` may read the data of ``code``: its provider's own, granted to it, or open to all."""
    other = catalog.published().filter(code=code).first()
    if other is None:
        return False
    if other.provider_id == entry.provider_id:
        return True
    held = grants.in_force(resource=code, organization=entry.provider.code).exists()
    return held or grants.public_grant(code) is not None


def schema_of(entry: Any) -> pa.Schema:
    """The columns that versions of the entry have, by its items."""
    fields = [pa.field(item.name, ARROW_TYPES[str(item.data_type)]) for item in catalog.items(entry.code)]
    return pa.schema([*fields, pa.field(ROW, pa.int64())])


def source_of(home: Home, code: str, version: int | None = None) -> Source | None:
    """A version (default: the latest) as the checks read it; None where there is none."""
    table = Table(home, code)
    try:
        found = table.version(version)
    except NotFound:
        return None
    number = found.number
    files = table.files(number)
    intact = partial(table.check_digest, number)
    return Source(files, table.schema(number), found.committed_at, intact, table.addresses(files))


def failing(actor: Actor, entry: Any, version: int | None = None, *, limit: int = 100_000) -> Iterator[Failing]:
    """The failing rows, check by check, of the checks that the last run used."""
    check_policy.check_rows(actor, entry.provider.code)
    stores.check_use(actor, entry, Right.READ)
    found = run(entry, version)
    checks = checks_of(found)
    items = catalog.items(entry.code)
    masks = masks_for(actor, entry, items)
    titles = {item.name: item.title for item in items}
    where = ground(open_home(), entry, found.version, checks)
    columns = checking.columns_of(where.own.schema)
    heads = [titles.get(one, one) for one in columns]
    for check, rows in checking.failing(checks, where, limit=limit):
        yield Failing(check, heads, _masked(rows, columns, masks))


def checks_of(found: CheckRun) -> CheckSet:
    """The checks that a run used, from its own record."""
    return CheckSet(tuple(parse({"checks": [one["check"]]}).checks[0] for one in found.outcomes if _own(one)))


def _own(outcome: Mapping[str, Any]) -> bool:
    return outcome["check"]["id"] != "arrival"


def masks_for(actor: Actor, entry: Any, items: Sequence[ItemData]) -> dict[str, masking.Mask]:
    """The masks of columns that the actor may not see whole: personal ones, and those graded above general."""
    if check_policy.sees_values(actor, entry.provider.code):
        return {}
    masks = {}
    for item in items:
        personal = item.sensitive or item.sensitive_personal or item.mask not in {"", "none"}
        if personal or item.grade != Grade.GENERAL or item.check:
            kind = item.mask if item.mask not in {"", "none", masking.TOKEN} else "id" if item.check else "hidden"
            masks[item.name] = masking.mask_for(kind) or masking.hidden
    return masks


def _masked(
    rows: Iterator[tuple[Any, ...]], columns: Sequence[str], masks: Mapping[str, masking.Mask]
) -> Iterator[tuple[Any, ...]]:
    chosen = [masks.get(one) for one in columns]
    for number, *values in rows:
        shown = (v if m is None or v is None else m(str(v)) for v, m in zip(values, chosen, strict=True))
        yield (number, *shown)
