"""The last acts: the bus stops are reviewed and opened, anybody downloads them, and the ledger proves all of it."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import httpx

from gongshu.demo import city, client, processes
from gongshu.demo.act_gateway import tally
from gongshu.demo.stage import Act, Facts, Stage, until
from gongshu.errors import GongshuError
from gongshu.ledger import queries as ledger
from gongshu.opening import actions as opening
from gongshu.opening import queries as releases
from gongshu.opening.states import ReleaseStatus

REGISTER = "stops"


def open_data(stage: Stage) -> Facts:
    """Propose, review for secrecy and privacy, decide; then download over HTTP without signing in."""
    code = stage.fact("catalog", "codes")[REGISTER]
    proposer = stage.actor(city.COMPILERS[REGISTER])
    release = releases.visible(proposer).filter(entry__code=code).first()
    if release is None:
        release = opening.propose(by=proposer, code=code, note="便于公众出行与应用开发。")
    while release.status == ReleaseStatus.IN_REVIEW:
        by = _decider(release.number)
        if by is None:
            raise AssertionError(f"nobody may decide {release.number}")
        release = opening.decide(by=by, number=release.number, passed=True, remark="经审查，不涉密、不涉个人隐私。")
    release = releases.release(proposer, release.number)
    accepted = stage.fact("collect", "registers")[REGISTER]["accepted"]
    address = f"{stage.platform.web}/datasets/{code}/download.csv"
    downloaded: list[int] = []

    def arrived() -> bool:
        downloaded[:] = [_download(address)]
        return downloaded[0] >= 0

    seconds = until(arrived, "开放数据可下载", "the open data to be there", seconds=30)
    if downloaded[0] != accepted:
        raise AssertionError(f"downloaded {downloaded[0]} rows of {accepted}")
    return {
        "number": release.number,
        "address": address,
        "rows": downloaded[0],
        "visible_seconds": round(seconds, 3),
        "chain": [
            {
                "kind": step.kind_zh,
                "kind_en": step.kind_en,
                "organization_name": step.organization.name,
                "decided_by": step.decided_by.username if step.decided_by else None,
                "citations": [citation["label"] for citation in step.citations],
            }
            for step in releases.steps(release)
        ],
    }


def _decider(number: str) -> Any:
    from gongshu.identity import queries as identity

    for account in city.ACCOUNTS:
        by = identity.actor_by_username(account.username)
        try:
            if releases.can_decide(by, releases.release(by, number)):
                return by
        except GongshuError:
            continue
    return None


def _download(address: str) -> int:
    """Rows of the file as a citizen gets it; -1 while it is not there."""
    try:
        answer = httpx.get(address, timeout=30.0, trust_env=False)
    except httpx.TransportError:
        return -1
    if answer.status_code != 200:
        return -1
    return sum(1 for _ in csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))) - 1


def tell_open(stage: Stage, facts: Facts) -> None:
    for step in facts["chain"]:
        stage.tell.line(
            f"{step['kind']}:{step['organization_name']}({step['decided_by']})通过", f"{step['kind_en']}: passed"
        )
    stage.tell.line(
        f"匿名下载 {facts['address']}:{facts['rows']:,} 行", "downloaded without signing in, through the same gateway"
    )
    stage.tell.articles(label for step in facts["chain"] for label in step["citations"])


def prove(stage: Stage) -> Facts:
    """Wait until everything is in the log; every acknowledged call must be there; then verify it from its files."""
    replies = client.acknowledged(stage.acknowledged)
    until(lambda: ledger.waiting() == 0 and not missing(replies), "存证排序", "the ledger", seconds=60, pause=0.2)
    verdict = json.loads(processes.command("ledger", "verify", "--json", home=stage.root))
    made, refused = tally(replies)
    # The platform is running and its ledger may grow any moment: the size told is the one that was verified.
    return {
        "size": verdict["entries_checked"],
        "indexed": ledger.size(),
        "verification": verdict,
        "calls_acknowledged": len(replies),
        "calls_missing": len(missing(replies)),
        "calls_made": made,
        "calls_refused": refused,
        "actions": dict(ledger.counts_by_action()),
    }


def missing(replies: list[dict[str, str]]) -> list[str]:
    """Calls that were answered and of which the ledger knows nothing: there must be none."""
    return [reply["request_id"] for reply in replies if ledger.record(reply["request_id"]) is None]


def tell_prove(stage: Stage, facts: Facts) -> None:
    stage.tell.line(
        f"账本 {facts['size']:,} 条；网关答复的 {facts['calls_acknowledged']} 次调用全部在内",
        "every answered call is in the ledger",
    )
    stage.tell.line("gongshu ledger verify:通过", "verified from its files, without a server")
    stage.tell.articles(stage.cited("ledger.retention_years"))


ACTS = (
    Act("open", "开放：保密与隐私审查后面向公众", "Open: reviewed, then for everybody", open_data, tell_open),
    Act("prove", "存证：全部操作可验证", "Prove: every act can be verified", prove, tell_prove),
)
