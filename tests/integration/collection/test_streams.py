"""A sensor stream over a real Mosquitto: nothing acknowledged is lost, what comes twice is merged."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest

import broker
import live
from factories import City, companies
from gongshu.catalog.draft import ItemData
from gongshu.catalog.states import DataType
from gongshu.collection import actions, source_actions, streaming
from gongshu.collection.intake import stream
from gongshu.collection.models import Run, Source
from gongshu.collection.states import RunStatus
from gongshu.errors import EnvironmentFault
from gongshu.identity.actor import Actor
from gongshu.lake.tables import Table

WORKER = Actor.process("worker")


@pytest.fixture(scope="session")
def mosquitto():
    with broker.mosquitto() as port:
        yield port


def sensors(town: City):
    items = (
        ItemData("sensor", "传感器", required=True, is_key=True),
        ItemData("at", "时间", DataType.T, required=True, is_key=True),
        ItemData("value", "读数", DataType.F),
        ItemData("topic", "主题"),
    )
    return town.published(companies(title="水位监测", items=items))


def declare(town, entry, port, **more) -> Source:
    settings = {"host": "127.0.0.1", "port": port, "topic": "city/+/level", "user": "sensor", "tls": "off"}
    settings |= {"columns": "sensor=id\ntopic=$topic\nvalue=reading.m", "rows": "50", "seconds": "1"} | more
    return source_actions.add(
        by=town.compiler,
        resource=entry.code,
        kind="mqtt",
        name="水位",
        settings=settings,
        secrets={"password": "sensor-secret"},
        mode="upsert",
    )


def reading(number: int, value: float = 1.5) -> str:
    moment = f"2026-11-05 {number // 3600:02d}:{number // 60 % 60:02d}:{number % 60:02d}"
    return json.dumps({"id": f"s{number % 7}", "at": moment, "reading": {"m": value}})


class Publisher:
    def __init__(self, port: int) -> None:
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
        self._client.username_pw_set("sensor", "sensor-secret")
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def send(self, *payloads: str) -> None:
        """Returns when the broker has all of them."""
        for one in [self._client.publish("city/north/level", payload, qos=1) for payload in payloads]:
            one.wait_for_publish(120)
            assert one.is_published()

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def publish(mosquitto):
    publisher = Publisher(mosquitto)
    yield publisher.send
    publisher.close()


def until(condition, what: str, patience: float = 120.0):
    end = time.monotonic() + patience
    while not (found := condition()):
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.05)
    return found


def spooled(folder: Path) -> int:
    files: list[Path] = [*stream.segments(folder), *folder.glob("open.jsonl")]
    return sum(path.read_bytes().count(b"\n") for path in files)


def heard(publish, folder: Path) -> bool:
    """Whether the subscription is there: before it is, messages have no receiver."""
    publish(reading(0))
    return bool(spooled(folder))


def work_off() -> list[Run]:
    done = []
    while (run := actions.work_one()) is not None:
        done.append(run)
    return done


def test_a_spool_survives_a_torn_line(tmp_path):
    spool = stream.Spool(tmp_path)
    spool.append([b'{"a": 1}', b'{"a": 2}'])
    spool.close()
    with (tmp_path / "open.jsonl").open("ab") as file:
        file.write(b'{"a": ')
    again = stream.Spool(tmp_path)
    assert again.rows == 2
    again.append([b'{"a": 3}'])
    again.roll()
    again.roll()
    again.close()
    (segment,) = stream.segments(tmp_path)
    assert segment.read_bytes() == b'{"a": 1}\n{"a": 2}\n{"a": 3}\n'


def test_one_process_collects_at_a_time(tmp_path):
    with stream.alone(tmp_path) as first, stream.alone(tmp_path) as second:
        assert (first, second) == (True, False)


@pytest.mark.django_db(transaction=True)
@pytest.mark.heavy
def test_messages_become_versions_and_what_comes_twice_is_merged(town, mosquitto, publish, place):
    entry = sensors(town)
    source = declare(town, entry, mosquitto)
    tried = source_actions.test(by=town.compiler, source=source.pk)
    assert tried == {"ok": True, "qos": 1}
    ended = threading.Event()
    listener = threading.Thread(
        target=lambda: streaming.listen(by=WORKER, source=source.pk, wanted=lambda: not ended.is_set())
    )
    listener.start()
    try:
        folder = streaming.folder(place, source.pk)
        until(lambda: heard(publish, folder) or Run.objects.exists(), "the subscription")
        publish(*(reading(number) for number in range(60)))
        publish(reading(3, 9.5), "no json", json.dumps([json.loads(reading(n)) for n in (60, 61)]), "[]")
        until(lambda: sum(run.receipt["messages"] for run in Run.objects.all()) >= 64, "runs of all messages")
    finally:
        ended.set()
        listener.join(60)
    assert not listener.is_alive()
    runs = work_off()
    assert {run.status for run in runs} <= {RunStatus.COMMITTED, RunStatus.REFUSED}
    assert sum(run.rejected for run in runs) == 2, "what is no record is kept aside with its text"
    frame = Table(place, entry.code).read().collect()
    assert len(frame) == 62
    changed = frame.filter(frame["value"] == 9.5)
    assert changed["sensor"].to_list() == ["s3"], "the later reading of the same moment counts"
    assert set(frame["topic"].to_list()) == {"city/north/level"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.heavy
def test_a_broker_that_refuses_is_said(town, mosquitto):
    source = declare(town, sensors(town), mosquitto)
    Source.objects.update(secrets_wrapped="")
    tried = source_actions.test(by=town.compiler, source=source.pk)
    assert (tried["ok"], tried["code"]) == (False, "source.unreachable")
    with pytest.raises(EnvironmentFault):
        stream.probe(stream.Stream(host="127.0.0.1", port=1, topic="x", tls="off"), "x", "")


def test_while_too_many_segments_wait_nothing_is_acknowledged(tmp_path, monkeypatch):
    """Back-pressure: the broker keeps what is not acknowledged, and stops sending when its window is full."""
    acknowledged: list[int] = []
    message = mqtt.MQTTMessage(mid=7, topic=b"t")
    message.payload, message.qos = b"{}", 1

    class Client:
        on_message = None

        def ack(self, mid, qos):
            acknowledged.append(mid)

        def disconnect(self):
            pass

    turns = iter(range(6))
    rolled: list[int] = []

    def receive(client, waiting):
        if not waiting and not acknowledged:
            waiting.append(message)
        return True

    def room():
        if len(rolled) == 3:
            for path in stream.segments(tmp_path)[:1]:
                path.unlink()
        rolled.append(len(acknowledged))

    for number in range(stream.MOST_SEGMENTS):
        (tmp_path / f"seg_{number:02d}.segment").touch()
    monkeypatch.setattr(stream, "_client", lambda *_: Client())
    monkeypatch.setattr(stream, "_connect", lambda *_: True)
    monkeypatch.setattr(stream, "_receive", receive)
    settings = stream.Stream(host="h", topic="t", rows=100, seconds=1000)
    stream.listen(settings, "c", "", tmp_path, rolled=room, wanted=lambda: next(turns, None) is not None)
    assert rolled[:4] == [0, 0, 0, 0] and acknowledged == [7]


@pytest.mark.django_db(transaction=True)
@pytest.mark.heavy
def test_a_collector_killed_again_and_again_loses_nothing(town, mosquitto, publish, place, tmp_path):
    """SIGKILL in the middle of the stream: whatever the broker was told is taken over is in the lake in the end."""
    entry = sensors(town)
    source = declare(town, entry, mosquitto, seconds="2", topic="city/north/level", client="killed")
    script = tmp_path / "collector.py"
    script.write_text(
        "import django\nfrom gongshu.web import settings\ndjango.setup()\n"
        "from django.db import connection\n"
        "from gongshu.collection.intake import stream\nfrom gongshu.collection import pulling, streaming\n"
        "from gongshu.collection.intake.settings import Stream\nfrom gongshu.home import open_home\nimport json, sys\n"
        "said = json.loads(sys.argv[1])\n"
        "place = streaming.folder(open_home(), said['source'])\n"
        "print('listening', flush=True)\n"
        "stream.listen(Stream(**said['settings']), 'killed', 'sensor-secret', place, rolled=lambda: None, "
        "wanted=lambda: True)\n"
    )
    said = json.dumps({"source": source.pk, "settings": source.settings})
    environment = live.environment(
        GONGSHU_HOME=str(place.root), GONGSHU_SOURCE_HOSTS="127.0.0.1", DJANGO_SETTINGS_MODULE="gongshu.web.settings"
    )
    folder = streaming.folder(place, source.pk)

    def collector() -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, script, said], env=environment, stdout=subprocess.DEVNULL)

    sent = 1
    for _ in range(3):
        process = collector()
        try:
            if sent == 1:
                until(lambda: heard(publish, folder), "the subscription")
            before = spooled(folder)
            batch = threading.Thread(target=publish, args=[reading(number) for number in range(sent, sent + 200)])
            batch.start()
            sent += 200
            until(lambda known=before: spooled(folder) > known + 20, "some messages")
        finally:
            os.kill(process.pid, signal.SIGKILL)
            process.wait(60)
        batch.join(120)
    process = collector()
    try:

        def keys() -> set[str]:
            found = set()
            for path in [*stream.segments(folder), *folder.glob("open.jsonl")]:
                for line in path.read_bytes().splitlines():
                    try:
                        found.add(json.loads(json.loads(line)["payload"])["at"])
                    except ValueError:
                        continue  # the line that is being written
            return found

        until(lambda: len(keys()) == sent, "every message")
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait(60)
    with stream.alone(folder) as mine:
        assert mine, "the kernel let go of the lock"
        spool = stream.Spool(folder)
        spool.roll()
        spool.close()
    made = streaming.submit(by=WORKER, source=Source.objects.get())
    assert streaming.submit(by=WORKER, source=Source.objects.get()) == []
    done = work_off()
    assert len(done) == len(made) and {run.status for run in done} <= {RunStatus.COMMITTED, RunStatus.UNCHANGED}
    frame = Table(place, entry.code).read().collect()
    assert len(frame) == sent == 601
    assert frame.select("sensor", "at").is_unique().all()
