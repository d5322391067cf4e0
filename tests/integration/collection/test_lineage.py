"""Each run's OpenLineage event is one that the official client would have made, and reaches whoever follows."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from openlineage.client import event_v2, set_producer
from openlineage.client.facet_v2 import (
    dataset_version_dataset,
    error_message_run,
    input_statistics_input_dataset,
    job_type_job,
    output_statistics_output_dataset,
    schema_dataset,
)
from openlineage.client.serde import Serde

from gongshu.collection import actions, lineage, lineage_notes
from gongshu.collection.models import Run
from gongshu.errors import GongshuError
from gongshu.identity.actor import Actor

pytestmark = pytest.mark.django_db

GOOD = "统一社会信用代码,企业名称,法定代表人\n91330324MA2TE5T016,甲公司,张三\n".encode()
FACETS = {
    "schema": lambda **given: schema_dataset.SchemaDatasetFacet(
        fields=[schema_dataset.SchemaDatasetFacetFields(**one) for one in given["fields"]]
    ),
    "version": dataset_version_dataset.DatasetVersionDatasetFacet,
    "outputStatistics": output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet,
    "inputStatistics": input_statistics_input_dataset.InputStatisticsInputDatasetFacet,
    "errorMessage": error_message_run.ErrorMessageRunFacet,
    "jobType": job_type_job.JobTypeJobFacet,
}


def facets(given):
    return {
        name: FACETS[name](**{key: value for key, value in one.items() if not key.startswith("_")})
        for name, one in given.items()
    }


def by_the_client(event):
    """The same event, made with the classes that openlineage-python generates from the specification."""
    set_producer(lineage.PRODUCER)
    return event_v2.RunEvent(
        eventType=event_v2.RunState(event["eventType"]),
        eventTime=event["eventTime"],
        producer=event["producer"],
        run=event_v2.Run(runId=event["run"]["runId"], facets=facets(event["run"]["facets"])),
        job=event_v2.Job(**(event["job"] | {"facets": facets(event["job"]["facets"])})),
        inputs=[
            event_v2.InputDataset(**(one | {"facets": {}, "inputFacets": facets(one["inputFacets"])}))
            for one in event["inputs"]
        ],
        outputs=[
            event_v2.OutputDataset(
                **(one | {"facets": facets(one["facets"]), "outputFacets": facets(one["outputFacets"])})
            )
            for one in event["outputs"]
        ],
    )


@pytest.fixture
def follower(monkeypatch, place):
    """Somebody who follows the lineage, as an HTTP address."""
    received, answers = [], [503]

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = answers.pop() if answers else 201
            if status == 201:
                received.append(json.loads(body))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    monkeypatch.setenv("GONGSHU_LINEAGE_URL", f"http://127.0.0.1:{server.server_port}/api/v1/lineage")
    yield received
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("end", ["committed", "refused", "cancelled"])
def test_the_official_client_would_have_made_the_same_event(town, end, follower):
    entry = town.published()
    content = GOOD if end == "committed" else "别的表头\n1\n".encode()
    run = actions.submit_file(by=town.compiler, resource=entry.code, filename="企业.csv", content=content)
    if end == "cancelled":
        actions.cancel(by=town.compiler, run=run.pk)
    else:
        actions.work_one()
    run.refresh_from_db()
    assert run.status == end
    event = run.lineage
    assert json.loads(Serde.to_json(by_the_client(event))) == event
    assert event["eventType"] == {"committed": "COMPLETE", "refused": "FAIL", "cancelled": "ABORT"}[end]
    assert "张三" not in json.dumps(event, ensure_ascii=False)
    if end == "committed":
        (made,) = event["outputs"]
        assert (made["name"], made["facets"]["version"]["datasetVersion"]) == (entry.code, "1")
        assert made["outputFacets"]["outputStatistics"]["rowCount"] == 1

    with pytest.raises(GongshuError):  # it is away, and the event waits
        lineage_notes.post_due(by=Actor.process("worker"))
    assert lineage_notes.post_due(by=Actor.process("worker")) == 1
    assert follower == [event]
    assert lineage_notes.post_due(by=Actor.process("worker")) == 0


def test_nothing_waits_where_nobody_follows(town, place):
    entry = town.published()
    actions.submit_file(by=town.compiler, resource=entry.code, content=GOOD)
    actions.work_one()
    run = Run.objects.get()
    assert run.lineage["eventType"] == "COMPLETE" and not run.lineage_due


@pytest.mark.parametrize(
    ("kind", "settings", "expected"),
    [
        (
            "postgresql",
            {"host": "h", "port": 1, "database": "d", "schema": "s", "table": "t"},
            ("postgres://h:1", "d.s.t"),
        ),
        ("mysql", {"host": "h", "port": 1, "database": "d", "table": "t"}, ("mysql://h:1", "d.t")),
        ("http", {"url": "https://h:8/a/b?key=1"}, ("https://h:8", "/a/b")),
        ("mqtt", {"host": "h", "port": 1, "topic": "a/#"}, ("mqtt://h:1", "a/#")),
        ("sftp", {"host": "h", "port": 22, "folder": "/in"}, ("sftp://h:22", "/in")),
        ("folder", {"folder": "/in"}, ("file", "/in")),
        ("sql", {"driver": "sqlite", "database": "/a.db", "table": "t"}, ("file", "/a.db.t")),
    ],
)
def test_places_have_their_conventional_names(kind, settings, expected):
    assert lineage.place(kind, settings) == expected
