"""All writes of the asset register: registered, assessed, filed upward (xian-17)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.db import transaction

from gongshu import clock, rules
from gongshu.crypto import provider as crypto
from gongshu.duties import actions as duties
from gongshu.errors import Conflict, GongshuError, NotAllowed, NotFound
from gongshu.identity.actor import Actor
from gongshu.identity.states import Office, Role
from gongshu.ledger import actions as ledger
from gongshu.rules import Citation
from gongshu.supervision import asset_method
from gongshu.supervision import asset_queries as queries
from gongshu.supervision.asset_models import Assessment, Asset, AssetFiling


def check_keep(by: Actor) -> None:
    """The authority keeps the register (xian-17: 市大数据产业发展管理机构负责登记)."""
    if by.office != Office.AUTHORITY or not by.has(Role.DATA_AUTHORITY):
        raise NotAllowed(
            "asset.not_authority",
            "数据资产登记、评估和备案由数据主管部门办理。",
            "Registering, assessing and filing data assets is the authority's.",
        )


def can_keep(by: Actor) -> bool:
    return by.office == Office.AUTHORITY and by.has(Role.DATA_AUTHORITY)


def citations() -> tuple[Citation, ...]:
    """The articles that want a register; empty where the rules have none."""
    found = rules.active().find("catalog.asset_register", on=clock.today())
    return found.citations if found and found.value else ()


@transaction.atomic
def register_all(*, by: Actor) -> list[Asset]:
    """Register every published entry with collected data that is not in the register yet; twice changes nothing."""
    check_keep(by)
    cited = _check_rule()
    return [_register(by, entry, cited) for entry in queries.unregistered()]


@transaction.atomic
def register(*, by: Actor, code: str) -> Asset:
    """Register one entry."""
    check_keep(by)
    cited = _check_rule()
    entry = queries.unregistered().filter(code=code.replace("/", "-").strip()[:40]).first()
    if entry is None:
        raise NotFound(
            "asset.not_registrable",
            "没有这个资源代码的已发布、已归集且未登记的目录。",
            "No published, collected and unregistered entry has that resource code.",
        )
    return _register(by, entry, cited)


@transaction.atomic
def assess(*, by: Actor, number: str) -> Assessment:
    """Assess one asset by the stated method, with what the platform counts today."""
    check_keep(by)
    found = queries.asset(by, number)
    scores = asset_method.assess(queries.inputs(found))
    made = Assessment.objects.create(
        asset=found,
        on=clock.today(),
        method=asset_method.METHOD,
        scores=[score.as_json() for score in scores],
        quality=asset_method.total(scores, "quality"),
        value=asset_method.total(scores, "value"),
        total=asset_method.total(scores),
        at=clock.now(),
        person_id=by.person_id or None,
    )
    _record(
        by, "asset_assessed", found.number, found.entry.code, citations(), method=made.method, total=str(made.total)
    )
    return made


@transaction.atomic
def file_upward(*, by: Actor, to: str) -> AssetFiling:
    """File the register as it is with the office above; the text and its digest are kept for good."""
    check_keep(by)
    cited = _check_rule()
    to = to.strip()
    if not to or len(to) > 100 or "\x00" in to:
        raise GongshuError(
            "asset.to_missing",
            "请写明向哪个机构备案，100 字以内。",
            "Say with which office it is filed, in 100 characters.",
            field="to",
        )
    assets = list(queries.visible(by).order_by("number"))
    if not assets:
        raise Conflict("asset.none", "还没有登记数据资产，无可备案。", "No data asset is registered; nothing to file.")
    body = json.dumps(queries.register_body(assets), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    made = AssetFiling.objects.create(
        number=duties.next_number(by=by, prefix="BA"),
        to=to,
        body=body,
        digest=crypto().digest_sm3(body.encode()).hex(),
        assets=len(assets),
        at=clock.now(),
        person_id=by.person_id or None,
    )
    _record(by, "assets_filed", made.number, "", cited, to=to, assets=made.assets, digest=made.digest)
    return made


def _check_rule() -> tuple[Citation, ...]:
    cited = citations()
    if not cited:
        city = rules.active().region.zh
        raise Conflict(
            "asset.no_rule",
            f"本市规则（{city}）没有规定数据资产登记，平台不设此步骤。",
            "The city's rules know no register of data assets; the platform has no such step.",
        )
    return cited


def _register(by: Actor, entry: Any, cited: Sequence[Citation]) -> Asset:
    made = Asset.objects.create(
        number=duties.next_number(by=by, prefix="ZC"),
        entry=entry,
        holder=entry.provider,
        registered_at=clock.now(),
        registered_by_id=by.person_id or None,
    )
    _record(by, "asset_registered", made.number, entry.code, cited, holder=entry.provider.code)
    return made


def _record(by: Actor, act: str, subject: str, resource: str, cited: Sequence[Citation], **details: Any) -> None:
    ledger.record(
        action=f"supervision.{act}",
        actor=by.ref,
        organization=by.organization,
        subject=subject,
        resource=resource,
        cites=[c.label("zh") for c in cited],
        details=details,
    )
