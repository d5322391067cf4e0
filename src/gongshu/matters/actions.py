"""All writes of service matters: registered, their materials checked against the catalog, struck or kept with reasons.

What the platform has may not be asked of people again where the pack's ``collection.no_resubmission`` says so (西安16,
永嘉24): such a material is a duty of the unit until it is struck or justified. Elsewhere the flag is a hint.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from gongshu import clock, rules
from gongshu.catalog import codes
from gongshu.catalog import queries as catalog
from gongshu.catalog.shape import normal
from gongshu.duties import actions as duties
from gongshu.errors import Conflict, GongshuError, NotFound, Text
from gongshu.identity import queries as identity
from gongshu.identity.actor import Actor
from gongshu.identity.states import Office, Role
from gongshu.ledger import actions as ledger
from gongshu.matters import policy, queries
from gongshu.matters.matching import Match
from gongshu.matters.models import Material, Matter
from gongshu.matters.states import MATERIAL, AskedOf, MaterialStatus, MatterStatus
from gongshu.notifications import actions as notifications

DUTY = "collection.material"


@transaction.atomic
def register(
    *, by: Actor, name: str, materials: Sequence[str], code: str = "", basis: str = "", asked_of: str = AskedOf.BOTH
) -> Matter:
    """Put a matter of the own unit into the register with what it asks people for; each material is checked at once."""
    policy.check_keep(by, by.organization)
    title = policy.check_text(name, "事项名称", "name of the matter", field="name", most=100)
    if asked_of not in set(AskedOf):
        raise GongshuError(
            "matters.asked_of",
            f"请选择办理对象：{'、'.join(AskedOf)}。",
            f"Choose whom it asks: {', '.join(AskedOf)}.",
            field="asked_of",
        )
    unit = identity.organization(by.organization)
    if Matter.objects.filter(organization=unit, name_key=normal(title), status=MatterStatus.ACTIVE).exists():
        raise Conflict(
            "matters.name_taken",
            "本单位已登记同名事项，请在该事项中修改材料。",
            "Your unit registered a matter of that name; change its materials there.",
            field="name",
        )
    found = Matter.objects.create(
        number=duties.next_number(by=by, prefix="SX"),
        organization=unit,
        name=title,
        name_key=normal(title),
        code=policy.check_text(code, "事项编码", "code of the matter", field="code", most=60, needed=False),
        basis=policy.check_text(basis, "办理依据", "legal basis", field="basis", most=300, needed=False),
        asked_of=asked_of,
        registered_by_id=by.person_id or None,
        registered_at=clock.now(),
    )
    _record(by, found, "matter_registered")
    for one in dict.fromkeys(line.strip() for line in materials if line.strip()):
        _add(by, found, one)
    return found


@transaction.atomic
def add_material(*, by: Actor, number: str, name: str) -> Material:
    """Ask for one more material; it is checked against the catalog at once."""
    return _add(by, _kept(by, number), name)


@transaction.atomic
def strike(*, by: Actor, number: str, position: int, entry: str = "", reason: str = "") -> Material:
    """Ask for the material no more: it is obtained from ``entry`` by sharing or verification, or not needed at all."""
    found = _kept(by, number)
    row = _row(found, position)
    policy.check_replaced(entry, reason)
    title = ""
    if entry:
        code = codes.normalise(entry)
        held = catalog.published().filter(code=code).first()
        if held is None:
            raise NotFound(
                "matters.entry_unknown",
                "没有这个代码的已发布目录，请核对。",
                "No published entry has that code; check it.",
                field="entry",
            )
        entry, title = held.code, held.title
    row.status = MATERIAL.check(row.status, "strike")
    row.entry, row.entry_title = entry, title
    row.ground, row.reason = "", policy.check_text(reason, "说明", "remark", field="reason", most=500, needed=False)
    _decide(by, found, row, "material_struck", {"entry": entry})
    return row


@transaction.atomic
def justify(*, by: Actor, number: str, position: int, ground: str, reason: str) -> Material:
    """Keep asking for what the platform has, on a known ground and with the reason; the data authority is told."""
    found = _kept(by, number)
    row = _row(found, position)
    chosen = policy.check_ground(ground, reason)
    row.status = MATERIAL.check(row.status, "justify")
    row.ground = chosen
    row.reason = policy.check_text(reason, "理由", "reason", field="reason", most=500)
    _decide(by, found, row, "material_justified", {"ground": str(chosen)})
    told = identity.holder_of(Office.AUTHORITY)
    notifications.notify(
        by=by,
        organization=told.code,
        roles=(Role.DATA_AUTHORITY,),
        kind="matters.justified",
        text=Text(
            f"{found.organization.name}说明理由保留材料“{row.name}”：{found.name}",
            f"{found.organization.say('en')} keeps the material “{row.name}” with reasons: {found.name}",
        ),
        link=_link(found),
    )
    return row


@transaction.atomic
def disallow(*, by: Actor, number: str, position: int, reason: str) -> Material:
    """The data authority does not accept the reasons: the material is to be dealt with again."""
    policy.check_disallow(by)
    found = _locked(number)
    row = _row(found, position)
    policy.check_reason(reason)
    row.status = MATERIAL.check(row.status, "disallow")
    row.ground, row.reason = "", policy.check_text(reason, "理由", "reason", field="reason", most=500)
    _decide(by, found, row, "material_disallowed", {})
    _owe(by, found, row)
    return row


@transaction.atomic
def resume(*, by: Actor, number: str, position: int, reason: str) -> Material:
    """Ask for a struck material again; if the platform has it, it is flagged at once."""
    found = _kept(by, number)
    row = _row(found, position)
    policy.check_reason(reason)
    _resume(by, found, row, reason)
    _check(by, found, row)
    return row


@transaction.atomic
def end(*, by: Actor, number: str, reason: str) -> Matter:
    """The matter is no longer done; what was owed about its materials falls away."""
    found = _kept(by, number)
    policy.check_reason(reason)
    found.status, found.ended_at = MatterStatus.ENDED, clock.now()
    found.save(update_fields=["status", "ended_at"])
    for row in Material.objects.select_for_update(of=("self",)).filter(matter=found, duty_id__isnull=False):
        _close(by, row, "ended")
        row.save(update_fields=["duty_id"])
    _record(by, found, "matter_ended")
    return found


def recheck(*, by: Actor) -> dict[str, int]:
    """The daily look: what the catalog came to hold is flagged, what it no longer holds cleared. Twice changes nothing."""
    counts = {"materials_flagged": 0, "materials_cleared": 0}
    wanted = Material.objects.filter(
        matter__status=MatterStatus.ACTIVE, status__in=(MaterialStatus.CLEAR, MaterialStatus.FLAGGED)
    )
    for pk, name, status, seen in list(wanted.order_by("pk").values_list("pk", "name", "status", "matches")):
        found = queries.matches(name)
        codes_now = [one.code for one in found]
        flagged = status == MaterialStatus.FLAGGED
        if bool(found) == flagged and codes_now == [one["code"] for one in seen]:
            continue
        with transaction.atomic():
            row = Material.objects.select_for_update(of=("self",)).select_related("matter__organization").get(pk=pk)
            if row.status != status:
                continue
            _check(by, row.matter, row, found)
        if bool(found) != flagged:
            counts["materials_flagged" if found else "materials_cleared"] += 1
    return counts


@transaction.atomic
def lose_entry(*, by: Actor, code: str, title: str) -> int:
    """An entry that replaced materials left the catalog: people may be asked for them again until something else holds
    them; how many.
    """
    rows = Material.objects.select_for_update(of=("self",)).select_related("matter__organization")
    struck = rows.filter(entry=code, status=MaterialStatus.STRUCK, matter__status=MatterStatus.ACTIVE)
    found = list(struck.order_by("pk"))
    for row in found:
        _resume(by, row.matter, row, f"目录“{title}”已撤下")
        _check(by, row.matter, row)
        notifications.notify(
            by=by,
            organization=row.matter.organization.code,
            roles=policy.KEEPERS,
            kind="matters.resumed",
            text=Text(
                f"“{title}”已撤下，材料“{row.name}”恢复收取：{row.matter.name}",
                f"“{title}” was withdrawn; “{row.name}” may be asked for again: {row.matter.name}",
            ),
            link=_link(row.matter),
        )
    return len(found)


def _add(by: Actor, found: Matter, name: str) -> Material:
    title = policy.check_text(name, "材料名称", "name of the material", field="material", most=100)
    rows = Material.objects.filter(matter=found)
    if rows.filter(name_key=normal(title)).exists():
        raise Conflict(
            "matters.material_twice",
            "该事项已登记同名材料。",
            "The matter has a material of that name already.",
            field="material",
        )
    last = rows.order_by("-position").values_list("position", flat=True).first() or 0
    policy.check_room(last)
    row = Material.objects.create(
        matter=found, position=last + 1, name=title, name_key=normal(title)[:100], checked_at=clock.now()
    )
    _record(by, found, "material_added", {"material": row.position})
    _check(by, found, row)
    return row


def _check(by: Actor, found: Matter, row: Material, matches: Sequence[Match] | None = None) -> None:
    """Flag or clear a material by what the catalog holds now; it is neither struck nor justified."""
    held = queries.held_of(Actor.process("matters"), queries.matches(row.name) if matches is None else matches)
    row.matches = [
        {
            "code": one.code,
            "title": one.title,
            "provider": one.provider.zh,
            "provider_en": one.provider.en,
            "zh": one.why.zh,
            "en": one.why.en,
        }
        for one in held
    ]
    row.checked_at = clock.now()
    if held and row.status == MaterialStatus.CLEAR:
        row.status = MATERIAL.check(row.status, "flag")
        row.save()
        _record(by, found, "material_flagged", {"material": row.position, "entries": [one.code for one in held]})
        _owe(by, found, row)
    elif not held and row.status == MaterialStatus.FLAGGED:
        row.status = MATERIAL.check(row.status, "clear")
        _close(by, row, "cleared")
        row.save()
        _record(by, found, "material_cleared", {"material": row.position})
    else:
        row.save()


def _owe(by: Actor, found: Matter, row: Material) -> None:
    """The unit owes what becomes of a flagged material, where the city's rules forbid asking again."""
    pack, cites = rules.active(), queries.law()
    if not cites or row.duty_id:
        return
    duty = duties.open_duty(
        by=by,
        kind=DUTY,
        subject=found.number,
        title=Text(
            f"处理平台可以获取的材料“{row.name}”：{found.name}",
            f"Deal with the material “{row.name}” that the platform has: {found.name}",
        ),
        link=_link(found),
        organization=found.organization.code,
        role=_role(found.organization.code),
        pack=pack,
        citations=[one.as_json() for one in cites],
        days=None,
        words=Text("不得再向申请人索要", "it may not be asked for again"),
    )
    row.duty_id = duty.pk
    row.save(update_fields=["duty_id"])


