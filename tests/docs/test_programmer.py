"""The lines of the programmers' manual are run as they stand, in one shell, on a platform on which the story was played."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from live import environment

ROOT = Path(__file__).resolve().parents[2]
MANUAL = ROOT / "docs" / "how-to" / "programmer.md"


def first_call() -> str:
    """The part about the gateway, up to what else can be asked: its shell lines, its Python as a script of one."""
    part = MANUAL.read_text(encoding="utf-8").partition("## What you can ask")[0]
    found = re.findall(r"^```(bash|python)\n(.*?)^```$", part, flags=re.S | re.M)
    assert [kind for kind, _ in found] == ["bash", "python", "bash", "bash"]
    return "\n".join(text if kind == "bash" else f"python3 - <<'CALL'\n{text}CALL" for kind, text in found)


def lines() -> str:
    """The shell lines of the part about the management interface."""
    part = MANUAL.read_text(encoding="utf-8").partition("# For programmers: the management interface")[2]
    return "\n".join(re.findall(r"^```bash\n(.*?)^```$", part, flags=re.S | re.M))


def run(script: str, live, tmp_path: Path, **more: str) -> subprocess.CompletedProcess[str]:
    commands = {"gongshu": f'{sys.executable} -m gongshu.cli.main "$@"', "python3": f'{sys.executable} "$@"'}
    for name, command in commands.items():
        tool = tmp_path / name
        tool.write_text(f"#!/bin/sh\nexec {command}\n", encoding="utf-8")
        tool.chmod(0o755)
    told = environment(GONGSHU_HOME=str(live.home), **more)
    told["PATH"] = f"{tmp_path}{os.pathsep}{told['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], env=told, cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done


@pytest.mark.heavy
def test_the_first_verified_call_works_as_the_manual_says(live, tmp_path):
    done = run(first_call(), live, tmp_path, GATEWAY=live.gateway, GONGSHU_LANG="en")
    assert "{'name': 'yes', 'status': 'no'}" in done.stdout
    assert "The signatures hold" in done.stdout
    assert "<svg" in (tmp_path / "proof.html").read_text(encoding="utf-8")
    assert json.loads(done.stdout.rpartition("\n")[2])["answers"] == {"name": "no"}


@pytest.mark.heavy
def test_the_manual_of_the_management_interface_works(live, tmp_path):
    done = run(lines() + '\nprintf "\\n%s" "$NUMBER"\n', live, tmp_path, API=f"{live.web}/api/v1")
    number = done.stdout.rpartition("\n")[2]
    shown = live.gongshu("share", "show", number, "--as", "zhou", "--json")
    application = json.loads(shown.stdout)
    assert application["number"] == number
    assert application["applicant"] == "housing"
    assert done.stdout.count('"written": "unchanged"') == 1
