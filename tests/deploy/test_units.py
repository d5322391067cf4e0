"""The units and the compose file: every command is one that exists, and every process may do little."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
UNITS = sorted((ROOT / "deploy" / "systemd").glob("gongshu-*.service"))
ANALYZE = shutil.which("systemd-analyze")
EXPOSURE = 2.0  # of 10, by systemd's own reckoning


def command(unit):
    return re.search(r"^ExecStart=/opt/gongshu/bin/gongshu (.*)$", unit.read_text(encoding="utf-8"), flags=re.M)[1]


def options_exist(gongshu, words):
    plain = [word for word in words if not word.startswith("-")]
    group = plain[:2] if plain[0] in ("gateway", "witness") else plain[:1]
    shown = gongshu(*group, "--help", language="en")
    assert shown.returncode == 0, shown.stderr
    for word in words:
        if word.startswith("--"):
            assert word in shown.stdout, word


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_starts_a_command_that_exists(gongshu, unit):
    options_exist(gongshu, command(unit).split())


@pytest.mark.skipif(ANALYZE is None, reason="Debian package systemd is missing")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_reads_the_unit_and_finds_it_closed(unit, tmp_path):
    text = unit.read_text(encoding="utf-8").replace("/opt/gongshu/bin/gongshu", "/bin/true")
    name = unit.name.replace("@.", "@8001.")
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    read = subprocess.run([ANALYZE, "verify", "--man=no", str(file)], capture_output=True, text=True)
    assert name not in read.stderr, read.stderr
    judged = subprocess.run(
        [ANALYZE, "security", "--offline=true", "--no-pager", str(file)], capture_output=True, text=True
    )
    found = re.search(r"Overall exposure level for .*: ([\d.]+)", judged.stdout)
    assert found, judged.stdout + judged.stderr
    assert float(found[1]) <= EXPOSURE, judged.stdout


def test_the_compose_file_starts_what_exists_and_gives_it_little(gongshu):
    whole = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8"))
    ours = {name: service for name, service in whole["services"].items() if service["image"] == "gongshu"}
    assert set(ours) == {"init", "web", "gateway", "worker"}
    for service in ours.values():
        options_exist(gongshu, service["command"])
        assert service["read_only"] and service["cap_drop"] == ["ALL"] and "ports" not in service
        assert "no-new-privileges:true" in service["security_opt"]
    assert [name for name, service in whole["services"].items() if "ports" in service] == ["front"]
    for mounted in whole["services"]["front"]["volumes"][:2]:
        assert (ROOT / "deploy" / mounted.split(":")[0]).is_file()
    image = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    assert "--require-hashes" in image and re.search(r"^USER gongshu$", image, flags=re.M)
