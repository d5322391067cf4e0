"""The acts at the gateway: verify, query, every kind of no, and a revocation that works within a second."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from statistics import median
from typing import Any

from gongshu import clock
from gongshu.demo.client import Reply, System
from gongshu.demo.needs import key_of, needs
from gongshu.demo.stage import Act, Facts, Stage, until
from gongshu.grants import actions as grants

QUICK_CALLS = 100
REVOKED_WITHIN = 1.0  # seconds


def call_gateway(stage: Stage) -> Facts:
    """Verify and query under the grant, and be refused in every way that matters."""
    main = stage.fact("decide", "applications")["main"]
    sample, other = stage.fact("collect", "samples")["companies"][:2]
    need = needs(stage)["main"]
    system = stage.system(need.system, owner=need.applicant, name=need.system_name)
    resource = main["resource"]
    asked = {"grant": main["grant"], "purpose": main["purpose"], "key": {"uscc": sample["uscc"]}}
    visible = until(
        lambda: _ok(system.call(resource, "query", asked)), "授权到达网关", "the grant to reach the gateway", seconds=20
    )
    verified = system.call(resource, "verify", {**asked, "claims": {"name": sample["name"], "status": "不存在的状态"}})
    queried = system.call(resource, "query", {**asked, "key": {"uscc": other["uscc"]}})
    if not (_ok(verified) and _ok(queried)):
        raise AssertionError(f"the gateway refused a lawful call: {verified.code or queried.code}")
    expired = _expired_grant(stage, main)
    until(
        lambda: system.call(resource, "query", {**asked, "grant": expired}).code == "grant_expired",
        "过期授权到达网关",
        "the expired grant to reach the gateway",
        seconds=20,
    )
    refusals = {
        "bad_signature": system.call(resource, "query", asked, secret="not-the-secret"),  # noqa: S106
        "unknown_client": system.call(resource, "query", asked, as_client="nobody"),
        "item_outside_grant": system.call(resource, "query", {**asked, "fields": ["phone"]}),
        "expired_grant": system.call(resource, "query", {**asked, "grant": expired}),
        "unknown_grant": system.call(resource, "query", {**asked, "grant": "grant_unknown"}),
        "other_purpose": system.call(resource, "query", {**asked, "purpose": "另作他用"}),
        "unknown_key": system.call(resource, "query", {**asked, "key": {"uscc": "91990102MA0000000X"}}),
    }
    for name, reply in refusals.items():
        if _ok(reply) or not reply.code:
            raise AssertionError(f"the gateway did not refuse: {name}")
        if any(value and value in str(reply.body) for value in sample.values()):
            raise AssertionError(f"a data value in the error for {name}")
    return {
        "visible_seconds": round(visible, 3),
        "verified": verified.body["answers"],
        "record": queried.body["record"],
        "refused": {name: {"code": reply.code, **_words(reply)} for name, reply in refusals.items()},
        "p50_ms": _quick(system, resource, asked),
    }


def _ok(reply: Reply) -> bool:
    return reply.status == 200


def _words(reply: Reply) -> dict[str, str]:
    error = reply.body["error"]
    return {"zh": error["zh"], "en": error["en"]}


def _expired_grant(stage: Stage, main: Facts) -> str:
    """A grant of the same scope whose term ended yesterday."""
    grant = grants.create(
        by=stage.actor("lin"),
        organization=main["organization"],
        provider="market",
        resource=main["resource"],
        items=main["items"],
        purpose=main["purpose"],
        modes=["query"],
        valid_from=clock.now() - timedelta(days=30),
        valid_until=clock.now() - timedelta(days=1),
        source=main["number"],
    )
    return str(grant.grant_id)


def _quick(system: System, resource: str, asked: dict[str, Any]) -> float:
    """The median time of one signed, granted, recorded call, in milliseconds."""
    times = []
    for _ in range(QUICK_CALLS):
        began = clock.monotonic()
        system.call(resource, "query", asked)
        times.append((clock.monotonic() - began) * 1000)
    return round(median(times), 2)


def tell_gateway(stage: Stage, facts: Facts) -> None:
    answers = "、".join(f"{item}={answer}" for item, answer in facts["verified"].items())
    stage.tell.line(f"核验：{answers}", "verify answers yes or no, never the value")
    record = "、".join(str(value) for value in facts["record"].values())
    stage.tell.line(f"查询：{record}", "query answers the granted items, masked")
    stage.tell.line(f"一次调用（验签、授权、查询、脱敏、存证落盘）中位 {facts['p50_ms']} 毫秒", "median of one call")
    for name, refused in facts["refused"].items():
        stage.tell.line(f"✗ {refused['zh']} [{refused['code']}]", f"{name.replace('_', ' ')}: {refused['en']}")
    stage.tell.articles([*stage.cited("sharing.modes"), *stage.cited("sharing.default_mode")])


def revoke(stage: Stage) -> Facts:
    """A system reads, is found to pass data on, and loses its grant at once."""
    misused = stage.fact("decide", "applications")["misused"]
    need = needs(stage)["misused"]
    key = key_of(need.register)
    sample = stage.fact("collect", "samples")[need.register][0]
    system = stage.system(need.system, owner=need.applicant, name=need.system_name)
    resource = misused["resource"]
    asked = {"grant": misused["grant"], "purpose": misused["purpose"], "key": {key: sample[key]}}
    first = system.call(resource, "query", asked)
    record: dict[str, Any] = first.body.get("record", {})
    if first.code != "grant_revoked":
        until(
            lambda: _ok(system.call(resource, "query", asked)),
            "授权到达网关",
            "the grant to reach the gateway",
            seconds=20,
        )
        record = system.call(resource, "query", asked).body["record"]
        grants.revoke(
            by=stage.actor("lin"), grant_id=misused["grant"], reason="核查发现数据被转给第三方，立即停止共享。"
        )
    took = until(
        lambda: system.call(resource, "query", asked).code == "grant_revoked", "撤销生效", "the revocation", pause=0.01
    )
    if took > REVOKED_WITHIN:
        raise AssertionError(f"the revocation took {took:.2f} s")
    return {"record": record, "seconds": round(took, 3), "grant": misused["grant"]}


def tell_revoke(stage: Stage, facts: Facts) -> None:
    if facts["record"]:
        record = "、".join(str(value) for value in facts["record"].values())
        stage.tell.line(f"撤销前查询：{record}", "before: one record, masked where the catalog says so")
    stage.tell.line(
        f"撤销后 {facts['seconds']:.3f} 秒，网关拒绝调用", f"refused {facts['seconds']:.3f} s after the decision"
    )
    stage.tell.articles(stage.cited("sharing.application_requires"))


def tally(replies: list[dict[str, str]]) -> tuple[int, dict[str, int]]:
    """How many calls were answered, and how many were refused by code."""
    refused = Counter(reply["code"] for reply in replies if reply["code"])
    return len(replies) - sum(refused.values()), dict(sorted(refused.items()))


ACTS = (
    Act("gateway", "网关：核验、查询与拒绝", "Gateway: verify, query, refusals", call_gateway, tell_gateway),
    Act("revoke", "违规使用，授权即时撤销", "Misuse: the grant is revoked at once", revoke, tell_revoke),
)
