"""The two commands: what they would do on a clean, a half-installed and an installed tree."""

import os
import re
import shutil
import subprocess

import pytest

from architecture.source import ROOT


def make(folder, *arguments):
    return subprocess.run(
        ["make", *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
    )


@pytest.fixture
def tree(tmp_path):
    """A tree with what the Makefile looks at, nothing installed."""
    for name in ("Makefile", "requirements.lock", "requirements-dev.lock", "pyproject.toml", "package.json"):
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "package-lock.json", tmp_path / "package-lock.json")
    (tmp_path / "frontend").mkdir()
    (tmp_path / "frontend" / "app.js").write_text("")
    return tmp_path


def stamp(tree, *names):
    for name in names:
        file = tree / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
        os.utime(file, (2_000_000_000 + len(name), 2_000_000_000 + len(name)))


STAMPS = (".venv/.created", ".venv/.runtime-installed", "node_modules/.installed", "src/gongshu/web/static/dist/.built")


def test_help_is_the_manual_of_every_public_target():
    done = make(ROOT, "help")
    assert done.returncode == 0
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    public = re.findall(r"^([a-z-]+):.*## ", text, re.M)
    assert {"demo", "test", "check", "bench", "soak", "build", "lock"} <= set(public)
    for target in public:
        assert re.search(rf"^  {target} ", done.stdout, re.M)
    assert make(ROOT).stdout == done.stdout, "plain make is the manual too"


def test_a_clean_tree_is_installed_from_the_lock_files_with_hashes(tree):
    planned = make(tree, "-n", "demo").stdout
    assert "-m venv" in planned
    assert "--require-hashes -r requirements.lock" in planned
    assert "--no-deps --no-build-isolation -e ." in planned
    assert "npm ci" in planned
    assert "npm run --silent build" in planned
    assert "requirements-dev.lock" not in planned, "the demo does not need the tools of the tests"
    assert 'gongshu demo --city "xian"' in planned


def test_an_interrupted_install_is_done_again(tree):
    stamp(tree, ".venv/.created")
    (tree / ".venv" / "bin").mkdir(parents=True)
    planned = make(tree, "-n", "demo").stdout
    assert "--require-hashes -r requirements.lock" in planned
    assert "npm ci" in planned


def test_a_finished_install_is_not_done_again(tree):
    stamp(tree, *STAMPS)
    planned = make(tree, "-n", "demo", "ONCE=1", "CITY=yongjia").stdout
    assert "pip" not in planned
    assert "npm" not in planned
    assert 'gongshu demo --city "yongjia" --once' in planned


def test_a_changed_lock_file_is_installed(tree):
    stamp(tree, *STAMPS)
    os.utime(tree / "requirements.lock", (2_100_000_000, 2_100_000_000))
    assert "--require-hashes -r requirements.lock" in make(tree, "-n", "demo").stdout


def test_an_old_python_is_refused_in_a_sentence(tree, tmp_path):
    old = tmp_path / "oldpython"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    done = make(tree, "demo", f"PYTHON={old}")
    assert done.returncode != 0
    assert "Python 3.11 or newer" in done.stdout
    assert not (tree / ".venv" / ".created").exists()


def test_ci_runs_make_test():
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert "make test" in script.read_text(encoding="utf-8")
