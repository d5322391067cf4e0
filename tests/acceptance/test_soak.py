"""Five minutes of SIGKILL at random moments under load: answered = recorded, recorded = sequenced once.

``GONGSHU_SOAK_SECONDS`` says how long. Gateway, sequencer (the worker), web and the witness are killed in turn as chance has
it, several times while they start. All the while four programs call the gateway, two file demands through the web's
interface (each with a key, sent again until it is answered), and pages are asked for. So both ways into the ledger are under
fire: the spool, which the gateway writes, and the outbox, which a business transaction writes.
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
FILERS = 2
PATIENCE = 240
TITLE = "不动产登记信息（压力测试）"

PREPARE = """
import json, os, sys
from datetime import timedelta
import django
os.environ["DJANGO_SETTINGS_MODULE"] = "gongshu.web.settings"
django.setup()
from gongshu import clock, rules
from gongshu.grants import actions as grants
from gongshu.identity import actions as identity, queries, token_actions
from gongshu.identity.actor import Actor
from gongshu.identity.tokens import Scope
from gongshu.catalog import queries as catalog
by = Actor.process("soak")
resource = sys.argv[1]
client, secret = identity.create_client(by=by, organization="housing", name="soak")
items = [item.name for item in catalog.items(resource)]
grant = grants.create(
    by=by, organization="housing", provider="market", resource=resource, items=items, purpose="soak", modes=["query"],
    rate_per_minute=None, valid_from=clock.now() - timedelta(days=1), valid_until=clock.now() + timedelta(days=2),
)
_, token = token_actions.create_token(
    by=queries.actor_by_username("zhou"), name="soak", valid_until=clock.today() + timedelta(days=2), scopes=[Scope.SHARING]
)
purposes = rules.active().find("sharing.purposes", on=clock.today())
print(json.dumps({"client": client.client_id, "secret": secret, "grant": grant.grant_id, "token": token,
                  "purpose": purposes.value[0].id if purposes else "审批"}))
