"""Five minutes of SIGKILL at random moments under load: answered = recorded, recorded = sequenced once.

``GONGSHU_SOAK_SECONDS`` says how long. Gateway, sequencer (the worker), web and the witness are killed in turn as chance has
it, several times while they start; clients call the gateway all the while, and pages are asked for.
"""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import suppress

import httpx
import pytest

import live as platform
from gongshu.demo.client import GatewaySilent, System, acknowledged

pytestmark = pytest.mark.slow
SECONDS = float(os.environ.get("GONGSHU_SOAK_SECONDS", "300"))
CALLERS = 4
PATIENCE = 240

GRANT = """
import json, os, sys
from datetime import timedelta
import django
os.environ["DJANGO_SETTINGS_MODULE"] = "gongshu.web.settings"
django.setup()
from gongshu import clock
from gongshu.grants import actions as grants
from gongshu.identity import actions as identity
from gongshu.identity.actor import Actor
from gongshu.catalog import queries as catalog
by = Actor.process("soak")
resource = sys.argv[1]
client, secret = identity.create_client(by=by, organization="housing", name="soak")
items = [item.name for item in catalog.items(resource)]
grant = grants.create(
    by=by, organization="housing", provider="market", resource=resource, items=items, purpose="soak", modes=["query"],
    rate_per_minute=None, valid_from=clock.now() - timedelta(days=1), valid_until=clock.now() + timedelta(days=2),
)
print(json.dumps({"client": client.client_id, "secret": secret, "grant": grant.grant_id}))
"""


def test_answered_is_recorded_and_recorded_is_sequenced_once(tmp_path):
    started = platform.start_demo(tmp_path, "xian")
    try:
        platform.wait_for_story(started)
        notes, kills = _soak(started, tmp_path)
        promised = [reply["request_id"] for reply in acknowledged(notes) if not reply["code"]]
        _wait_until(lambda: started.gongshu("ledger", "status", "--json").returncode == 0, "the ledger")
        _wait_until(lambda: set(promised) <= set(_recorded(started)), "every answered call in the ledger")
        found = Counter(_recorded(started))
        assert len(promised) > 20 * CALLERS, "the callers hardly called"
        assert sum(kills.values()) >= SECONDS / 10, kills
        assert max(found.values()) == 1, "sequenced twice"
        verified = started.gongshu("ledger", "verify", "--json", "--witnesses", str(started.home / "witnesses.policy"))
        assert verified.returncode == 0, verified.stdout
        print(f"{len(promised)} answered calls, kills {dict(kills)}, {sum(found.values())} entries")
    finally:
        platform.stop(started)


def _soak(started, folder):
    made = subprocess.run(
        [sys.executable, "-c", GRANT, started.codes["companies"]],
        env=platform.environment(GONGSHU_HOME=str(started.home)), capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    keys, notes, stop = json.loads(made.stdout), folder / "soak.jsonl", threading.Event()
    facts = json.loads((started.home / "demo.json").read_text(encoding="utf-8"))
    sample = facts["steps"]["collect"]["samples"]["companies"][0]["uscc"]
    asked = {"grant": keys["grant"], "purpose": "soak", "key": {"uscc": sample}}
    threads = [
        threading.Thread(target=_call, args=(started, keys, asked, notes, stop), daemon=True) for _ in range(CALLERS)
    ]
    threads.append(threading.Thread(target=_browse, args=(started, stop), daemon=True))
    for thread in threads:
        thread.start()
    kills = _kill_for(started, SECONDS)
    stop.set()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()
    return notes, kills


def _call(started, keys, asked, notes, stop):
    system = System(started.gateway, keys["client"], keys["secret"], notes)
    while not stop.is_set():
        with suppress(GatewaySilent):  # killed again before it was up: nothing was answered, nothing is promised
            system.call(started.codes["companies"], "query", asked)


def _browse(started, stop):
    with httpx.Client(trust_env=False, timeout=10) as browser:
        while not stop.is_set():
            try:
                browser.get(f"{started.web}/catalog/")
            except httpx.TransportError:
                time.sleep(0.1)


def _kill_for(started, seconds):
    """SIGKILL to one of the four at a time; how often each."""
    draw, kills, until = random.Random(), Counter(), time.monotonic() + seconds
    spared = {}
    while time.monotonic() < until:
        time.sleep(draw.uniform(0.2, 4.0))
        victim = draw.choice(["gateway", "worker", "web", "witness"])
        try:
            pid = started.state["children"][victim]
            if pid and time.monotonic() >= spared.get(victim, 0.0):
                os.kill(pid, signal.SIGKILL)
                kills[victim] += 1
                if (
                    kills[victim] % 3 == 0
                ):  # the supervisor gives up on what dies six times without living half a minute
                    spared[victim] = time.monotonic() + 45
        except (OSError, ValueError, KeyError):
            continue  # it is down already
        assert started.process.poll() is None, "the platform gave up"
    return kills


def _recorded(started):
    said = started.gongshu("ledger", "export", timeout=PATIENCE)
    return [json.loads(line)["id"] for line in said.stdout.splitlines()]


def _wait_until(condition, what):
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, f"waited in vain for {what}"
        time.sleep(1)
