"""The word to stop: a signal may say it at any moment, and everybody hears it."""

import subprocess
import sys
import threading

from gongshu.stopping import Stop
from live import environment

STORM = """
import random, signal
from gongshu.stopping import Stop

for _ in range(2000):
    stop = Stop()
    stop.on_signals()
    signal.signal(signal.SIGALRM, signal.getsignal(signal.SIGTERM))
    signal.setitimer(signal.ITIMER_REAL, random.uniform(1e-5, 4e-4))
    while not stop.wait(1e-6):
        pass
print("stopped every time")
"""


def test_a_signal_in_the_middle_of_waiting_is_heard_and_holds_nothing_up():
    """With ``threading.Event`` this hangs after a few rounds: a supervisor so caught neither ended nor let others start."""
    ran = subprocess.run([sys.executable, "-c", STORM], env=environment(), capture_output=True, text=True, timeout=120)
    assert ran.stdout == "stopped every time\n", ran.stderr


def test_a_signal_ends_a_wait_without_limit():
    program = (
        "import os, signal, threading; from gongshu.stopping import Stop; stop = Stop(); stop.on_signals();"
        "threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGTERM)).start(); print(stop.wait())"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], env=environment(), capture_output=True, text=True, timeout=120
    )
    assert ran.stdout == "True\n", ran.stderr


def test_all_who_wait_hear_it():
    stop, heard = Stop(), []
    waiting = [threading.Thread(target=lambda: heard.append(stop.wait(60))) for _ in range(5)]
    for one in waiting:
        one.start()
    assert stop.wait(0.01) is False
    assert not stop.is_set()
    stop.set()
    for one in waiting:
        one.join(timeout=60)
    assert heard == [True] * 5
    assert stop.is_set()
    assert stop.wait(0) is True
