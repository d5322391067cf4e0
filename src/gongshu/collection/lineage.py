"""Where a version came from, as an OpenLineage event: 溯源.

One event for the end of each run (COMPLETE, FAIL, ABORT), of spec 2-0-2 (https://openlineage.io/spec/2-0-2), with the
facets schema, version, statistics and error. Names only: no data value, no secret, no row.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gongshu import __version__
from gongshu.collection.contract import Contract
from gongshu.collection.states import RunStatus, SourceKind

NAMESPACE = "gongshu"
PRODUCER = f"https://example.org/gongshu/{__version__}"
_SPEC = "https://openlineage.io/spec"
_EVENTS: Mapping[RunStatus, str] = {
    RunStatus.COMMITTED: "COMPLETE",
    RunStatus.UNCHANGED: "COMPLETE",
    RunStatus.REFUSED: "FAIL",
    RunStatus.FAILED: "FAIL",
    RunStatus.CANCELLED: "ABORT",
}
_FACETS = {
    "schema": "1-2-0/SchemaDatasetFacet",
    "version": "1-0-1/DatasetVersionDatasetFacet",
    "outputStatistics": "1-0-2/OutputStatisticsOutputDatasetFacet",
    "inputStatistics": "1-0-0/InputStatisticsInputDatasetFacet",
    "errorMessage": "1-0-1/ErrorMessageRunFacet",
    "jobType": "2-0-4/JobTypeJobFacet",
}


@dataclass(frozen=True)
class Ended:
    """A run that has ended, as the event tells of it. ``source`` is (namespace, name) of what was read."""

    run: str
    resource: str
    status: RunStatus
    at: datetime
    source: tuple[str, str]
    read: int
    version: int | None
    rows: int | None
    error: tuple[str, str] | None = None  # code and English sentence
    streaming: bool = False


def event(ended: Ended, contract: Contract | None) -> dict[str, Any]:
    """The event of a run's end. ``contract`` describes the columns that were written."""
    namespace, name = ended.source
    run_facets: dict[str, Any] = {}
    if ended.error:
        run_facets["errorMessage"] = _facet(
            "errorMessage", message=f"{ended.error[0]}: {ended.error[1]}", programmingLanguage="en"
        )
    job_facets = {
        "jobType": _facet(
            "jobType",
            processingType="STREAMING" if ended.streaming else "BATCH",
            integration="GONGSHU",
            jobType="COLLECTION",
        )
    }
    outputs = []
    if ended.version is not None and contract is not None:
        facets = {
            "schema": _facet("schema", fields=_fields(contract)),
            "version": _facet("version", datasetVersion=str(ended.version)),
        }
        statistics = {"outputStatistics": _facet("outputStatistics", rowCount=ended.rows)}
        outputs.append({"namespace": NAMESPACE, "name": ended.resource, "facets": facets, "outputFacets": statistics})
    statistics = {"inputStatistics": _facet("inputStatistics", rowCount=ended.read)}
    return {
        "eventType": _EVENTS[ended.status],
        "eventTime": ended.at.isoformat(),
        "producer": PRODUCER,
        "schemaURL": f"{_SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent",
        "run": {"runId": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{NAMESPACE}:{ended.run}")), "facets": run_facets},
        "job": {"namespace": NAMESPACE, "name": f"collection.{ended.resource}", "facets": job_facets},
        "inputs": [{"namespace": namespace, "name": name, "facets": {}, "inputFacets": statistics}],
        "outputs": outputs,
    }


def place(kind: str, settings: Mapping[str, Any]) -> tuple[str, str]:
    """Namespace and name of a source by OpenLineage's naming conventions (https://openlineage.io/docs/spec/naming)."""
    host, port = settings.get("host", ""), settings.get("port", "")
    table = ".".join(str(settings[part]) for part in ("database", "schema", "table") if settings.get(part))
    if kind == SourceKind.POSTGRESQL:
        return f"postgres://{host}:{port}", table
    if kind == SourceKind.MYSQL:
        return f"mysql://{host}:{port}", table
    if kind == SourceKind.SQL:
        return (f"{settings.get('driver', 'sql')}://{host}:{port}" if host else "file", table)
    if kind == SourceKind.SFTP:
        return f"sftp://{host}:{port}", str(settings.get("folder", ""))
    if kind == SourceKind.MQTT:
        return f"mqtt://{host}:{port}", str(settings.get("topic", ""))
    if kind == SourceKind.HTTP:
        scheme, _, rest = str(settings.get("url", "")).partition("://")
        server, _, path = rest.partition("/")
        return f"{scheme}://{server}", "/" + path.partition("?")[0]
    return "file", str(settings.get("folder", ""))


def _fields(contract: Contract) -> Sequence[Mapping[str, Any]]:
    return [
        {"name": column.name, "type": column.type, "description": column.title, "fields": []}
        for column in contract.columns
    ]


def _facet(name: str, **values: Any) -> dict[str, Any]:
    file = _FACETS[name]
    return {
        "_producer": PRODUCER,
        "_schemaURL": f"{_SPEC}/facets/{file}.json#/$defs/{file.partition('/')[2]}",
        **{key: value for key, value in values.items() if value is not None},
    }
