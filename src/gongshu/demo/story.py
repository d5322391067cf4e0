"""The main job of the platform, played on Jianglin with the real processes, under the rules of a city of choice.

Each act may be done twice, and what ended is kept: a demo that is killed and started again goes on.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gongshu import clock, home
from gongshu.demo import city, processes
from gongshu.demo.narration import Narrator
from gongshu.demo.processes import Platform
from gongshu.demo.progress import Progress, replace_file
from gongshu.demo.registers import Size

MARK = "demo.json"


@dataclass(frozen=True)
class Plan:
    """``folder`` gets one installation per city and the ``summary.json`` of the last story told."""

    city: str
    folder: Path
    size: Size
    web_port: int
    gateway_port: int
    fresh: bool = False

    @property
    def root(self) -> Path:
        return self.folder / self.city


def play(plan: Plan) -> Platform:
    """Set the city up, play every act, write ``summary.json``; the platform is still running when this returns."""
    if plan.fresh and (plan.root / MARK).is_file():
        shutil.rmtree(plan.root)
    began = clock.monotonic()
    processes.command(
        "init", "--city", plan.city, "--name", city.NAME, "--name-en", city.NAME_EN,
        "--web-port", str(plan.web_port), "--gateway-port", str(plan.gateway_port), home=plan.root,
    )  # fmt: skip
    replace_file(plan.folder / home.DEMO_POINTER, plan.city)
    _connect(plan.root)
    progress = Progress(plan.root / MARK)
    platform = Platform(plan.root, web_port=plan.web_port, gateway_port=plan.gateway_port)
    platform.start()
    try:
        facts = _acts(plan, platform, progress)
        from gongshu.demo import seed

        seed.data_store()
        seed.library(facts["catalog"]["codes"]["travel"], facts["catalog"]["codes"]["stops"])
        # The worker had its daily round before there were entries: what the day asks of them is owed from now on.
        processes.command("clock", "run", home=plan.root)
    except BaseException as error:
        if platform.was_killed:
            raise processes.killed() from error
        platform.stop()
        raise
    summary = _summary(plan, facts, progress.seconds, clock.monotonic() - began)
    replace_file(plan.folder / "summary.json", json.dumps(summary, ensure_ascii=False, indent=2))
    return platform


def _connect(root: Path) -> None:
    """This process works on the installation as the command line does."""
    os.environ["GONGSHU_HOME"] = str(root)
    os.environ["DJANGO_SETTINGS_MODULE"] = "gongshu.web.settings"
    import django

    django.setup()


def _acts(plan: Plan, platform: Platform, progress: Progress) -> dict[str, Any]:
    from gongshu.demo import act_catalog, act_gateway, act_opening, act_sharing
    from gongshu.demo.stage import Stage

    acts = (*act_catalog.ACTS, *act_sharing.ACTS, *act_gateway.ACTS, *act_opening.ACTS)
    tell = Narrator(len(acts))
    stage = Stage(platform, progress, tell, plan.size, plan.root)
    tell.title(f"公数演示：{city.NAME}", f"Gongshu on the fictional city of {city.NAME_EN}")
    found: dict[str, Any] = {}
    for act in acts:
        # The proof is asked for each time: it is about this moment, not about the one when it was first given.
        before = None if act.name == "prove" else progress.result(act.name)
        tell.step(act.zh, act.en, again=before is not None)
        if before is None:
            began = clock.monotonic()
            before = act.do(stage)
            progress.finish(act.name, before, clock.monotonic() - began)
        found[act.name] = before
        act.tell(stage, before)
    return found


def _summary(plan: Plan, facts: dict[str, Any], seconds: dict[str, float], total: float) -> dict[str, Any]:
    registers = facts["collect"]["registers"]
    main = facts["decide"]["applications"]["main"]
    due = {step["stage"]: step for step in facts["apply"]["applications"]["main"]["chain"]}
    proof = facts["prove"]
    return {
        "city": plan.city,
        "pack": {name: facts["city"][name] for name in ("pack", "title", "title_en", "status")},
        "rows": {
            "collected": sum(found["accepted"] for found in registers.values()),
            "rejected": sum(found["rejected"] for found in registers.values()),
            "by_register": registers,
        },
        "application": {
            "number": main["number"],
            "applicant": main["applicant_name"],
            "items": main["items"],
            "purpose": main["purpose"],
            "status": main["status"],
            "chain": main["chain"],
            "first_due": {stage: step["due_on"] or step["words"] for stage, step in due.items()},
            "refused_refusals": facts["refuse"]["attempts"],
            "refusal_requires": {name: facts["refuse"][name] for name in ("reason", "legal_basis", "citations")},
        },
        "applications": {
            name: {"number": found["number"], "status": found["status"], "steps": len(found["chain"])}
            for name, found in facts["decide"]["applications"].items()
        },
        "gateway": {
            "calls_made": proof["calls_made"],
            "calls_refused": proof["calls_refused"],
            "calls_acknowledged": proof["calls_acknowledged"],
            "calls_missing_in_ledger": proof["calls_missing"],
            "p50_ms": facts["gateway"]["p50_ms"],
            "revoked_after_seconds": facts["revoke"]["seconds"],
        },
        "opened": {name: facts["open"][name] for name in ("number", "rows", "address", "chain")},
        "ledger": {
            "size": proof["size"],
            "indexed": proof["indexed"],
            "verified": bool(proof["verification"]["ok"]),
            "verification": proof["verification"],
        },
        "codes": facts["catalog"]["codes"],
        "seconds": {**seconds, "total": round(total, 1)},
        "home": str(plan.root),
    }


def default_folder() -> Path:
    """``var/demo``, or ``demo`` in the folder that ``GONGSHU_HOME`` names."""
    return Path(os.environ.get("GONGSHU_HOME") or "var").expanduser().absolute() / "demo"
