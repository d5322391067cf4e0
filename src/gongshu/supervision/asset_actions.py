"""All writes of the asset register: registered, assessed, filed upward (xian-17)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.db import transaction

from gongshu import clock, rules
from gongshu.crypto import provider as crypto
from gongshu.duties import actions as duties
from gongshu.errors import Conflict, GongshuError, NotFound
from gongshu.home import open_home
from gongshu.identity.actor import Actor
from gongshu.ledger import actions as ledger
from gongshu.rules import Citation, Value
from gongshu.supervision import asset_method, handover_actions
from gongshu.supervision import asset_queries as queries
from gongshu.supervision.asset_models import Assessment, Asset, AssetFiling
from gongshu.supervision.asset_policy import can_keep, check_keep

__all__ = ["assess", "can_keep", "check_keep", "citations", "file_upward", "filing_rule", "register", "register_all"]


def citations() -> tuple[Citation, ...]:
    """The articles that want a register; empty where the rules have none."""
    found = rules.active().find("catalog.asset_register", on=clock.today())
    return found.citations if found and found.value else ()


def filing_rule() -> Value | None:
    """With which office the rules want the register filed; None where they want no filing."""
    found = rules.active().find("catalog.asset_filing", on=clock.today())
    return found if found and found.value else None


@transaction.atomic
def register_all(*, by: Actor) -> list[Asset]:
    """Register every published entry with collected data that is not in the register yet; twice changes nothing."""
    check_keep(by)
    cited = _check_rule()
    made = [_register(by, entry, cited) for entry in queries.unregistered()]
    _follow(by)
    return made


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
    made = _register(by, entry, cited)
    _follow(by)
    return made


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
def file_upward(*, by: Actor, to: str = "") -> AssetFiling:
    """File the register as it is with the office above; the text and its digest are kept for good.

    ``to`` is the office that the operator named, when nobody says another one. To that office it is sent by the worker;
    to any other it is handed over by hand.
    """
    check_keep(by)
    cited = _check_filing()
    to = to.strip() or open_home().upward.office
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
    handover_actions.begin(made)
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


def _check_filing() -> tuple[Citation, ...]:
    _check_rule()
    found = filing_rule()
    if found is None:
        city = rules.active().region.zh
        raise Conflict(
            "asset.no_filing_rule",
            f"本市规则（{city}）没有规定数据资产向上级备案，平台不设此步骤。",
            "The city's rules know no filing of data assets with an office above; the platform has no such step.",
        )
    return found.citations


def _follow(by: Actor) -> None:
    """What is registered is to be filed; what waits no longer is owed no longer."""
    handover_actions.close_registration(by)
    handover_actions.owe_filing(by)


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
