"""What ``gongshu ledger`` says about an audit and about witnesses, in words and as JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gongshu.cli import output
from gongshu.cli.output import t

if TYPE_CHECKING:
    from gongshu.home import Home
    from gongshu.ledger import cosigning, quorum, timestamps, verify


def cosigned_json(found: cosigning.Cosigned | None) -> dict[str, Any]:
    """The newest cosigned checkpoint for programs."""
    return {
        "size": found.head.size if found else 0,
        "enough": bool(found and found.enough),
        "signed": signed_json(found.signed if found else ()),
    }


def signed_json(signed: tuple[cosigning.Signed, ...]) -> list[dict[str, Any]]:
    """Who signed, for programs."""
    return [{"name": one.name, "key_name": one.key_name, "at": one.at or None} for one in signed]


def say_witnesses(found: cosigning.Cosigned | None, policy: quorum.Policy) -> None:
    """Say who cosigned, and whether that is enough."""
    need, number = policy.words
    if found is None:
        output.note("尚无见证节点签名。", "No witness has cosigned yet.")
        return
    output.say(
        f"   见证：第 {found.head.size} 条以前已由 {sum(bool(one.at) for one in found.signed)} 个节点签名"
        f"（策略要求 {number} 个中至少 {need} 个）",
        f"    witnesses: {sum(bool(one.at) for one in found.signed)} have cosigned the first {found.head.size} entries "
        f"(the policy asks for {need} of {number})",
    )
    for one in found.signed:
        at = datetime.fromtimestamp(one.at, UTC).isoformat() if one.at else t("未签", "not signed")
        output.say(f"     {one.name}（{one.key_name}）：{at}", f"      {one.name} ({one.key_name}): {at}")


def stamps_json(stamped: list[timestamps.Stamp]) -> list[dict[str, Any]]:
    """The time-stamps for programs."""
    return [{"size": one.size, "at": one.at.isoformat() if one.at else None, "fault": one.fault} for one in stamped]


def report_json(report: verify.Report, source: str) -> dict[str, Any]:
    """An audit's report for programs."""
    return {
        "ok": report.ok,
        "origin": report.origin,
        "size": report.size,
        "root": report.root.hex(),
        "files_checked": report.files,
        "entries_checked": report.entries,
        "consistent_with": report.consistent_with,
        "keys": source,
        "pruned_below": report.pruned,
        "findings": [{"file": f.file, "zh": f.text.zh, "en": f.text.en} for f in report.findings],
    }


def say_report(report: verify.Report, home: Home, source: str) -> None:
    """Say what an audit found."""
    if report.ok:
        output.say(
            f"是 账本完好：{report.size} 条，检查了 {report.files} 个文件，根 {report.root.hex()}",
            f"YES the ledger is intact: {report.size} entries, {report.files} files checked, root {report.root.hex()}",
        )
        if report.pruned:
            output.say(
                f"   第 {report.pruned} 条以前的内容已过保存期限，按公布的声明清理；哈希仍全部核对",
                f"    entries below {report.pruned} were past their time and pruned as published; all hashes are checked",
            )
        if report.consistent_with:
            output.say(
                f"   自上次校验的 {report.consistent_with} 条增长而来，无改写",
                f"    grown from the {report.consistent_with} entries verified before, nothing rewritten",
            )
    else:
        output.say(
            f"否 账本被改动或损坏，{len(report.findings)} 处：",
            f"NO  the ledger was changed or damaged, {len(report.findings)} finding(s):",
        )
        for finding in report.findings:
            output.say(
                f"   {home.ledger / finding.file}:{finding.text.zh}",
                f"    {home.ledger / finding.file}: {finding.text.en}",
            )
    if source == "folder":
        output.note(
            "所用公钥取自账本目录本身，只能说明账本前后一致；请用 --key 指定另外取得的公钥。",
            "The keys came from the ledger's own folder, which proves only that it agrees with itself; "
            "give keys that you got elsewhere with --key.",
        )
