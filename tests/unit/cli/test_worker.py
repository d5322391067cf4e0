"""The worker's steps stand alone: one that fails waits and is tried again, and the others go on."""

import threading

import pytest

from gongshu.cli import worker
from gongshu.cli.worker import Step
from gongshu.stopping import Stop


@pytest.fixture
def clock(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(worker.clock, "monotonic", lambda: now[0])
    return now


def test_a_failing_step_is_logged_pauses_and_is_tried_again(clock, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("GONGSHU_HOME", str(tmp_path))
    (tmp_path / "logs").mkdir()
    calls = []

    def run():
        calls.append(clock[0])
        raise RuntimeError("the inner reason")

    step = Step("collection", run, idle=0.1)
    assert step.attempt() == 0
    assert step.attempt() == 0
    assert calls == [1000.0], "tried again at once"
    clock[0] += 1.0
    step.attempt()
    clock[0] += 1.0
    step.attempt()
    assert calls == [1000.0, 1001.0], "the second pause is longer"
    clock[0] += 1.0
    step.attempt()
    assert len(calls) == 3
    said = capsys.readouterr().err
    assert "collection" in said
    assert "the inner reason" not in said
    assert "the inner reason" in (tmp_path / "logs" / "incidents.log").read_text(encoding="utf-8")


def test_pauses_end_with_the_first_success_and_never_exceed_a_minute(clock, monkeypatch, tmp_path):
    monkeypatch.setenv("GONGSHU_HOME", str(tmp_path))
    fails = [True]

    def run():
        if fails[0]:
            raise OSError(28, "full", "/x")
        return 1

    step = Step("ledger", run, idle=0.1)
    for _ in range(12):
        clock[0] = step.not_before
        step.attempt()
    assert step.not_before - clock[0] == 60
    fails[0] = False
    clock[0] = step.not_before
    assert step.attempt() == 1
    assert step.failures == 0


def test_steps_repeat_beside_each_other_until_they_are_told_to_stop():
    done = {"quick": 0, "slow": 0}
    stop, ahead = Stop(), threading.Event()

    def quick():
        done["quick"] += 1
        if done["quick"] == 3:
            ahead.set()
        return 0

    def slow():
        assert ahead.wait(30), "a long step kept the others waiting"
        done["slow"] += 1
        return 0

    steps = [Step("quick", quick, idle=0.01), Step("slow", slow, idle=0.01)]
    threads = [threading.Thread(target=step.repeat, args=(stop,)) for step in steps]
    for thread in threads:
        thread.start()
    assert ahead.wait(30)
    while not done["slow"]:
        stop.wait(0.01)
    stop.set()
    for thread in threads:
        thread.join(timeout=30)
        assert not thread.is_alive()
    assert done["slow"] >= 1
    assert done["quick"] >= 3