def _role(organization: str) -> Role:
    """Whoever keeps the register there: those who use shared data, else those who provide."""
    return Role.CONSUMER if identity.people_of(organization, Role.CONSUMER).exists() else Role.PROVIDER


def _decide(by: Actor, found: Matter, row: Material, act: str, details: dict[str, Any]) -> None:
    row.decided_by_id, row.decided_at = by.person_id or None, clock.now()
    _close(by, row, act.removeprefix("material_"))
    row.save()
    _record(by, found, act, {"material": row.position, **details})


def _resume(by: Actor, found: Matter, row: Material, reason: str) -> None:
    row.status = MATERIAL.check(row.status, "resume")
    row.entry, row.entry_title, row.ground = "", "", ""
    row.reason = policy.check_text(reason[:500], "理由", "reason", field="reason", most=500)
    _decide(by, found, row, "material_resumed", {})


def _close(by: Actor, row: Material, outcome: str) -> None:
    if row.duty_id:
        duties.close_duty(by=by, duty_id=row.duty_id, outcome=outcome)
        row.duty_id = None


def _kept(by: Actor, number: str) -> Matter:
    found = _locked(number)
    policy.check_keep(by, found.organization.code)
    policy.check_active(found.status == MatterStatus.ACTIVE)
    return found


def _locked(number: str) -> Matter:
    rows = Matter.objects.select_for_update(of=("self",)).select_related("organization")
    found = rows.filter(number=number).first()
    if found is None:
        raise NotFound("matters.unknown", "没有这个编号的办理事项。", "There is no matter with that number.")
    return found


def _row(found: Matter, position: int) -> Material:
    rows = Material.objects.select_for_update(of=("self",))
    row = rows.filter(matter=found, position=position).first()
    if row is None:
        raise NotFound("matters.material_unknown", "该事项没有这项材料。", "The matter has no such material.")
    return row


def _link(found: Matter) -> str:
    return f"/console/matters/{found.number}/"


def _record(by: Actor, found: Matter, act: str, details: dict[str, Any] | None = None) -> None:
    ledger.record(
        action=f"matters.{act}",
        actor=by.ref,
        organization=by.organization,
        subject=found.number,
        cites=[one.label("zh") for one in queries.law()],
        details={"unit": found.organization.code, "name": found.name, **(details or {})},
    )
