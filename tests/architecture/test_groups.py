"""Tests of one group run in one worker: what they share is made once, whichever pytest meets whichever pytest-xdist."""

import os
import re
import subprocess
import sys
from pathlib import Path

import groups

TESTS = """
import pytest

@pytest.mark.xdist_group("dear")
@pytest.mark.parametrize("n", range(4))
def test_it(n):
    pass

@pytest.mark.parametrize("n", range(8))
def test_alone(n):
    pass
"""


def test_a_group_of_two_modules_runs_in_one_worker(tmp_path):
    (tmp_path / "conftest.py").write_text(
        "from groups import Groups\n\n\ndef pytest_configure(config):\n    config.pluginmanager.register(Groups())\n"
    )
    for name in ("test_a.py", "test_b.py"):
        (tmp_path / name).write_text(TESTS)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "DJANGO_"))}
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadgroup", "-v", "--rootdir", str(tmp_path)),
            *("-c", os.devnull, "-p", "no:django", "-p", "no:cacheprovider", "--import-mode=importlib", str(tmp_path)),
        ],
        env={**kept, "PYTHONPATH": str(Path(groups.__file__).parent)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    ran = re.findall(r"\[(gw\d)\].* PASSED test_[ab]\.py::(test_\w+)", done.stdout)
    assert len(ran) == 24
    assert len({worker for worker, name in ran if name == "test_it"}) == 1
    assert {worker for worker, _ in ran} == {"gw0", "gw1"}