"""

KNOWN = """
import json, os, sys
import django
os.environ["DJANGO_SETTINGS_MODULE"] = "gongshu.web.settings"
django.setup()
from gongshu.catalog.models import Demand
from gongshu.ledger.models import Outbox, Record
print(json.dumps({
    "waiting": Outbox.objects.count(),
    "indexed": list(Record.objects.order_by("index").values_list("index", "entry_id")),
    "demands": list(Demand.objects.filter(title=sys.argv[1]).values_list("number", flat=True)),
}))
"""


def test_answered_is_recorded_and_recorded_is_sequenced_once(tmp_path):
    started = platform.start_demo(tmp_path, "xian")
    try:
        platform.wait_for_story(started)
        notes, filed, kills = _soak(started, tmp_path)
        _wait_until(lambda: _status(started)["spool_bytes_waiting"] == 0, "the spools to be read")
        _wait_until(lambda: _known(started)["waiting"] == 0, "the outbox to be empty")
        log, known = _log(started), _known(started)
        found = Counter(entry["id"] for entry in log)
        assert max(found.values()) == 1, "sequenced twice"

        promised = {reply["request_id"] for reply in acknowledged(notes) if not reply["code"]}
        assert len(promised) > 20 * CALLERS, "the callers hardly called"
        assert promised <= set(found), "answered and not recorded"

        acts = Counter(entry["subject"] for entry in log if entry["action"] == "catalog.demand_filed")
        ours = {number: acts[number] for number in known["demands"]}
        assert len(filed) > 2 * FILERS, "hardly a demand was filed"
        assert set(filed) <= set(ours), "answered and not done"
        assert len(ours) - len(filed) <= FILERS, "one demand became several"
        assert set(ours.values()) == {1}, "an act and its entry stand or fall together, once"

        held = known["indexed"][: len(log)]  # the gateways' sums of refusals may have come since the log was read
        assert held == [[index, entry["id"]] for index, entry in enumerate(log)], "log and index differ"
        assert _status(started)["spool_files_set_aside"] == [], "a promised batch was damaged"
        assert not [entry for entry in log if entry["action"] in ("ledger.spool_damaged", "ledger.unreadable_entry")]
        assert sum(kills.values()) >= SECONDS / 10, kills
        assert SECONDS < 60 or min(kills[victim] for victim in ("gateway", "worker", "web", "witness")) > 0, kills
        verified = started.gongshu("ledger", "verify", "--json", "--witnesses", str(started.home / "witnesses.policy"))
        assert verified.returncode == 0, verified.stdout
        print(
            f"{len(promised)} answered calls, {len(filed)} answered acts, kills {dict(kills)}, "
            f"{len(log)} entries, of them {sum(1 for one in log if one['id'].startswith('call_'))} of the gateway"
        )
    finally:
        platform.stop(started)


def _soak(started, folder):
    keys = json.loads(_run(PREPARE, started, started.codes["companies"]))
    notes, filed, stop = folder / "soak.jsonl", [], threading.Event()
    facts = json.loads((started.home / "demo.json").read_text(encoding="utf-8"))
    sample = facts["steps"]["collect"]["samples"]["companies"][0]["uscc"]
    asked = {"grant": keys["grant"], "purpose": "soak", "key": {"uscc": sample}}
    work = [(_call, (started, keys, asked, notes, stop))] * CALLERS
    work += [(_file, (started, keys, name, filed, stop)) for name in range(FILERS)]
    work.append((_browse, (started, stop)))
    threads = [threading.Thread(target=target, args=given, daemon=True) for target, given in work]
    for thread in threads:
        thread.start()
    kills = _kill_for(started, SECONDS)
    stop.set()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()
    return notes, filed, kills


def _call(started, keys, asked, notes, stop):
    system = System(started.gateway, keys["client"], keys["secret"], notes)
    while not stop.is_set():
        with suppress(GatewaySilent):  # killed again before it was up: nothing was answered, nothing is promised
            system.call(started.codes["companies"], "query", asked)


def _file(started, keys, name, filed, stop):
    """File one demand after another; each is sent with its key until it is answered."""
    need = {
        "title": TITLE, "items": "权利人、坐落、面积", "purpose": keys["purpose"], "mode": "query", "scope": "市场处",
        "basis": "《城市房地产管理法》第四十五条", "scenario": "预售许可核查", "business_process": "受理—核查—发证",
    }  # fmt: skip
    number = 0
    with httpx.Client(base_url=started.web, trust_env=False, timeout=20) as web:
        while not stop.is_set():
            number += 1
            headers = {"Authorization": f"Bearer {keys['token']}", "Idempotency-Key": f"soak-{name}-{number}"}
            answer = None
            while answer is None or answer.status_code >= 500:
                if stop.is_set() and answer is None:
                    return
                try:
                    answer = web.post("/api/v1/demands", json=need, headers=headers)
                except httpx.TransportError:
                    time.sleep(0.1)
            assert answer.status_code == 201, answer.text
            filed.append(answer.json()["number"])
            time.sleep(0.1)


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


def _run(script, started, *arguments):
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        env=platform.environment(GONGSHU_HOME=str(started.home)), capture_output=True, text=True, timeout=PATIENCE,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def _known(started):
    """What the control database says: the outbox, the index of the log, and the demands of this test."""
    return json.loads(_run(KNOWN, started, TITLE))


def _log(started):
    """Every entry of the log, read from its files."""
    said = started.gongshu("ledger", "export", timeout=PATIENCE)
    assert said.returncode == 0, said.stderr
    return [json.loads(line) for line in said.stdout.splitlines()]


def _status(started):
    said = started.gongshu("ledger", "status", "--json", timeout=PATIENCE)
    return json.loads(said.stdout) if said.returncode == 0 else {"spool_bytes_waiting": -1}


def _wait_until(condition, what):
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, f"waited in vain for {what}"
        time.sleep(1)
