"""The first acts: the city's bodies, the catalog with its two pairs of eyes, and the collection of four files."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gongshu.catalog import actions as catalog
from gongshu.catalog import queries as entries
from gongshu.catalog.states import EntryStatus
from gongshu.collection import actions as collection
from gongshu.collection import queries as runs
from gongshu.demo import city, registers, seed
from gongshu.demo.stage import Act, Facts, Stage, until
from gongshu.errors import GongshuError, Text
from gongshu.identity.states import Office

if TYPE_CHECKING:
    from gongshu.catalog.models import Entry


def found_city(stage: Stage) -> Facts:
    """Register bodies and people."""
    seed.bodies_and_people()
    notice = stage.pack.notice(stage.day)
    return {
        "pack": stage.pack.id,
        "title": stage.pack.title.zh,
        "title_en": stage.pack.title.en,
        "status": str(stage.pack.status(stage.day)),
        "notice": list(notice) if notice else [],
        "organizations": len(city.BODIES),
        "people": len(city.ACCOUNTS),
    }


def tell_city(stage: Stage, facts: Facts) -> None:
    stage.tell.line(f"规则包：{facts['title']}({facts['status']})", facts["title_en"])
    if facts["notice"]:
        stage.tell.line(f"提示：{facts['notice'][0]}", facts["notice"][1])
    stage.tell.line(
        f"登记单位 {facts['organizations']} 个、用户 {facts['people']} 人",
        f"{facts['organizations']} organisations, {facts['people']} people",
    )


def compile_catalog(stage: Stage) -> Facts:
    """The entries: compiled by one person, reviewed and published by another."""
    codes: dict[str, str] = {}
    refused: Facts = {}
    for register, data in city.ENTRIES.items():
        compiler = stage.actor(city.COMPILERS[register])
        reviewer = stage.actor(city.REVIEWERS[register])
        entry = entries.visible(compiler).filter(title=data.title).first()
        if entry is None:
            entry = catalog.create_entry(by=compiler, data=data)
        if entry.status in {EntryStatus.DRAFT, EntryStatus.RETURNED}:
            entry = catalog.submit_entry(by=compiler, code=entry.code)
        if entry.status == EntryStatus.SUBMITTED:
            refused = refused or _own_review(stage, register, entry.code)
            if entries.secrecy_review(entry) is None:
                catalog.record_secrecy_review(by=reviewer, code=entry.code)
            if not center_is_next(entry):
                entry = catalog.publish_entry(by=reviewer, code=entry.code)
            if center_is_next(entry):
                entry = catalog.publish_entry(by=stage.actor(city.CENTER_REVIEWER), code=entry.code)
        codes[register] = entry.code
    return {"codes": codes, "own_review": refused}


def center_is_next(entry: Entry) -> bool:
    """Where a city's center audits the entries too, whether it is its turn (永嘉11)."""
    turn = entries.review_turn(entry)
    return turn is not None and turn.office == Office.CENTER


def _own_review(stage: Stage, register: str, code: str) -> Facts:
    """The compiler tries to publish what they compiled: the platform must say no."""
    try:
        catalog.publish_entry(by=stage.actor(city.COMPILERS[register]), code=code)
    except GongshuError as error:
        return {"code": error.code, "zh": error.text.zh, "en": error.text.en}
    raise AssertionError("a compiler could publish their own entry")


def tell_catalog(stage: Stage, facts: Facts) -> None:
    share = stage.pack.labels("share_type", on=stage.day)
    opened = stage.pack.labels("open_type", on=stage.day)
    for register, code in facts["codes"].items():
        data = city.ENTRIES[register]
        stage.tell.line(
            f"{code}  {data.title}  {share[data.share_type].zh} / {opened[data.open_type].zh}  {len(data.items)} 项",
            f"{share[data.share_type].en}, {opened[data.open_type].en}",
        )
    if facts["own_review"]:
        stage.tell.line("编制人想自己审核发布，平台不允许：", "the compiler tries to review their own entry:")
        stage.tell.refusal(Text(facts["own_review"]["zh"], facts["own_review"]["en"]), facts["own_review"]["code"])
    stage.tell.articles([*stage.cited("labels.share_type"), *stage.cited("catalog.update_deadline")])


def collect_files(stage: Stage) -> Facts:
    """Hand four files over; the worker process collects them. Finds exactly the dirt that was planted."""
    codes: dict[str, str] = stage.fact("catalog", "codes")
    deliveries = registers.generate(size=stage.size)
    for register, delivery in deliveries.items():
        if _latest(codes[register]) is None:
            collection.submit_file(
                by=stage.actor(city.COMPILERS[register]),
                resource=codes[register],
                filename=delivery.filename,
                content=delivery.content,
            )
    until(lambda: all(_ended(codes[register]) for register in deliveries), "归集", "the collection", seconds=180)
    facts: Facts = {"registers": {}, "samples": {}}
    for register, delivery in deliveries.items():
        run = _latest(codes[register])
        if (
            run is None
            or run.status != "committed"
            or (run.accepted, run.rejected)
            != (
                delivery.accepted,
                delivery.rows - delivery.accepted,
            )
        ):
            raise AssertionError(f"{register}: expected {delivery.accepted} of {delivery.rows} rows, got {run}")
        facts["registers"][register] = {
            "file": delivery.filename,
            "read": delivery.rows,
            "accepted": run.accepted,
            "rejected": run.rejected,
            "version": run.version,
            "encoding": run.encoding,
        }
        facts["samples"][register] = [_named(register, sample) for sample in delivery.samples]
    return facts


def _latest(code: str) -> Any:
    return runs.latest(code)


def _ended(code: str) -> bool:
    run = runs.latest(code)
    return run is not None and run.ended_at is not None


def _named(register: str, row: Mapping[str, str]) -> dict[str, str]:
    """A sample row by item name instead of by title."""
    names = {_plain(item.title): item.name for item in city.ENTRIES[register].items}
    return {names[_plain(title)]: value for title, value in row.items()}


def _plain(title: str) -> str:
    """A heading as collection compares it: the file writes half-width brackets where the catalog has full-width ones."""
    return unicodedata.normalize("NFKC", title)


def tell_collect(stage: Stage, facts: Facts) -> None:
    for found in facts["registers"].values():
        stage.tell.line(
            f"{found['file']}({found['encoding']}):读 {found['read']:,} 行 = 入库 {found['accepted']:,} "
            f"+ 退回 {found['rejected']:,}，版本 {found['version']}",
            f"read = accepted + kept aside with reasons, version {found['version']}",
        )
    stage.tell.articles([*stage.cited("catalog.data_update_deadline"), *stage.cited("ledger.retention_years")])


ACTS = (
    Act("city", "单位与人员", "Bodies and people", found_city, tell_city),
    Act("catalog", "编目：一人编制，另一人审核", "Catalog: two pairs of eyes", compile_catalog, tell_catalog),
    Act(
        "collect",
        "归集：逐行校验，问题行另存",
        "Collect: every row checked, bad rows kept aside",
        collect_files,
        tell_collect,
    ),
)
